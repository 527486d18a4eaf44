"""What an owner can ask, over HTTP: each ability is a path, what changes something a POST.

Who asks is somebody on this machine, or has the token. A browser asks for any page that it shows, and may
well be on this machine: so it is refused where the page is not one of ours.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from bridge.clock import SYSTEM, Clock
from bridge.errors import HubbubError, JournalError
from bridge.kit.pace import Paces
from bridge.web import Site
from bridge.web.app import SECURITY, is_from_our_page
from bridge.web.download import send
from bridge.web.events import EventStream, tell

from .abilities import Abilities
from .catalogue import KINDS
from .openapi import document
from .reloading import NotFollowed
from .requests import DownloadRequest, Request, StreamRequest

__all__ = ["add_api"]

log = logging.getLogger(__name__)

_HEADERS = SECURITY | {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
_MOST_CLIENTS = 1000
_PATIENCE = 10.0
"""How long a client may take for what it sends along, in seconds."""
_STREAMS = 20
_NEEDS_TOKEN = (
    "what is archived is shown with a token alone: give `web:` one in the map, also on this machine"
)

R = TypeVar("R", bound=Request[Any])
_Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Refused(Exception):
    def __init__(self, status: int, error: str, **headers: str) -> None:
        super().__init__(error)
        self.status = status
        self.headers = headers


def add_api(site: Site, abilities: Abilities, clock: Clock = SYSTEM) -> None:
    """Add `/api/` to a site, before it is served."""
    api = _Api(site, abilities, clock)
    for kind in KINDS:
        path = path_of(kind)
        if issubclass(kind, StreamRequest):
            site.add(path, api.streaming(kind), public=True, lasting=True)
        elif issubclass(kind, DownloadRequest):
            site.add(path, api.sending(kind), public=True, lasting=True)
        elif kind.changes:
            site.add(path, api.doing(kind), method="POST", public=True)
        else:
            site.add(path, api.doing(kind), public=True)
    site.add("/api/openapi.json", api.guarded(api.described), public=True)
    site.add("/api{rest:(/.*)?}", api.guarded(api.nothing), method="*", public=True)


class _Api:
    """Answers. Its paths are public to the site, since it sees for itself who asks, and says so in JSON."""

    def __init__(self, site: Site, abilities: Abilities, clock: Clock) -> None:
        self._site = site
        self._abilities = abilities
        self._clock = clock
        self._pace = Paces(_MOST_CLIENTS, burst=100, per_second=20, clock=clock)
        self._pace_of_changes = Paces(_MOST_CLIENTS, burst=20, per_second=1, clock=clock)
        self._streams = 0

    def guarded(self, answer: _Answer) -> _Answer:
        """Return the same for those who may ask; whatever goes wrong is told in JSON."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._see_who_asks(request)
                return await answer(request)
            except Exception as error:  # noqa: BLE001 the client is told, whatever it is
                return _told(error)

        return guarded

    def doing(self, kind: type[Request[Any]]) -> _Answer:
        """Return what answers for an ability."""

        async def do(request: web.Request) -> web.StreamResponse:
            self._see_that_it_may_read(kind)
            if kind.changes:
                self._see_that_it_may_change(request)
            asked = await _sent(kind, request) if kind.changes else _queried(kind, request)
            found = await self._abilities.do(asked, f"{self._site.who(request)}, over HTTP")
            return _json(msgspec.json.encode(found))

        return self.guarded(do)

    def streaming(self, kind: type[StreamRequest[Any]]) -> _Answer:
        """Return what answers for an ability with a stream."""

        async def stream(request: web.Request) -> web.StreamResponse:
            if self._streams >= _STREAMS:
                raise _Refused(503, f"{_STREAMS} look on already: end one of these first")
            self._streams += 1
            try:
                async with contextlib.aclosing(self._abilities.stream(_queried(kind, request))) as answers:
                    first = await anext(answers)  # before anything is sent: it may be refused
                    return await tell(request, _HEADERS, self._clock, partial(_say_all, first, answers))
            finally:
                self._streams -= 1

        return self.guarded(stream)

    def sending(self, kind: type[DownloadRequest]) -> _Answer:
        """Return what answers for an ability with a file."""

        async def send_file(request: web.Request) -> web.StreamResponse:
            self._see_that_it_may_read(kind)
            by = f"{self._site.who(request)}, over HTTP"
            return await send(request, _HEADERS, await self._abilities.download(_queried(kind, request), by))

        return self.guarded(send_file)

    async def described(self, _: web.Request) -> web.StreamResponse:
        """Describe all of it."""
        return _json(msgspec.json.encode(document()))

    async def nothing(self, request: web.Request) -> web.StreamResponse:
        """Say what there is, or how it is asked for."""
        methods = {path_of(kind): "POST" if kind.changes else "GET" for kind in KINDS}
        if method := methods.get(request.path):
            raise _Refused(405, f"{request.path} is asked for with {method}", Allow=method)
        raise _Refused(404, "there is nothing here: /api/openapi.json describes all that there is")

    def _see_who_asks(self, request: web.Request) -> None:
        if not self._pace.take_now(str(request.remote)):
            raise _Refused(429, "you ask too often: at most 20 times a second", **{"Retry-After": "1"})
        if not is_from_our_page(request):
            raise _Refused(403, "a page of another site may not ask this")
        if not self._site.who(request):
            needed = "this needs the token of `web:` in the map, in a header: Authorization: Bearer TOKEN"
            raise _Refused(401, needed, **{"WWW-Authenticate": "Bearer"})

    def _see_that_it_may_read(self, kind: type[Request[Any]]) -> None:
        if kind.needs_token and not self._site.token:
            raise _Refused(403, _NEEDS_TOKEN)

    def _see_that_it_may_change(self, request: web.Request) -> None:
        if not self._pace_of_changes.take_now(str(request.remote)):
            raise _Refused(429, "you change too much at once: wait some seconds", **{"Retry-After": "5"})
        # What a form of any page can send has another type.
        if request.content_type != "application/json":
            raise _Refused(415, "send JSON, and say so in a header: Content-Type: application/json")


async def _say_all(first: msgspec.Struct, answers: AsyncGenerator[Any, None], stream: EventStream) -> None:
    await _say(stream, first)
    async for answer in answers:
        await _say(stream, answer)


async def _say(stream: EventStream, answer: msgspec.Struct) -> None:
    await stream.say(str(answer.__struct_config__.tag).replace(" ", "-"), answer)


def path_of(kind: type[Request[Any]]) -> str:
    """Return the path of an ability."""
    return f"/api/{kind.__struct_config__.tag}"


def _queried(kind: type[R], request: web.Request) -> R:
    """Return what a URL asks for."""
    return _read(kind, dict(request.query), strict=False)


async def _sent(kind: type[R], request: web.Request) -> R:
    """Return what the JSON that comes along asks for."""
    try:
        async with asyncio.timeout(_PATIENCE):
            body = await request.read()
    except TimeoutError:
        raise _Refused(408, "what you send took too long") from None
    except web.HTTPRequestEntityTooLarge:
        raise _Refused(413, "what you send is too long: at most 64 KiB") from None
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Refused(400, f"this is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise _Refused(400, 'send an object: {"name": "value"}')
    return _read(kind, found, strict=True)


def _read(kind: type[R], found: dict[str, Any], *, strict: bool) -> R:
    try:
        read: R = msgspec.convert(found | {"command": kind.__struct_config__.tag}, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise _Refused(400, f"{error}: /api/openapi.json tells what {path_of(kind)} takes") from None
    return read


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    found = _HEADERS | {"Content-Type": "application/json"} | (headers or {})
    return web.Response(body=body + b"\n", status=status, headers=found)


def _told(error: Exception) -> web.Response:
    """Say what was not done, and what to do."""
    match error:
        case _Refused():
            return _failure(error.status, str(error), headers=error.headers)
        case NotFollowed():
            return _failure(422, str(error), error.mistakes)
        case JournalError():
            return _failure(503, str(error))
        case HubbubError():
            return _failure(409, str(error))
    log.error("what was asked over HTTP failed: a bug", exc_info=error)
    return _failure(500, "this failed by a bug: the service's log tells more")


def _failure(
    status: int, error: str, mistakes: list[str] | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    return _json(
        msgspec.json.encode({"error": error} | ({"mistakes": mistakes} if mistakes else {})), status, headers
    )
