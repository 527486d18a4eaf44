"""The work of a tick: chats that come to agents and go back, visitors who are gone, places in line, quiet."""

from bridge.language import spoken

from .assigning import Assigning
from .floor import Floor
from .model import ChatState

__all__ = ["Ticking"]

_KEPT = 14 * 86_400.0
"""So long it is known what became of agents' words, in seconds: nobody is in doubt of older ones."""
_GONE = 60.0
"""So long a browser may follow nothing before agents are told, in seconds: pages change, and networks too."""
_TOLD = 100
"""So many visitors at once are told their new place in line."""
_DAY, _HOUR = 86_400.0, 3600.0


class Ticking:
    """Does what is due by the clock at one desk. Each call stands in a transaction of the store."""

    def __init__(self, floor: Floor, assigning: Assigning) -> None:
        self._floor, self._chats, self._assigning = floor, floor.chats, assigning
        self._left: dict[int, float] = {}
        """Since when visitors' browsers follow their chats no more, by the clock's `monotonic`."""
        self._placed = -1
        """The `moves` of the chats after which all in line know their places."""
        self._trimmed = 0.0
        self._forgot = 0.0

    def here(self, number: int, *, connected: bool) -> None:
        """Note that a visitor's browser follows the chat now, or does no more."""
        if connected:
            self._left.pop(number, None)
        else:
            self._left.setdefault(number, self._chats.clock.monotonic())

    def tick(self) -> None:
        self._assigning.run()
        self._miss()
        self._quiet()
        self._show_places()
        now = self._chats.clock.now()
        if now - self._trimmed > _DAY:
            self._trimmed = now
            self._chats.store.trim_heard(now - _KEPT)
            self._chats.store.outbox.trim(now - _KEPT)
            self._chats.store.left.trim(self._chats.desk, now - self._floor.rules.keep)
        if now - self._forgot > _HOUR and not self._forget(now):
            self._forgot = now

    def _forget(self, now: float) -> bool:
        """Forget some chats that are over for long. Returns whether there may be more."""
        store = self._chats.store
        found = store.old(self._chats.desk, now - self._floor.rules.keep)
        for number in found:
            store.erase(number, told=False)
        return bool(found)

    def _miss(self) -> None:
        """Tell agents which of their visitors are gone, or there again."""
        before = self._chats.clock.monotonic() - _GONE
        self._left = {number: since for number, since in self._left.items() if number in self._chats.open}
        for number in [number for number, since in self._left.items() if since <= before]:
            chat = self._chats.open[number]
            if number not in self._chats.gone and chat.state is ChatState.TALKING:
                self._chats.gone.add(number)
                told = self._floor.locale.gettext("{chat} is not on the page any more.", chat=chat.label)
                self._chats.tell(told, number, chat.room)
        for number in self._chats.gone - self._left.keys():
            self._chats.gone.discard(number)
            if (back := self._chats.open.get(number)) is not None:
                told = self._floor.locale.gettext("{chat} is back on the page.", chat=back.label)
                self._chats.tell(told, number, back.room)

    def _quiet(self) -> None:
        """Close chats in which nothing is said any more."""
        before = self._chats.clock.now() - self._floor.rules.close_after
        for chat in [chat for chat in self._chats.open.values() if chat.last_at < before]:
            told = spoken(chat.language).gettext(
                "The chat was closed, since it was quiet for long. Write again if there is more."
            )
            self._floor.close(chat, "desk", told)
            self._chats.tell_all(
                self._floor.locale.gettext("{chat} was quiet for long, and is closed.", chat=chat.label), chat
            )

    def _show_places(self) -> None:
        """Tell visitors in line where they are now, those in front first."""
        moves, told = self._chats.moves, 0
        if moves == self._placed:
            return
        for place, chat in enumerate(self._chats.queue(), 1):
            if chat.place == place:
                continue
            if told == _TOLD:
                return
            if chat.place:
                self._floor.show_position(chat, place)
                told += 1
            chat.place = place
        self._placed = moves
