"""Copies of a journal appear under their name only when they are whole."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import JournalError
from bridge.new_files import new_file

__all__ = ["beside"]


@contextlib.contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Make a new file beside this one (`new_file`). Raises JournalError where it cannot be written."""
    try:
        with new_file(target) as part:
            yield part
    except (OSError, sqlite3.Error) as error:
        raise JournalError(
            f"{target} cannot be written ({error}): check the folder, its rights and its disk"
        ) from error
