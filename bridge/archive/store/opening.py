"""Opens the archive's file, and says why it cannot be opened."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bridge.errors import ArchiveError

from .schema import ARCHIVE_FILE

__all__ = ["DAMAGED", "NO_ROOM", "open_to_read", "open_to_write", "size_of", "troubles"]

NO_ROOM = "make room on its disk, or make that writable: the archive catches up from the journal then"
"""Advice for a disk that is full or read-only."""
_BROKEN = "put a copy of it in its place, or move it away: a new one begins then"
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNWRITABLE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_NOT_OURS = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


def open_to_write(file: Path) -> sqlite3.Connection:
    """Open the archive as the one who writes it, made or migrated. Raises ArchiveError."""
    with troubles(file):
        return ARCHIVE_FILE.open_to_write(
            file,
            "auto_vacuum = INCREMENTAL",  # counts for a file that is made now
            "synchronous = NORMAL",
        )


def open_to_read(file: Path) -> sqlite3.Connection:
    """Open the archive so that nothing in it can change. Raises ArchiveError."""
    if not file.is_file():
        raise ArchiveError(
            f"{file}: there is no archive yet: give a conversation `archive:` in the map, "
            "or name the configuration whose archive it is"
        )
    with troubles(file, reading=True):
        database = ARCHIVE_FILE.open_to_read(file)
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if not version:
            database.close()
            raise ArchiveError(
                f"{file} has nothing in it yet: ask again when the service has filed something"
            )
        return database


@contextlib.contextmanager
def troubles(file: Path, *, reading: bool = False) -> Iterator[None]:
    """Raise what SQLite says of the file as an ArchiveError, with the way out."""
    try:
        yield
    except sqlite3.Error as error:
        raise ArchiveError(_sentence(file, error, reading=reading)) from error
    except (UnicodeDecodeError, msgspec.DecodeError) as error:  # SQLite takes any bytes for text
        raise ArchiveError(f"{file} is damaged ({error}): {_BROKEN}") from error
    except OSError as error:
        raise ArchiveError(f"{file}: {error.strerror}: check the folder and its rights") from error


def _sentence(file: Path, error: sqlite3.Error, *, reading: bool) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code == sqlite3.SQLITE_INTERRUPT:
        return "this took longer than it may: ask for less, or for a shorter time"
    if code & 0xFF in DAMAGED:
        return f"{file} is damaged ({error}): {_BROKEN}"
    if reading and code & 0xFF in _NOT_OURS:
        return f"{file} cannot be read ({error}): ask as the service's user"
    if not reading and code & 0xFF in _UNWRITABLE:
        return f"{file} cannot be written ({error}): {NO_ROOM}"
    return f"{file} cannot be used ({error}): {_BROKEN}"


def size_of(file: Path) -> int:
    """Return how many bytes an archive takes, with its log."""
    files = (file, file.with_name(f"{file.name}-wal"))
    return sum(one.stat().st_size for one in files if one.exists())
