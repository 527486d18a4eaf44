"""Reads the archive, and changes nothing in it."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bridge.archive.entries import read_header, read_words
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError

from .blocks import subject_number
from .notes import read_cursor, read_note, read_notes
from .opening import open_to_read, troubles
from .records import ChainRow, ConversationInfo, Entry, ScopeKind, State, Subject
from .rounds import Head, Round, heads_about, heads_of, read_rounds
from .rows import salts_of
from .schema import PER_BLOCK
from .shelf import Placed, Shelf, Stretch

__all__ = ["Reader"]

TOO_LONG = "this took longer than it may: ask for less, or for a shorter time"
_CONVERSATIONS = (
    "SELECT number, name, chain, position, link, start, start_link FROM conversation "
    "WHERE ?1 IS NULL OR name = ?1 ORDER BY number"
)
_ENDLESS = 1 << 62

_STEPS = 100
"""After so many steps of SQLite it is asked whether time is up. The full-text index takes few: of 2,000
there is none while it puts together what begins with a letter, which takes it 150 ms.
"""


class Reader:
    """An archive on disk, to be read beside whoever writes it. For one thread at a time. Raises ArchiveError.

    Nothing is read before it is asked for, and no more than a block at once; an entry that is filed meanwhile
    may or may not be seen.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._database = open_to_read(file)
        self._shelf = Shelf(self._database)
        self._names: dict[int, str] = {}
        self._until: float | None = None

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        with troubles(self.file, reading=True):
            self._ask()
            yield

    def _ask(self) -> None:
        if self._until is not None and SYSTEM.monotonic() > self._until:
            raise ArchiveError(TOO_LONG)

    # Conversations and subjects

    def conversations(self) -> Sequence[ConversationInfo]:
        """Return all conversations, in the order in which they came into the archive."""
        return self._conversations(None)

    def conversation(self, name: str) -> ConversationInfo | None:
        """Return a conversation; None: the archive has none of that name."""
        return next(iter(self._conversations(name)), None)

    def conversation_names(self) -> Mapping[int, str]:
        """Return the names of all conversations, by their numbers."""
        with self._reading():
            return dict(self._database.execute("SELECT number, name FROM conversation ORDER BY number"))

    def _conversations(self, name: str | None) -> Sequence[ConversationInfo]:
        with self._reading():
            rows = self._database.execute(_CONVERSATIONS, (name,)).fetchall()
            return [ConversationInfo(*row, *self._times(row[0], row[5] + 1, row[3])) for row in rows]

    def _times(self, conversation: int, *positions: int) -> list[float | None]:
        """Return when these entries were said; None: nobody knows."""
        found = [self._shelf.at(conversation, position) for position in positions]
        return [read_header(one.row.header).at if one and one.row.header else None for one in found]

    def subjects(self, kind: ScopeKind) -> Sequence[Subject]:
        """Return all networks, rooms or people that entries are found by."""
        with self._reading():
            names: dict[int, list[str]] = {}
            if kind is ScopeKind.PERSON:
                for number, name in self._database.execute("SELECT subject, name FROM called ORDER BY rowid"):
                    names.setdefault(number, []).append(name)
            found = self._database.execute(
                "SELECT number, network, id FROM subject WHERE kind = ? ORDER BY number", (kind,)
            )
            return [
                Subject(number, kind, network, id_, tuple(names.get(number, ())))
                for number, network, id_ in found
            ]

    def subject(self, kind: ScopeKind, network: str, name: str) -> int:
        """Return the number of a network, a room or a person; 0: nothing is found by it."""
        with self._reading():
            return subject_number(self._database, kind, network, name)

    # Entries

    def last(self) -> int:
        """Return the number of the newest entry; 0: there is none."""
        with self._reading():
            return self._shelf.last()

    def entry(self, number: int) -> Entry | None:
        """Return an entry; None: there is none, or nothing is left of it."""
        with self._reading():
            return self._entry(self._shelf.find(number))

    def at(self, conversation: str, position: int) -> Entry | None:
        """Return an entry by its place in its chain."""
        with self._reading():
            number = self._number(conversation)
            return self._entry(self._shelf.at(number, position)) if number else None

    def named(self, conversation: str, network: str, room: str, name: str) -> Entry | None:
        """Return the newest entry that a network calls so in a room: also a copy's, which is about the
        message.
        """
        with self._reading():
            number = self._number(conversation)
            return self._entry(self._shelf.named(number, network, room, name)) if number else None

    def by_seq(self, seq: int) -> Sequence[Entry]:
        """Return what came from the journal under a number, in each conversation."""
        with self._reading():
            return self._entries(self._shelf.by_seq(seq))

    def versions(self, entry: Entry) -> Sequence[Entry]:
        """Return what is about an entry, in order: its edits, removal, reactions, copies, files."""
        with self._reading():
            return self._entries(self._shelf.about(entry.number))

    def around(self, number: int, before: int, after: int) -> Sequence[Entry]:
        """Return an entry with so many before and after it in its conversation, as far as they are left."""
        if (entry := self.entry(number)) is None:
            return []
        places = range(max(1, entry.position - before), entry.position + after + 1)
        found = (entry if place == entry.position else self.at(entry.conversation, place) for place in places)
        return [one for one in found if one is not None]

    def entries(  # noqa: PLR0913 each by its name
        self,
        conversation: str | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
        after: int = 0,
        before: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Entry]:
        """Yield entries in the order in which they were filed, of all conversations or of one.

        `since` and `until` are in seconds since 1970, the latter exclusive: what is bare has no time, and
        is left out where one of them is given. `after` and `before` are numbers, both exclusive.
        """
        number = None if conversation is None else self._number(conversation)
        if number == 0:
            return
        low, high = (float("-inf") if since is None else since), (float("inf") if until is None else until)
        times = None if since is None and until is None else (low, high)
        end = self.last() + 1 if before is None else before
        for found in self._walk(Stretch(number, after, end, times, newest_first)):
            entry = self._entry(found)
            if entry is None or (times and (entry.header is None or not low <= entry.header.at < high)):
                continue
            yield entry

    def _walk(self, stretch: Stretch) -> Iterator[Placed]:
        """Yield what stands in a stretch, block by block."""
        while stretch.after + 1 < stretch.end:
            with self._reading():
                step = self._shelf.step(stretch)
            if step is None:
                return
            block, found = step
            yield from found
            if stretch.newest_first:
                stretch = stretch._replace(end=block * PER_BLOCK + 1)
            else:
                stretch = stretch._replace(after=(block + 1) * PER_BLOCK)

    def _number(self, conversation: str) -> int:
        where = "SELECT number FROM conversation WHERE name = ?"
        found = self._database.execute(where, (conversation,)).fetchone()
        return 0 if found is None else int(found[0])

    def _name(self, conversation: int) -> str:
        if conversation not in self._names:
            self._names = dict(self._database.execute("SELECT number, name FROM conversation"))
        return self._names.get(conversation, "?")

    def _entries(self, found: Sequence[Placed]) -> list[Entry]:
        return [entry for one in found if (entry := self._entry(one)) is not None]

    def _entry(self, found: Placed | None) -> Entry | None:
        if found is None or found.row.state is State.GONE:
            return None
        row = found.row
        full, bare = row.state is State.FULL, row.state is State.BARE
        try:
            return Entry(
                found.number,
                self._name(row.conversation),
                row.position,
                None if bare else read_header(row.header),
                read_words(row.words) if full else None,
                row.header,
                row.words if full else b"",
                row.state,
            )
        except ValueError as error:
            raise ArchiveError(
                f"the archive's entry {found.number:,} is damaged ({error}): "
                "`hubbub evidence verify` says more"
            ) from error

    # Search, and what a long one may take

    def matching(
        self,
        expression: str,
        *,
        limit: int,
        before: int | None = None,
        after: int = 0,
        newest_first: bool = True,
    ) -> Iterator[int]:
        """Yield the numbers of entries whose terms match an expression of FTS5's, between two numbers, both
        exclusive.
        """
        order = "DESC" if newest_first else "ASC"
        query = (
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid > ? AND rowid < ? "  # noqa: S608 our own words
            f"ORDER BY rowid {order} LIMIT ?"
        )
        with self._reading():
            values = (expression, after, 1 << 62 if before is None else before, limit)
            found = self._database.execute(query, values).fetchall()
        for (number,) in found:
            yield number

    def between(self, since: float | None, until: float | None) -> tuple[int, int]:
        """Return two numbers, both exclusive, between which all stands that was said from then until then:
        what was read from a network's history has later numbers than its time.
        """
        with self._reading():
            return self._shelf.between(
                float("-inf") if since is None else since, float("inf") if until is None else until
            )

    @contextlib.contextmanager
    def stop_after(self, seconds: float) -> Iterator[None]:
        """Stop what is read inside when it takes longer: that raises an ArchiveError which says so."""
        self._until = SYSTEM.monotonic() + seconds
        self._database.set_progress_handler(self._late, _STEPS)
        try:
            yield
        finally:
            self._until = None
            self._database.set_progress_handler(None, _STEPS)

    def _late(self) -> bool:
        return self._until is not None and SYSTEM.monotonic() > self._until

    # Evidence, and what features keep

    def links(self, conversation: str, first: int, last: int) -> Iterator[ChainRow]:
        """Yield a chain from the one position to the other, as far as something is left, in order."""
        with self._reading():
            number = self._number(conversation)
            begin = self._shelf.at(number, first)
        for found in self._walk(Stretch(number, begin.number - 1 if begin else 0, _ENDLESS, None, False)):
            if found.row.position > last:
                return
            if found.row.position >= first:
                yield _chain_row(found)

    def rounds(self, *, first: int = 1, last: int | None = None) -> Sequence[Round]:
        """Return what was signed, in order, from the one number to the other."""
        with self._reading():
            return read_rounds(self._database, first=first, last=last)

    def heads(self, round_: int) -> Sequence[Head]:
        """Return the heads of a round, by the numbers of their conversations."""
        with self._reading():
            return heads_of(self._database, round_)

    def signed(self, conversation: str) -> Sequence[tuple[int, Head]]:
        """Return how far a conversation's chain was signed, by the numbers of the rounds, in order."""
        with self._reading():
            return heads_about(self._database, self._number(conversation))

    def cursor(self, journal: str) -> int | None:
        """Return up to where a journal was read; None: it never was."""
        with self._reading():
            return read_cursor(self._database, journal)

    def note(self, kind: str, key: str) -> bytes | None:
        """Return what a feature keeps; None: nothing."""
        with self._reading():
            return read_note(self._database, kind, key)

    def notes(self, kind: str, prefix: str = "") -> dict[str, bytes]:
        """Return all that a feature keeps, by its key: where that begins so."""
        with self._reading():
            return read_notes(self._database, kind, prefix)


def _chain_row(found: Placed) -> ChainRow:
    row = found.row
    full, bare = row.state is State.FULL, row.state is State.BARE
    header_salt, words_salt = salts_of(row, found.key)
    return ChainRow(
        row.position,
        row.state,
        row.header,
        header_salt,
        row.words if full else b"",
        words_salt,
        row.words if row.state is State.WORDLESS else b"",
        row.words if bare else b"",
        row.check,
    )
