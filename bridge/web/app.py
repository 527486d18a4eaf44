"""The application: its paths, who may ask for them, and what is said where there is nothing."""

import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.errors import ConnectionLost, HubbubError
from bridge.kit import serving
from bridge.loopback import is_loopback, is_own_name

__all__ = ["SECURITY", "Site", "is_from_our_page", "nothing"]

Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECURITY = {
    # A picture or film that is opened by itself is a page too: it may show itself and do nothing.
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; "
    "style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_PROXIED = re.compile(r"forwarded|via|x-forwarded.*|x-real-ip", re.IGNORECASE)
"""The names of headers in which a proxy says that it stands before us."""
_LONGEST = 64 * 1024
"""The most that a client may send along, in bytes."""


class Site:
    """Serves the paths that were added, one request for each connection."""

    def __init__(self, block: str, listen: str, *, proxied: bool = False, token: str = "") -> None:
        """`block` is where it stands in the map, `listen` is HOST:PORT. Paths that are not public are for
        clients with the token or, where there is none, for this machine. Behind a proxy everybody seems to be
        on it, so that nobody counts as that.
        """
        self._block = block
        self._listen = listen
        self._proxied = proxied
        self.token = token
        """Empty: there is none."""
        self._local = False
        """Whether nobody but this machine can ask."""
        self._public: set[Handler] = set()
        self._lasting: set[Handler] = set()
        self._application = web.Application(client_max_size=_LONGEST, middlewares=[self._answer])
        self._application.on_response_prepare.append(self._prepare)

    def add(
        self, path: str, answer: Answer, *, method: str = "GET", public: bool = False, lasting: bool = False
    ) -> None:
        """Answer for a path, before `serving`. What is public has a secret in its address, is none, or sees
        for itself who asks. What is lasting is a stream without an end, and sees for itself that it is read.
        """
        if method == "GET" and not lasting:
            self._application.router.add_get(path, answer)
        else:
            self._application.router.add_route(method, path, answer)
        if public:
            self._public.add(answer)
        if lasting:
            self._lasting.add(answer)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while in this context, if there is anything to serve.

        Raises HubbubError when the port cannot be used.
        """
        if not self._application.router.resources():
            yield
            return
        async with AsyncExitStack() as stack:
            try:
                self._port = await stack.enter_async_context(serving(self._application, self._listen))
            except ConnectionLost as error:
                raise HubbubError(f"{self._block}: {error}") from None
            self._local = not self._proxied and all(map(is_loopback, self._port.hosts))
            yield

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.http_exception is not None:
            response: web.StreamResponse = nothing()
        elif request.match_info.handler in self._public or self.who(request):
            response = await handler(request)
        else:
            text = "This needs a token, in a header: Authorization: Bearer TOKEN\n"
            response = web.Response(status=401, text=text, headers=SECURITY | {"WWW-Authenticate": "Bearer"})
        response.force_close()  # one request for each client; a proxy before us keeps people's connections
        return response

    def who(self, request: web.Request) -> str:
        """Say who asks, for a log; empty: somebody who may not."""
        given = request.headers.get("Authorization", "").encode(errors="replace")
        if not self.token:
            return "somebody on this machine" if self.is_here(request) else ""
        well = hmac.compare_digest(given, f"Bearer {self.token}".encode())
        return f"somebody with the token, from {request.remote}" if well else ""

    def is_here(self, request: web.Request) -> bool:
        """Whether somebody on this machine asks, and nobody else can: no proxy has put in its word."""
        direct = not any(map(_PROXIED.fullmatch, request.headers))
        return self._local and direct and is_own_name(request.host)

    async def _prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.popall("Server", None)
        if request.match_info.handler not in self._lasting:
            self._port.give(request.transport, response.content_length or 0, request.task)


def is_from_our_page(request: web.Request) -> bool:
    """Whether no page of another site asks, as far as a browser tells: others tell nothing."""
    if (site := request.headers.get("Sec-Fetch-Site")) is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")  # a proxy before us may have changed the name that this has
    return origin is None or origin.partition("://")[2] == request.host


def nothing() -> web.Response:
    """Answer for all that is not there, or may not be had: nobody learns why not."""
    return web.Response(status=404, text="There is nothing here, or no longer.\n", headers=SECURITY)
