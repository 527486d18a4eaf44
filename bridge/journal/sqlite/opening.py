"""How a journal is opened by the process that owns it."""

import secrets
import sqlite3
from pathlib import Path

from bridge.errors import JournalError

from . import alive
from .lock import NO_ROOM
from .upgrade import upgrade

__all__ = ["open_database"]

_UNWRITABLE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
"""SQLite says one of these, at its broadest, where the disk is full or read-only."""
_UNREADABLE = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ)


def open_database(path: Path, now: float, *, synced: bool) -> tuple[sqlite3.Connection, bytes]:
    """Open the file as the one who writes it, made or migrated. Returns it with its key. `now` is in seconds
    since 1970. `synced`: see `SqliteJournal`.

    Raises JournalError, with what to do.
    """
    try:
        database = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise JournalError(f"{path}: {error}: check the folder and its rights") from error
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        upgrade(database, path)
        database.execute("INSERT OR IGNORE INTO meta VALUES ('key', ?)", (secrets.token_bytes(32),))
        alive.recover(database, now)
        (key,) = database.execute("SELECT value FROM meta WHERE key = 'key'").fetchone()
    except sqlite3.Error as error:
        database.close()
        if error.sqlite_errorcode & 0xFF in _UNWRITABLE and error.sqlite_errorcode not in _UNREADABLE:
            raise JournalError(f"{path} cannot be written ({error}): {NO_ROOM}") from error
        raise JournalError(
            f"{path} cannot be used as a journal ({error}): `hubbub db check` says what is wrong, "
            "`hubbub db restore` puts a backup in its place; or move it away to begin a new one"
        ) from error
    except BaseException:
        database.close()
        raise
    return database, key
