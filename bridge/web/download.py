"""Files that are made while they are sent."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from bridge.errors import HubbubError

__all__ = ["Download", "disposition", "send"]

log = logging.getLogger(__name__)

_STUCK = 30.0
"""How long a client may read nothing at all, in seconds."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is made piece by piece."""

    name: str
    media_type: str
    pieces: AsyncGenerator[bytes, None]


async def send(request: web.Request, headers: Mapping[str, str], file: Download) -> web.StreamResponse:
    """Send a file as it is made. Raises whatever its beginning raises; what fails later cuts the connection,
    so that nobody takes a part for the whole.
    """
    own = {"Content-Type": file.media_type, "Content-Disposition": disposition("attachment", file.name)}
    response = web.StreamResponse(headers={**headers, **own})
    async with aclosing(file.pieces) as pieces:
        first = await anext(pieces, b"")
        await response.prepare(request)
        try:
            await _write(response, first)
            async for piece in pieces:
                await _write(response, piece)
            await response.write_eof()
        except (ConnectionError, TimeoutError):
            _cut(request)
        except HubbubError as error:
            log.error("%s was sent in part alone: %s", file.name, error)  # noqa: TRY400 it says what to do
            _cut(request)
        except Exception:
            log.exception("%s was sent in part alone: a bug", file.name)
            _cut(request)
    return response


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    async with asyncio.timeout(_STUCK):
        await response.write(piece)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def disposition(way: str, name: str) -> str:
    """Return the Content-Disposition (RFC 6266, RFC 8187): whether a browser shows or stores a file, and its
    name.
    """
    simple = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_"
        for letter in name
    )
    return f"{way}; filename=\"{simple}\"; filename*=UTF-8''{quote(name, safe='')}"
