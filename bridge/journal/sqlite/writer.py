"""The writer: what the relay hands over waits in memory until `commit` writes it, all of it in one
transaction. It decides nothing about when; `relay/dispatch.py` does.
"""

import contextlib
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import TypeVar

from bridge.adapter import Position
from bridge.clock import SYSTEM, Clock
from bridge.complaints import Complaints
from bridge.errors import JournalError
from bridge.journal import codec
from bridge.journal.api import Journal
from bridge.journal.progress import Progress
from bridge.journal.records import Delivery, Gap, Oldest, Standing, Taken, when_said
from bridge.model import MessageCreated, MessageId, Part, ReactionsChanged, Removed, Sender, TalkEvent

from . import alive, gaps, pruning, reactions, removals, rescue
from .cache import RowCache
from .checkpoint import Checkpointer
from .lock import Own
from .notes import SqliteNotes
from .opened import SqliteOpened
from .opening import open_database
from .queries import Queries
from .receipts import Receipt, Receipts, file_of, kept

__all__ = ["SqliteJournal"]

log = logging.getLogger(__name__)

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_T = TypeVar("_T")


class SqliteJournal(Queries, Journal):
    """The journal on disk, which is one process's."""

    def __init__(self, path: Path, *, synced: bool = False, clock: Clock = SYSTEM) -> None:
        """Open the journal, make or migrate it, and own it until `close`. `synced`: every commit outlives
        a power failure, at the cost of waiting for the disk each time.

        Raises JournalError, with what to do, when it is in use, damaged, newer or cannot be written.
        """
        self.clock, self._own = clock, Own(path)
        try:
            self._own.hold()
            self._database, self._key = open_database(path, clock.now(), synced=synced)
        except BaseException:
            self._own.close()
            raise
        self._receipts = None if synced else self._receipts_beside(path)
        self._unkept: list[Receipt] = []
        self.failing = False
        self.known = Counter[int]()
        self._seq: int = self._database.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
        self._events: list[Taken] = []
        self._rows: list[tuple[int, int, str, float, str, bytes]] = []
        self._debts: list[tuple[int, int]] = []
        self._positions: dict[tuple[str, str], str] = {}
        self._links: list[tuple[int, str, int, int, int, str | None]] = []
        self._moved: list[tuple[int, bool, int, bool, bool, int, int]] = []
        self._settled: list[tuple[int, int]] = []
        self._dead: list[tuple[int, int, str, float, int, bool, int, bool, bool]] = []
        self._again: list[tuple[int, int, float]] = []
        self._standings: dict[int, Standing] = {}
        self._gaps: dict[int, Gap] = {}
        self._cursors: dict[str, int] = {}
        self._taken: list[Taken] = []
        self._withdrawn = self._still_owed()
        """Of what was taken back: rooms and events."""
        self._removed = False
        self._complaints = Complaints(log, clock)
        self._recent = RowCache()
        self._pruner = pruning.Pruner(self._database, clock)
        self._checkpointer = Checkpointer(path)
        self.opened = SqliteOpened(self._database, self, self._step)
        self.notes = SqliteNotes(self._database, self._step)
        self._own.remember()

    # What is written

    def take(self, source: int, event: TalkEvent, rooms: tuple[int, ...]) -> None:
        seq = self._seq = self._seq + 1
        now = self.clock.now()
        said_at = when_said(event, now) if event.replayed else now
        # Encoded here, not in the commit: what cannot be kept is nobody's trouble but its own.
        self._rows.append((seq, source, event.id, said_at, *codec.encode(event)))
        self._events.append(Taken(seq, source, event, rooms, said_at))
        self._debts += [(room, seq) for room in rooms]

    def reach(self, network: str, position: Position) -> None:
        self._positions[network, position.scope] = position.token

    def deliver(self, delivery: Delivery, part: Part | None, then: Progress | None) -> None:
        room, seq, place = delivery.room, delivery.seq, delivery.progress.place
        names: tuple[str, ...] = ()
        speaker = None
        if part is not None:
            names, speaker = (part.id, *part.aliases), part.speaker
            self._recent.delivered(seq, room, place, part)
            self._links += [(room, name, seq, place, name is not part.id, speaker) for name in names]
        if then is None:
            self._settled.append((room, seq))
            self._unkept.append((room, seq, place, names, None, "", speaker))
        else:
            delivery.progress = then
            self._moved.append((*astuple(then), room, seq))
            self._unkept.append((room, seq, place, names, astuple(then), "", speaker))

    def give_up(self, delivery: Delivery, reason: str) -> None:
        progress = astuple(delivery.progress)
        self._dead.append((delivery.room, delivery.seq, reason, self.clock.now(), *progress))
        self._settled.append((delivery.room, delivery.seq))
        self._unkept.append((delivery.room, delivery.seq, 0, (), None, reason, None))

    def skip(self, delivery: Delivery) -> None:
        self._settled.append((delivery.room, delivery.seq))
        self._unkept.append((delivery.room, delivery.seq, 0, (), None, "", None))

    def repeat(self, delivery: Delivery) -> None:
        delivery.again = True
        self._again.append((delivery.room, delivery.seq, self.clock.now()))

    def stand(self, room: int, standing: Standing) -> None:
        self._standings[room] = standing

    def keep_gap(self, room: int, gap: Gap) -> None:
        self._gaps[room] = gap

    def move_cursor(self, observer: str, seq: int) -> None:
        self._cursors[observer] = seq

    def keep(self) -> bool:
        if self._receipts is None or self._standings or self._again:
            return False
        if self._unkept and not self._receipts.note(self._unkept):
            return False
        self._unkept.clear()
        return True

    @property
    def unkept(self) -> int:
        return len(self._unkept)

    @property
    def waiting(self) -> bool:
        return bool(
            self._events
            or self._settled
            or self._moved
            or self._links
            or self._standings
            or self._again
            or self._gaps
            or self._positions
            or self._cursors
        )

    # What is read: the newest from memory

    def event(self, seq: int) -> TalkEvent | None:
        known = self._recent.event(seq)
        return known[1] if known is not None else super().event(seq)

    def sender(self, seq: int) -> Sender | None:
        known = self._recent.event(seq)
        return known[1].sender if known is not None else super().sender(seq)

    def taken_in(self, seq: int) -> int | None:
        known = self._recent.event(seq)
        return known[0] if known is not None else super().taken_in(seq)

    def origin(self, room: int, name: MessageId) -> int | None:
        return self._recent.origin(room, name) or super().origin(room, name)

    def parts(self, seq: int, room: int, *, files: bool = True) -> list[Part]:
        known = self._recent.parts(seq, room, files=files)
        return known if known is not None else super().parts(seq, room, files=files)

    def is_withdrawn(self, room: int, seq: int) -> bool:
        return (room, seq) in self._withdrawn

    def _links_of(self, seq: int, room: int) -> list[tuple[int, str, str | None]]:
        noted = [link[1:] for link in self._links if (link[0], link[2]) == (room, seq)]
        return super()._links_of(seq, room) + [(place, name, by) for name, _, place, _, by in noted]

    # In small steps, beside the commits

    def beat(self, heard: Mapping[str, float]) -> None:
        self._step(lambda: alive.beat(self._database, heard, self.clock.now()))

    def bury(self, room: int, reason: str, which: Oldest) -> int:
        return self._step(lambda: pruning.bury(self._database, room, reason, which, self.clock.now())) or 0

    def revive(self, rows: Iterable[tuple[int, int]]) -> int:
        return self._step(lambda: pruning.revive(self._database, rows)) or 0

    def erase(self, seq: int) -> None:

        def step() -> None:
            if not self.is_owed(seq):
                self._recent.erase(seq)
                pruning.erase(self._database, seq)

        self._step(step)

    def forget_rooms(self, mapped: Iterable[tuple[str, str]]) -> None:
        self._step(lambda: pruning.forget_rooms(self._database, mapped))

    def rename(self, old: str, new: str) -> int:
        moved = self._step(lambda: pruning.rename(self._database, old, new))
        if moved is None:
            raise JournalError(f"{old} cannot become {new}: the journal cannot be written, look at its disk")
        return moved

    def prune(self, *, text_before: float, names_before: float) -> bool:
        more = self._step(lambda: self._pruner.step(text_before=text_before, names_before=names_before))
        if more:
            self._recent.forget(self._pruner.texts, self._pruner.names)
        return bool(more)

    def guard(self) -> None:
        self._own.guard()

    def _step(self, step: Callable[[], _T]) -> _T | None:
        """Do something behind all that waits; None while the journal cannot be written."""
        if not self.write():
            return None
        try:
            return step()
        except sqlite3.Error as error:
            self._trouble(error)
            return None

    def close(self) -> None:
        over = self.write()
        if self._receipts is not None:
            self._receipts.close(over=over)
        self._checkpointer.close()
        saved = rescue.save(self._database, self._own.path) if self._own.lost else None
        with contextlib.closing(self._database), contextlib.suppress(sqlite3.Error):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if saved is not None:
            rescue.put_back(saved, self._own.path)
        self._own.close()

    # The commit

    def commit(self) -> list[Taken]:
        if not self.write():
            raise JournalError("the journal cannot be written")
        self._checkpointer.finish(self._database)
        taken, self._taken = self._taken, []
        return taken

    def write(self) -> bool:
        if self.waiting:
            offered = self._events
            try:
                taken = self._transaction()
            except Exception as error:  # noqa: BLE001 nothing was written, and nothing is lost: it all waits
                self._trouble(error)
                return False
            self._taken += taken
            self._complaints.safely("keeping in mind what was taken", partial(self._recent.took, taken))
            if len(taken) < len(offered):
                count = partial(self._count_known, offered, taken)
                self._complaints.safely("counting what came again", count)
            if self._receipts is not None:
                self._complaints.safely("beginning the receipts anew", self._receipts.clear)
        if self.failing:
            self.failing = False
            log.warning("the journal is being written again")
        return True

    def _trouble(self, error: Exception) -> None:
        if not self.failing:
            self.failing = True
            damaged = getattr(error, "sqlite_errorcode", None) in _DAMAGED
            way_out = "stop, and see what `hubbub db check` says" if damaged else "look at its disk"
            log.error(
                "the journal cannot be written (%s): nothing more is taken until it can; %s", error, way_out
            )

    def _transaction(self) -> list[Taken]:
        """Write all in one transaction. Returns the events that had not been taken before."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            write = database.executemany
            if self._links:  # first, since an event may be about what has just got its name
                write(pruning.LINK, self._links)
            taken = self._write_events() if self._events else []
            if self._moved:
                write(pruning.MOVE, self._moved)
            if self._dead or self._again or self._standings or self._gaps or self._cursors or self._removed:
                self._write_rare()
            if self._settled:
                write("DELETE FROM delivery WHERE room = ? AND seq = ?", self._settled)
            if self._positions:
                positions = [(*key, token) for key, token in self._positions.items()]
                write("INSERT OR REPLACE INTO position VALUES (?, ?, ?)", positions)
            database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                database.execute("ROLLBACK")
            raise
        if self._events:
            self._events, self._rows, self._debts = [], [], []
        for noted in (self._links, self._moved, self._dead, self._again, self._settled):
            noted.clear()
        for latest in (self._positions, self._standings, self._gaps, self._cursors):
            latest.clear()
        self._unkept.clear()
        return taken

    def _count_known(self, offered: list[Taken], taken: list[Taken]) -> None:
        self.known.update(one.source for one in offered)
        self.known.subtract(one.source for one in taken)

    def _receipts_beside(self, path: Path) -> Receipts | None:
        """Open the file of receipts, and commit those that a kill left; None: there can be none."""
        try:
            file = file_of(path)
            pruning.settle(self._database, kept(file, self._key), self.clock.now())
            receipts = Receipts(file, self._key)
            receipts.clear()
        except (OSError, sqlite3.Error) as error:
            log.warning("receipts cannot be kept beside %s (%s): each is committed for itself", path, error)
            return None
        return receipts

    def _still_owed(self) -> set[tuple[int, int]]:
        return set(self._database.execute("SELECT room, seq FROM delivery JOIN removed USING (room, seq)"))

    def _write_rare(self) -> None:
        write = self._database.executemany
        write(pruning.BURY, self._dead)
        write("INSERT OR REPLACE INTO again VALUES (?, ?, ?)", self._again)
        standings = [(known.heard, known.open, room) for room, known in self._standings.items()]
        write("UPDATE room SET heard = ?, open = ? WHERE number = ?", standings)
        gaps.write(self._database, self._gaps)
        write("INSERT OR REPLACE INTO observer VALUES (?, ?)", self._cursors.items())
        if self._removed:
            self._withdrawn, self._removed = self._still_owed(), False

    def _write_events(self) -> list[Taken]:
        """Append the events that wait, and what is owed. Returns those that had not been taken before."""
        write = self._database.executemany
        before = self._database.total_changes
        write("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?)", self._rows)
        events, debts = self._events, self._debts
        if self._database.total_changes - before != len(events):
            query = "SELECT seq FROM event WHERE seq BETWEEN ? AND ?"
            new = {seq for (seq,) in self._database.execute(query, (events[0].seq, events[-1].seq))}
            events = [taken for taken in events if taken.seq in new]
            debts = [debt for debt in debts if debt[1] in new]
        write("INSERT INTO delivery (room, seq) VALUES (?, ?)", debts)
        aliases = [
            (source, alias, seq, 0, 1, None) for seq, source, event, *_ in events for alias in event.aliases
        ]
        if aliases:
            write(pruning.LINK, aliases)
        for seq, source, event, rooms, _ in events:
            if isinstance(event, MessageCreated):
                if event.thread is not None and self.origin(source, event.thread) is None:
                    # Named last of all: an adapter may tell the thread's own name by that.
                    self._database.execute(pruning.LINK, (source, event.thread, seq, 0, 2, None))
            elif isinstance(event, ReactionsChanged | Removed):
                reactions.note(self._database, self, source, event)
                if isinstance(event, Removed):
                    self._removed |= removals.note(self._database, self, source, event, rooms)
        return events
