"""Opens the file of a network's desks, and says why it cannot be opened."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import TemporaryFailure

from . import schema

__all__ = ["open_to_read", "open_to_write", "troubles"]


def open_to_write(file: Path) -> sqlite3.Connection:
    """Open it as the one who writes it, made or migrated. Raises TemporaryFailure."""
    with troubles(file):
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # what stands beside it has its mode
        database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        try:
            _refuse(database, file)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("PRAGMA secure_delete = ON")
            database.execute("PRAGMA temp_store = MEMORY")
            database.execute("PRAGMA wal_autocheckpoint = 4000")  # each takes a few milliseconds
            database.execute("PRAGMA busy_timeout = 2000")
            schema.migrate(database)
        except BaseException:
            database.close()
            raise
    return database


def open_to_read(file: Path) -> sqlite3.Connection:
    """Open it so that nothing in it can change. Raises TemporaryFailure."""
    if not file.is_file():
        raise TemporaryFailure(f"{file}: no desk has been open yet, so there is nothing to read")
    with troubles(file):
        where = f"{file.absolute().as_uri()}?mode=ro"
        database = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
        try:
            _refuse(database, file)
        except BaseException:
            database.close()
            raise
    return database


def _refuse(database: sqlite3.Connection, file: Path) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != schema.APPLICATION:
        raise TemporaryFailure(f"{file} is no file of a desk's: move it away, and a new one begins")
    if version > schema.VERSION:
        raise TemporaryFailure(
            f"{file} was written by a newer Hubbub (schema {version}; this one knows {schema.VERSION}): "
            "start that release again, or move the file away to begin a new one"
        )


@contextlib.contextmanager
def troubles(file: Path) -> Iterator[None]:
    """Raise what SQLite and the system say of the file as a TemporaryFailure, with the way out."""
    try:
        yield
    except sqlite3.Error as error:
        raise TemporaryFailure(
            f"{file} cannot be used ({error}): make room on its disk and look at its rights; if it is "
            "damaged, put a copy in its place"
        ) from error
    except OSError as error:
        raise TemporaryFailure(f"{file}: {error.strerror}: check the folder and its rights") from error
