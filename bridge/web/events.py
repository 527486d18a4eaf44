"""Server-sent events: what a client is told as it happens (HTML Living Standard, section 9.2)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web

from bridge.clock import Clock
from bridge.errors import HubbubError

__all__ = ["EventStream", "tell"]

log = logging.getLogger(__name__)

_BEAT = 15.0
"""So often something is sent, in seconds, so that both sides notice when the other is gone."""
_STUCK = 30.0
"""How long a client may read nothing at all, in seconds."""


class EventStream:
    """One client, which is told events by as many sources as there are."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        own = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        self.response = web.StreamResponse(headers={**headers, **own})
        self._writing = asyncio.Lock()

    async def say(self, event: str, data: object) -> None:
        """Send an event, its data as JSON. Raises ConnectionError, and TimeoutError where nobody reads it."""
        await self.write(b"event: %b\ndata: %b\n\n" % (event.encode(), msgspec.json.encode(data)))

    async def write(self, line: bytes) -> None:
        """Send a line as it is, in one piece."""
        async with self._writing, asyncio.timeout(_STUCK):
            await self.response.write(line)


async def tell(
    request: web.Request,
    headers: Mapping[str, str],
    clock: Clock,
    *sources: Callable[[EventStream], Awaitable[None]],
) -> web.StreamResponse:
    """Let these tell a client what there is, until it leaves or one of them has nothing more to tell."""
    stream = EventStream(headers)
    try:
        await stream.response.prepare(request)
        async with asyncio.TaskGroup() as group:
            group.create_task(_beat(stream, clock))
            for source in sources:
                group.create_task(_until_told(source, stream))
    except* (ConnectionError, TimeoutError, HubbubError, _Told):
        pass  # the client left or reads nothing, or there is nothing to tell any more
    except* Exception:
        log.exception("a stream of events ended by a bug")
    return stream.response


class _Told(Exception):
    """A source has told all."""


async def _until_told(source: Callable[[EventStream], Awaitable[None]], stream: EventStream) -> None:
    await source(stream)
    raise _Told


async def _beat(stream: EventStream, clock: Clock) -> None:
    while True:
        await stream.write(b": still here\n\n")
        await clock.sleep(_BEAT)
