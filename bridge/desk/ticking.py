"""What time brings: chats that come to agents and go back, places in line, chats gone quiet."""

from .assigning import Assigning
from .chats import spoken
from .floor import Floor

__all__ = ["Ticking"]

_KEPT = 14 * 86_400.0
"""So long it is known what became of agents' words, in seconds: nobody is in doubt of older ones."""
_TOLD = 100
"""So many visitors at once are told their new place in line."""
_DAY = 86_400.0


class Ticking:
    """Sees to it. Each call stands in a transaction of the store."""

    def __init__(self, floor: Floor, assigning: Assigning) -> None:
        self._floor, self._chats, self._assigning = floor, floor.chats, assigning
        self._trimmed = 0.0

    def tick(self) -> None:
        self._assigning.run()
        self._quiet()
        self._show_places()
        now = self._chats.clock.now()
        if now - self._trimmed > _DAY:
            self._trimmed = now
            self._chats.store.trim_heard(now - _KEPT)

    def _quiet(self) -> None:
        """Close chats in which nothing is said any more."""
        before = self._chats.clock.now() - self._floor.rules.close_after
        for chat in [chat for chat in self._chats.open.values() if chat.last_at < before]:
            told = spoken(chat.language).gettext(
                "The chat was closed, since it was quiet for long. Write again if there is more."
            )
            room = self._chats.room(chat)
            self._floor.close(chat, "desk", told)
            self._chats.tell(
                self._floor.locale.gettext("{chat} was quiet for long, and is closed.", chat=chat.label),
                chat.number,
                room,
            )

    def _show_places(self) -> None:
        """Tell visitors in line where they are now, those in front first."""
        told = 0
        for place, chat in enumerate(self._chats.queue(), 1):
            if chat.place == place or told == _TOLD:
                continue
            if chat.place:
                self._floor.show_position(chat, place)
                told += 1
            chat.place = place
