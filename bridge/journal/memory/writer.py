"""What is noted, and the steps beside."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice, takewhile

from bridge.adapter import Position
from bridge.clock import SYSTEM, Clock
from bridge.journal.api import Journal
from bridge.journal.progress import UNBEGUN, Progress
from bridge.journal.records import Delivery, Gap, Oldest, Standing, Taken, when_said
from bridge.model import (
    MessageCreated,
    Part,
    ReactionsChanged,
    Removed,
    TalkEvent,
)

from .notes import MemoryNotes
from .opened import MemoryOpened
from .queries import EventRow, NameRow, Rows

__all__ = ["MemoryJournal"]

_STEP = 500


class MemoryJournal(Rows, Journal):
    """Answers as the one on disk does. What is noted waits for a commit here too."""

    def __init__(self, clock: Clock = SYSTEM) -> None:
        super().__init__()
        self.clock = clock
        self.failing = False
        self.known = Counter[int]()
        self.opened: MemoryOpened = MemoryOpened()
        self.notes: MemoryNotes = MemoryNotes()
        self._seq = 0
        self._texts_pruned = self._names_pruned = 0
        self._noted: list[Callable[[], object]] = []
        self._waiting: list[Taken] = []
        self._taken: list[Taken] = []

    # What is written

    def take(self, source: int, event: TalkEvent, rooms: tuple[int, ...]) -> None:
        self._seq += 1
        self._waiting.append(Taken(self._seq, source, event, rooms, when_said(event, self.clock.now())))

    def reach(self, network: str, position: Position) -> None:
        self._noted.append(partial(self._positions.update, {(network, position.scope): position.token}))

    def deliver(self, delivery: Delivery, part: Part | None, then: Progress | None) -> None:
        room, seq, place = delivery.room, delivery.seq, delivery.progress.place
        if part is not None:
            for name in (part.id, *part.aliases):
                self._name(seq, room, NameRow(place, int(name is not part.id), name, part.speaker))
        if then is None:
            self.skip(delivery)
        else:
            delivery.progress = then
            self._noted.append(partial(self._move, room, seq, then))

    def give_up(self, delivery: Delivery, reason: str) -> None:
        dead = {(delivery.room, delivery.seq): (self.clock.now(), delivery.progress)}
        self._noted.append(partial(self._dead.update, dead))
        self.skip(delivery)

    def skip(self, delivery: Delivery) -> None:
        self._noted.append(partial(self._debts(delivery.room).pop, delivery.seq, None))

    def repeat(self, delivery: Delivery) -> None:
        delivery.again = True
        self._noted.append(partial(self._again.add, (delivery.room, delivery.seq)))

    def stand(self, room: int, standing: Standing) -> None:
        self._noted.append(partial(self._standings.update, {room: standing}))

    def keep_gap(self, room: int, gap: Gap) -> None:
        self._noted.append(partial(self._gaps.update, {room: gap}))

    def move_cursor(self, observer: str, seq: int) -> None:
        self._noted.append(partial(self._cursors.update, {observer: seq}))

    def keep(self) -> bool:
        return False  # nothing outlives a kill

    @property
    def unkept(self) -> int:
        return len(self._noted)

    @property
    def waiting(self) -> bool:
        return bool(self._waiting or self._noted)

    def commit(self) -> list[Taken]:
        self.write()
        taken, self._taken = self._taken, []
        return taken

    def write(self) -> bool:
        waiting, self._waiting = self._waiting, []
        new = [
            taken
            for taken in waiting
            if self._ids.setdefault((taken.source, taken.event.id), taken.seq) == taken.seq
        ]
        self.known.update(taken.source for taken in waiting)
        self.known.subtract(taken.source for taken in new)
        for seq, source, event, rooms, said_at in new:
            self._events[seq] = EventRow(source, said_at, event.id, event.sender, event)
            for room in rooms:
                self._debts(room)[seq] = (UNBEGUN, False)
        for seq, source, event, *_ in new:
            for alias in event.aliases:
                self._name(seq, source, NameRow(0, 1, alias))
        for taken in new:
            self._note(taken)
        noted, self._noted = self._noted, []
        for note in noted:
            note()
        self._taken += new
        return True

    def _note(self, taken: Taken) -> None:
        """Keep what an event changes of others."""
        seq, source, event, rooms, _ = taken
        if isinstance(event, MessageCreated):
            if event.thread is not None and self.origin(source, event.thread) is None:
                self._name(seq, source, NameRow(0, 2, event.thread))
        elif isinstance(event, ReactionsChanged):
            if (target := self.about(source, event.target)) is not None:
                self._react(target, source, event)
        elif isinstance(event, Removed):
            named = self.origin(source, event.target)
            earlier = self.event(named) if named is not None else None
            if isinstance(earlier, ReactionsChanged) and (
                earlier.sender.id == event.sender.id or event.by_moderator
            ):
                self._take_back(source, earlier)
            if (gone := self.taken_back(source, event)) is not None:
                self._removed.update((room, gone) for room in rooms)

    def _react(self, target: int, source: int, event: ReactionsChanged) -> None:
        kept, sender = self._reactions.setdefault(target, {}), event.sender.id
        for room, who, emoji in list(kept):
            gone = emoji in event.removed if event.emojis is None else emoji not in event.emojis
            if (room, who) == (source, sender) and gone:
                del kept[room, who, emoji]
        for emoji in event.emojis or event.added:
            kept.setdefault((source, sender, emoji))

    def _take_back(self, source: int, earlier: ReactionsChanged) -> None:
        target = self.about(source, earlier.target)
        kept = self._reactions.get(target, {}) if target is not None else {}
        for emoji in earlier.emojis or earlier.added:
            kept.pop((source, earlier.sender.id, emoji), None)

    def _name(self, seq: int, room: int, row: NameRow) -> None:
        if (room, row.name) not in self._names:
            self._names[room, row.name] = seq
            self._parts.setdefault((seq, room), []).append(row)

    def _move(self, room: int, seq: int, progress: Progress) -> None:
        if seq in (debts := self._debts(room)):
            debts[seq] = (progress, debts[seq][1])

    # In small steps

    def beat(self, heard: Mapping[str, float]) -> None:
        self.write()

    def bury(self, room: int, reason: str, which: Oldest) -> int:
        self.write()
        debts = self._debts(room)
        behind = [seq for seq in sorted(debts) if seq > which.after]
        oldest = behind[: max(len(behind) - which.keep, 0)]
        old = [seq for seq in oldest if self._events[seq].said_at < which.before][:_STEP]
        for seq in old:
            self._dead[room, seq] = (self.clock.now(), debts.pop(seq)[0])
        return len(old)

    def revive(self, rows: Iterable[tuple[int, int]]) -> int:
        self.write()
        found = [row for row in rows if row in self._dead]
        for room, seq in found:
            self._debts(room).setdefault(seq, (self._dead.pop((room, seq))[1], True))
        return len(found)

    def erase(self, seq: int) -> None:
        self.write()
        if not self.is_owed(seq):
            self._erase(seq)

    def forget_rooms(self, mapped: Iterable[tuple[str, str]]) -> None:
        self.write()
        known = set(mapped)
        for network, scope in list(self._positions):
            if scope and (network, scope) not in known:
                del self._positions[network, scope]
        for named, number in self._rooms.items():
            if named not in known and self.standing(number).heard is not None:
                self._gaps.pop(number, None)
                self._standings[number] = replace(self._standings[number], heard=None)

    def rename(self, old: str, new: str) -> int:
        self.write()
        for network, scope in list(self._positions):
            if network == old and (new, scope) not in self._positions:
                self._positions[new, scope] = self._positions.pop((old, scope))
        moved = [room for network, room in self._rooms if network == old and (new, room) not in self._rooms]
        for room in moved:
            self._rooms[new, room] = self._rooms.pop((old, room))
        self.opened.rename(old, new)
        self.notes.rename(old, new)
        return len(moved)

    def prune(self, *, text_before: float, names_before: float) -> bool:
        self.write()
        texts, names = self._old(self._texts_pruned, text_before), self._old(self._names_pruned, names_before)
        for seq in self._settled(texts, names_before):
            self._erase(seq)
        for seq in self._settled(names, names_before):
            self._forget(seq)
        self._texts_pruned = max(texts, default=self._texts_pruned)
        self._names_pruned = max(names, default=self._names_pruned)
        return bool(texts or names)

    def _old(self, after: int, before: float) -> list[int]:
        behind = (seq for seq in self._events if after < seq < self.latest())  # the newest stays
        return list(islice(takewhile(lambda seq: self._events[seq].said_at < before, behind), _STEP))

    def _settled(self, seqs: Iterable[int], given_up_before: float) -> list[int]:
        """Return those that are not owed, and were not given up since then."""
        kept = {seq for (_, seq), (given_up_at, _) in self._dead.items() if given_up_at >= given_up_before}
        return [seq for seq in seqs if seq not in kept and not self.is_owed(seq)]

    def _erase(self, seq: int) -> None:
        if seq in self._events and not isinstance(self._events[seq].event, ReactionsChanged):
            taken = self._events[seq]
            taken.event, taken.sender = None, replace(taken.sender, proof="")

    def _forget(self, seq: int) -> None:
        taken = self._events.pop(seq)
        del self._ids[taken.source, taken.id]
        self._reactions.pop(seq, None)
        for where in [where for where in self._parts if where[0] == seq]:
            for _, _, name, _ in self._parts.pop(where):
                del self._names[where[1], name]
        for marked in (self._again, self._removed):
            marked -= {row for row in marked if row[1] == seq}
        for row in [row for row in self._dead if row[1] == seq]:
            del self._dead[row]

    def guard(self) -> None:
        """Do nothing: nobody can take this journal away."""

    def close(self) -> None:
        self.write()
