"""What Hubbub itself says in the rooms: that messages wait, went through, were given up or not heard."""

import logging
import math
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.journal import Journal
from bridge.model import Kind, MessageCreated, MessageId, RoomId, plain

from .breaker import Breaker
from .folding import Folding
from .gaps import Gaps
from .routes import Routes
from .wording import HUBBUB, clock
from .worker import Worker

__all__ = ["Teller"]

log = logging.getLogger(__name__)

_PAUSE = 600.0
"""Seconds between two lines of the same kind about the same room."""


@dataclass(slots=True)
class _Wait:
    """A room whose queue the others were told of."""

    since: float
    delivered: int
    until: int
    """The last message that waited when they were told."""


@dataclass(slots=True)
class _Folded:
    """Facts of one kind about one room, told in one line."""

    told: float = -_PAUSE
    count: int = 0
    reason: str = ""
    rooms: set[int] = field(default_factory=set)


class Teller:
    """Collects facts and tells them, folded, to the rooms that they matter to, through the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._breaker = Breaker(self._loop)
        self.sent = self._breaker.sent
        self.repeats = self._breaker.repeats
        self._folding = Folding(self._say, self._place)
        self.member = self._folding.member
        self.reacted = self._folding.reacted
        self._routes = Routes({}, {}, {})
        self._workers: Mapping[int, Worker] = {}
        self._waits: dict[int, _Wait] = {}
        self.gaps = Gaps(journal, self._place, self._least)
        self._losses: dict[int, _Folded] = {}
        self._hidden: dict[int, _Folded] = {}

    def map(self, routes: Routes, workers: Mapping[int, Worker]) -> None:
        """Follow this map from now on."""
        self._routes, self._workers = routes, workers
        self._waits = {number: wait for number, wait in self._waits.items() if number in workers}
        self.gaps.map(workers)

    # What it is told

    def lost(self, room: int, reason: str, count: int = 1, *, source: int | None = None) -> None:
        """So many deliveries to a room were given up; `source` is where they come from, if all from one."""
        loss = self._losses.setdefault(room, _Folded())
        loss.count, loss.reason = loss.count + count, reason
        loss.rooms.update(self._sources(room) if source is None else (source,))

    def hidden(self, room: int, count: int) -> None:
        """So many old messages are not shown in a room."""
        self._hidden.setdefault(room, _Folded()).count += count

    def _loop(self, source: int, who: str) -> None:
        text = (
            f"{who} repeats in {self._place(source)} what Hubbub says: such lines are not relayed any more. "
            "If it is another bridge, its name belongs under ignore."
        )
        log.warning("%s", text)
        self._say(source, self._hearing(source), text)

    # What it tells

    def patrol(self) -> None:
        """Tell what has come together: every few seconds."""
        now = time.monotonic()
        for room, text in self.gaps.due():
            self._say(room, self._hearing(room), text)
        for room, loss in _due(self._losses, now):
            what = "A message" if loss.count == 1 else f"{loss.count} messages"
            text = f"{what} could not be delivered to {self._place(room)}: {loss.reason}"
            self._say(room, self._reachable(loss.rooms), text)
        for room, hidden in _due(self._hidden, now):
            some = "1 earlier message is" if hidden.count == 1 else f"{hidden.count} earlier messages are"
            self._say(room, [room], f"{some} not shown here.")
        self._folding.patrol()

    def look_at(self, worker: Worker) -> None:
        """Tell that what a room is owed waits, or that it went through."""
        number, oldest, wait = worker.room.number, worker.oldest(), self._waits.get(worker.room.number)
        now = time.time()
        if wait is not None:
            if worker.joined and (oldest is None or oldest.seq > wait.until):
                del self._waits[number]
                count = worker.settling.delivered - wait.delivered
                some = "1 message" if count == 1 else f"{count} messages"
                text = f"{self._place(number)} can be reached again: {some} that waited went through."
                self._say(number, self._reachable(self._sources(number)), text)
            return
        if oldest is None or oldest.event.sender == HUBBUB:
            return
        since = max(oldest.said_at, worker.away_since)
        if now - since < worker.room.rules.tell_after:
            return
        self._waits[number] = _Wait(since, worker.settling.delivered, self._journal.newest(number))
        place = self._place(number)
        trouble = (
            f"{place} takes messages more slowly than they come since {clock(since, now)} UTC"
            if worker.joined
            else f"{place} cannot be reached since {clock(since, now)} UTC"
        )
        log.warning("%s: %s", trouble, worker.reason or "no reason is known")
        text = f"{trouble}; what you say is kept and follows."
        self._say(number, self._reachable(self._sources(number)), text)

    def _least(self, room: int) -> float:
        """For how many seconds a room must not have been heard to be worth a line."""
        worker = self._workers.get(room)
        return worker.room.rules.tell_gap if worker is not None else math.inf

    def _place(self, room: int) -> str:
        known = self._routes.rooms.get(room)
        return f"{known[1]} on {known[0]}" if known else "a room that left the map"

    def _sources(self, room: int) -> Iterable[int]:
        """The rooms whose talk a room hears."""
        return [source.number for source in self._routes.sources.values() if room in source.rooms]

    def _hearing(self, room: int) -> Iterable[int]:
        """The rooms that hear a room."""
        return next((s.rooms for s in self._routes.sources.values() if s.number == room), ())

    def _reachable(self, rooms: Iterable[int]) -> list[int]:
        """Those rooms that Hubbub may write to, and can now."""
        return [
            room
            for room in sorted(set(rooms) & self._routes.written)
            if (worker := self._workers.get(room)) is not None and worker.joined
        ]

    def _say(self, about: int, rooms: Iterable[int], text: str) -> None:
        event = MessageCreated(
            id=MessageId(f"hubbub-{uuid.uuid4()}"),
            room=RoomId(""),
            sender=HUBBUB,
            content=plain(text),
            kind=Kind.NOTICE,
        )
        if rooms := tuple([room for room in rooms if room in self._routes.rooms]):
            self._journal.take(about, event, rooms)
            self._journal.committed()


def _due(facts: dict[int, _Folded], now: float) -> list[tuple[int, _Folded]]:
    """What is to be told now, and starts anew."""
    due = [(room, fact) for room, fact in facts.items() if fact.count and now - fact.told >= _PAUSE]
    for room, _ in due:
        facts[room] = _Folded(told=now)
    return due
