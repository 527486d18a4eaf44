"""Looking into a journal from outside, also while a service writes it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import JournalError

__all__ = ["NOT_OURS", "Inventory", "Owed", "inventory", "looking_into", "open_to_look"]

NOT_OURS = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY)
"""What SQLite says where a file is not damaged, but somebody else's."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What waits for one room."""

    network: str
    room: str
    count: int
    since: float
    """When the oldest of it was said, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is in a journal."""

    size: int
    """Of its files together, in bytes."""
    taken: int
    """How many messages it knows."""
    latest: float
    """When the last of them was said, in seconds since 1970; 0 when there is none."""
    owed: tuple[Owed, ...]
    undelivered: int


def open_to_look(path: Path) -> sqlite3.Connection:
    """Open a journal so that nothing in it can change. Raises JournalError when there is none."""
    try:
        if not path.is_file():
            raise JournalError(
                f"{path}: there is no such journal: start the service, or name the configuration that it uses"
            )
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"{path} cannot be opened ({error}): ask as the service's user") from error


@contextlib.contextmanager
def looking_into(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a journal to read from. Raises JournalError when it cannot be read, also while it is."""
    with contextlib.closing(open_to_look(path)) as database:
        try:
            yield database
        except sqlite3.Error as error:
            not_ours = error.sqlite_errorcode & 0xFF in NOT_OURS
            way_out = "ask as the service's user" if not_ours else "`hubbub db check` says what is wrong"
            raise JournalError(f"{path} cannot be read ({error}): {way_out}") from error


def inventory(database: sqlite3.Connection, path: Path) -> Inventory:
    """Count what is in an open journal, which is the file at `path`."""
    taken, latest = database.execute("SELECT count(*), coalesce(max(taken_at), 0) FROM event").fetchone()
    owed = database.execute(
        "SELECT network, room.room, count, (SELECT taken_at FROM event WHERE seq = first) FROM "
        "(SELECT room AS number, count(*) AS count, min(seq) AS first FROM delivery GROUP BY room) "
        "JOIN room USING (number) ORDER BY network, room.room"
    )
    (undelivered,) = database.execute("SELECT count(*) FROM dead").fetchone()
    files = [path, path.with_name(path.name + "-wal")]
    size = sum(file.stat().st_size for file in files if file.exists())
    return Inventory(size, taken, latest, tuple(Owed(*row) for row in owed), undelivered)
