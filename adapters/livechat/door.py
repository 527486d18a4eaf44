"""The listener that browsers come to: whose pages may ask, who is behind a proxy, and limits for those who
ask slowly or too much.
"""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from bridge import N_, Complaints, HubbubError, serving, spoken
from bridge.desk import Denial, Denied

from .config import NetworkConfig
from .guard.addresses import address_of_client, forwarded_for
from .refused import VisitRefused

__all__ = ["HUBBUB", "Door", "answered", "language_of"]

log = logging.getLogger(__name__)

HUBBUB = "Hubbub"
"""The name that we give (`Server`), so that a look at the listener knows us."""
_THIS_MACHINE = ("127.0.0.0/8", "::1")
_LARGEST = 64 * 1024
"""Bytes of what a browser may send along, but for files."""
_SENDING = 30.0
"""Seconds that it has for that."""
_REMEMBERED = 7200
"""Seconds for which a browser remembers that a page may ask."""
_SAFE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_DENIED = {Denial.BANNED: (403, "banned"), Denial.GONE: (410, "gone")}
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door:
    """Serves at the address that the owner chose."""

    def __init__(self, config: NetworkConfig) -> None:
        self.config = config
        """As it is now: whose pages may ask can change while we serve."""
        self._proxies = [ipaddress.ip_network(proxy) for proxy in (*_THIS_MACHINE, *config.proxies)]
        self._application = web.Application(client_max_size=_LARGEST, middlewares=[self._answer])
        self._application.on_response_prepare.append(self._sign)
        self._complaints = Complaints(log)
        self._large = set[Handler]()
        self._public = set[Handler]()

    def add(
        self, method: str, path: str, answer: Answer, *, large: bool = False, public: bool = False
    ) -> None:
        """Answer for a path, before `serving`. `large`: the handler reads what comes with it itself.
        `public`: for whoever asks, from whatever page, and the handler says how long it may be kept.
        """
        self._application.router.add_route(method, path, answer)
        if large:
            self._large.add(answer)
        if public:
            self._public.add(answer)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while in this context. Raises ConnectionLost when the port cannot be used."""
        self._application.router.add_route("OPTIONS", "/{path:.*}", _nothing)
        async with serving(
            self._application, self.config.listen, notice_leaving=True, most=self.config.connections
        ):
            yield

    def address(self, request: web.Request) -> str:
        """Return whose request it is: who stands at the other end or, where that is a proxy of the owner's,
        whom that names. Empty: nobody can tell.
        """
        named = forwarded_for(request.headers.getall("X-Forwarded-For", ()))
        return f"{address_of_client(request.remote or '', named, self._proxies) or ''}"

    def address_of_ours(self) -> str:
        """Return the address by which browsers come here."""
        return self.config.public_url or f"http://{self.config.listen}"

    def _is_ours(self, address: str) -> bool:
        """Whether this is this machine, or a proxy of the owner's."""
        found = address_of_client(address, (), ())
        return found is not None and any(found in one for one in self._proxies)

    def _may(self, origin: str) -> bool:
        """Whether pages from there may ask."""
        public = self.config.public_url
        own = [f"http://{self.config.listen}", *([_origin_of(public)] if public is not None else [])]
        return origin.lower() in (*self.config.origins, *own)

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await self._let(request, handler)
        except VisitRefused as refused:
            return _refusal(refused, language_of(request))
        except Denied as denied:
            return _refusal(VisitRefused(*_DENIED[denied.denial], str(denied)), language_of(request))
        except HubbubError as error:
            self._complaints.tell("asked", f"what a visitor asked for could not be done: {error}")
            away = VisitRefused(503, "away", N_("This cannot be kept now: try again."), 5.0)
            return _refusal(away, language_of(request))

    async def _let(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        found = request.match_info.handler
        if not self._is_ours(request.remote or ""):
            raise VisitRefused(403, "refused", "only the web server before this may ask")
        if found in self._public:
            return await handler(request)
        origin = request.headers.get("Origin")
        if origin is not None and not self._may(origin):
            raise VisitRefused(
                403, "origin", f"pages of {origin[:200]} may not ask here: see `origins` of the desk"
            )
        if request.match_info.http_exception is not None:
            raise VisitRefused(404, "nothing", "there is nothing here")
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=_ALLOWED)
        if request.headers.get("Content-Encoding", "identity") != "identity":  # browsers pack nothing
            raise VisitRefused(415, "packed", "send it as it is, without Content-Encoding")
        if found not in self._large:
            await _received(request)
        return await handler(request)

    async def _sign(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = HUBBUB
        if request.match_info.handler in self._public:
            return
        response.headers.extend({name: _SAFE[name] for name in _SAFE if name not in response.headers})
        response.headers["Vary"] = "Origin"
        origin = request.headers.get("Origin")
        if origin is not None and self._may(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Retry-After, Content-Disposition"


_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Accept-Language, Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Max-Age": f"{_REMEMBERED}",
}


def answered(fields: object, status: int = 200) -> web.Response:
    """Return an answer of JSON."""
    return web.Response(body=msgspec.json.encode(fields), status=status, content_type="application/json")


def language_of(request: web.Request) -> str:
    """Return what whoever asks speaks, by BCP 47."""
    language = request.headers.get("Accept-Language", "en")[:35].partition(",")[0]
    return language.partition(";")[0].strip()


def _refusal(refused: VisitRefused, language: str) -> web.Response:
    told = spoken(language).gettext(str(refused), **refused.values)
    response = answered({"error": told, "code": refused.code}, refused.status)
    if refused.retry_after is not None:
        response.headers["Retry-After"] = f"{max(round(refused.retry_after), 1)}"
    if refused.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _received(request: web.Request) -> None:
    """Read what comes with a request. Raises VisitRefused for one that is too large or too slow."""
    try:
        async with asyncio.timeout(_SENDING):
            await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise VisitRefused(
            413, "large", N_("This is too much: {most} bytes at most."), most=f"{_LARGEST:,}"
        ) from None
    except TimeoutError:
        raise VisitRefused(408, "slow", N_("This took too long.")) from None


async def _nothing(_: web.Request) -> web.StreamResponse:
    return web.Response(status=204)


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
