"""The last signs of life: until when everything was heard, should the process end without a word."""

import sqlite3
from collections.abc import Mapping

from bridge.journal.records import BEING_HEARD

__all__ = ["beat", "recover"]

_PROCESS = "alive"
_NETWORK = "alive "
"""Before a network's name."""


def beat(database: sqlite3.Connection, heard: Mapping[str, float], now: float) -> None:
    """Note that the process lives, and until when these networks were heard, in seconds since 1970."""
    database.execute("DELETE FROM meta WHERE key GLOB ?", (_NETWORK + "*",))
    alive = [(_PROCESS, now), *((_NETWORK + network, until) for network, until in heard.items())]
    database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", alive)


def recover(database: sqlite3.Connection, now: float) -> None:
    """Take rooms that were being heard when the last process ended as heard until its last sign of life."""
    database.execute(
        "UPDATE room SET heard = coalesce((SELECT value FROM meta WHERE key = ? || network), "
        "(SELECT value FROM meta WHERE key = ?), 0) WHERE heard = ?",
        (_NETWORK, _PROCESS, BEING_HEARD),
    )
    beat(database, {}, now)
