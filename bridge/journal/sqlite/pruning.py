"""What keeps the journal small, in steps that are short enough for the loop."""

import sqlite3
from collections.abc import Iterable

from bridge.clock import Clock
from bridge.journal import codec
from bridge.journal.records import Oldest

from .receipts import Receipt
from .schema import PROGRESS

__all__ = ["BURY", "LINK", "MOVE", "Pruner", "bury", "erase", "forget_rooms", "rename", "revive", "settle"]

_STEP = 500
BURY = (
    f"INSERT OR REPLACE INTO dead (room, seq, reason, given_up_at, {PROGRESS}) "  # noqa: S608 our own words
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
"""Gives up a delivery that has come so far."""
MOVE = f"UPDATE delivery SET ({PROGRESS}) = (?, ?, ?, ?, ?) WHERE room = ? AND seq = ?"  # noqa: S608 our own words
"""Notes how far a delivery has come."""
LINK = "INSERT OR IGNORE INTO link (room, id, seq, place, alias, speaker) VALUES (?, ?, ?, ?, ?, ?)"
"""Gives a message a further name."""
_DAY = 86_400.0
# Who said it stays, but for what their network vouches for: nobody else may change it later.
_FORGET_TEXT = (
    f"UPDATE event SET type = '{codec.ERASED}', "  # noqa: S608 our own words
    "body = CAST(json_remove(json_extract(CAST(body AS TEXT), '$.sender'), '$.proof') AS BLOB) "
    f"WHERE seq = ? AND body IS NOT NULL AND type NOT IN ('{codec.ERASED}', 'ReactionsChanged/1')"
)
_FORGET = (
    "DELETE FROM event WHERE seq = ?",
    "DELETE FROM link WHERE seq = ?",
    "DELETE FROM again WHERE seq = ?",
    "DELETE FROM reaction WHERE seq = ?",
    "DELETE FROM removed WHERE room IN (SELECT number FROM room) AND seq = ?",
    "DELETE FROM dead WHERE room IN (SELECT number FROM room) AND seq = ?",
)


def bury(database: sqlite3.Connection, room: int, reason: str, which: Oldest, now: float) -> int:
    """Give up the oldest deliveries of a room, one step of them. Returns how many."""
    newest = database.execute(
        "SELECT seq FROM delivery WHERE room = ? AND seq > ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
        (room, which.after, which.keep),
    ).fetchone()
    if newest is None:
        return 0
    rows = database.execute(
        f"SELECT seq, {PROGRESS} FROM delivery JOIN event USING (seq) "  # noqa: S608 our own words
        "WHERE delivery.room = ? AND seq > ? AND seq <= ? AND taken_at < ? ORDER BY seq LIMIT ?",
        (room, which.after, newest[0], which.before, _STEP),
    ).fetchall()
    with database:
        database.execute("BEGIN IMMEDIATE")
        dead = [(room, seq, reason, now, *progress) for seq, *progress in rows]
        database.executemany(BURY, dead)
        settled = [(room, seq) for seq, *_ in rows]
        database.executemany("DELETE FROM delivery WHERE room = ? AND seq = ?", settled)
    return len(rows)


def settle(database: sqlite3.Connection, receipts: Iterable[Receipt], now: float) -> None:
    """Commit what a killed process noted of deliveries: as far as these are owed, since it may have committed
    it before.
    """
    with database:
        database.execute("BEGIN IMMEDIATE")
        for room, seq, place, names, then, reason, speaker in receipts:
            owed = f"SELECT {PROGRESS} FROM delivery WHERE room = ? AND seq = ?"  # noqa: S608 our own words
            if (progress := database.execute(owed, (room, seq)).fetchone()) is None:
                continue
            links = [(room, name, seq, place, number > 0, speaker) for number, name in enumerate(names)]
            database.executemany(LINK, links)
            if then is not None:
                database.execute(MOVE, (*then, room, seq))
                continue
            if reason:
                database.execute(BURY, (room, seq, reason, now, *progress))
            database.execute("DELETE FROM delivery WHERE room = ? AND seq = ?", (room, seq))


def revive(database: sqlite3.Connection, rows: Iterable[tuple[int, int]]) -> int:
    """Owe again what was given up, by room and event. Returns how many there were."""
    rows = list(rows)
    with database:
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            f"INSERT OR IGNORE INTO delivery (room, seq, revived, {PROGRESS}) "  # noqa: S608 our own words
            f"SELECT room, seq, 1, {PROGRESS} FROM dead WHERE room = ? AND seq = ?",
            rows,
        )
        before = database.total_changes
        database.executemany("DELETE FROM dead WHERE room = ? AND seq = ?", rows)
        return database.total_changes - before


def erase(database: sqlite3.Connection, seq: int) -> None:
    """Forget what an event says."""
    database.execute(_FORGET_TEXT, (seq,))


def forget_rooms(database: sqlite3.Connection, mapped: Iterable[tuple[str, str]]) -> None:
    """Forget how far rooms were read that are not in the map: if they come back, they start at now."""
    known = set(mapped)
    scopes = database.execute("SELECT network, scope FROM position WHERE scope != ''").fetchall()
    heard = database.execute("SELECT network, room FROM room WHERE heard IS NOT NULL").fetchall()
    forget = "DELETE FROM position WHERE network = ? AND scope = ?"
    database.executemany(forget, [scope for scope in scopes if scope not in known])
    untold = "DELETE FROM gap WHERE room = (SELECT number FROM room WHERE network = ? AND room = ?)"
    database.executemany(untold, [room for room in heard if room not in known])
    silence = "UPDATE room SET heard = NULL WHERE network = ? AND room = ?"
    database.executemany(silence, [room for room in heard if room not in known])


def rename(database: sqlite3.Connection, old: str, new: str) -> int:
    """Give what belongs to one network to another; what that has itself stays. Returns how many rooms."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        for table in ("position", "opened", "note"):
            move = f"UPDATE OR IGNORE {table} SET network = ? WHERE network = ?"  # noqa: S608 our own words
            database.execute(move, (new, old))
        return database.execute(
            "UPDATE OR IGNORE room SET network = ? WHERE network = ?", (new, old)
        ).rowcount


class Pruner:
    """Erases what was said, and later what it was called, once it is old and settled."""

    def __init__(self, database: sqlite3.Connection, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._began = clock.now()
        self.texts = 0
        """The event whose words were erased last."""
        self.names = 0
        """The one whose names were."""

    def step(self, *, text_before: float, names_before: float) -> bool:
        """Erase a little. Returns whether there may be more."""
        if (now := self._clock.now()) - self._began > _DAY:
            # What was still owed when its time came is looked at again.
            self._began, self.texts, self.names = now, 0, 0
        texts = self._old(self.texts, text_before)
        names = self._old(self.names, names_before)
        if texts:
            self.texts = texts[-1]
            self._erase((_FORGET_TEXT,), texts, names_before)
        if names:
            self.names = names[-1]
            self._erase(_FORGET, names, names_before)
        return bool(texts or names)

    def _old(self, after: int, before: float) -> list[int]:
        """Return the next events in the order of taking, up to the first that is not old. The newest stays
        for ever: its number must not be given twice.
        """
        rows = self._database.execute(
            "SELECT seq, taken_at FROM event WHERE seq > ? AND seq < (SELECT max(seq) FROM event) "
            "ORDER BY seq LIMIT ?",
            (after, _STEP),
        )
        old: list[int] = []
        for seq, taken_at in rows:
            if taken_at >= before:
                break
            old.append(seq)
        return old

    def _erase(self, statements: Iterable[str], seqs: list[int], given_up_before: float) -> None:
        """Do this to these events, but not to those that are owed, or were given up not long ago."""
        among = "room IN (SELECT number FROM room) AND seq BETWEEN ? AND ?"
        bounds = (seqs[0], seqs[-1])
        kept = self._database.execute(
            f"SELECT seq FROM delivery WHERE {among} "  # noqa: S608 our own words
            f"UNION SELECT seq FROM dead WHERE {among} AND given_up_at >= ?",
            (*bounds, *bounds, given_up_before),
        )
        settled = [(seq,) for seq in sorted(set(seqs) - {seq for (seq,) in kept})]
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            for statement in statements:
                self._database.executemany(statement, settled)
