"""What is known, as it was committed."""

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import NamedTuple

from bridge.journal import codec
from bridge.journal.api import JUST_NOW, LATELY, Following
from bridge.journal.marks import Keyed
from bridge.journal.progress import FILES, Progress
from bridge.journal.records import Delivery, Gap, Observed, Standing
from bridge.model import MessageCreated, MessageId, Part, RoomId, Sender, TalkEvent, UserId

__all__ = ["EventRow", "NameRow", "Rows"]


@dataclass(slots=True)
class EventRow:
    """An event that was taken."""

    source: int
    said_at: float
    id: MessageId
    sender: Sender
    event: TalkEvent | None
    """None: its words are forgotten."""

    def row(self) -> tuple[str, bytes]:
        """Return the type and body of what is left of it."""
        return codec.erased(self.sender) if self.event is None else codec.encode(self.event)


class NameRow(NamedTuple):
    """A further name of an event in a room."""

    place: int
    """Of its part."""
    rank: int
    """The best name of a part has the least."""
    name: MessageId
    speaker: str | None = None
    """Who said it there."""


class Rows(Keyed, Following):
    """All that the journal holds."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._rooms: dict[tuple[str, RoomId], int] = {}
        self._positions: dict[tuple[str, str], str] = {}
        self._standings: dict[int, Standing] = {}
        self._gaps: dict[int, Gap] = {}
        self._events: dict[int, EventRow] = {}
        """In the order of taking."""
        self._ids: dict[tuple[int, MessageId], int] = {}
        self._names: dict[tuple[int, MessageId], int] = {}
        """What events are called besides."""
        self._parts: dict[tuple[int, int], list[NameRow]] = {}
        """The same by event and room."""
        self._owed: dict[int, dict[int, tuple[Progress, bool]]] = {}
        """By room and event: how far it has come, and whether it had been given up."""
        self._dead: dict[tuple[int, int], tuple[float, Progress]] = {}
        """By room and event: since when, and how far it had come."""
        self._again: set[tuple[int, int]] = set()
        self._removed: set[tuple[int, int]] = set()
        self._reactions: dict[int, dict[tuple[int, UserId, str], None]] = {}
        """By event: room, sender and emoji, the first first."""
        self._cursors: dict[str, int] = {}

    def number(self, network: str, room: RoomId) -> int:
        return self._rooms.setdefault((network, room), len(self._rooms) + 1)

    def room(self, number: int) -> tuple[str, RoomId] | None:
        return next((named for named, known in self._rooms.items() if known == number), None)

    def position(self, network: str, scope: str) -> str | None:
        return self._positions.get((network, scope))

    def standing(self, room: int) -> Standing:
        return self._standings.get(room, Standing())

    def untold(self) -> dict[int, Gap]:
        return dict(self._gaps)

    def owed(self, room: int, after: int = 0, limit: int = 1000) -> list[Delivery]:
        found, debts = [], self._debts(room)
        for seq in islice((seq for seq in sorted(debts) if seq > after), limit):
            taken, (progress, revived) = self._events[seq], debts[seq]
            if taken.event is not None:
                owed = Delivery(seq, taken.source, room, taken.event, taken.said_at, progress)
                owed.again, owed.revived = (room, seq) in self._again, revived
                found.append(owed)
        return found

    def newest(self, room: int) -> int:
        return max(self._debts(room), default=0)

    def rooms_owed(self) -> dict[int, tuple[str, str]]:
        return {number: named for named, number in self._rooms.items() if self._owed.get(number)}

    def is_owed(self, seq: int) -> bool:
        return any(seq in debts for debts in self._owed.values())

    def origin(self, room: int, name: MessageId) -> int | None:
        return self._ids.get((room, name)) or self._names.get((room, name))

    def event(self, seq: int) -> TalkEvent | None:
        return self._events[seq].event if seq in self._events else None

    def taken_in(self, seq: int) -> int | None:
        return self._events[seq].source if seq in self._events else None

    def sender(self, seq: int) -> Sender | None:
        return self._events[seq].sender if seq in self._events else None

    def _edits(self, room: int, after: int, before: int) -> Iterable[int]:
        behind = takewhile(lambda seq: seq > after, reversed(self._events))
        return [seq for seq in behind if seq < before and self._events[seq].source == room]

    def is_removed(self, room: int, seq: int) -> bool:
        return (room, seq) in self._removed

    def is_withdrawn(self, room: int, seq: int) -> bool:
        return (room, seq) in self._removed and seq in self._debts(room)

    def parts(self, seq: int, room: int, *, files: bool = True) -> list[Part]:
        names: dict[int, list[MessageId]] = {}
        if self.taken_in(seq) == room:
            names[0] = [self._events[seq].id]
        speakers: dict[int, str | None] = {}
        for place, _, name, speaker in sorted(self._parts.get((seq, room), ()), key=lambda named: named[:2]):
            if files or place < FILES:
                names.setdefault(place, []).append(name)
                speakers[place] = speaker
        return [Part(first, tuple(others), speakers.get(place)) for place, (first, *others) in names.items()]

    def reactions(self, seq: int, room: int) -> list[tuple[int, UserId, str]]:
        return [reaction for reaction in self._reactions.get(seq, {}) if reaction[0] != room]

    def lately(self, room: int, sources: Collection[int], count: int) -> list[int]:
        debts = self._debts(room)
        seen = [
            seq
            for seq, taken in self._last(JUST_NOW)
            if isinstance(taken.event, MessageCreated)
            and (taken.source == room or taken.source in sources)
            and seq not in debts
        ]
        return seen[:count][::-1]

    def speakers(self, room: int) -> dict[str, UserId]:
        spoke = [taken.sender for _, taken in self._last(LATELY) if taken.source == room and taken.event]
        return {sender.name: sender.id for sender in reversed(spoke) if sender.id}

    def _spoke(self, rooms: Collection[int], since: float) -> Iterable[tuple[int, Sender]]:
        spoke = [taken for _, taken in self._last(LATELY) if isinstance(taken.event, MessageCreated)]
        heard = [taken for taken in reversed(spoke) if taken.source in rooms and taken.said_at > since]
        return ((taken.source, taken.sender) for taken in heard)

    def _last(self, count: int) -> Iterator[tuple[int, EventRow]]:
        """Yield so many of the newest, these first."""
        newest = self.latest()
        return (
            (seq, self._events[seq])
            for seq in takewhile(lambda seq: seq > newest - count, reversed(self._events))
        )

    # For observers

    def latest(self) -> int:
        return next(reversed(self._events), 0)

    def events(self, after: int, limit: int) -> list[Observed]:
        behind = reversed(list(takewhile(lambda seq: seq > after, reversed(self._events))))
        return [
            Observed(
                seq, *(self.room(taken.source) or ("", RoomId(""))), taken.said_at, taken.id, *taken.row()
            )
            for seq, taken in ((seq, self._events[seq]) for seq in islice(behind, limit))
        ]

    def cursor(self, observer: str) -> int | None:
        return self._cursors.get(observer)

    def _debts(self, room: int) -> dict[int, tuple[Progress, bool]]:
        return self._owed.setdefault(room, {})
