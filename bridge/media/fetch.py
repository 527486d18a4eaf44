"""Asks for a file over HTTP: streamed, within limits, with credentials for one host alone."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from bridge.adapter import Source
from bridge.config import WayOut
from bridge.errors import AdapterError, Rejected, Unsupported
from bridge.kit import ProxyFailed
from bridge.language import N_

from .body import Body, NotYet, RefusedFile
from .guard import ForbiddenAddress, connector, is_named, is_web_port, may_be_asked_for

__all__ = ["Fetcher"]

log = logging.getLogger(__name__)

_CHUNK = 65_536
_TOTAL = 900.0
"""A file has so many seconds, all tries together."""
_LEAST = 256 * 1024
_WITHIN = 30.0
"""Of a file, `_LEAST` bytes come in so many seconds, or it ends: what is slower takes a place from others."""
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10.0, sock_read=30.0)
_PAUSES = (1.0, 5.0)
"""Seconds before the second try and before the third."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_HEADERS = {"User-Agent": "Hubbub", "Accept-Encoding": "identity"}
_DIRECT = WayOut()
_FAILED = N_("it could not be fetched")


class _Failed(Exception):
    """A try failed; `again`: another one may not."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


class Fetcher:
    """For each way two sessions: for public addresses alone, and for hosts that the owner named."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = hosts
        self._stack = AsyncExitStack()
        self._sessions: dict[tuple[WayOut, bool], aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def fetch(self, find: Callable[[], Source], body: Body) -> None:
        """Write what is there into the body. Raises RefusedFile, NotYet, or OSError if it cannot be kept."""
        host = "?"
        try:
            async with asyncio.timeout(_TOTAL):
                for pause in (*_PAUSES, None):
                    try:
                        source = _found(find)
                        host = URL(source.url).raw_host or "?"
                        return await self._try(source, body)
                    except (_Failed, ValueError) as error:
                        if pause is None or not isinstance(error, _Failed) or not error.again:
                            raise
                        await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - not a secret
                    await asyncio.to_thread(body.again)
        except (_Failed, ValueError, TimeoutError) as error:
            reason = str(error) if isinstance(error, _Failed) else _plain(error)
            log.warning("a file from %s could not be fetched: %s", host, reason)
            raise RefusedFile(_FAILED) from None

    async def _session(self, way: WayOut, *, guarded: bool) -> aiohttp.ClientSession:
        session = self._sessions.get((way, guarded))
        if session is None:
            session = await self._stack.enter_async_context(_opened(way, guarded=guarded))
            self._sessions[way, guarded] = session
        return session

    async def _try(self, source: Source, body: Body) -> None:
        pace = asyncio.timeout(_WITHIN)
        try:
            async with pace:
                await self._follow(source, body, pace)
        except aiohttp.ClientConnectorError as error:
            barred = isinstance(error.os_error, ForbiddenAddress)
            reason = f"{error.os_error.strerror}" if barred else "no connection"
            raise _Failed(reason, again=not barred) from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise _Failed("its address is none", again=False) from None
        except (aiohttp.ClientError, ConnectionError, TimeoutError, ssl.SSLError) as error:
            if pace.expired():
                raise _Failed("it comes too slowly", again=False) from None
            raise _Failed(_plain(error), again=True) from None

    async def _follow(self, source: Source, body: Body, pace: asyncio.Timeout) -> None:
        url = home = URL(source.url)
        headers, own = dict(source.headers), source.own
        for _ in range(_MOST_REDIRECTS + 1):
            if url.scheme not in ("http", "https") or not url.host:
                raise _Failed("its address is not one of the web", again=False)
            if url.origin() != home.origin():
                headers, own = {}, False  # for good: who sends us back may be anybody
            exempt = own or is_named(url, self._hosts)
            if not exempt and not is_web_port(url):
                raise _Failed("its port is that of something else than the web", again=False)
            way = source.way_out or _DIRECT
            if way.proxy is not None and not exempt and not may_be_asked_for(url):
                raise _Failed("the address is not a public one", again=False)
            session = await self._session(way, guarded=not exempt)
            async with session.get(
                url.with_user(None),
                headers=headers | _HEADERS,
                allow_redirects=False,
                ssl=source.ssl if own and source.ssl is not None else True,
            ) as response:
                if response.status not in _REDIRECTS:
                    return await _read(response, body, pace)
                url = url.join(URL(response.headers.get("Location", "")))
        raise _Failed("it is redirected too often", again=False)


def _opened(way: WayOut, *, guarded: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector(way, guarded=guarded),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=_TIMEOUT,
        auto_decompress=False,
        trust_env=False,
        read_bufsize=_CHUNK,
    )


def _found(find: Callable[[], Source]) -> Source:
    """Find where the file is. Raises NotYet, and _Failed when it is nowhere."""
    try:
        return find()
    except (Rejected, Unsupported) as error:
        raise _Failed(str(error), again=False) from None
    except AdapterError as error:
        raise NotYet(str(error)) from None


async def _read(response: aiohttp.ClientResponse, body: Body, pace: asyncio.Timeout) -> None:
    if response.status != 200:
        again = response.status >= 500 or response.status == 429
        raise _Failed(f"the server answered {response.status}", again=again)
    if response.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise _Failed("it is packed though we asked for it as it is", again=False)
    body.expect(response.content_length)
    loop, goal = asyncio.get_running_loop(), _LEAST
    async for chunk in response.content.iter_chunked(_CHUNK):
        await asyncio.to_thread(body.take, chunk)
        if body.size >= goal:
            goal = body.size + _LEAST
            pace.reschedule(loop.time() + _WITHIN)


def _plain(error: Exception) -> str:
    """Say what happened, without the error's own text, which may hold an address with its secrets."""
    if isinstance(error, ProxyFailed):
        return str(error)
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ValueError):
        return "its address is none"
    return "the connection broke"
