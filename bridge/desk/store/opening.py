"""Opens the file of a network's desks, and says why it cannot be opened."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import TemporaryFailure

from .schema import DESK_FILE

__all__ = ["open_to_read", "open_to_write", "troubles"]


def open_to_write(file: Path) -> sqlite3.Connection:
    """Open it as the one who writes it, made or migrated. Raises TemporaryFailure."""
    with troubles(file):
        return DESK_FILE.open_to_write(
            file,
            "synchronous = NORMAL",
            "wal_autocheckpoint = 4000",  # each takes a few milliseconds
            "busy_timeout = 2000",
        )


def open_to_read(file: Path) -> sqlite3.Connection:
    """Open it so that nothing in it can change. Raises TemporaryFailure."""
    if not file.is_file():
        raise TemporaryFailure(f"{file}: no desk has been open yet, so there is nothing to read")
    with troubles(file):
        return DESK_FILE.open_to_read(file)


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
