"""Dead letters: what was given up, and back into the queue with it."""

import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bridge.errors import JournalError
from bridge.journal import codec
from bridge.journal.beside import PRIVATE_ROOM
from bridge.journal.sqlite import pruning, schema
from bridge.journal.sqlite.lock import Own
from bridge.journal.sqlite.upgrade import upgrade
from bridge.model import Sender, TalkEvent
from bridge.model.registry import KINDS

from .inspect import looking_into

__all__ = ["Choice", "Letter", "Letters", "choose", "look_at_letters", "requeue"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that one room did not get."""

    number: int
    """The message's number: the same for each room that did not get it."""
    given_up_at: float
    """In seconds since 1970, as all times."""
    said_at: float | None
    source: str
    """The room that it was said in, after its network."""
    target: str
    """The room that did not get it, after its network."""
    author: Sender | None
    """Who said it; None, as with `text`: that is not known any more."""
    text: str | None
    sent: int
    """How many characters of it did arrive."""
    files_left: int
    """How many of its files did not, where all of its words did."""
    reason: str
    private: bool = False
    """Whether it was said between two people alone: who they are is not known here, nor what they said."""


@dataclass(frozen=True, slots=True)
class Letters:
    """What was given up, and what was sent twice."""

    count: int
    letters: tuple[Letter, ...]
    """The newest of them, which stand last."""
    reasons: tuple[tuple[str, int], ...]
    """How many there are of each, the most frequent first."""
    repeated: tuple[tuple[str, int], ...]
    """How many messages each room may have got twice."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The letters that are meant: with one of these numbers, to this room; either may be left open."""

    numbers: Collection[int] = ()
    room: str | None = None
    """Its name, alone or after its network's."""


def look_at_letters(path: Path, limit: int, repeated_since: float) -> Letters:
    """Return the newest letters, at most `limit`, and what came twice since a time. Raises JournalError."""
    with _letters(path) as database:
        (count,) = database.execute("SELECT count(*) FROM dead").fetchone()
        rows = database.execute(
            "SELECT seq, given_up_at, taken_at, source.number, target.number, "
            "type, body, chars, files, reason "
            "FROM (SELECT * FROM dead ORDER BY given_up_at DESC, seq DESC, room DESC LIMIT ?) AS dead "
            "LEFT JOIN event USING (seq) LEFT JOIN room AS source ON source.number = event.room "
            "LEFT JOIN room AS target ON target.number = dead.room ORDER BY given_up_at, seq, dead.room",
            (limit,),
        )
        reasons = database.execute("SELECT reason, count(*) AS n FROM dead GROUP BY 1 ORDER BY n DESC, 1")
        repeated = database.execute(
            "SELECT number, count(*) AS n FROM again JOIN room ON number = again.room "
            "WHERE at > ? GROUP BY 1 ORDER BY n DESC, network, room.room",
            (repeated_since,),
        )
        rooms = _rooms(database)
        letters = tuple(_letter(row, rooms) for row in rows)
        twice = tuple((rooms[number].title, count) for number, count in repeated)
        return Letters(count, letters, tuple(reasons), twice)


def choose(path: Path, choice: Choice) -> list[tuple[int, int]]:
    """Return the letters that are meant and can be sent again, by room and message, in the order of the
    messages.

    Raises JournalError, also for a number that no such letter has.
    """
    with _letters(path) as database:
        rows = database.execute(
            "SELECT dead.room, seq, room.room FROM dead JOIN event USING (seq) "
            "JOIN room ON number = dead.room WHERE body IS NOT NULL AND type != ? ORDER BY seq, dead.room",
            (codec.ERASED,),
        )
        rooms = _rooms(database)
        found = [
            (number, seq)
            for number, seq, room in rows
            if (not choice.numbers or seq in choice.numbers)
            and (choice.room is None or choice.room in (room, rooms[number].title))
        ]
    if missing := set(choice.numbers) - {seq for _, seq in found}:
        where = "" if choice.room is None else f" to {choice.room}"
        raise JournalError(
            f"there is no undelivered message{where} with the number {min(missing)}: "
            "`hubbub undelivered` lists them"
        )
    return found


def requeue(path: Path, letters: Iterable[tuple[int, int]]) -> int:
    """Owe letters again in a journal that no service uses. Returns how many. Raises JournalError."""
    with Own(path), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        try:
            upgrade(database, path)
            return pruning.revive(database, letters)
        except sqlite3.Error as error:
            raise JournalError(
                f"{path} cannot be written ({error}): look at its disk and its rights"
            ) from error


@contextlib.contextmanager
def _letters(path: Path) -> Iterator[sqlite3.Connection]:
    with looking_into(path) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version != schema.VERSION:
            raise JournalError(
                f"{path} is of another release (schema {version}; this one knows {schema.VERSION}): "
                "start the service once with this release, or ask that one"
            )
        yield database


@dataclass(frozen=True, slots=True)
class _Named:
    title: str
    """What it is called here, after its network."""
    private: bool = False


def _rooms(database: sqlite3.Connection) -> dict[int | None, _Named]:
    """Return all rooms by their numbers. Those of two people have no names, whether they are open or not."""
    rows = database.execute(
        "SELECT number, room.network, room, note.key IS NOT NULL FROM room "
        "LEFT JOIN note ON kind = ? AND note.network = room.network AND note.key = room.room",
        (PRIVATE_ROOM,),
    )
    found = {
        number: _Named(f"{network} private room {number}" if private else f"{network} {room}", bool(private))
        for number, network, room, private in rows
    }
    return defaultdict(lambda: _Named("?"), found)


def _letter(row: tuple[Any, ...], rooms: Mapping[int | None, _Named]) -> Letter:
    number, given_up_at, said_at, here, there, kind, body, chars, files, reason = row
    event, source, target = _event(kind, body), rooms[here], rooms[there]
    private = source.private or target.private
    text = KINDS[type(event)].summary(event) if event else None
    return Letter(
        number,
        given_up_at,
        said_at,
        source.title,
        target.title,
        event.sender if event and not private else None,
        text if not private else None,
        len(text or "") if files else chars,
        files.bit_count(),
        reason,
        private,
    )


def _event(kind: str, body: bytes | None) -> TalkEvent | None:
    with contextlib.suppress(KeyError, msgspec.MsgspecError):
        return codec.event(kind, body)
    return None
