"""The care of a journal: whether it is sound, copies of it, and the way back from one."""

import contextlib
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec

from bridge.clock import SYSTEM
from bridge.errors import JournalError
from bridge.journal import codec
from bridge.journal.sqlite import pruning, schema
from bridge.journal.sqlite.lock import Own
from bridge.journal.sqlite.receipts import Receipt, file_of, kept
from bridge.journal.sqlite.whole import beside
from bridge.new_files import put_in_place

from .inspect import NOT_OURS, Inventory, inventory, open_to_look

__all__ = ["RESTORED", "Checkup", "Restored", "backup", "check", "restore"]

RESTORED = "restored from a backup: it may have been delivered since"
"""Why what a backup still owes is not sent by itself."""

_ITS_FILES = re.compile(r"(-wal|-shm|-journal|-receipts|\.lock|\.sock|\..+\.login|\.schema-\d+(-receipts)?)?")
"""The names of a journal's files go on like this."""
_SHOWN = 20
_PAGES = 1024
_ROWS = 2000
"""After so many it is told how far it has come."""
_BODIES = f"SELECT seq, type, body FROM event WHERE body IS NOT NULL AND type != '{codec.ERASED}'"  # noqa: S608 our own words
_DANGLING = (
    ("deliveries of no message", "delivery LEFT JOIN event USING (seq) WHERE event.seq IS NULL"),
    ("names of no message", "link LEFT JOIN event USING (seq) WHERE event.seq IS NULL"),
    (
        "deliveries with nothing left to say",
        f"delivery JOIN event USING (seq) WHERE body IS NULL OR type = '{codec.ERASED}'",
    ),
    ("deliveries to no room", "delivery LEFT JOIN room ON number = delivery.room WHERE number IS NULL"),
)


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a look at a journal found."""

    findings: tuple[str, ...]
    """Sentences; none when it is sound."""
    inventory: Inventory | None
    """None when it cannot be read."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    aside: Path | None
    """Where the journal is that was there before; None: there was none."""
    given_up: int
    """How many deliveries that were owed in the backup wait for the owner's word now."""
    inventory: Inventory


Tell: TypeAlias = Callable[[str, int, int], None]
"""Hears how far work has come: what is done, how much of it, and of how much; 0: nobody knows."""


def _nobody(what: str, done: int, total: int) -> None:
    """Tell nobody."""


def check(path: Path, tell: Tell = _nobody) -> Checkup:
    """Look at every page and row of a journal, also while a service uses it.

    Raises JournalError when there is no such file.
    """
    findings: list[str] = []
    found: Inventory | None = None
    with contextlib.closing(open_to_look(path)) as database:
        try:
            tell("looking at pages", 0, 0)
            for step in (_pages, _version, _dangling, partial(_bodies, tell=tell)):
                findings += step(database)
                if findings and step in (_pages, _version):
                    break
            with contextlib.suppress(sqlite3.Error):
                found = inventory(database, path)
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF in NOT_OURS:
                raise JournalError(f"{path} cannot be read ({error}): ask as the service's user") from error
            findings.append(f"it cannot be read: {error}")
    if len(findings) > _SHOWN:
        findings[_SHOWN:] = [f"and {len(findings) - _SHOWN:,} more like these"]
    return Checkup(tuple(findings), found)


def _pages(database: sqlite3.Connection) -> Iterator[str]:
    for (line,) in database.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"the file is damaged: {' '.join(line.split())}"


def _version(database: sqlite3.Connection) -> Iterator[str]:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        yield "it is empty, or no journal of Hubbub's"
    elif version > schema.VERSION:
        yield (
            f"it was written by a newer Hubbub (schema {version}; this one knows {schema.VERSION}): "
            "use that release"
        )


def _dangling(database: sqlite3.Connection) -> Iterator[str]:
    for what, which in _DANGLING:
        count, first = database.execute(f"SELECT count(*), min(seq) FROM {which}").fetchone()  # noqa: S608 our own words
        if count:
            yield f"there are {what}: {count:,}, the first has the number {first}"


def _bodies(database: sqlite3.Connection, tell: Tell) -> Iterator[str]:
    (total,) = database.execute(f"SELECT count(*) FROM ({_BODIES})").fetchone()  # noqa: S608 our own words
    for number, (seq, kind, body) in enumerate(database.execute(_BODIES)):
        if number % _ROWS == 0:
            tell("looking at messages", number, total)
        try:
            codec.decode(kind, body)
        except KeyError:
            yield f"message {seq} is of an unknown kind"
        except (msgspec.MsgspecError, TypeError, UnicodeDecodeError):
            yield f"message {seq} cannot be read"


def backup(path: Path, target: Path, *, force: bool = False, tell: Tell = _nobody) -> Checkup:
    """Copy a journal, as it is at one moment, beside a service that goes on writing it.

    The copy appears under its name only when it is whole and sound. Raises JournalError.
    """
    if target.is_dir() or _belongs(target, path):
        raise JournalError(f"{target} cannot be replaced by a backup: name a file for it")
    if target.exists() and not force:
        raise JournalError(f"{target} exists: name another file, or say --force to replace it")
    with beside(target) as part:
        _copy(path, part, tell)
        found = _sound(part, f"{path} is damaged", "no backup was made, `hubbub db check` tells more", tell)
        put_in_place(part, target)
    return found


def _belongs(target: Path, path: Path) -> bool:
    """Whether this is a journal, or the name of a file that belongs to it, there or not."""
    journal = path.resolve()  # as SQLite does, when it names the log
    for name in (target.resolve(), target.parent.resolve() / target.name):
        end = name.name.removeprefix(journal.name)
        if name.parent == journal.parent and end != name.name and _ITS_FILES.fullmatch(end):
            return True
    return target.exists() and path.exists() and target.samefile(path)


def restore(path: Path, source: Path, *, replay: bool = False, tell: Tell = _nobody) -> Restored:
    """Put a backup in a journal's place, and keep what was there.

    Nothing is sent twice by it: what the backup owes is given up (see `RESTORED`), and rooms are read
    from now on, unless `replay` says to read again what was said since. Raises JournalError; then nothing
    has changed.
    """
    if path.exists() and source.exists() and source.samefile(path):
        raise JournalError(f"{source} is the journal itself: name a backup")
    _sound(source, f"{source} is damaged", "nothing was changed, take another backup", tell)
    with Own(path) as owned, beside(path) as part:
        _copy(source, part, tell)
        given_up = _disarm(part, replay=replay)
        found = _sound(part, f"the copy of {source} is damaged", "nothing was changed, check the disk", tell)
        _hand_over(path, part, owned.beside)
        aside = _move_aside(path)
        put_in_place(part, path)
    assert found.inventory is not None
    return Restored(aside, given_up, found.inventory)


def _copy(path: Path, part: Path, tell: Tell) -> None:
    def told(_: int, remaining: int, total: int) -> None:
        tell("copying", total - remaining, total)

    with contextlib.closing(open_to_look(path)) as source, contextlib.closing(sqlite3.connect(part)) as copy:
        try:
            noted = _noted(path, source)  # first, since what is committed from now on is in the copy
            # Without a transaction of its own, every commit of the service would begin the copy anew.
            source.execute("BEGIN")
            source.execute("PRAGMA user_version").fetchone()
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=_PAGES, progress=told)
            # One file, which can be read where nothing can be written.
            copy.execute("PRAGMA journal_mode = DELETE")
            if noted:
                schema.migrate(copy)  # an older release's may lack a column for what was noted
                pruning.settle(copy, noted, SYSTEM.now())
        except (OSError, sqlite3.Error) as error:
            raise JournalError(
                f"{path} cannot be copied ({error}): look at the disk, and at `hubbub db check`"
            ) from error


def _noted(path: Path, database: sqlite3.Connection) -> list[Receipt]:
    """Read what its service has noted since the last commit."""
    file = file_of(path)
    if not file.exists():
        return []
    (key,) = database.execute("SELECT value FROM meta WHERE key = 'key'").fetchone()
    return kept(file, key)


def _sound(path: Path, trouble: str, advice: str, tell: Tell) -> Checkup:
    found = check(path, tell)
    if found.findings:
        raise JournalError(f"{trouble} ({found.findings[0]}): {advice}")
    return found


def _disarm(part: Path, *, replay: bool) -> int:
    """Make a copy safe to go on from, although the networks know more than it."""
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as database:
        schema.migrate(database)
        database.execute("BEGIN")
        # Numbers are given again that were given after the backup was made. With the old key their txns
        # would be the same too, and a network that knows them would swallow what is new.
        database.execute("INSERT OR REPLACE INTO meta VALUES ('key', ?)", (secrets.token_bytes(32),))
        given_up = database.execute(
            f"INSERT OR REPLACE INTO dead (room, seq, reason, given_up_at, {schema.PROGRESS}) "  # noqa: S608 our own words
            f"SELECT room, seq, ?, ?, {schema.PROGRESS} FROM delivery",
            (RESTORED, SYSTEM.now()),
        ).rowcount
        database.execute("DELETE FROM delivery")
        database.execute("DELETE FROM gap")  # people may have been told since
        # Under the new key nothing was ever sent: there is nothing to look up.
        database.execute("UPDATE room SET open = 0")
        if not replay:
            database.execute("DELETE FROM position")
            database.execute("UPDATE room SET heard = NULL")
        database.execute("COMMIT")
    return given_up


def _hand_over(path: Path, *files: Path) -> None:
    """Give these files to the service's user, who has to own what it is to write, where root restores."""
    if os.geteuid() == 0:
        like = (path if path.exists() else path.parent).stat()
        for file in files:
            os.chown(file, like.st_uid, like.st_gid)


def _move_aside(path: Path) -> Path | None:
    """Move away what is there. Above all its log, which SQLite would apply to whatever takes its place."""
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
