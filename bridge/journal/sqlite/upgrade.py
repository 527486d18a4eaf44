"""The way of a journal from an older release's schema to this one's: it is copied first, so that there is a
way back.
"""

import contextlib
import logging
import re
import shutil
import sqlite3
from pathlib import Path

from bridge.errors import JournalError
from bridge.new_files import put_in_place

from . import schema
from .receipts import file_of
from .whole import beside

__all__ = ["KEPT", "copy_of", "upgrade"]

log = logging.getLogger(__name__)

_LEFT = re.compile(r"\.schema-\d+\.\w+\.part(-journal)?")
"""How the name of a copy ends that a kill left half made: each is as large as the journal."""
KEPT = 2
"""So many copies stay, those of the newest schemas."""


def copy_of(journal: Path, version: int) -> Path:
    """Return where the copy of a journal is that was made when it left this version of the schema."""
    return journal.with_name(f"{journal.name}.schema-{version}")


def upgrade(database: sqlite3.Connection, path: Path) -> None:
    """Bring the journal at `path`, new or old, to this release's schema; one that is old is copied before.

    Raises JournalError when a newer release wrote it, or when there can be no copy; then nothing has changed.
    """
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > schema.VERSION:
        raise JournalError(_newer(path, version))
    if version in (0, schema.VERSION):
        schema.migrate(database)
        return
    copy = copy_of(path, version)
    log.info(
        "the journal is of an older release (schema %d): it is copied to %s, then upgraded", version, copy
    )
    _copy(database, path, copy)
    try:
        schema.migrate(database)
    except BaseException:
        _forget(copy)  # it would only take up the room that may be what is missing
        raise
    log.info("the journal is upgraded to schema %d", schema.VERSION)
    for old in _copies(path)[KEPT:]:
        _forget(old)


def _newer(path: Path, version: int) -> str:
    copy = copy_of(path, schema.VERSION)
    back = (
        f"or go back to how it was before that: `hubbub db restore --journal {path} {copy}`"
        if copy.exists()
        else "or name another journal"
    )
    return (
        f"{path} was written by a newer Hubbub (schema {version}; this one knows {schema.VERSION}): "
        f"start that release again, {back}"
    )


def _copy(database: sqlite3.Connection, path: Path, copy: Path) -> None:
    for left in path.parent.iterdir():
        if _LEFT.fullmatch(left.name.removeprefix(path.name)):
            left.unlink(missing_ok=True)
    try:
        with beside(copy) as part:
            with contextlib.closing(sqlite3.connect(part)) as copied:
                database.backup(copied)
                copied.execute("PRAGMA journal_mode = DELETE")  # one file
                said = _look_at(copied)
            if said == "ok":
                _forget(copy)
                with contextlib.suppress(FileNotFoundError):  # what a kill left belongs to it
                    shutil.copy(file_of(path), file_of(copy))
                put_in_place(part, copy)
                return
    except JournalError as error:
        size = path.stat().st_size / 1e6
        raise JournalError(
            f"{path} is as the older release left it and is not upgraded, since the copy that is made before "
            f"cannot be written ({error.__cause__}): make room for {size:,.0f} MB beside it, then start again"
        ) from error
    raise JournalError(
        f"{path} is damaged ({said}) and is not upgraded: start the release that wrote it, "
        "or put a backup in its place with `hubbub db restore`"
    )


def _look_at(database: sqlite3.Connection) -> str:
    """Return what SQLite says of a file: ok, or the first thing that is wrong with it."""
    try:
        return " ".join(database.execute("PRAGMA quick_check(1)").fetchone()[0].split())
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
            return str(error)
        raise


def _copies(path: Path) -> list[Path]:
    """Return the copies of a journal, the one of the newest schema first."""
    end = re.compile(r"\.schema-(\d+)")
    found = [(end.fullmatch(file.name.removeprefix(path.name)), file) for file in path.parent.iterdir()]
    copies = [(int(number[1]), file) for number, file in found if number is not None]
    return [file for _, file in sorted(copies, reverse=True)]


def _forget(copy: Path) -> None:
    for file in (copy, file_of(copy)):
        file.unlink(missing_ok=True)
