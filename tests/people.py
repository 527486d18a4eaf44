"""What scripted people see of each other."""

import asyncio
import struct
import zlib
from typing import TypeVar

from bridge.model import Event
from bridge.testing import Person

T = TypeVar("T", bound=Event)

PATIENCE = 60.0


async def sees(person: Person, kind: type[T]) -> T:
    """The next of what others do that is of this kind."""
    async with asyncio.timeout(PATIENCE):
        while not isinstance(event := await person.seen.get(), kind):
            pass
        return event


def picture(width: int = 2, height: int = 1) -> bytes:
    """A picture, all black."""
    rows = zlib.compress((b"\0" + b"\0\0\0" * width) * height)
    chunks = (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
