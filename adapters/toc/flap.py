"""FLAP: how commands of TOC travel (TOC 1.0, section "FLAP")."""

import asyncio
import itertools
import struct

__all__ = ["DATA", "KEEP_ALIVE", "SIGN_ON", "Flap"]

SIGN_ON, DATA, KEEP_ALIVE = 1, 2, 5
_HEADER = struct.Struct("!cBHH")
"""An asterisk, the type, a number, and the length of what follows."""


class Flap:
    """Frames over one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count()

    def greet(self) -> None:
        """Ask for FLAP."""
        self._writer.write(b"FLAPON\r\n\r\n")

    async def read(self) -> tuple[int, bytes]:
        """Return the type and the content of the next frame. Raises EOFError and OSError."""
        star, kind, _, length = _HEADER.unpack(await self._reader.readexactly(_HEADER.size))
        if star != b"*":
            raise EOFError("the server does not speak FLAP")
        return kind, await self._reader.readexactly(length)

    def write(self, kind: int, content: bytes = b"") -> None:
        """Send a frame."""
        number = next(self._numbers) & 0xFFFF
        self._writer.write(_HEADER.pack(b"*", kind, number, len(content)) + content)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
