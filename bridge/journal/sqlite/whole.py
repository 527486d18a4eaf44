"""Files that appear under their name only when they are whole."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import JournalError

__all__ = ["beside", "put"]


@contextlib.contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Make a new file beside this one, for us alone to read, and gone if it was not renamed.

    Raises JournalError where it cannot be made, or written.
    """
    try:
        number, name = tempfile.mkstemp(".part", f"{target.name}.", target.parent)
    except OSError as error:
        raise JournalError(f"{target}: {error.strerror}: check the folder and its rights") from error
    os.close(number)
    part = Path(name)
    try:
        yield part
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"{target} cannot be written ({error}): look at its disk") from error
    finally:
        part.unlink(missing_ok=True)


def put(part: Path, target: Path) -> None:
    """Give a file, which SQLite has on disk, its name for good."""
    part.replace(target)
    number = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
