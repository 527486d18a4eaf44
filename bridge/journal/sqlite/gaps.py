"""Keeps, for each room, what people were not told yet of times when it was not heard, since a process may
end before it tells them.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import astuple, dataclass

__all__ = ["Gap", "read", "write"]


@dataclass(frozen=True, slots=True)
class Gap:
    """The times when a room was not heard, as far as nobody was told yet. Points in time are in seconds
    since 1970.
    """

    times: int = 0
    until: float = 0.0
    seconds: float = 0.0
    """All times together; negative: nobody knows."""
    unheard: bool = False
    """Whether nobody can tell what was said."""
    partly: bool = False
    """Whether something of it was read all the same."""
    left_out: int | None = 0
    """So many messages were known and not read; None: some, nobody counted them."""
    told: float = 0.0
    """When people were last told of gaps before; 0: never."""


def write(database: sqlite3.Connection, gaps: Mapping[int, Gap]) -> None:
    """Keep these, by the room's number. Part of a commit."""
    rows = [(room, *astuple(gap)) for room, gap in gaps.items()]
    database.executemany("INSERT OR REPLACE INTO gap VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def read(database: sqlite3.Connection) -> dict[int, Gap]:
    """All that is kept, by the room's number."""
    rows = database.execute("SELECT * FROM gap")
    return {
        room: Gap(times, until, seconds, bool(unheard), bool(partly), left_out, told)
        for room, times, until, seconds, unheard, partly, left_out, told in rows
    }
