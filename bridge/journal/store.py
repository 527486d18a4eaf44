"""The writer: one, on the loop.

What a network hands over in one go is committed together, so that a lone message waits for nothing
and a burst costs few commits. Receipts may wait a little for the next commit, unless somebody waits for
them.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bridge.adapter import Position
from bridge.errors import JournalError
from bridge.model import MessageId, Part, RoomId, TalkEvent, Txn

from . import codec, schema
from .checkpoint import Checkpointer

__all__ = ["Delivery", "Journal"]

log = logging.getLogger(__name__)

_GROUP = 400
"""The most events in one transaction: it must not become the loop's longest stall."""
_LATE = 0.05
"""How long a receipt that nobody waits for may wait to be committed with others, in seconds."""
_RETRY = 1.0
"""How long to wait when the disk did not take a commit, in seconds."""


@dataclass(slots=True, eq=False)
class Delivery:
    """One event owed to one room."""

    seq: int
    """The event's place in the order of taking."""
    source: int
    """The number of the room that it comes from."""
    room: int
    """The number of the room that it goes to."""
    event: TalkEvent
    start: int = 0
    """How many characters of it, as this room shows it, have been delivered."""


class Journal:
    """The durable record: events taken, deliveries owed, positions reached, names of copies."""

    def __init__(self, path: Path) -> None:
        """Open the journal, make or migrate it, and own it until `close`.

        Raises JournalError, with what to do, when it is in use, damaged, newer or cannot be written.
        """
        self._lock = _own(path)
        try:
            self._database, self._key = _open(path)
        except BaseException:
            self._lock.close()
            raise
        self.taken: Callable[[list[Delivery]], None] = lambda _: None
        """Called with what a commit took, in order: to be set by whoever delivers."""
        self._seq: int = self._database.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
        self._events: list[tuple[int, int, TalkEvent, tuple[int, ...]]] = []
        self._positions: dict[tuple[str, str], str] = {}
        self._links: list[tuple[int, str, int, int]] = []
        self._moved: list[tuple[int, int, int]] = []
        self._settled: list[tuple[int, int]] = []
        self._dead: list[tuple[int, int, str, float]] = []
        self._after: list[Callable[[], object]] = []
        self._done: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._failing = False
        self._checkpointer = Checkpointer(path)

    # What is written

    def take(self, source: int, event: TalkEvent, rooms: tuple[int, ...]) -> None:
        """Take an event that is owed to these rooms. One that was taken before changes nothing."""
        self._seq += 1
        self._events.append((self._seq, source, event, rooms))
        if len(self._events) >= _GROUP and not self._failing:
            self._flush()

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
            self._links += [(room, name, seq, start) for name in (part.id, *part.aliases)]
        if end is None:
            self._settled.append((room, seq))
        else:
            delivery.start = end
            self._moved.append((end, room, seq))
        self._later(committed)

    def give_up(self, delivery: Delivery, reason: str) -> None:
        """Note that the delivery, or the rest of it, will not be made, and why."""
        self._dead.append((delivery.room, delivery.seq, reason, time.time()))
        self._settled.append((delivery.room, delivery.seq))
        self._later(None)

    def skip(self, delivery: Delivery) -> None:
        """Note that there is nothing to deliver."""
        self._settled.append((delivery.room, delivery.seq))
        self._later(None)

    def committed(self) -> asyncio.Future[None]:
        """Commit what was handed over so far; done once it is durable."""
        if self._done is None:
            self._done = asyncio.get_running_loop().create_future()
        done = self._done
        if not self._failing:
            self._flush()
        return done

    # What is read

    def position(self, network: str, scope: str) -> str | None:
        """The last durable token of a network's scope."""
        row = self._database.execute(
            "SELECT token FROM position WHERE network = ? AND scope = ?", (network, scope)
        ).fetchone()
        return row[0] if row else None

    def number(self, network: str, room: RoomId) -> int:
        """The number that stands for a room in this journal, given on first use.

        Raises JournalError when it cannot be written.
        """
        insert = "INSERT OR IGNORE INTO room (network, room) VALUES (?, ?)"
        try:
            self._database.execute(insert, (network, room))
        except sqlite3.Error as error:
            raise JournalError(f"the journal cannot be written ({error}): look at its disk") from error
        find = "SELECT number FROM room WHERE network = ? AND room = ?"
        number: int = self._database.execute(find, (network, room)).fetchone()[0]
        return number

    def owed(self, room: int, after: int = 0, limit: int = 1000) -> list[Delivery]:
        """The committed deliveries owed to a room, in order, from behind the event `after`."""
        rows = self._database.execute(
            "SELECT seq, event.room, delivery.start, type, body FROM delivery JOIN event USING (seq) "
            "WHERE delivery.room = ? AND seq > ? ORDER BY seq LIMIT ?",
            (room, after, limit),
        )
        return [
            Delivery(seq, source, room, codec.decode(kind, body), start)
            for seq, source, start, kind, body in rows
        ]

    def rooms_owed(self) -> dict[int, tuple[str, str]]:
        """The rooms that something is owed to: number to network and room."""
        rows = self._database.execute(
            "SELECT number, network, room.room FROM room WHERE number IN (SELECT DISTINCT room FROM delivery)"
        )
        return {number: (network, room) for number, network, room in rows}

    def origin(self, room: int, name: MessageId) -> int | None:
        """The event that a name stands for in a room, whether as origin or as copy; None: unknown here."""
        row = self._database.execute(
            "SELECT seq FROM event WHERE room = :room AND id = :name "
            "UNION ALL SELECT seq FROM link WHERE room = :room AND id = :name LIMIT 1",
            {"room": room, "name": name},
        ).fetchone()
        return row[0] if row else None

    def copies(self, seq: int, room: int) -> list[MessageId]:
        """What an event's copy in a room is called there, part by part."""
        rows = self._database.execute(
            "SELECT id FROM link WHERE seq = ? AND room = ? ORDER BY start", (seq, room)
        )
        return [MessageId(name) for (name,) in rows]

    def txn(self, delivery: Delivery) -> Txn:
        """The id of a delivery's next part: the same after a crash, and nobody else's to guess."""
        number = f"{delivery.seq:x}.{delivery.room:x}.{delivery.start:x}"
        return Txn(f"{number}.{hashlib.blake2b(number.encode(), key=self._key, digest_size=8).hexdigest()}")

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        self._cancel_timers()
        self._flush()
        self._cancel_timers()
        self._checkpointer.close()
        with contextlib.closing(self._database), contextlib.suppress(sqlite3.Error):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._lock.close()

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
        except sqlite3.Error as error:
            self._again(error)
            return
        if self._failing:
            self._failing = False
            log.warning("the journal is being written again")
        after, self._after = self._after, []
        done, self._done = self._done, None
        if deliveries:
            self.taken(deliveries)
        for callback in after:
            callback()
        if done is not None and not done.done():
            done.set_result(None)

    def _again(self, error: sqlite3.Error) -> None:
        if not self._failing:
            self._failing = True
            log.error(
                "the journal cannot be written (%s): nothing more is taken until it can; look at its disk",
                error,
            )
        self._timer = asyncio.get_running_loop().call_later(_RETRY, self._flush)

    def _commit(self) -> list[Delivery]:
        """One transaction for all that waits. On an error nothing is written and all of it still waits."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            events = self._write_events() if self._events else []
            deliveries = [
                Delivery(seq, source, room, event) for seq, source, event, rooms in events for room in rooms
            ]
            write = database.executemany
            if deliveries:
                write("INSERT INTO delivery (room, seq) VALUES (?, ?)", [(d.room, d.seq) for d in deliveries])
            if self._links:
                write("INSERT OR IGNORE INTO link VALUES (?, ?, ?, ?)", self._links)
            if self._moved:
                write("UPDATE delivery SET start = ? WHERE room = ? AND seq = ?", self._moved)
            if self._dead:
                write("INSERT OR REPLACE INTO dead VALUES (?, ?, ?, ?)", self._dead)
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
        for waiting in (self._events, self._links, self._moved, self._dead, self._settled, self._positions):
            waiting.clear()
        return deliveries

    def _write_events(self) -> Iterable[tuple[int, int, TalkEvent, tuple[int, ...]]]:
        """Append the events that wait; returns those that had not been taken before."""
        now = time.time()
        rows = [(seq, source, event.id, now, *codec.encode(event)) for seq, source, event, _ in self._events]
        before = self._database.total_changes
        self._database.executemany("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?)", rows)
        events = self._events
        if self._database.total_changes - before != len(rows):
            first, last = events[0][0], events[-1][0]
            query = "SELECT seq FROM event WHERE seq BETWEEN ? AND ?"
            new = {seq for (seq,) in self._database.execute(query, (first, last))}
            events = [taken for taken in events if taken[0] in new]
        aliases = [(source, alias, seq, 0) for seq, source, event, _ in events for alias in event.aliases]
        if aliases:
            self._database.executemany("INSERT OR IGNORE INTO link VALUES (?, ?, ?, ?)", aliases)
        return list(events)


def _own(path: Path) -> IO[str]:
    """Take the lock that says whose journal this is; it goes with the process, however that ends."""
    try:
        lock = path.with_name(path.name + ".lock").open("a+")
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}: check the folder and its rights") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read(20).strip() or "unknown"
        lock.close()
        raise JournalError(
            f"{path} is in use by another Hubbub (process {owner}): stop that one, or name another journal"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _open(path: Path) -> tuple[sqlite3.Connection, bytes]:
    try:
        database = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise JournalError(f"{path}: {error}: check the folder and its rights") from error
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        schema.migrate(database, str(path))
        database.execute("INSERT OR IGNORE INTO meta VALUES ('key', ?)", (secrets.token_bytes(32),))
        (key,) = database.execute("SELECT value FROM meta WHERE key = 'key'").fetchone()
    except sqlite3.Error as error:
        database.close()
        raise JournalError(
            f"{path} cannot be used as a journal ({error}): move it away to begin a new one, "
            "or put a backup in its place"
        ) from error
    except BaseException:
        database.close()
        raise
    return database, key
