"""Frames between the service and the archive's process: their length in four bytes, then MessagePack.

A question is `[id, name, body]`; an answer `[id, outcome, body]`, in whatever order they come about. Bodies
are MessagePack themselves, read by who knows their kind.
"""

import asyncio
import struct
from typing import BinaryIO, NamedTuple

import msgspec

__all__ = ["LARGEST", "OPENING", "PipeFrame", "framed", "read_frame", "receive_frame"]

LARGEST = 1 << 28
"""Bytes of a frame, at most: a longer one is no frame."""
OPENING = 0
"""The id of the first answer: to having been started."""

_length = struct.Struct(">I")


class PipeFrame(NamedTuple):
    """A question or an answer."""

    id: int
    word: str
    """Of a question its name; of an answer `done`, `refused` (with a sentence) or `bug` (with a report)."""
    body: msgspec.Raw


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PipeFrame)


def framed(id_: int, word: str, body: object) -> bytes:
    """Return the bytes of a frame."""
    packed = _encoder.encode((id_, word, body))
    return _length.pack(len(packed)) + packed


def read_frame(pipe: BinaryIO) -> PipeFrame | None:
    """Read a frame, and wait for it; None: the other end is gone."""
    head = pipe.read(_length.size)
    if len(head) < _length.size:
        return None
    (length,) = _length.unpack(head)
    packed = pipe.read(length) if length <= LARGEST else b""
    return _decoder.decode(packed) if len(packed) == length else None


async def receive_frame(pipe: asyncio.StreamReader) -> PipeFrame | None:
    """Read a frame, and let others go on meanwhile; None: the other end is gone."""
    try:
        (length,) = _length.unpack(await pipe.readexactly(_length.size))
        return _decoder.decode(await pipe.readexactly(length)) if length <= LARGEST else None
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
