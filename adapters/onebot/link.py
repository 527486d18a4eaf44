"""The connection to an implementation of OneBot v11: actions asked and answered, events as they come.

We connect to it ("forward WebSocket"), or it connects to us ("reverse WebSocket"): by one connection for
both, or by one for actions and one for events (X-Client-Role). The token is demanded either way.
"""

import asyncio
import hmac
import itertools
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from bridge import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    Rejected,
    Unsupported,
    common,
    reached,
    reason,
    unverified,
)

from .config import NetworkConfig
from .decode import word

__all__ = ["ANSWER", "Link", "beside", "opened"]

log = logging.getLogger(__name__)

ANSWER = 25.0
"""Seconds that an action may take."""
_LARGEST = 64 * 1024 * 1024
_OPENING = 20.0
_POLITELY = 0.5
"""Seconds for the other side to close a connection, too."""
_CALL = 90.0
"""Seconds after which it is said that an implementation does not connect: NapCat tries every thirty."""
_LOOK = 25.0
"""The same where somebody waits for the answer."""
_REFUSED = {aiohttp.WSCloseCode.PROTOCOL_ERROR, aiohttp.WSCloseCode.POLICY_VIOLATION}
"""Lagrange and LLBot so close a connection whose token they do not take."""
_UNKNOWN = (401, 403, 1401, 1403)
"""NapCat and LLBot answer so then, though nothing was asked."""
_TOKEN = "the implementation does not take the access_token: it must be the same in its settings and here"

_BESIDE = "hubbub"
"""The X-Client-Role of who looks beside a running service: to an implementation it says nothing."""

Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse
Handler = Callable[[dict[str, Any]], Awaitable[None]]


class Link:
    """Sockets to one implementation."""

    def __init__(self, actions: Socket, events: Socket) -> None:
        self._actions = actions
        self._sockets = {actions, events}
        self._numbers = itertools.count(1)
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._error: AdapterError | None = None
        self._answered = False
        self._reading: list[asyncio.Task[None]] = []

    @property
    def alive(self) -> bool:
        """Whether the connection is of use, as far as is known."""
        return self._error is None

    async def ask(self, name: str, seconds: float = ANSWER, /, **params: Any) -> Any:
        """Have an action done, and return its data. Raises Rejected with the implementation's words,
        Unsupported where it does not know the action, and ConnectionLost where nobody can tell what was done.
        """
        if self._error is not None:
            raise self._error
        lost = f"the implementation did not answer {name} within {seconds:g} seconds"
        echo = str(next(self._numbers))
        answer = self._asked[echo] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._actions.send_str(json.dumps({"action": name, "params": params, "echo": echo}))
                return await answer
        except TimeoutError:
            pass
        except (OSError, aiohttp.ClientError):
            lost = "the connection broke"
        finally:
            self._asked.pop(echo, None)
        error = ConnectionLost(lost)
        self.end(error)
        raise error

    def end(self, error: AdapterError) -> None:
        """Note that the connection is of no use any more: `read` raises this, and all that was asked."""
        if self._error is None:
            self._error = error
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(error)
                    answer.exception()  # who asked may have been cancelled
            for task in self._reading:
                task.cancel()

    async def read(self, handle: Handler) -> None:
        """Hand over events in order, until the connection ends. Raises an AdapterError that says why."""
        if self._error is not None:
            raise self._error
        self._reading = [asyncio.ensure_future(self._read(socket, handle)) for socket in self._sockets]
        try:
            await asyncio.wait(self._reading, return_when=asyncio.FIRST_COMPLETED)
            for task in self._reading:
                if task.done() and not task.cancelled() and (failed := task.exception()) is not None:
                    raise failed
            self.end(self._closed())
            raise self._error or ConnectionLost("the connection ended")
        finally:
            self.end(ConnectionLost("the connection ended"))
            await asyncio.wait(self._reading)

    async def _read(self, socket: Socket, handle: Handler) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                frame = json.loads(message.data)
            except (ValueError, RecursionError):
                continue
            if not isinstance(frame, dict):
                continue
            if "post_type" in frame:
                await handle(frame)
            else:
                self._answer(frame)

    def _answer(self, frame: dict[str, Any]) -> None:
        answer = self._asked.get(str(frame.get("echo")))
        failed = word(frame, "status") not in ("ok", "async")
        if failed and not self._answered and frame.get("retcode") in _UNKNOWN:
            self.end(AuthenticationFailed(_TOKEN))
        elif answer is not None and not answer.done():
            self._answered = True
            if failed:
                answer.set_exception(_failure(frame))
            else:
                answer.set_result(frame.get("data"))

    def _closed(self) -> AdapterError:
        if not self._answered and self._actions.close_code in _REFUSED:
            return AuthenticationFailed(_TOKEN)
        return ConnectionLost("the implementation closed the connection")


def _failure(frame: dict[str, Any]) -> AdapterError:
    code, words = frame.get("retcode"), word(frame, "wording") or word(frame, "message") or word(frame, "msg")
    if code in (404, 1404):
        return Unsupported(f"the implementation cannot do this: {words or 'it does not know the action'}")
    return Rejected(f"QQ refuses it: {words[:200] or f'retcode {code}'}")


@asynccontextmanager
async def opened(config: NetworkConfig) -> AsyncIterator[Link]:
    """Connect, or wait to be connected to. Raises ConnectionLost and AuthenticationFailed."""
    way = _called(config, _CALL) if config.url is None else _dialled(config, config.url)
    async with way as link:
        yield link


@asynccontextmanager
async def beside(config: NetworkConfig) -> AsyncIterator[Link]:
    """The same, without disturbing a service that runs: where that listens already, it asks for us."""
    url = config.url or await _service(*config.place)
    async with _called(config, _LOOK) if url is None else _dialled(config, url) as link:
        yield link


async def _service(host: str, port: int) -> str | None:
    """Return the address of a service that listens already; None: nobody does."""
    host = reached(host)
    try:
        _, writer = await asyncio.open_connection(host.strip("[]"), port)
    except OSError:
        return None
    writer.close()
    return f"ws://{host}:{port}"


@asynccontextmanager
async def _dialled(config: NetworkConfig, url: str) -> AsyncIterator[Link]:
    trust = await asyncio.to_thread(ssl.create_default_context, cafile=config.ca_file)
    token = f"Bearer {config.access_token.get_secret_value()}"
    async with aiohttp.ClientSession(headers={"Authorization": token, "X-Client-Role": _BESIDE}) as session:
        try:
            async with asyncio.timeout(_OPENING):
                socket = await session.ws_connect(
                    url,
                    max_msg_size=_LARGEST,
                    ssl=trust,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_POLITELY),
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403):
                raise AuthenticationFailed(_TOKEN) from None
            raise ConnectionLost(f"what answers at {url} is no OneBot v11 ({error.status})") from None
        except aiohttp.ClientConnectorCertificateError as error:
            why = unverified(error.certificate_error)
            raise ConnectionLost(f"the certificate at {url} {why}") from None
        except (aiohttp.ClientError, OSError) as error:
            why = reason(common(error)) if isinstance(error, OSError) and str(error) else "no answer"
            raise ConnectionLost(
                f"there is no connection to {url} ({why}): is the implementation running, and does it listen?"
            ) from None
        try:
            yield Link(socket, socket)
        finally:
            await socket.close()


@asynccontextmanager
async def _called(config: NetworkConfig, patience: float) -> AsyncIterator[Link]:
    """Listen, and go on when an implementation has connected with both of its roles."""
    callers = _Callers(config.access_token.get_secret_value())
    app = web.Application()
    app.router.add_get("/{path:.*}", callers.take)
    quiet = log.getChild("requests")  # a log would hold ?access_token=, and whatever strangers send
    quiet.setLevel(logging.CRITICAL)
    runner = web.AppRunner(app, access_log=None, logger=quiet, shutdown_timeout=0.5)
    await runner.setup()
    host, port = config.place
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            why = reason(common(error))
            raise ConnectionLost(f"cannot listen on {host} port {port} ({why}): see listen") from None
        try:
            async with asyncio.timeout(patience):
                link = await asyncio.shield(callers.link)
        except TimeoutError:
            raise ConnectionLost(
                f"nothing has connected to ws://{host}:{port} within {patience:g} seconds: in the"
                " implementation, add a WebSocket client (reverse WebSocket) to it, with this access_token"
            ) from None
        yield link
    finally:
        await callers.leave()
        await runner.cleanup()


class _Callers:
    """Lets an implementation connect, by one socket or by one for each role, and others look at it."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._over = asyncio.Event()
        self.link: asyncio.Future[Link] = asyncio.get_running_loop().create_future()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Keep a connection, if it has the token."""
        said = request.headers.get("Authorization", "").removeprefix("Bearer ")
        said = said or request.query.get("access_token", "")
        if not hmac.compare_digest(said.encode("utf-8", "replace"), self._token):
            raise web.HTTPUnauthorized(text="access_token")
        socket = web.WebSocketResponse(max_msg_size=_LARGEST, timeout=_POLITELY)
        await socket.prepare(request)
        role = request.headers.get("X-Client-Role", "Universal").lower()
        if role == _BESIDE:
            await self._relay(socket)
        elif not self._over.is_set():
            self._add(role, socket)
            await self._over.wait()
        return socket

    def _add(self, role: str, socket: web.WebSocketResponse) -> None:
        for part in ("api", "event") if role == "universal" else (role,):
            if part in self._sockets and self.link.done():
                # the old one is dead, whatever it seems
                self.link.result().end(ConnectionLost("the implementation has connected anew"))
            self._sockets[part] = socket
        if {"api", "event"} <= self._sockets.keys() and not self.link.done():
            self.link.set_result(Link(self._sockets["api"], self._sockets["event"]))

    async def _relay(self, socket: web.WebSocketResponse) -> None:
        """Ask for somebody who has the token, and may not take the place of the implementation."""
        async for message in socket:
            try:
                asked = json.loads(message.data)
                answer, action, params = {"echo": asked["echo"]}, asked["action"], {**asked["params"]}
            except (ValueError, TypeError, LookupError, RecursionError):
                return  # it is none of ours
            try:
                link = await asyncio.wait_for(asyncio.shield(self.link), ANSWER)
                answer |= {"status": "ok", "retcode": 0, "data": await link.ask(action, **params)}
            except (AdapterError, TimeoutError) as error:
                words = str(error) or "no implementation has connected to the service"
                answer |= {"status": "failed", "retcode": 1200, "message": words}
            await socket.send_json(answer)

    async def leave(self) -> None:
        """Close all connections."""
        self._over.set()
        self.link.cancel()
        for socket in {*self._sockets.values()}:
            await socket.close()
