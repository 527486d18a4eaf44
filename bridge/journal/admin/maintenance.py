"""The care of a journal: whether it is sound, copies of it, and the way back from one."""

import contextlib
import re
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import msgspec

from bridge.clock import SYSTEM
from bridge.errors import JournalError
from bridge.journal import codec
from bridge.journal.sqlite import schema
from bridge.journal.sqlite.lock import Own
from bridge.new_files import put_in_place
from bridge.stores import LISTS, beside_backup, beside_journal, copy_of, place_of

from .copying import GoOn, StoreFound, Tell, copy_key, copying, hand_over, look_at, move_aside, sound
from .inspect import NOT_OURS, Inventory, inventory, open_to_look

__all__ = ["RESTORED", "Checkup", "Restored", "backup", "check", "restore"]

RESTORED = "restored from a backup: it may have been delivered since"
"""Why what a backup still owes is not sent by itself."""

_ITS_FILES = re.compile(
    r"(-wal|-shm|-journal|-receipts|\.lock|\.sock|\..+\.login(\.sqlite3(-wal|-shm|-journal)?)?|\.schema-\d+(-receipts)?)?"
)
"""The names of a journal's files go on like this."""
_STORES_FILES = re.compile(r"(-wal|-shm|-journal)?")
_SHOWN = 20
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
    stores: tuple[StoreFound, ...] = ()
    """The stores beside it, where these were looked at."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    aside: Path | None
    """Where the journal is that was there before; None: there was none."""
    given_up: int
    """How many deliveries that were owed in the backup wait for the owner's word now."""
    inventory: Inventory
    stores: tuple[Path, ...] = ()
    """The stores that were put back too."""
    left: tuple[Path, ...] = ()
    """Those that are as they were, since the backup has none of them."""
    told: tuple[str, ...] = ()
    """Sentences that their owner has to know."""


def _nobody(what: str, done: int, total: int) -> None:
    """Tell nobody."""


def check(path: Path, tell: Tell = _nobody) -> Checkup:
    """Look at every page and row of a journal, and at every page of its stores, also while they are used.

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
    return Checkup(tuple(findings), found, tuple(map(look_at, _beside(path))))


def _beside(path: Path) -> list[Path]:
    """Return the stores of a journal, or of a backup."""
    return [*beside_journal(path).values(), *beside_backup(path).values()]


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
    """Copy a journal and the stores beside it, as they are at one moment, while a service goes on writing.

    The copies appear under their names only when all are whole and sound. Raises JournalError.
    """
    kept = beside_journal(path)
    targets = {path: target, **{file: copy_of(target, name) for name, file in kept.items()}}
    for one in targets.values():
        if one.is_dir() or _belongs(one, path):
            raise JournalError(f"{one} cannot be replaced by a backup: name a file for it")
        if one.exists() and not force:
            raise JournalError(f"{one} exists: name another file, or say --force to replace it")
    with copying(path, targets, tell) as parts:
        no_backup = "no backup was made, `hubbub db check` tells more"
        found = _sound(parts[target], f"{path} is damaged", no_backup, tell)
        stores = [_copied(store, targets[store], parts) for store in kept.values()]
        for old in beside_backup(target).values():  # of a backup that was here before
            if old not in parts:
                old.unlink()
        for store in kept.values():
            copy_key(store, targets[store])
        for one, part in reversed(parts.items()):  # the journal's last: with it the backup is there
            put_in_place(part, one)
    return replace(found, stores=tuple(stores))


def _copied(store: Path, target: Path, parts: Mapping[Path, Path]) -> StoreFound:
    found = look_at(parts[target])
    if found.finding:
        raise JournalError(
            f"{store}: {found.finding}: no backup was made; stop the service and put a copy of it "
            "in its place"
        )
    return replace(found, file=target)


def _belongs(target: Path, path: Path) -> bool:
    """Whether this is a journal, or the name of a file that belongs to it, there or not."""
    journal = path.resolve()  # as SQLite does, when it names the log
    for name in (target.resolve(), target.parent.resolve() / target.name):
        for file, more in ((journal, _ITS_FILES), (place_of(journal, LISTS), _STORES_FILES)):
            end = name.name.removeprefix(file.name)
            if name.parent == file.parent and end != name.name and more.fullmatch(end):
                return True
    return target.exists() and path.exists() and target.samefile(path)


def restore(
    path: Path,
    source: Path,
    *,
    replay: bool = False,
    go_on: Mapping[int, GoOn] = MappingProxyType({}),
    tell: Tell = _nobody,
) -> Restored:
    """Put a backup in a journal's place, with the stores that are beside it, and keep what was there.

    Nothing is sent twice by it: what the backup owes is given up (see `RESTORED`), and rooms are read
    from now on, unless `replay` says to read again what was said since. `go_on` does the same for stores, by
    what their files say they are (`PRAGMA application_id`). Raises HubbubError; then nothing has changed.
    """
    if path.exists() and source.exists() and source.samefile(path):
        raise JournalError(f"{source} is the journal itself: name a backup")
    _sound(source, f"{source} is damaged", "nothing was changed, take another backup", tell)
    stores = {file: place_of(path, name) for name, file in beside_backup(source).items()}
    for file in stores:
        sound(file, "nothing was changed, take another backup")
    with Own(path) as owned, copying(source, {source: path, **stores}, tell) as parts:
        given_up = _disarm(parts[path], replay=replay)
        found = _sound(
            parts[path], f"the copy of {source} is damaged", "nothing was changed, check the disk", tell
        )
        told = [said for target in stores.values() for said in _make_safe(parts[target], target, go_on)]
        hand_over(path, owned.beside, *parts.values())
        aside = _put_back(parts)[path]
        for file, target in stores.items():
            copy_key(file, target)
    assert found.inventory is not None
    left = [file for file in beside_journal(path).values() if file not in stores.values()]
    return Restored(aside, given_up, found.inventory, tuple(stores.values()), tuple(left), tuple(told))


def _make_safe(part: Path, target: Path, go_on: Mapping[int, GoOn]) -> list[str]:
    with contextlib.closing(sqlite3.connect(part)) as database:
        (application,) = database.execute("PRAGMA application_id").fetchone()
    if application not in go_on:
        return []
    told = go_on[application](part, target if target.is_file() else None)
    with contextlib.closing(sqlite3.connect(part)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    sound(part, "nothing was changed, check the disk")
    return told


def _put_back(parts: Mapping[Path, Path]) -> Mapping[Path, Path | None]:
    """Give new files their names, by target. Returns where what was there is now."""
    asides = {target: move_aside(target) for target in parts}
    for target, part in parts.items():
        put_in_place(part, target)
    return asides


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
