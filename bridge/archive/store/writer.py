"""The one who writes the archive."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bridge.archive.entries import EntryKind, Header, Words, read_header
from bridge.clock import Clock
from bridge.errors import ArchiveError
from bridge.owned import Advice, OwnedFile

from . import notes
from .adding import Adder
from .opening import NO_ROOM, open_to_write, troubles
from .reader import Reader
from .records import NewEntry, ScopeKind, State
from .reindex import reindex
from .removing import Remover
from .rounds import Head, Round, write_round
from .scrub import compact, mark, scrub
from .shelf import Placed, Shelf

__all__ = ["Store"]

_ADVICE = Advice(
    ArchiveError,
    busy="ask the service that has it, or stop that first",
    copies="`hubbub db backup`",
    gone="nothing more is filed until the service starts again",
    no_room=NO_ROOM,
)
_SAID_AGAIN = (EntryKind.EDIT, EntryKind.FILE)
"""What is about a message and has words of it."""


class Store:
    """An archive on disk, which is one process's. All that it does is on disk, whole, when it returns; where
    it raises, nothing of it is. Raises ArchiveError, with the way out.
    """

    def __init__(self, file: Path, clock: Clock) -> None:
        """Open an archive, make or upgrade it, and own it until `close`."""
        self.file, self._clock = file, clock
        self._own = OwnedFile(file, _ADVICE)
        try:
            self._own.hold()
            self._database = open_to_write(file)
        except BaseException:
            self._own.close()
            raise
        shelf = self._shelf = Shelf(self._database)
        try:
            with troubles(file):
                reindex(shelf)
        except BaseException:
            self.close()
            raise
        self._own.remember()
        self._adder, self._remover = Adder(self._database, shelf), Remover(self._database, shelf)
        self.spared: Callable[[Sequence[int]], Iterable[int]] = lambda _: ()
        """Which of these entries, by number, keep their words although their author takes them back."""

    def close(self) -> None:
        """Close the file, and own it no more."""
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._database.close()
        self._own.close()

    def reader(self) -> Reader:
        """Open the file to read it."""
        return Reader(self.file)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._own.guard()
        with troubles(self.file):
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                self._adder.forget()
                self._shelf.forget()
                with contextlib.suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise

    # What is filed

    def add(self, entries: Iterable[NewEntry], cursor: tuple[str, int] | None = None) -> range:
        """File entries, and note up to where which journal was read, in one transaction. Returns their
        numbers.

        What is about another entry by a name that it has in its room (`Header.target`) is about it by its
        position too. Of what its author removes, the words go, and those of its edits.
        """
        with self._transaction() as database:
            numbers, removed = self._adder.add(entries)
            if removed:
                self._remove(removed)
            if cursor is not None:
                notes.write_cursor(database, *cursor)
        return numbers

    def _remove(self, removed: Sequence[int]) -> None:
        wanted = list(removed)
        for number in removed:
            wanted += [
                one.number
                for one in self._shelf.about(number)
                if one.row.header and read_header(one.row.header).kind in _SAID_AGAIN
            ]
        spared = set(self.spared(wanted))
        self._remover.take([number for number in wanted if number not in spared], State.WORDLESS)
        self._adder.forget()
        mark(self._database)

    def cursor(self, journal: str) -> int | None:
        """Return up to where a journal was read; None: it never was."""
        with troubles(self.file):
            return notes.read_cursor(self._database, journal)

    def last_cursor(self) -> tuple[str, int] | None:
        """Return the journal that was read last, and up to where; None: none was."""
        with troubles(self.file):
            return notes.last_cursor(self._database)

    # What goes

    def take_words(self, numbers: Iterable[int], why: str) -> int:
        """Take the words of these entries: headers stay. Returns of how many there were some.

        An entry in each conversation says what went, and why.
        """
        return self._take(numbers, State.WORDLESS, why)

    def take_whole(self, numbers: Iterable[int], why: str) -> int:
        """Take these entries whole: what stands for them in the chain stays. Else as `take_words`."""
        return self._take(numbers, State.BARE, why)

    def _take(self, numbers: Iterable[int], to: State, why: str) -> int:
        with self._transaction():
            taken = self._remover.take(numbers, to)
            self._adder.forget()
            if taken:
                mark(self._database)
                self._adder.add(self._erasures(taken, why))
        return len(taken)

    def _erasures(self, taken: Sequence[Placed], why: str) -> Iterator[NewEntry]:
        """Yield what tells of it."""
        places: dict[int, list[int]] = {}
        for one in taken:
            places.setdefault(one.row.conversation, []).append(one.row.position)
        names = dict(self._database.execute("SELECT number, name FROM conversation"))
        for conversation, positions in places.items():
            header = Header(kind=EntryKind.ERASURE, at=self._clock.now(), network="", change=why)
            yield NewEntry(names[conversation], header, Words(text=_spans(positions)))

    def scrub(self) -> bool:
        """Take what went out of the file's bytes too, in a step of some 20 ms. Returns whether there is more
        to do: until then the words of what went may still be found in the file by who searches its bytes.
        """
        with troubles(self.file):
            return scrub(self._database)

    def compact(self) -> None:
        """Make the file as small as it can be: some seconds for each 1,000,000 entries."""
        with troubles(self.file):
            compact(self._database)

    def cut(self, conversation: str, position: int) -> None:
        """Leave nothing of a conversation's entries up to a position: its chain begins behind it then."""
        with self._transaction() as database:
            where = "SELECT number FROM conversation WHERE name = ?"
            found = database.execute(where, (conversation,)).fetchone()
            if found is None:
                raise ArchiveError(f"the archive has no conversation {conversation!r}")
            self._remover.cut(found[0], position)
            mark(database)
            self._adder.forget()

    def forget(self, kind: ScopeKind, network: str, id_: str) -> None:
        """Forget a room or person whose entries were taken whole: all names too."""
        with self._transaction() as database:
            which = "(SELECT number FROM subject WHERE kind = ? AND network = ? AND id = ?)"
            database.execute(f"DELETE FROM called WHERE subject IN {which}", (kind, network, id_))  # noqa: S608 our own words
            database.execute(
                "DELETE FROM subject WHERE kind = ? AND network = ? AND id = ?", (kind, network, id_)
            )
            mark(database)
            self._adder.forget()

    # What features keep

    def note(self, kind: str, key: str) -> bytes | None:
        """Return what a feature keeps; None: nothing."""
        with troubles(self.file):
            return notes.read_note(self._database, kind, key)

    def notes(self, kind: str, prefix: str = "") -> dict[str, bytes]:
        """Return all that a feature keeps, by its key: where that begins so."""
        with troubles(self.file):
            return notes.read_notes(self._database, kind, prefix)

    def put_note(self, kind: str, key: str, value: bytes | None) -> None:
        """Keep something for a feature; None: no more."""
        with self._transaction() as database:
            notes.write_note(database, kind, key, value)

    def put_round(self, made: Round, heads: Sequence[Head] = ()) -> None:
        """Keep what was signed; again: with the stamp and the witness that it has got since."""
        with self._transaction() as database:
            write_round(database, made, heads)


def _spans(positions: Sequence[int]) -> str:
    """Return positions as somebody writes them: `3, 5-9`."""
    spans: list[list[int]] = []
    for position in sorted(positions):
        if spans and position == spans[-1][1] + 1:
            spans[-1][1] = position
        else:
            spans.append([position, position])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
