"""Which messages were taken back where: kept, so that nothing of them is said there afterwards."""

import sqlite3
from collections.abc import Collection

from bridge.model import Removed

from .queries import Queries

__all__ = ["note"]


def note(
    database: sqlite3.Connection, journal: Queries, source: int, event: Removed, rooms: Collection[int]
) -> bool:
    """Keep what an event takes back in these rooms, if it may. Returns whether it does. Part of the commit
    that takes it.
    """
    seq = journal.taken_back(source, event)
    if seq is None:
        return False
    database.executemany("INSERT OR IGNORE INTO removed VALUES (?, ?)", [(room, seq) for room in rooms])
    return True
