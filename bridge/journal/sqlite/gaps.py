"""Keeps, for each room, what people were not told yet of times when it was not heard, since a process may
end before it tells them.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import astuple

from bridge.journal.records import Gap

__all__ = ["read", "write"]


def write(database: sqlite3.Connection, gaps: Mapping[int, Gap]) -> None:
    """Keep these, by the room's number. Part of a commit."""
    rows = [(room, *astuple(gap)) for room, gap in gaps.items()]
    database.executemany("INSERT OR REPLACE INTO gap VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def read(database: sqlite3.Connection) -> dict[int, Gap]:
    """Return all that is kept, by the room's number."""
    rows = database.execute("SELECT * FROM gap")
    return {
        room: Gap(times, until, seconds, bool(unheard), bool(partly), left_out, told)
        for room, times, until, seconds, unheard, partly, left_out, told in rows
    }
