"""Entries as they stand in the file, alone and in blocks.

A block has its entries by column: what is alike stands together, and so takes little room.
"""

import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate, islice
from itertools import count as counter
from operator import call, mul
from typing import NamedTuple

import msgspec

from bridge.archive import chain

from . import headers
from .records import State

__all__ = ["CHECK", "Block", "Row", "key_of", "leaf_of_row", "packed_block", "salts_of"]

CHECK = 4
"""So many bytes of a link are kept with an entry: they tell which one was altered."""

_DIGEST = 32
_BEGINS, _ENDS, _OTHER = b'{"text":"', b'"}', b"\0"
_encode = msgspec.msgpack.Encoder().encode


class Row(NamedTuple):
    """An entry in the file."""

    conversation: int
    position: int
    state: State
    header: bytes
    """Empty where it went."""
    words: bytes
    """Of a wordless entry their commitment, of a bare one the leaf."""
    salts: bytes
    """Empty: they follow from the block's key. Else that of the header and, of a full entry, of the words."""
    check: bytes


_row = partial(tuple.__new__, Row)
"""What `Row._make` does, in half the time."""
_unpressed = zlib.decompress


class _Head(msgspec.Struct, array_like=True):
    """What is small, and compressed together."""

    kinds: list[tuple[int, State, int]]
    """What entries have alike: conversation, state, and the shape of the header as a phrase."""
    which: bytes
    """Of which kind each is."""
    firsts: list[tuple[int, int]]
    """Each conversation with the position of its first entry here: others follow it without a gap."""
    people: list[int]
    """Who did something, as phrases."""
    who: bytes
    """Who of them, for each entry that has somebody."""
    scale: int
    """So many decimals have the points in time."""
    times: list[int]
    """Each less the one before, of all entries."""
    seqs: list[int]
    """As the times."""
    abouts: list[int]
    """So far back is what an entry is about."""
    texts: list[bytes]


class _Columns(msgspec.Struct, array_like=True):
    head: bytes
    """Compressed."""
    words: bytes
    """Compressed, with a line for each: JSON has no line breaks."""
    salts: bytes
    """Compressed; empty: none are written down."""
    ids: bytes
    checks: bytes
    digests: bytes
    """What stands in the place of words that went."""


_columns = msgspec.msgpack.Decoder(_Columns)
_heads = msgspec.msgpack.Decoder(_Head)
_parts = msgspec.msgpack.Decoder(list[bytes])


def key_of(key: bytes, conversation: int) -> bytes:
    """Return what the salts of a conversation's entries in a block follow from."""
    return b"".join(chain.salts(key, conversation))


def salts_of(row: Row, key: bytes | None) -> tuple[bytes, bytes]:
    """Return the salts of a row's header and words; those that went are empty. `key`: of its block."""
    if row.state >= State.BARE:
        return b"", b""
    if row.salts:
        return row.salts[: chain.SALT], row.salts[chain.SALT :]
    if key is None:
        return b"", b""
    header, words = chain.salts(key_of(key, row.conversation), row.position)
    return header, words if row.state is State.FULL else b""


def leaf_of_row(row: Row, key: bytes | None) -> bytes:
    """Return what stands for a row in its chain. `key`: of its block."""
    if row.state is State.BARE:
        return row.words
    header_salt, words_salt = salts_of(row, key)
    words = row.words if row.state is State.WORDLESS else chain.words_commitment(words_salt, row.words)
    return chain.leaf_of(row.position, chain.header_commitment(header_salt, row.header), words)


def packed_block(rows: Sequence[Row], number: Callable[[bytes], int]) -> tuple[bytes, set[int]]:
    """Return the bytes of a block's rows, and the phrases that they need. `number` gives phrases theirs."""
    pieces = [headers.split(row.header) for row in rows]
    kinds: dict[tuple[int, State, int], int] = {}
    people: dict[int, int] = {}
    firsts: dict[int, int] = {}
    which, who = bytearray(), bytearray()
    for row, one in zip(rows, pieces, strict=True):
        kind = (row.conversation, row.state, number(one.shape) if one.shape else 0)
        which.append(kinds.setdefault(kind, len(kinds)))
        firsts.setdefault(row.conversation, row.position)
        if one.by:
            who.append(people.setdefault(number(one.by), len(people)))
    scale, times = _scaled([time for one in pieces for time in one.times])
    head = _Head(
        list(kinds),
        bytes(which),
        list(firsts.items()),
        list(people),
        bytes(who),
        scale,
        _steps(times),
        _steps([one.seq for one in pieces if one.seq]),
        [row.position - one.about for row, one in zip(rows, pieces, strict=True) if one.about],
        [text for one in pieces for text in one.texts],
    )
    salts = [row.salts for row in rows]
    columns = _Columns(
        _pressed(head),
        zlib.compress(b"\n".join(_line(row) for row in rows), 9),
        _pressed(salts) if any(salts) else b"",
        b"".join(one.ids for one in pieces),
        b"".join(row.check for row in rows),
        b"".join(row.words for row in rows if State.FULL < row.state < State.GONE),
    )
    return _encode(columns), {*people, *(shape for _, _, shape in kinds if shape)}


def _line(row: Row) -> bytes:
    """Return a row's words without what nearly all have; what is otherwise begins with a sign."""
    if row.state is not State.FULL:
        return b""
    if row.words.startswith(_BEGINS) and row.words.endswith(_ENDS):
        return row.words[len(_BEGINS) : -len(_ENDS)]
    return _OTHER + row.words


def _unlined(line: bytes) -> bytes:
    return line[1:] if line.startswith(_OTHER) else b"%b%b%b" % (_BEGINS, line, _ENDS)


def _scaled(times: Sequence[bytes]) -> tuple[int, list[int]]:
    """Return points in time as whole numbers, and how many decimals these have."""
    scale = max((len(time.partition(b".")[2]) for time in times), default=0)
    return scale, [
        int(whole + part.ljust(scale, b"0")) for whole, _, part in (t.partition(b".") for t in times)
    ]


def _steps(numbers: Sequence[int]) -> list[int]:
    return [number - before for before, number in zip([0, *numbers], numbers, strict=False)]


class Block:
    """The rows of a block, each unpacked when somebody asks. Raises ValueError where the bytes are none."""

    def __init__(self, data: bytes, phrase: Callable[[int], bytes]) -> None:
        """`phrase` gives the bytes of a phrase's number."""
        try:
            columns = _columns.decode(data)
            head = self._head = _heads.decode(_unpressed(columns.head))
            self._words = _unpressed(columns.words).split(b"\n")
            self._salts = _parts.decode(_unpressed(columns.salts)) if columns.salts else None
        except (zlib.error, msgspec.MsgspecError) as error:
            raise ValueError(str(error)) from error
        self._checks, self._ids, self._digests = columns.checks, columns.ids, columns.digests
        self._phrase, self._firsts = phrase, dict(head.firsts)
        self._takes: list[tuple[int, ...]] | None = None
        lengths = {len(head.which), len(self._words), len(self._checks) // CHECK}
        if len(lengths) != 1 or (self._salts is not None and len(self._salts) != len(head.which)):
            raise ValueError("its columns have different lengths")

    def __len__(self) -> int:
        return len(self._head.which)

    @property
    def phrases(self) -> set[int]:
        """What it needs of what stands once for all blocks."""
        return {*self._head.people, *(shape for _, _, shape in self._head.kinds if shape)}

    def find(self, conversation: int, position: int) -> int | None:
        """Return the place of an entry, from 0; None: it is not here."""
        left = position - self._firsts.get(conversation, position + 1)
        ours = {kind for kind, (of, _, _) in enumerate(self._head.kinds) if of == conversation}
        places = (place for place, kind in enumerate(self._head.which) if kind in ours)
        return next(islice(places, left, None), None) if left >= 0 else None

    def row(self, place: int) -> Row:
        """Return one row, by its place from 0."""
        head = self._head
        try:
            conversation, state, shape = head.kinds[head.which[place]]
            before = [head.which.count(kind, 0, place) for kind in range(len(head.kinds))]
            # Each is of the chain's next position.
            earlier = sum(
                count for count, kind in zip(before, head.kinds, strict=True) if kind[0] == conversation
            )
            position = self._firsts[conversation] + earlier
            return Row(
                conversation,
                position,
                state,
                self._header(before, shape, position) if shape else b"",
                self._said(place, state),
                b"" if self._salts is None else self._salts[place],
                self._checks[place * CHECK : (place + 1) * CHECK],
            )
        except (IndexError, KeyError) as error:
            raise ValueError("its columns are too short") from error

    def _said(self, place: int, state: State) -> bytes:
        if state is State.FULL:
            return _unlined(self._words[place])
        if state is State.GONE:
            return b""
        kinds = (self._head.kinds[kind][1] for kind in self._head.which[:place])
        before = sum(State.FULL < kind < State.GONE for kind in kinds)
        return self._digests[before * _DIGEST : (before + 1) * _DIGEST]

    def _header(self, before: Sequence[int], shape: int, position: int) -> bytes:
        """Return a header: `before` it stand so many of each kind, and what these take of each column."""
        head, known = self._head, headers.shape_of(self._phrase(shape))
        if self._takes is None:
            self._takes = list(zip(*[self._shape(kind[2]).takes for kind in head.kinds], strict=True))
        person, time, seq, about, ids, text = [sum(map(mul, before, column)) for column in self._takes]
        takes = known.takes
        times = range(time, time + takes.times)
        pieces = headers.Pieces(
            b"",
            self._phrase(head.people[head.who[person]]) if takes.people else b"",
            [_decimal(sum(head.times[: which + 1]), head.scale) for which in times],
            sum(head.seqs[: seq + 1]) if takes.seqs else 0,
            position - head.abouts[about] if takes.abouts else 0,
            self._ids[ids : ids + takes.ids],
            head.texts[text : text + takes.texts],
        )
        return headers.joined(known.parts, pieces)

    def _shape(self, phrase: int) -> headers.HeaderShape:
        return headers.shape_of(self._phrase(phrase) if phrase else b"")

    def rows(self) -> list[Row]:
        """Return all of them: faster than one by one."""
        head, count = self._head, len(self)
        try:
            kinds = [head.kinds[kind] for kind in head.which]
            conversations, states, shapes = zip(*kinds, strict=True) if count else ((), (), ())
            following = {conversation: counter(first) for conversation, first in self._firsts.items()}
            positions = [next(following[conversation]) for conversation in conversations]
            made = list(self._all_headers(shapes, positions))
        except (IndexError, KeyError, StopIteration, RuntimeError) as error:
            raise ValueError("its columns are too short") from error
        if any(state for _, state, _ in head.kinds):
            said = [self._said(place, state) for place, state in enumerate(states)]
        else:
            said = list(map(_unlined, self._words))
        salts = self._salts or [b""] * count
        checks = [self._checks[place : place + CHECK] for place in range(0, count * CHECK, CHECK)]
        columns = (conversations, positions, states, made, said, salts, checks)
        return list(map(_row, zip(*columns, strict=True)))

    def _all_headers(self, shapes: Sequence[int], positions: Sequence[int]) -> Iterator[bytes]:
        """Yield the headers of all rows: each piece is taken from its column where the last one ended."""
        head, ids, position = self._head, io.BytesIO(self._ids), 0
        of_column: dict[bytes, Callable[[], bytes]] = {
            headers.BY: map(self._phrase, map(head.people.__getitem__, head.who)).__next__,
            headers.TIME: (_decimal(time, head.scale) for time in accumulate(head.times)).__next__,
            headers.SEQ: map(b"%d".__mod__, accumulate(head.seqs)).__next__,
            headers.ABOUT: (b"%d" % (position - about) for about in head.abouts).__next__,
            headers.TEXT: iter(head.texts).__next__,
        }
        for sign, size in headers.IDS.items():
            of_column[sign] = partial(_next_id, ids, sign, size)
        plans: dict[int, tuple[bytes, list[Callable[[], bytes]]]] = {}
        for shape in set(shapes):
            known = self._shape(shape)
            plans[shape] = known.form, [of_column[sign] for sign in known.parts[1::2]]
        for shape, position in zip(shapes, positions, strict=True):  # noqa: B007 the generator above reads it
            form, plan = plans[shape]
            yield form % tuple(map(call, plan))


def _next_id(ids: io.BytesIO, sign: bytes, size: int) -> bytes:
    return headers.unpacked(sign, ids.read(size))


def _decimal(number: int, scale: int) -> bytes:
    """Return a point in time as it was."""
    digits = b"%0*d" % (scale + 1, number)
    return digits[:-scale] + b"." + (digits[-scale:].rstrip(b"0") or b"0")


def _pressed(value: object) -> bytes:
    return zlib.compress(_encode(value), 9)
