"""The last signs of life: until when everything was heard, should the process end without a word."""

import sqlite3
import time
from collections.abc import Mapping

from .reading import BEING_HEARD

__all__ = ["beat", "recover"]

_KEY = "alive "
"""Before a network's name; without one, that of the process."""


def beat(database: sqlite3.Connection, heard: Mapping[str, float]) -> None:
    """Note that the process lives, and until when these networks were heard, in seconds since 1970."""
    database.execute("DELETE FROM meta WHERE key GLOB ?", (_KEY + "*",))
    alive = {_KEY + network: until for network, until in heard.items()}
    database.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)", {_KEY.strip(): time.time(), **alive}.items()
    )


def recover(database: sqlite3.Connection) -> None:
    """What was being heard when the last process ended was heard until the last sign of life."""
    database.execute(
        "UPDATE room SET heard = coalesce((SELECT value FROM meta WHERE key = ? || network), "
        "(SELECT value FROM meta WHERE key = ?), 0) WHERE heard = ?",
        (_KEY, _KEY.strip(), BEING_HEARD),
    )
    beat(database, {})
