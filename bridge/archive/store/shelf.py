"""Finds entries in the file, by number, place and name; the blocks that were read last stay unpacked.

What is moved from the tail into a block meanwhile is missed by nobody: whoever looks, looks there first.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from bridge.archive.entries import EntryKind, Header, read_header
from bridge.errors import ArchiveError

from .phrases import Phrases
from .records import State
from .rows import Block, Row
from .schema import PER_BLOCK

__all__ = ["NAME", "Placed", "Shelf", "Stretch", "block_of", "name_key", "names_of"]

NAME = 3
"""So many bytes of a name's checksum stand with a block, to find it by."""
_KEPT = 64
"""So many blocks stay unpacked: about 10 MB."""
_MANY = 10
"""Of so many entries of a block it costs less to unpack all of it."""
_ENDLESS = 1 << 62
_TAIL = (
    "SELECT number, conversation, position, state, header, words, salts, link, "
    "(SELECT value FROM meta WHERE key = 'salts') FROM tail "
)


class Stretch(NamedTuple):
    """Entries that follow each other."""

    conversation: int | None
    """None: of all."""
    after: int
    """Their numbers are greater,"""
    end: int
    """and smaller than this."""
    times: tuple[float, float] | None
    """Blocks in which nothing was said from the one to the other are passed over."""
    newest_first: bool


class Placed(NamedTuple):
    """An entry where it stands."""

    number: int
    row: Row
    key: bytes | None
    """What its salts follow from; None: they are written down."""


def block_of(number: int) -> int:
    """Return the number of the block that an entry is in, or will be."""
    return (number - 1) // PER_BLOCK


def name_key(conversation: int, network: str, room: str, name: str) -> bytes:
    """Return a checksum of what a network calls something."""
    joined = f"{conversation}\0{network}\0{room}\0{name}"
    return zlib.crc32(joined.encode(errors="surrogatepass")).to_bytes(4)[:NAME]


def names_of(header: Header) -> Iterator[tuple[str, str, str]]:
    """Yield all names of an entry: network, room and name."""
    if header.kind is EntryKind.COPY:
        if header.copy is not None:
            for name in header.copy.ids:
                yield header.copy.network, header.copy.room, name
    elif header.id:
        for name in (header.id, *header.aliases):
            yield header.network, header.room, name


class Shelf:
    """The entries of an open file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.phrases = Phrases(database)
        self._blocks: dict[int, tuple[int, Block, bytes | None]] = {}

    @property
    def database(self) -> sqlite3.Connection:
        """The open file."""
        return self._database

    def forget(self) -> None:
        """Forget what is known: the file may be otherwise."""
        self._blocks.clear()
        self.phrases.forget()

    def block(self, number: int) -> tuple[Block, bytes | None] | None:
        """Return a block with its key; None: there is none. Raises ArchiveError where it is damaged."""
        known = self._database.execute("SELECT version FROM block WHERE number = ?", (number,)).fetchone()
        if known is None:
            return None
        cached = self._blocks.pop(number, None)
        if cached is None or cached[0] != known[0]:
            cached = self._read(number)
        self._blocks[number] = cached
        if len(self._blocks) > _KEPT:
            del self._blocks[next(iter(self._blocks))]
        return cached[1], cached[2]

    def _read(self, number: int) -> tuple[int, Block, bytes | None]:
        # One statement, so that data and key are of one moment.
        both = "SELECT version, key, data FROM block LEFT JOIN content USING (number) WHERE number = ?"
        version, key, data = self._database.execute(both, (number,)).fetchone()
        try:
            return version, Block(data or b"", self.phrases.text), key
        except ValueError as error:
            raise _damaged(number, error) from error

    def tail(self, first: int, last: int) -> list[Placed]:
        """Return the entries from the one number to the other that are in no block yet."""
        found = self._database.execute(f"{_TAIL} WHERE number BETWEEN ? AND ? ORDER BY number", (first, last))
        return [_of_tail(values) for values in found]

    def tail_at(self, conversation: int, position: int) -> Placed | None:
        """Return an entry that is in no block yet, by its place."""
        where = f"{_TAIL} WHERE conversation = ? AND position = ?"
        values = self._database.execute(where, (conversation, position)).fetchone()
        return None if values is None else _of_tail(values)

    def last(self) -> int:
        """Return the number of the newest entry; 0: there is none."""
        # Not by the entries themselves: nothing may be left of the newest.
        (last,) = self._database.execute("SELECT coalesce(sum(position), 0) FROM conversation").fetchone()
        return int(last)

    def find(self, number: int) -> Placed | None:
        """Return an entry; None: there is none, or nothing is left of it."""
        found = (
            self._in_block(number) or next(iter(self.tail(number, number)), None) or self._in_block(number)
        )
        return None if found is None or found.row.state is State.GONE else found

    def _in_block(self, number: int) -> Placed | None:
        if (block := self.block(block_of(number))) is None:
            return None
        return self._one(block_of(number), block, (number - 1) % PER_BLOCK)

    def _one(self, number: int, block: tuple[Block, bytes | None], place: int) -> Placed:
        unpacked, key = block
        try:
            return Placed(number * PER_BLOCK + place + 1, unpacked.row(place), key)
        except (IndexError, ValueError) as error:
            raise _damaged(number, error) from error

    def at(self, conversation: int, position: int) -> Placed | None:
        """Return an entry by its place in its chain; None: as `find`."""
        found = (
            self._placed(conversation, position)
            or self.tail_at(conversation, position)
            or self._placed(conversation, position)
        )
        return None if found is None or found.row.state is State.GONE else found

    def _placed(self, conversation: int, position: int) -> Placed | None:
        where = "SELECT block FROM occurs WHERE conversation = ? AND ? BETWEEN first AND last"
        for (number,) in self._all(where, (conversation, position)):
            if (block := self.block(number)) is not None:
                place = block[0].find(conversation, position)
                if place is not None:
                    return self._one(number, block, place)
        return None

    def chain(self, conversation: int, first: int, last: int) -> Iterator[Placed]:
        """Yield a chain from the one position to the other, as far as it is here. Only for who writes: what
        is read while somebody else writes is found step by step.
        """
        where = "SELECT block FROM occurs WHERE conversation = ? AND last >= ? AND first <= ? ORDER BY block"
        for (number,) in self._all(where, (conversation, first, last)):
            yield from (one for one in self.of_block(number) if _within(one.row, conversation, first, last))
        yield from (one for one in self.tail(0, _ENDLESS) if _within(one.row, conversation, first, last))

    def named(self, conversation: int, network: str, room: str, name: str) -> Placed | None:
        """Return the newest entry that goes by a name in a room: also the copy of one."""
        sought = (network, room, name)
        for found in self._candidates(conversation, name_key(conversation, *sought)):
            row = found.row
            ours = row.conversation == conversation and row.state < State.BARE
            if ours and sought in names_of(read_header(row.header)):
                return found
        return None

    def by_seq(self, seq: int) -> list[Placed]:
        """Return what the journal has under a number."""
        where = "SELECT number FROM block WHERE ? BETWEEN first_seq AND last_seq ORDER BY number"
        found = [one for (number,) in self._all(where, (seq,)) for one in self.of_block(number)]
        found += self.tail(0, _ENDLESS)
        kept: dict[int, Placed] = {}
        for one in found:
            if one.row.state < State.BARE and read_header(one.row.header).seq == seq:
                kept.setdefault(one.number, one)
        return list(kept.values())

    def about(self, number: int) -> list[Placed]:
        """Return what is about an entry, in order, as far as it is left."""
        numbers = self._all("SELECT number FROM about WHERE of = ? ORDER BY number", (number,))
        found: list[Placed | None] = []
        for block, group in groupby([other for (other,) in numbers], block_of):
            wanted = list(group)
            many = self.of_block(block) if len(wanted) > _MANY else ()
            known = {one.number: one for one in many if one.row.state is not State.GONE}
            found += [known.get(other) or self.find(other) for other in wanted]
        return [one for one in found if one is not None]

    def between(self, since: float, until: float) -> tuple[int, int]:
        """Return two numbers, both exclusive, between which all stands that was said in a time."""
        where = "SELECT min(number), max(number) FROM block WHERE until >= ? AND since < ?"
        first, last = self._database.execute(where, (since, until)).fetchone()
        spans = [] if first is None else [(first * PER_BLOCK, (last + 1) * PER_BLOCK + 1)]
        spans += [
            (one.number - 1, one.number + 1)
            for one in self.tail(0, _ENDLESS)
            if one.row.header and since <= read_header(one.row.header).at < until
        ]
        return (min(after for after, _ in spans), max(end for _, end in spans)) if spans else (0, 0)

    def step(self, stretch: Stretch) -> tuple[int, list[Placed]] | None:
        """Return the next block of a stretch, and what stands in it; None: no more.

        Only for who has the file to read.
        """
        self._database.execute("BEGIN")  # since what is in the tail may go into a block meanwhile
        try:
            if stretch.newest_first:
                step = self._step_in_tail(stretch) or self._step_in_blocks(stretch)
            else:
                step = self._step_in_blocks(stretch) or self._step_in_tail(stretch)
        finally:
            self._database.execute("COMMIT")
        if step is None:
            return None
        block, found = step
        kept = [
            one
            for one in found
            if stretch.after < one.number < stretch.end
            and one.row.state is not State.GONE
            and stretch.conversation in (None, one.row.conversation)
        ]
        return block, kept[::-1] if stretch.newest_first else kept

    def _step_in_tail(self, stretch: Stretch) -> tuple[int, list[Placed]] | None:
        found = self.tail(stretch.after + 1, stretch.end - 1)
        return (block_of(found[0].number), found) if found else None

    def _step_in_blocks(self, stretch: Stretch) -> tuple[int, list[Placed]] | None:
        query = "SELECT number FROM block WHERE number BETWEEN ? AND ?"
        values: list[object] = [block_of(stretch.after + 1), block_of(stretch.end - 1)]
        if stretch.conversation is not None:
            query += " AND EXISTS (SELECT 1 FROM occurs WHERE conversation = ? AND block = number)"
            values.append(stretch.conversation)
        if stretch.times is not None:
            query += " AND until >= ? AND since < ?"
            values += stretch.times
        order = "DESC" if stretch.newest_first else "ASC"
        row = self._database.execute(f"{query} ORDER BY number {order} LIMIT 1", values).fetchone()
        return None if row is None else (row[0], self.of_block(row[0]))

    def _all(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall()

    def of_block(self, number: int) -> list[Placed]:
        """Return all that stands in a block. Raises ArchiveError where it is damaged."""
        if (block := self.block(number)) is None:
            return []
        first, (unpacked, key) = number * PER_BLOCK + 1, block
        try:
            return [Placed(first + place, row, key) for place, row in enumerate(unpacked.rows())]
        except ValueError as error:
            raise _damaged(number, error) from error

    def _candidates(self, conversation: int, key: bytes) -> Iterator[Placed]:
        yield from reversed(self.tail(0, _ENDLESS))
        where = (
            "SELECT number, names FROM occurs JOIN block ON number = block "
            "WHERE conversation = ? AND instr(names, ?) ORDER BY number DESC"
        )
        for number, names in self._all(where, (conversation, key)):
            if _stands_in(key, names):
                yield from reversed(self.of_block(number))


def _within(row: Row, conversation: int, first: int, last: int) -> bool:
    return row.conversation == conversation and first <= row.position <= last and row.state is not State.GONE


def _damaged(block: int, error: Exception) -> ArchiveError:
    first = block * PER_BLOCK + 1
    return ArchiveError(
        f"the archive's entries {first:,} to {first + PER_BLOCK - 1:,} are damaged ({error}): "
        "`hubbub evidence verify` says what else is; a backup may have them"
    )


def _of_tail(values: tuple[int, int, int, int, bytes, bytes, bytes, bytes, bytes | None]) -> Placed:
    number, conversation, position, state, header, words, salts, check, key = values
    try:
        return Placed(number, Row(conversation, position, State(state), header, words, salts, check), key)
    except ValueError as error:
        raise _damaged(block_of(number), error) from error


def _stands_in(key: bytes, names: bytes) -> bool:
    """Whether it is one of those that stand one after the other."""
    place = names.find(key)
    while place >= 0:
        if place % NAME == 0:
            return True
        place = names.find(key, place + 1)
    return False
