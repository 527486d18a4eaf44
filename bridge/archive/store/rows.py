"""Entries as they stand in the file, alone and in blocks.

A block has its entries by column: what is alike stands together, and so takes little room.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from bridge.archive import chain

from .records import State

__all__ = ["CHECK", "Block", "Row", "key_of", "leaf_of_row", "packed_block", "salts_of"]

CHECK = 4
"""So many bytes of a link are kept with an entry: they tell which one was altered."""

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


_unpressed = zlib.decompress


class _Columns(msgspec.Struct, array_like=True):
    places: bytes
    """Compressed: conversations, positions, states."""
    headers: bytes
    words: bytes
    salts: bytes
    """Compressed; empty: none are written down."""
    checks: bytes


_columns = msgspec.msgpack.Decoder(_Columns)
_places = msgspec.msgpack.Decoder(tuple[list[int], list[int], list[int]])
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


def packed_block(rows: Sequence[Row]) -> bytes:
    """Return the bytes of a block's rows."""
    salts = [row.salts for row in rows]
    columns = _Columns(
        _pressed(tuple(zip(*[row[:3] for row in rows], strict=True))),
        _pressed([row.header for row in rows]),
        _pressed([row.words for row in rows]),
        _pressed(salts) if any(salts) else b"",
        b"".join(row.check for row in rows),
    )
    return _encode(columns)


class Block:
    """The rows of a block, unpacked as far as somebody asks. Raises ValueError where the bytes are none."""

    def __init__(self, data: bytes) -> None:
        try:
            columns = _columns.decode(data)
            self.conversations, self.positions, self._states = _places.decode(_unpressed(columns.places))
            self._headers = _parts.decode(_unpressed(columns.headers))
            self._words = _parts.decode(_unpressed(columns.words))
            self._salts = _parts.decode(_unpressed(columns.salts)) if columns.salts else None
        except (zlib.error, msgspec.MsgspecError) as error:
            raise ValueError(str(error)) from error
        self._checks = columns.checks
        lengths = {len(self.conversations), len(self.positions), len(self._states), len(self._headers)}
        lengths |= {len(self._words), len(self._checks) // CHECK}
        if len(lengths) != 1 or (self._salts is not None and len(self._salts) != len(self.positions)):
            raise ValueError("its columns have different lengths")

    def __len__(self) -> int:
        return len(self.positions)

    def row(self, place: int) -> Row:
        """Return one row, by its place from 0."""
        return Row(
            self.conversations[place],
            self.positions[place],
            State(self._states[place]),
            self._headers[place],
            self._words[place],
            b"" if self._salts is None else self._salts[place],
            self._checks[place * CHECK : (place + 1) * CHECK],
        )

    def rows(self) -> list[Row]:
        """Return all of them."""
        return [self.row(place) for place in range(len(self))]


def _pressed(value: object) -> bytes:
    return zlib.compress(_encode(value), 9)
