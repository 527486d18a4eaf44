"""The writer: one, on the loop.

What a network hands over in one go is committed together, so that a lone message waits for nothing
and a burst costs few commits. Receipts may wait a little for the next commit, unless somebody waits for
them.
"""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias, TypeVar

from bridge.adapter import Position
from bridge.complaints import Complaints
from bridge.errors import JournalError
from bridge.model import MessageCreated, MessageId, Part, ReactionsChanged, Removed, Sender, TalkEvent

from . import alive, codec, gaps, reactions, removals, rescue, upkeep
from .checkpoint import Checkpointer
from .lock import Own
from .opening import open_database
from .reading import Delivery, Reading, Standing
from .recent import Recent
from .upkeep import Oldest, Pruner

__all__ = ["Journal"]

log = logging.getLogger(__name__)

_GROUP = 400
"""The most events in one transaction: it must not become the loop's longest stall."""
_LATE = 0.05
"""How long a receipt that nobody waits for may wait to be committed with others, in seconds."""
_RETRY = 1.0
"""How long to wait when the disk did not take a commit, in seconds."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_T = TypeVar("_T")
_Taken: TypeAlias = tuple[int, int, TalkEvent, tuple[int, ...], float, str, bytes]
"""Number, source, event, rooms that it is owed to, when it was said, its type and body."""


class Journal(Reading):
    """The durable record: events taken, deliveries owed, positions reached, names of copies."""

    def __init__(self, path: Path, *, synced: bool = False) -> None:
        """Open the journal, make or migrate it, and own it until `close`. `synced`: every commit outlives
        a power failure, at the cost of waiting for the disk each time.

        Raises JournalError, with what to do, when it is in use, damaged, newer or cannot be written.
        """
        self._own = Own(path)
        try:
            self._own.hold()
            self._database, self._key = open_database(path, synced=synced)
        except BaseException:
            self._own.close()
            raise
        self.taken: Callable[[list[Delivery]], None] = lambda _: None
        """Called with what a commit took, in order: to be set by whoever delivers."""
        self.missed: Callable[[], object] = lambda: None
        """Called when that failed: what is owed has to be read again."""
        self._seq: int = self._database.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
        self._events: list[_Taken] = []
        self._positions: dict[tuple[str, str], str] = {}
        self._links: list[tuple[int, str, int, int, int]] = []
        self._moved: list[tuple[int, int, int]] = []
        self._settled: list[tuple[int, int]] = []
        self._dead: list[tuple[int, int, str, float, int]] = []
        self._again: list[tuple[int, int, float]] = []
        self._standings: dict[int, Standing] = {}
        self._gaps: dict[int, gaps.Gap] = {}
        self._after: list[Callable[[], object]] = []
        self._done: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._failing = False
        self.withdrawn = self._withdrawn()
        """What was still owed when it was taken back: rooms and events."""
        self._removed = False
        self._complaints = Complaints(log)
        self._recent = Recent()
        self._pruner = Pruner(self._database)
        self._checkpointer = Checkpointer(path)
        self._own.remember()
        self.guard = self._own.guard

    # What is written

    def take(self, source: int, event: TalkEvent, rooms: tuple[int, ...]) -> int:
        """Take an event that is owed to these rooms; returns its number. One that was taken before
        changes nothing.
        """
        self._seq += 1
        now = time.time()
        said_at = min(event.at, now) if event.replayed and event.at is not None else now
        # Encoded here, not in the commit: what cannot be kept is nobody's trouble but its own.
        self._events.append((self._seq, source, event, rooms, said_at, *codec.encode(event)))
        seq = self._seq
        if len(self._events) >= _GROUP and not self._failing:
            self._flush()
        return seq

    def reach(self, network: str, position: Position) -> None:
        """Note how far a network has been read: committed together with what was taken before."""
        self._positions[network, position.scope] = position.token

    def deliver(
        self,
        delivery: Delivery,
        part: Part | None,
        end: int | None,
        committed: Callable[[], object] | None = None,
    ) -> None:
        """Note that the room has the delivery up to character `end`; None: all of it.

        With `committed`, it is written at once and that is called when it is durable.
        """
        room, seq, start = delivery.room, delivery.seq, delivery.start
        if part is not None:
            self._recent.delivered(seq, room, start, part)
            self._links.append((room, part.id, seq, start, 0))
            self._links += [(room, name, seq, start, 1) for name in part.aliases]
        if end is None:
            self._settled.append((room, seq))
        else:
            delivery.start = end
            self._moved.append((end, room, seq))
        self._later(committed)

    def give_up(self, delivery: Delivery, reason: str, committed: Callable[[], object] | None = None) -> None:
        """Note that the delivery, or the rest of it, will not be made, and why."""
        self._dead.append((delivery.room, delivery.seq, reason, time.time(), delivery.start))
        self._settled.append((delivery.room, delivery.seq))
        self._later(committed)

    def skip(self, delivery: Delivery) -> None:
        """Note that there is nothing to deliver."""
        self._settled.append((delivery.room, delivery.seq))
        self._later(None)

    def repeat(self, delivery: Delivery) -> None:
        """Note that the delivery is made again although it may have arrived."""
        delivery.again = True
        self._again.append((delivery.room, delivery.seq, time.time()))
        self._later(None)

    def stand(self, room: int, standing: Standing, committed: Callable[[], object] | None = None) -> None:
        """Note how we stand with a room; with `committed`, it is called when that is durable."""
        self._standings[room] = standing
        self._later(committed)

    def keep_gap(self, room: int, gap: gaps.Gap) -> None:
        """Note what people have yet to be told of a room."""
        self._gaps[room] = gap
        self._later(None)

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

    def parts(self, seq: int, room: int, before: int = 1 << 62) -> list[Part]:
        known = self._recent.parts(seq, room, before)
        if known is None:
            if self._links and not self._failing:
                self._flush()
            known = super().parts(seq, room, before)
        return known

    def committed(self) -> asyncio.Future[None]:
        """Commit what was handed over so far; done once it is durable."""
        if self._done is None:
            self._done = asyncio.get_running_loop().create_future()
        done = self._done
        if not self._failing:
            self._flush()
        return done

    @property
    def failing(self) -> bool:
        """Whether it cannot be written now."""
        return self._failing

    # In small steps, beside the commits

    def beat(self, heard: Mapping[str, float]) -> None:
        """Note until when each network was heard, so that a crash leaves no longer gap than it must."""
        self._step(lambda: alive.beat(self._database, heard))

    def bury(self, room: int, reason: str, which: Oldest) -> int:
        """Give up the oldest of what a room is owed, a step of it. Returns how many."""
        return self._step(lambda: upkeep.bury(self._database, room, reason, which)) or 0

    def revive(self, rows: Iterable[tuple[int, int]]) -> int:
        """Owe again what was given up, by room and event; returns how many there were."""
        return self._step(lambda: upkeep.revive(self._database, rows)) or 0

    def erase(self, seq: int) -> None:
        """Forget what was said, though not by whom, since somebody who may has taken it back. What is still
        owed stays.
        """
        if not self._failing:
            self._flush()  # what it was owed to may just have been withdrawn
        if not self.is_owed(seq):
            self._recent.erase(seq)
            self._step(lambda: upkeep.erase(self._database, seq))

    def forget_rooms(self, mapped: Iterable[tuple[str, str]]) -> None:
        """Forget how far rooms were read that are not in the map."""
        self._step(lambda: upkeep.forget_rooms(self._database, mapped))

    def rename(self, old: str, new: str) -> int:
        """A network has another name: all that is its own goes with it. Returns how many rooms that are.
        Raises JournalError when that cannot be written.
        """
        moved = self._step(lambda: upkeep.rename(self._database, old, new))
        if moved is None:
            raise JournalError(f"{old} cannot become {new}: the journal cannot be written, look at its disk")
        return moved

    def prune(self, *, text_before: float, names_before: float) -> bool:
        """Erase a little of what is old and settled; whether there may be more."""
        more = self._step(lambda: self._pruner.step(text_before=text_before, names_before=names_before))
        if more:
            self._recent.forget(self._pruner.texts, self._pruner.names)
        return bool(more)

    def _step(self, step: Callable[[], _T]) -> _T | None:
        """Do something between two commits; None while the journal cannot be written."""
        if not self._failing:
            self._flush()
        if self._failing:
            return None
        try:
            return step()
        except sqlite3.Error as error:
            self._again_later(error)
            return None

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        self._cancel_timers()
        self._flush()
        self._cancel_timers()
        self._checkpointer.close()
        saved = rescue.save(self._database, self._own.path) if self._own.lost else None
        with contextlib.closing(self._database), contextlib.suppress(sqlite3.Error):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if saved is not None:
            rescue.put_back(saved, self._own.path)
        self._own.close()

    # The commit

    def _later(self, committed: Callable[[], object] | None) -> None:
        if committed is not None:
            self._after.append(committed)
            self._hurry()
        elif self._timer is None and self._soon is None:
            self._timer = asyncio.get_running_loop().call_later(_LATE, self._flush)

    def _hurry(self) -> None:
        if self._soon is None and not self._failing:
            # A timer, since most often the read that brought the receipt ends in a commit: then it is
            # cancelled, and costs no further turn of the loop.
            self._soon = asyncio.get_running_loop().call_later(0, self._flush)

    def _cancel_timers(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._soon is not None:
            self._soon.cancel()
        self._timer = self._soon = None

    def _flush(self) -> None:
        self._cancel_timers()
        try:
            deliveries = self._commit()
        except Exception as error:  # noqa: BLE001 nothing was written, and nothing is lost: it all waits
            self._again_later(error)
            return
        if self._failing:
            self._failing = False
            log.warning("the journal is being written again")
        after, self._after = self._after, []
        done, self._done = self._done, None
        # Whatever one of them raises, what was committed is handed over, and everybody hears of it.
        safely = self._complaints.safely
        if deliveries and not safely("handing over what was taken", lambda: self.taken(deliveries)):
            safely("reading again what is owed", self.missed)
        for callback in after:
            if not safely("going on after a commit", callback):  # once more: rooms may stand still without it
                asyncio.get_running_loop().call_later(_RETRY, safely, "going on after a commit", callback)
        if done is not None and not done.done():
            done.set_result(None)
        self._checkpointer.finish(self._database)

    def _again_later(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            damaged = getattr(error, "sqlite_errorcode", None) in _DAMAGED
            way_out = "stop, and see what `hubbub db check` says" if damaged else "look at its disk"
            log.error(
                "the journal cannot be written (%s): nothing more is taken until it can; %s", error, way_out
            )
        self._timer = asyncio.get_running_loop().call_later(_RETRY, self._flush)

    def _commit(self) -> list[Delivery]:
        """One transaction for all that waits. On an error nothing is written and all of it still waits."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            write = database.executemany
            if self._links:  # first, since an event may be about what has just got its name
                write("INSERT OR IGNORE INTO link VALUES (?, ?, ?, ?, ?)", self._links)
            events = self._write_events() if self._events else []
            deliveries = [
                Delivery(seq, source, room, event, said_at)
                for seq, source, event, rooms, said_at, _, _ in events
                for room in rooms
            ]
            if deliveries:
                write("INSERT INTO delivery (room, seq) VALUES (?, ?)", [(d.room, d.seq) for d in deliveries])
            if self._moved:
                write("UPDATE delivery SET start = ? WHERE room = ? AND seq = ?", self._moved)
            if self._dead or self._again or self._standings or self._gaps or self._removed:
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
        for waiting in (self._events, self._links, self._moved, self._dead, self._again, self._settled):
            waiting.clear()
        for latest in (self._positions, self._standings, self._gaps):
            latest.clear()
        self._complaints.safely("keeping in mind what was taken", lambda: self._recent.took(events))
        return deliveries

    def _withdrawn(self) -> set[tuple[int, int]]:
        return set(self._database.execute("SELECT room, seq FROM delivery JOIN removed USING (room, seq)"))

    def _write_rare(self) -> None:
        write = self._database.executemany
        write("INSERT OR REPLACE INTO dead VALUES (?, ?, ?, ?, ?)", self._dead)
        write("INSERT OR REPLACE INTO again VALUES (?, ?, ?)", self._again)
        standings = [(known.heard, known.open, room) for room, known in self._standings.items()]
        write("UPDATE room SET heard = ?, open = ? WHERE number = ?", standings)
        gaps.write(self._database, self._gaps)
        if self._removed:
            self.withdrawn, self._removed = self._withdrawn(), False

    def _write_events(self) -> list[_Taken]:
        """Append the events that wait; returns those that had not been taken before."""
        rows = [(taken[0], taken[1], taken[2].id, *taken[4:]) for taken in self._events]
        before = self._database.total_changes
        self._database.executemany("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?)", rows)
        events = self._events
        if self._database.total_changes - before != len(rows):
            first, last = events[0][0], events[-1][0]
            query = "SELECT seq FROM event WHERE seq BETWEEN ? AND ?"
            new = {seq for (seq,) in self._database.execute(query, (first, last))}
            events = [taken for taken in events if taken[0] in new]
        aliases = [(source, alias, seq, 0, 1) for seq, source, event, *_ in events for alias in event.aliases]
        if aliases:
            self._database.executemany("INSERT OR IGNORE INTO link VALUES (?, ?, ?, ?, ?)", aliases)
        for seq, source, event, rooms, *_ in events:
            if isinstance(event, MessageCreated):
                if event.thread is not None and self.origin(source, event.thread) is None:
                    # Named last of all: an adapter may tell the thread's own name by that.
                    root = (source, event.thread, seq, 0, 2)
                    self._database.execute("INSERT INTO link VALUES (?, ?, ?, ?, ?)", root)
            elif isinstance(event, ReactionsChanged | Removed):
                reactions.note(self._database, self, source, event)
                if isinstance(event, Removed):
                    self._removed |= removals.note(self._database, self, source, event, rooms)
        return list(events)
