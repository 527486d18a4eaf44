"""Has files looked at by ClamAV's daemon (clamd(8), INSTREAM).

The library for this that goes with asyncio knows TCP alone, and Debian's daemon listens at a socket of the
file system.
"""

import asyncio
import struct
from pathlib import Path

from bridge import address_of, reason

__all__ = ["Clamd", "ClamdFailed"]

_PIECE = 256 * 1024
_AT_ONCE = 4
"""Files; each may have some hundred threads' work for the daemon."""
_PATIENCE = 60.0
"""Seconds for a file, with the wait for others."""
_LONGEST = 4096
"""Bytes of an answer."""
_TOO_LARGE = "the file is larger than its `StreamMaxLength`"


class ClamdFailed(Exception):
    """It could not be asked, or gave no verdict; the text says why."""


class Clamd:
    """The daemon at an address: the path of its socket, or HOST:PORT."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def scan(self, file: Path) -> str | None:
        """Return what the file is infected with; None: nothing that is known. Raises ClamdFailed."""
        try:
            async with asyncio.timeout(_PATIENCE), self._places:
                reply = await self._ask(file)
        except TimeoutError:
            raise ClamdFailed(f"no verdict in {_PATIENCE:g} seconds") from None
        except OSError as error:
            raise ClamdFailed(reason(error)) from None
        words = reply.strip("\0\n").removeprefix("stream: ")
        if words == "OK":
            return None
        if words.endswith(" FOUND"):
            return words.removesuffix(" FOUND")
        large = words.startswith("INSTREAM size limit exceeded")
        raise ClamdFailed(_TOO_LARGE if large else words[:200] or "it hung up")

    async def _ask(self, file: Path) -> str:
        if self._address.startswith("/"):
            reader, writer = await asyncio.open_unix_connection(self._address)
        else:
            reader, writer = await asyncio.open_connection(*address_of(self._address))
        try:
            await _send(file, writer)
            return (await reader.read(_LONGEST)).decode(errors="replace")
        except ConnectionError:  # so fast that its answer is lost to us
            raise ClamdFailed(f"it hung up in the midst, as it does when {_TOO_LARGE}") from None
        finally:
            writer.close()


async def _send(file: Path, writer: asyncio.StreamWriter) -> None:
    """Send the file in pieces, each behind its length; a length of nothing ends it."""
    writer.write(b"zINSTREAM\0")
    with file.open("rb") as stream:
        while piece := await asyncio.to_thread(stream.read, _PIECE):
            writer.write(struct.pack("!I", len(piece)) + piece)
            await writer.drain()
    writer.write(struct.pack("!I", 0))
    await writer.drain()
