"""What time brings: offers that nobody answers, agents who leave, places in line, chats gone quiet."""

from collections.abc import Collection

from .chats import spoken
from .floor import Floor
from .model import ChatState, Person
from .seams import AtWork, Seams

__all__ = ["Ticking"]

_KEPT = 14 * 86_400.0
"""So long it is known what became of agents' words, in seconds: nobody is in doubt of older ones."""
_TOLD = 100
"""So many visitors at once are told their new place in line."""
_DAY = 86_400.0


class Ticking:
    """Sees to it. Each call stands in a transaction of the store."""

    def __init__(self, floor: Floor, seams: Seams) -> None:
        self._floor, self._chats, self._seams = floor, floor.chats, seams
        self._gone: dict[str, float] = {}
        """Since when agents with chats are not there, by the clock's `monotonic`."""
        self._trimmed = 0.0

    def tick(self) -> None:
        there = {one.key: one for one in self._seams.agents()}
        self._miss(there.keys())
        self._expire()
        self._offer(list(there.values()))
        self._quiet()
        self._show_places()
        now = self._chats.clock.now()
        if now - self._trimmed > _DAY:
            self._trimmed = now
            self._chats.store.trim_heard(now - _KEPT)

    def _miss(self, there: Collection[str]) -> None:
        """Let the visitors of agents who are gone for long wait again."""
        now = self._chats.clock.monotonic()
        missing = {key for key, chats in self._chats.held.items() if chats and key not in there}
        self._gone = {key: self._gone.get(key, now) for key in missing}
        for key, since in self._gone.items():
            if now - since >= self._floor.rules.back_within:
                for chat in self._chats.of(key):
                    self._floor.give_back(chat, what="released")

    def _expire(self) -> None:
        """Take offers back that nobody answers."""
        before = self._chats.clock.now() - self._floor.rules.answer_within
        for chat in self._chats.queue():
            if chat.state is ChatState.OFFERED and (chat.offered_at or 0.0) <= before:
                self._floor.give_back(chat, what="passed")

    def _offer(self, people: list[Person]) -> None:
        """Offer chats to those whom the rules choose."""
        waiting = [chat for chat in self._chats.queue() if chat.state is ChatState.WAITING]
        if not waiting:
            return
        rows = [(one, self._chats.agent(one.key, one.name)) for one in people]
        agents = {
            one.key: AtWork(one, row, len(self._chats.held.get(one.key, ())))
            for one, row in rows
            if row.available
        }
        for number, key in self._seams.choose(waiting, list(agents.values()), self._floor.rules):
            self._floor.offer(self._chats.open[number], agents[key].person)

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
