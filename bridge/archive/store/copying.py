"""Copies of an archive, made beside a service that goes on writing it."""

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bridge.archive.store import Reader
from bridge.errors import ArchiveError
from bridge.new_files import new_file, put_in_place

from .opening import open_to_read, troubles

__all__ = ["Copied", "copy"]

_PAGES = 1024
_FILES = ("", "-wal", "-shm", ".lock")

Tell: TypeAlias = Callable[[str, int, int], None]
"""Hears how far work has come: what is done, how much of it, and of how much; 0: nobody knows."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What is in a copy."""

    entries: int
    conversations: int
    size: int
    """In bytes."""


def copy(file: Path, target: Path, *, force: bool, tell: Tell) -> Copied:
    """Copy an archive as it is at one moment. The copy has its name only when it is whole and sound, and only
    its owner can read it. Raises ArchiveError.
    """
    own = {file.resolve().with_name(file.resolve().name + end) for end in _FILES}
    if target.is_dir() or target.resolve() in own:
        raise ArchiveError(f"{target} cannot be replaced by a copy: name a file for it")
    if target.exists() and not force:
        raise ArchiveError(f"{target} exists: name another file, or say --force to replace it")
    try:
        with new_file(target) as part:
            _copy(file, part, tell)
            tell("looking at the copy", 0, 0)
            found = _looked_at(part)
            put_in_place(part, target)
    except OSError as error:
        raise ArchiveError(
            f"{target} cannot be written ({error.strerror}): check the folder, its rights and its disk"
        ) from error
    return found


def _copy(file: Path, part: Path, tell: Tell) -> None:
    def told(_: int, remaining: int, total: int) -> None:
        tell("copying", total - remaining, total)

    source = open_to_read(file)
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(part)) as made, troubles(file):
        # Without a transaction of its own, every commit of the service would begin the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(made, pages=_PAGES, progress=told)
        # One file, which can be read where nothing can be written.
        made.execute("PRAGMA journal_mode = DELETE")


def _looked_at(part: Path) -> Copied:
    """Look at every page of a copy. Raises ArchiveError where it is not sound."""
    database = open_to_read(part)
    with contextlib.closing(database), troubles(part):
        found = [line for (line,) in database.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise ArchiveError(
            f"the archive is damaged ({found[0]}): no copy was made; `hubbub evidence verify` tells more"
        )
    with Reader(part) as reader:
        known = reader.conversations()
    return Copied(sum(one.count for one in known), len(known), part.stat().st_size)
