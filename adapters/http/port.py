"""The port that programs come to: who may ask, and limits for those who ask slowly, or for too much."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge import is_own_name, serving

from .config import NetworkConfig

__all__ = ["HUBBUB", "LARGEST", "ProgramPort", "received", "refusal", "wrote"]

HUBBUB = "Hubbub"
"""The name that we give (`Server`), so that a look at the port knows us."""
LARGEST = 12_000_000
"""In bytes: a message whose files fill 8 MB, in base64, and its words."""
_SENDING = 30.0
"""Seconds that a program has to send what comes with what it asks."""


class ProgramPort:
    """Serves on the port that the owner chose."""

    def __init__(self, config: NetworkConfig) -> None:
        self.config = config
        """As it is now: the token may change while we serve."""
        self._application = web.Application(client_max_size=LARGEST, middlewares=[self._answer])
        self._application.on_response_prepare.append(_sign)
        self._open: set[Handler] = set()

    def add(self, method: str, path: str, handler: Handler, *, free: bool = False) -> None:
        """Answer for a path, before `serving`; `free`: without a token, and the handler
        asks for what comes with it (`received`).
        """
        self._application.router.add_route(method, path, handler)
        if free:
            self._open.add(handler)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while in this context. Raises ConnectionLost when the port cannot be used."""
        async with serving(self._application, self.config.listen, notice_leaving=True):
            yield

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if (error := request.match_info.http_exception) is not None:
            return refusal(error.status, "there is nothing here")
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            return refusal(403, "no page of others may ask")  # a browser tells whose page it shows
        if not self._may(request):
            return refusal(401, "this needs a token, in a header: Authorization: Bearer TOKEN")
        free = request.match_info.handler in self._open
        wrong = None if free else await received(request)
        return await handler(request) if wrong is None else wrong

    def _may(self, request: web.Request) -> bool:
        """Whether a request is let in."""
        if request.match_info.handler in self._open:
            return True
        token = self.config.token
        if token is None:
            return is_own_name(request.host)
        given = request.headers.get("Authorization", "").encode(errors="replace")
        return hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode())


async def _sign(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = HUBBUB


async def received(request: web.Request) -> web.Response | None:
    """Read what comes with a request. Returns the answer to one that is too large or too slow."""
    try:
        async with asyncio.timeout(_SENDING):
            await request.read()
    except web.HTTPRequestEntityTooLarge:
        return refusal(413, f"a message has {LARGEST:,} bytes at most")
    except TimeoutError:
        return refusal(408, "the message took too long")
    return None


def refusal(status: int, sentence: str) -> web.Response:
    """Return an answer that says what is wrong, in the form of matterbridge's."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    response = web.json_response({"message": sentence}, status=status, headers=headers)
    response.force_close()  # who may not ask keeps no connection
    return response


async def wrote(request: web.Request) -> None:
    """Wait until what was written to a client has left this process. Raises ConnectionResetError."""
    transport = request.transport
    while transport is not None and not transport.is_closing():
        if not transport.get_write_buffer_size():
            return
        await asyncio.sleep(0.01)
    raise ConnectionResetError("the program is gone")
