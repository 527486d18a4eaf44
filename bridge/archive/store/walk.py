"""Goes over the whole file, computes each link anew, and names what was altered, removed, added, reordered.

Whoever can write the file can also write links that fit. So each chain has to pass through the heads that
were signed (`round`, `head`), and those who hold the signatures compare them (`bridge.archive.evidence`).
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bridge.archive import chain
from bridge.errors import ArchiveError

from .opening import open_to_read, troubles
from .records import State
from .rows import CHECK, Row, key_of, leaf_of_row
from .schema import PER_BLOCK
from .shelf import Placed, Shelf

__all__ = ["Flaw", "Harm", "Walked", "walk"]


class Harm(StrEnum):
    """What was done to a chain, or to the file."""

    ALTERED = "altered"
    REMOVED = "removed"
    ADDED = "added"
    REORDERED = "reordered"
    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"
    """The chain is sound, and not the one that was signed."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first thing that is wrong with a chain; behind it nothing can be said of it."""

    conversation: str
    """Empty: it is about the file."""
    position: int
    number: int
    """Of the entry where it shows; 0: there is none."""
    harm: Harm
    said: str = ""

    def __str__(self) -> str:
        if not self.conversation:
            return self.said
        return f"{self.conversation}: entry {self.position:,} was {self.harm}" if not self.said else self.said


@dataclass(frozen=True, slots=True)
class Walked:
    """What was found."""

    entries: int
    """So many are left, whole or in part."""
    flaws: tuple[Flaw, ...]
    """Of each chain the first one at most."""


Tell = Callable[[int, int], None]
"""Hears how many entries were looked at, and of how many."""


@dataclass(slots=True)
class _Chain:
    name: str
    position: int
    """Of the last entry that was looked at."""
    link: bytes
    last: int
    last_link: bytes
    signed: dict[int, bytes] = field(default_factory=dict)
    broken: bool = False


def walk(file: Path, tell: Tell = lambda _, __: None) -> Walked:
    """Look at every entry of an archive, also while a service writes it. Raises ArchiveError where there is
    none.
    """
    database = open_to_read(file)
    try:
        with troubles(file, reading=True):
            database.execute("BEGIN")  # all is of one moment
            return _Walk(database).all(tell)
    finally:
        database.close()


class _Walk:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._shelf = Shelf(database)
        self._flaws: list[Flaw] = []
        self._entries = 0
        found = database.execute("SELECT number, name, start, start_link, position, link FROM conversation")
        self._chains = {number: _Chain(*rest) for number, *rest in found}
        for conversation, position, link in database.execute("SELECT conversation, position, link FROM head"):
            if conversation in self._chains:
                self._chains[conversation].signed[position] = link

    def all(self, tell: Tell) -> Walked:
        (damage,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        if damage != "ok":
            said = f"the file is damaged: {' '.join(damage.split())}"
            self._flaws.append(Flaw("", 0, 0, Harm.UNREADABLE, said))
        total = self._shelf.last()
        for rows in self._blocks():
            self._block(rows)
            if rows:
                tell(rows[-1].number, total)
        for known in self._chains.values():
            self._end(known)
        return Walked(self._entries, tuple(self._flaws))

    def _blocks(self) -> Iterator[Sequence[Placed]]:
        numbers = self._database.execute("SELECT number FROM block ORDER BY number").fetchall()
        for (number,) in numbers:
            try:
                yield self._shelf.of_block(number)
            except (ArchiveError, ValueError) as error:
                self._unreadable(number, str(error))
        yield self._shelf.tail(0, 1 << 62)

    def _unreadable(self, block: int, said: str) -> None:
        first = block * PER_BLOCK + 1
        self._flaws.append(Flaw("", 0, first, Harm.UNREADABLE, said))
        where = "SELECT conversation FROM occurs WHERE block = ?"
        for (conversation,) in self._database.execute(where, (block,)):
            if conversation in self._chains:
                self._chains[conversation].broken = True

    def _block(self, rows: Sequence[Placed]) -> None:
        keys: dict[int, bytes] = {}
        for place, one in enumerate(rows):
            row = one.row
            known = self._chains.get(row.conversation)
            if row.state is State.GONE or known is None or known.broken:
                continue
            self._entries += 1
            if row.position != known.position + 1:
                harm = Harm.REMOVED if row.position > known.position else Harm.ADDED
                self._flaw(
                    known, known.position + 1 if harm is Harm.REMOVED else row.position, one.number, harm
                )
                continue
            if row.conversation not in keys and one.key is not None:
                keys[row.conversation] = key_of(one.key, row.conversation)
            link = chain.link_of(known.link, _leaf(row, keys.get(row.conversation)))
            if link[:CHECK] != row.check:
                self._mismatch(known, rows[place:])
                continue
            known.link, known.position = link, row.position
            if known.signed and known.signed.get(row.position, link) != link:
                self._flaw(known, row.position, one.number, Harm.UNSIGNED)

    def _mismatch(self, known: _Chain, rest: Sequence[Placed]) -> None:
        """Find out why the first of these does not fit behind the link before."""
        first = rest[0]
        of_chain = [one for one in rest if one.row.conversation == first.row.conversation]
        after = self._follows(first.row.conversation, of_chain[-1].number) or known.last + 1
        following = of_chain[-1].row.position + 1
        fits = [
            one
            for one in of_chain[1:]
            if chain.link_of(known.link, leaf_of_row(one.row._replace(position=first.row.position), one.key))[
                :CHECK
            ]
            == one.row.check
        ]
        if following < after:
            harm = Harm.REMOVED
        elif following > after:
            harm = Harm.ADDED
        else:
            harm = Harm.REORDERED if fits else Harm.ALTERED
        self._flaw(known, first.row.position, first.number, harm)

    def _follows(self, conversation: int, number: int) -> int | None:
        """Return the position at which a conversation goes on behind a block."""
        block = (number - 1) // PER_BLOCK
        where = "SELECT min(first) FROM occurs WHERE conversation = ? AND block > ?"
        (first,) = self._database.execute(where, (conversation, block)).fetchone()
        if first is None:
            in_tail = "SELECT min(position) FROM tail WHERE conversation = ? AND number > ?"
            (first,) = self._database.execute(in_tail, (conversation, (block + 1) * PER_BLOCK)).fetchone()
        return None if first is None else int(first)

    def _end(self, known: _Chain) -> None:
        if known.broken:
            return
        if known.position < known.last:
            self._flaw(known, known.position + 1, 0, Harm.REMOVED)
        elif known.position > known.last:
            self._flaw(known, known.last + 1, 0, Harm.ADDED)
        elif known.link != known.last_link:
            self._flaw(known, known.position, 0, Harm.ALTERED)
        elif beyond := [position for position in known.signed if position > known.last]:
            self._flaw(known, min(beyond), 0, Harm.REMOVED)

    def _flaw(self, known: _Chain, position: int, number: int, harm: Harm) -> None:
        known.broken = True
        said = f"{known.name}: the chain up to entry {position:,} is not the one that was signed"
        self._flaws.append(Flaw(known.name, position, number, harm, said if harm is Harm.UNSIGNED else ""))


def _leaf(row: Row, key: bytes | None) -> bytes:
    """Return what stands for a row, as `leaf_of_row` does, with the key of its conversation at hand."""
    if row.salts or key is None or row.state is not State.FULL:
        return leaf_of_row(row, None)
    header_salt, words_salt = chain.salts(key, row.position)
    return chain.leaf_of(
        row.position,
        chain.header_commitment(header_salt, row.header),
        chain.words_commitment(words_salt, row.words),
    )
