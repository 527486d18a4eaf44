"""The port that programs come to: who may ask, and limits for those who ask slowly, or for too much."""

import asyncio
import contextlib
import hmac
import logging
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge import ConnectionLost, is_own_name, reason

from .config import NetworkConfig

__all__ = ["HUBBUB", "LARGEST", "ProgramPort", "received", "refusal", "wrote"]

log = logging.getLogger(__name__)

HUBBUB = "Hubbub"
"""The name that we give (`Server`), so that a look at the port knows us."""
_MOST = 200
"""So many connections at once."""
LARGEST = 12_000_000
"""In bytes: a message whose files fill 8 MB, in base64, and its words."""
_ASKING = 10.0
_SENDING = 30.0
"""Seconds that a program has to ask, and to send what comes with it."""
_IDLE = 75.0
"""Seconds for which a program may keep a connection without asking for anything more."""


class ProgramPort:
    """Serves on the port that the owner chose."""

    def __init__(self, config: NetworkConfig) -> None:
        self.config = config
        """As it is now: the token may change while we serve."""
        self._application = web.Application(client_max_size=LARGEST, middlewares=[self._answer])
        self._application.on_response_prepare.append(_sign)
        self._open: set[Handler] = set()
        self._silent: set[asyncio.BaseProtocol] = set()
        """The clients that have not asked for anything yet."""

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
        quiet = log.getChild("requests")
        quiet.setLevel(logging.CRITICAL)  # what strangers send is not worth a line
        runner = web.AppRunner(
            self._application,
            access_log=None,
            logger=quiet,
            shutdown_timeout=0.5,
            keepalive_timeout=_IDLE,
            handler_cancellation=True,  # so that we know when a reader has gone
        )
        await runner.setup()
        assert runner.server is not None
        self._server = runner.server
        try:
            listener = await self._listen()
            try:
                yield
            finally:
                listener.close()
        finally:
            await runner.cleanup()

    async def _listen(self) -> asyncio.Server:
        host, port = self.config.address
        try:
            return await asyncio.get_running_loop().create_server(self._enter, host, port)
        except OSError as error:
            where = f"listen: {self.config.listen} cannot be used"
            raise ConnectionLost(f"{where} ({reason(error)}): choose another address or port") from None

    def _enter(self) -> asyncio.BaseProtocol:
        """Let somebody in, if there is room, and show out who says nothing."""
        if len(self._server.connections) >= _MOST:
            return _Full()
        handler = self._server()
        self._silent.add(handler)
        asyncio.get_running_loop().call_later(_ASKING, self._show_out, handler)
        return handler

    def _show_out(self, handler: web.RequestHandler) -> None:
        if handler in self._silent and handler.transport is not None:
            handler.transport.abort()
        self._silent.discard(handler)

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._silent.discard(request.protocol)
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


class _Full(asyncio.Protocol):
    """Somebody for whom there is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


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
