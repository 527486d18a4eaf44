"""Takes words and whole entries out of the file, while their chains stay whole. Inside a transaction of the
caller's.

What SQLite frees of them is written over (`PRAGMA secure_delete`); the full-text index and the log have them
until `scrub.py` has gone over them.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby

from bridge.archive import chain
from bridge.archive.entries import read_header, read_words
from bridge.archive.index import terms
from bridge.errors import ArchiveError

from .blocks import drop_block, scope_of, write_block
from .records import State
from .rows import CHECK, Row, leaf_of_row, salts_of
from .schema import PER_BLOCK
from .shelf import Placed, Shelf, block_of

__all__ = ["Remover"]


class Remover:
    """Takes entries out of the file, or parts of them."""

    def __init__(self, database: sqlite3.Connection, shelf: Shelf) -> None:
        self._database = database
        self._shelf = shelf

    def take(self, numbers: Iterable[int], to: State) -> list[Placed]:
        """Leave no more of these entries than such a state has. Returns those of which something went, as
        they were.
        """
        taken: list[Placed] = []
        for block, of_block in groupby(sorted(set(numbers)), block_of):
            taken += self._of_block(block, set(of_block), to)
        return taken

    def _of_block(self, block: int, numbers: set[int], to: State) -> list[Placed]:
        stands, in_tail = self._stands(block)
        taken = {one.number: one for one in stands if one.number in numbers and one.row.state < to}
        if not taken:
            return []
        for one in taken.values():
            self._out_of_index(one, to)
        rows = [_less(one, to) if one.number in taken else _written_down(one) for one in stands]
        if in_tail:
            self._to_tail(stands, rows)
        elif all(row.state is State.GONE for row in rows):
            drop_block(self._shelf, block)
        else:
            write_block(self._shelf, block, None, rows)
        return list(taken.values())

    def _stands(self, block: int) -> tuple[Sequence[Placed], bool]:
        """Return all entries of a block, and whether it is the tail, which is none yet."""
        first = block * PER_BLOCK + 1
        if (known := self._shelf.block(block)) is None:
            return self._shelf.tail(first, first + PER_BLOCK - 1), True
        unpacked, key = known
        return [Placed(first + place, row, key) for place, row in enumerate(unpacked.rows())], False

    def _to_tail(self, stands: Sequence[Placed], rows: Sequence[Row]) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO tail VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(one.number, *row) for one, row in zip(stands, rows, strict=True)],
        )
        self._database.execute("DELETE FROM meta WHERE key = 'salts'")

    def _out_of_index(self, one: Placed, to: State) -> None:
        row = one.row
        if row.state < State.BARE:
            header = read_header(row.header)
            words = read_words(row.words) if row.state is State.FULL else None
            scope = scope_of(self._database, row.conversation, header)
            known = terms(header, words, scope)
            out = "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)"
            self._database.execute(out, (one.number, known))
            if to is State.WORDLESS:
                stays = terms(header, None, scope)
                self._database.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (one.number, stays))
        if to is State.GONE:
            self._database.execute("DELETE FROM about WHERE of = ?", (one.number,))

    def cut(self, conversation: int, position: int) -> list[Placed]:
        """Leave nothing of a chain up to a position. Returns the entries of which something went."""
        where = "SELECT start, start_link, position FROM conversation WHERE number = ?"
        start, link, last = self._database.execute(where, (conversation,)).fetchone()
        if position <= start:
            return []
        if position > last:
            raise ArchiveError(f"the chain ends at {last:,}: it cannot be cut at {position:,}")
        numbers, reached = [], start
        for one in self._shelf.chain(conversation, start + 1, position):
            reached += 1
            link = chain.link_of(link, leaf_of_row(one.row, one.key))
            if one.row.position != reached or link[:CHECK] != one.row.check:
                raise ArchiveError(f"entry {reached:,} is not as it was: `hubbub evidence verify` says more")
            numbers.append(one.number)
        if reached < position:
            raise ArchiveError(f"entry {reached + 1:,} is missing: `hubbub evidence verify` says more")
        taken = self.take(numbers, State.GONE)
        self._database.execute(
            "UPDATE conversation SET start = ?, start_link = ? WHERE number = ?",
            (position, link, conversation),
        )
        return taken


def _less(one: Placed, to: State) -> Row:
    """Return what is left of an entry in a state."""
    row = one.row
    if to is State.GONE:
        return Row(row.conversation, row.position, to, b"", b"", b"", row.check)
    if to is State.BARE:
        return row._replace(state=to, header=b"", words=leaf_of_row(row, one.key), salts=b"")
    header_salt, words_salt = salts_of(row, one.key)
    commitment = chain.words_commitment(words_salt, row.words)
    return row._replace(state=to, words=commitment, salts=header_salt)


def _written_down(one: Placed) -> Row:
    """Return a row with its salts, since what they follow from goes."""
    return one.row._replace(salts=b"".join(salts_of(one.row, one.key)))
