"""Copies of a journal and of the stores beside it, all of one moment, while a service writes them."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bridge.clock import SYSTEM
from bridge.errors import JournalError
from bridge.journal.sqlite import pruning, schema
from bridge.journal.sqlite.receipts import Receipt, file_of, kept
from bridge.journal.sqlite.whole import beside
from bridge.new_files import write_file
from bridge.stores import key_of_store

from .inspect import NOT_OURS, open_to_look

__all__ = ["GoOn", "StoreFound", "Tell", "copy_key", "copying", "hand_over", "look_at", "move_aside", "sound"]

Tell: TypeAlias = Callable[[str, int, int], None]
"""Hears how far work has come: what is done, how much of it, and of how much; 0: nobody knows."""
GoOn: TypeAlias = Callable[[Path, Path | None], list[str]]
"""Makes a copy of a store safe to go on from, although people know more than it: gets the copy, and the store
whose place it takes, or None. Returns what the owner has to know, in sentences. Raises HubbubError.
"""
_PAGES = 1024


@dataclass(frozen=True, slots=True)
class StoreFound:
    """The findings of a look at a store."""

    file: Path
    finding: str
    """The damage; empty: it is sound."""
    size: int
    """In bytes."""


def look_at(file: Path) -> StoreFound:
    """Look at every page of a store, also while a service uses it. Raises JournalError when nobody can."""
    with contextlib.closing(open_to_look(file)) as database:
        try:
            found = [line for (line,) in database.execute("PRAGMA integrity_check(1)")]
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF in NOT_OURS:
                raise JournalError(f"{file} cannot be read ({error}): ask as the service's user") from error
            found = [str(error)]
    finding = "" if found == ["ok"] else f"the file is damaged: {' '.join(found[0].split())}"
    log = file.with_name(f"{file.name}-wal")
    return StoreFound(file, finding, sum(one.stat().st_size for one in (file, log) if one.exists()))


def sound(file: Path, advice: str) -> StoreFound:
    """Look at a store that has to be sound. Raises JournalError where it is not."""
    found = look_at(file)
    if found.finding:
        raise JournalError(f"{file}: {found.finding}: {advice}")
    return found


@contextlib.contextmanager
def copying(journal: Path, targets: Mapping[Path, Path], tell: Tell) -> Iterator[dict[Path, Path]]:
    """Copy a journal and stores, each to a new file beside its target (`targets`: by what is copied), which
    is gone where it was not given its name. Returns them, by target. What the journal knows, the stores know
    too: theirs is the later moment. Raises JournalError.
    """
    with contextlib.ExitStack() as stack:
        parts = {target: stack.enter_context(beside(target)) for target in targets.values()}
        noted = _noted(journal)  # first, since what is committed from now on is in the copy
        moments = {source: stack.enter_context(_moment(source)) for source in targets}
        for source, target in targets.items():
            with _troubles(source), contextlib.closing(sqlite3.connect(parts[target])) as copy:
                moments[source].backup(
                    copy,
                    pages=_PAGES,
                    progress=lambda _, left, total: tell("copying", total - left, total),
                )
                # One file, which can be read where nothing can be written.
                copy.execute("PRAGMA journal_mode = DELETE")
                if source == journal and noted:
                    schema.migrate(copy)  # an older release's may lack a column for what was noted
                    pruning.settle(copy, noted, SYSTEM.now())
            moments[source].execute("ROLLBACK")  # its log need not grow for the next one's sake
        yield parts


@contextlib.contextmanager
def _troubles(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise JournalError(
            f"{file} cannot be copied ({error}): look at the disk, and at `hubbub db check`"
        ) from error


@contextlib.contextmanager
def _moment(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a file as it is now, whoever goes on writing it."""
    with contextlib.closing(open_to_look(file)) as database:
        with _troubles(file):
            # Without a transaction of its own, every commit of the service would begin the copy anew.
            database.execute("BEGIN")
            database.execute("PRAGMA user_version").fetchone()
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield database


def _noted(journal: Path) -> list[Receipt]:
    """Read what its service has noted since the last commit."""
    file = file_of(journal)
    if not file.exists():
        return []
    with _troubles(journal), contextlib.closing(open_to_look(journal)) as database:
        (key,) = database.execute("SELECT value FROM meta WHERE key = 'key'").fetchone()
        return kept(file, key)


def copy_key(store: Path, copy: Path) -> None:
    """Copy the secret that stands with a store to where one stands with its copy. Raises JournalError."""
    key, copied = key_of_store(store), key_of_store(copy)
    if key == store or not key.exists():
        return
    try:
        write_file(copied, [key.read_bytes()], beside=copy)
    except OSError as error:
        raise JournalError(
            f"{key} cannot be copied to {copied} ({error.strerror}): copy it by hand"
        ) from error


def hand_over(path: Path, *files: Path) -> None:
    """Give these files to the service's user, who has to own what it is to write, where root restores."""
    if os.geteuid() == 0:
        like = (path if path.exists() else path.parent).stat()
        for file in files:
            os.chown(file, like.st_uid, like.st_gid)


def move_aside(path: Path) -> Path | None:
    """Move away what is there, and return where it is; None: nothing was. Above all its log, which SQLite
    would apply to whatever takes its place.
    """
    when = time.strftime("%Y%m%d-%H%M%S", time.localtime(SYSTEM.now()))
    aside = path.with_name(f"{path.name}.before-{when}")
    while aside.exists():
        aside = aside.with_name(f"{aside.name}-again")
    was_there = path.exists()
    log, new_log = (file.with_name(file.name + "-wal") for file in (path, aside))
    for file, new in ((path, aside), (log, new_log), (file_of(path), file_of(aside))):
        with contextlib.suppress(FileNotFoundError):
            file.rename(new)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    return aside if was_there else None
