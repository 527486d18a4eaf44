"""Webhooks, by the specification Standard Webhooks 1.0: those that we post, and those that we are posted."""

import asyncio
import contextvars
import logging
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from bridge import (
    AdapterError,
    Clock,
    MessageId,
    RateLimited,
    Receipt,
    Rejected,
    RoomId,
    Settle,
    TemporaryFailure,
    connector,
)

from . import decode
from .config import NetworkConfig, RoomConfig
from .letterbox import Letterbox
from .port import HUBBUB, ProgramPort, received, refusal
from .signing import ID, SIGNATURE, is_signed, signed

__all__ = ["Incoming", "Outgoing"]

log = logging.getLogger(__name__)

_PATIENCE = aiohttp.ClientTimeout(total=20.0, connect=10.0)
"""A confirmation is waited for for 30 s."""
_PAUSE = 60.0
_GONE = 3600.0
_REFUSED = frozenset({400, 406, 409, 411, 413, 414, 415, 422, 431})
"""Answers that are about one message; all others of their kind are about the address."""
_LATER = frozenset({408, 425, 429})
_ADVICE = {410: "it wants no more, take to: out of the map"}
_LONGEST = 200
_AT_ONCE = 20
"""So many webhooks are read at once: until they are whole, nobody can tell a stranger's."""
_UNSIGNED = "this is not signed, or with another secret, or too long ago"


class Outgoing:
    """Posts what is said to the addresses of the owner's map."""

    def __init__(self, config: NetworkConfig, clock: Clock) -> None:
        self._config = config
        self._now = clock.now
        self._posting: set[asyncio.Task[None]] = set()
        self._warned: dict[str | None, str] = {}

    async def __aenter__(self) -> Self:
        self._context = contextvars.copy_context()  # ours, for the log: others may be the reason for a post
        self._session = aiohttp.ClientSession(
            connector=connector(self._config),
            timeout=_PATIENCE,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": HUBBUB, "Content-Type": "application/json"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._posting:
            task.cancel()
        await self._session.close()

    def post(self, room: RoomConfig, name: str, body: bytes, receipt: Receipt, settle: Settle) -> None:
        """Post a body under its name, and settle with the receipt, or with what is wrong."""
        posting = self._post(room, name, body, receipt, settle)
        task = asyncio.create_task(posting, context=self._context)
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _post(self, room: RoomConfig, name: str, body: bytes, receipt: Receipt, settle: Settle) -> None:
        headers = signed(room.secrets, name, self._now(), body)
        try:
            posting = self._session.post(room.to or "", data=body, headers=headers, allow_redirects=False)
            async with posting as answer:
                error = _error(answer.status, answer.headers, self._now())
        except (aiohttp.ClientError, OSError, TimeoutError) as failure:
            error = TemporaryFailure(f"{host_of(room)}: {_plain(failure)}")
        troubled = isinstance(error, RateLimited) and error.retry_after >= _PAUSE
        self._warn(room, str(error) if troubled else "")
        settle(error or receipt)

    def _warn(self, room: RoomConfig, what: str) -> None:
        """Log once that an address takes nothing, until it does."""
        if what and self._warned.get(room.to) != what:
            log.warning("%s: %s", host_of(room), what)
        self._warned[room.to] = what


class Incoming:
    """Takes what is posted to `/webhook/ROOM`, signed."""

    def __init__(self, letterbox: Letterbox) -> None:
        self._letterbox = letterbox
        self._reading = asyncio.Semaphore(_AT_ONCE)

    def add_to(self, port: ProgramPort) -> None:
        """Answer on this port."""
        port.add("POST", "/webhook/{room}", self._hook, free=True)

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        room = RoomId(request.match_info["room"])
        config = self._letterbox.rooms.get(room)
        secrets = config.secrets if config is not None else []
        if not secrets or SIGNATURE not in request.headers:
            return refusal(401, _UNSIGNED)
        async with self._reading:
            if (wrong := await received(request)) is not None:
                return wrong
            body = await request.read()
            if not is_signed(secrets, request.headers, self._letterbox.clock.now(), body):
                return refusal(401, _UNSIGNED)
        name = request.headers[ID]
        if len(name) > _LONGEST:
            return refusal(400, f"webhook-id is longer than {_LONGEST} letters")
        try:
            await self._letterbox.take(decode.fields(body), room, MessageId(name), theirs=True)
        except ValueError as error:
            return refusal(400, str(error))
        return web.Response(status=204)


def host_of(room: RoomConfig) -> str:
    """Return whom we post to, without a path, which may be a secret."""
    return URL(room.to or "").host or ""


def _error(status: int, headers: Mapping[str, str], now: float) -> AdapterError | None:
    """Return what an answer means; None: it arrived. What is wrong with the address lets its room wait."""
    if 200 <= status < 300:
        return None
    said = f"the webhook's address answers {status}"
    wait = _wait(headers.get("Retry-After", ""), now)
    if wait is not None and status in (429, 503):
        return RateLimited(said, wait)
    if status in _REFUSED:
        return Rejected(said, alone=True)
    if status >= 500 or status in _LATER:
        return TemporaryFailure(said)
    advice = (
        "it has moved, write the new one" if status < 400 else _ADVICE.get(status, "check to: and secret:")
    )
    return RateLimited(f"{said}: {advice}", _GONE if status == 410 else _PAUSE)


def _wait(text: str, now: float) -> float | None:
    """Read a Retry-After (RFC 9110, 10.2.3), in seconds from now."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0)
    except (ValueError, OverflowError):
        return None


def _plain(error: Exception) -> str:
    """Say what happened, without the error's own text, which may hold an address with its secrets."""
    if isinstance(error, TimeoutError):
        return "no answer within 20 seconds"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return "its certificate does not verify"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no connection"
    return "the connection broke"
