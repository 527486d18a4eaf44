"""The connection to an implementation of OneBot v11: actions asked and answered, events as they come.

We connect to it ("forward WebSocket"), or it connects to us ("reverse WebSocket"): by one connection for
both, or by one for actions and one for events (X-Client-Role). The token is demanded either way.
"""

import asyncio
import hmac
import itertools
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from bridge import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    Rejected,
    Unsupported,
    address_of,
    common,
    connector,
    reached,
    reason,
    serving,
    trust,
    unverified,
)

from .config import NetworkConfig
from .wire import Frame, word

__all__ = ["ANSWER", "Link", "opened"]

log = logging.getLogger(__name__)

ANSWER = 25.0
"""Seconds that an action may take."""
_WAITING = 1000
"""So many events wait to be taken; then no more is read."""
_LARGEST = 64 * 1024 * 1024
_OPENING = 20.0
_POLITELY = 0.5
"""Seconds for the other side to close a connection, too."""
_CALL = 90.0
"""Seconds after which it is said that an implementation does not connect: NapCat tries every thirty."""
_LOOK = 25.0
"""The same where somebody waits for the answer."""
_RELAYED = 10.0
"""The same where a service that waits itself is asked: less than ANSWER."""
_REFUSED = {aiohttp.WSCloseCode.PROTOCOL_ERROR, aiohttp.WSCloseCode.POLICY_VIOLATION}
"""Lagrange and LLBot so close a connection whose token they do not take."""
_UNKNOWN = (401, 403, 1401, 1403)
"""NapCat and LLBot answer so then, though nothing was asked."""
_TOKEN = "the implementation does not take the access_token: it must be the same in its settings and here"

_ADD = "in the implementation, add a WebSocket client (reverse WebSocket) to it, with this access_token"
_OURS = {kind.__name__: kind for kind in (AuthenticationFailed, ConnectionLost, Rejected, Unsupported)}
"""What a service that was asked beside answers in the place of a retcode."""

_BESIDE = "hubbub"
"""The X-Client-Role of who looks beside a running service: to an implementation it says nothing."""

Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse
T = TypeVar("T")


class Link:
    """Sockets to one implementation."""

    def __init__(self, actions: Socket, events: Socket) -> None:
        self._actions = actions
        self._sockets = {actions, events}
        self._numbers = itertools.count(1)
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._events: asyncio.Queue[Frame] = asyncio.Queue(_WAITING)
        self._over: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answered = False

    async def ask(self, name: str, seconds: float = 0.0, /, **params: Any) -> Any:
        """Have an action done within so many seconds, ANSWER by default, and return its data. Raises Rejected
        with the implementation's words, Unsupported where it does not know the action, and ConnectionLost
        where nobody can tell what was done.
        """
        seconds = seconds or ANSWER
        echo = str(next(self._numbers))
        answer = self._asked[echo] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                if not self._over.done():
                    await self._actions.send_json({"action": name, "params": params, "echo": echo})
                return await self._unless_over(answer)
        except TimeoutError:
            raise ConnectionLost(
                f"the implementation did not answer {name} within {seconds:g} seconds"
            ) from None
        except (OSError, aiohttp.ClientError):
            raise ConnectionLost("the connection broke") from None
        finally:
            del self._asked[echo]

    async def event(self) -> Frame:
        """Return the next event. Raises an AdapterError that says why the connection has ended."""
        if not self._events.empty():
            return self._events.get_nowait()
        return await self._unless_over(asyncio.ensure_future(self._events.get()))

    async def _unless_over(self, wanted: "asyncio.Future[T]") -> T:
        """Wait for something. Raises what the connection ended with before that."""
        try:
            await asyncio.wait((wanted, self._over), return_when=asyncio.FIRST_COMPLETED)
            return await (wanted if wanted.done() else self._over)
        finally:
            wanted.cancel()

    @property
    def ssl(self) -> object:
        """What carries TLS there; None: nothing does."""
        return self._actions.get_extra_info("ssl_object")

    async def hear(self, frame: Frame) -> None:
        """Take an event."""
        await self._events.put(frame)

    def end(self, error: AdapterError) -> None:
        """Note that the connection is of no use any more: whoever waits for something from it gets this."""
        if not self._over.done():
            self._over.set_exception(error)
            self._over.exception()  # nobody may wait

    @asynccontextmanager
    async def reading(self, *, deaf: bool) -> AsyncIterator[None]:
        """Take what comes; answers alone if `deaf`."""
        reading = [asyncio.ensure_future(self._read(socket, deaf=deaf)) for socket in self._sockets]
        try:
            yield
        finally:
            self.end(ConnectionLost("the connection ended"))
            for task in reading:
                task.cancel()
            await asyncio.wait(reading)

    async def _read(self, socket: Socket, *, deaf: bool) -> None:
        async for message in socket:
            try:
                frame = json.loads(message.data if message.type is aiohttp.WSMsgType.TEXT else "")
            except (ValueError, RecursionError):
                continue
            if not isinstance(frame, dict):
                continue
            if "post_type" not in frame:
                self._answer(frame)
            elif not deaf:
                await self.hear(frame)
        refused = not self._answered and self._actions.close_code in _REFUSED
        closed = ConnectionLost("the implementation closed the connection")
        self.end(AuthenticationFailed(_TOKEN) if refused else closed)

    def _answer(self, frame: Frame) -> None:
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


def _failure(frame: Frame) -> AdapterError:
    code, words = frame.get("retcode"), word(frame, "wording") or word(frame, "message") or word(frame, "msg")
    if (said := _OURS.get(str(code))) is not None:
        return said(words)
    if code in (404, 1404):
        return Unsupported(f"the implementation cannot do this: {words or 'it does not know the action'}")
    return Rejected(f"QQ refuses it: {words[:200] or f'retcode {code}'}")


@asynccontextmanager
async def opened(config: NetworkConfig, *, beside: bool = False) -> AsyncIterator[Link]:
    """Connect, or wait to be connected to. Raises ConnectionLost and AuthenticationFailed.

    `beside` hears no events and disturbs no service that runs: where that listens already, it asks for us.
    """
    url = config.url or (await _service(config) if beside else None)
    way = _called(config, _LOOK if beside else _CALL) if url is None else _dialled(config, url)
    async with way as link, link.reading(deaf=beside):
        yield link


async def _service(config: NetworkConfig) -> str | None:
    """Return the address of a service that listens already; None: nobody does."""
    host, port = address_of(config.listen or "")
    host = reached(host)
    try:
        _, writer = await asyncio.open_connection(host.strip("[]"), port)
    except OSError:
        return None
    writer.close()
    return f"ws://{host}:{port}"


@asynccontextmanager
async def _dialled(config: NetworkConfig, url: str) -> AsyncIterator[Link]:
    trusted = await asyncio.to_thread(trust, config.ca_file, alone=config.ca_file is not None)
    token = f"Bearer {config.access_token.get_secret_value()}"
    async with aiohttp.ClientSession(
        headers={"Authorization": token, "X-Client-Role": _BESIDE}, connector=connector(config)
    ) as session:
        try:
            async with asyncio.timeout(_OPENING):
                socket = await session.ws_connect(
                    url,
                    max_msg_size=_LARGEST,
                    ssl=trusted,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_POLITELY),
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403):
                raise AuthenticationFailed(_TOKEN) from None
            raise ConnectionLost(f"what answers at {url} is no OneBot v11 ({error.status})") from None
        except aiohttp.ClientConnectorCertificateError as error:
            why = unverified(error.certificate_error)
            raise ConnectionLost(f"the certificate at {url} {why}") from None
        except aiohttp.ClientSSLError:
            raise ConnectionLost(
                f"what answers at {url} speaks no TLS: mend that there, or write ws:// for it in url"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            why = reason(common(error)) if isinstance(error, OSError) and str(error) else "no answer"
            raise ConnectionLost(
                f"there is no connection to {url} ({why}):"
                " see that the implementation is running, and listens there"
            ) from None
        try:
            yield Link(socket, socket)
        finally:
            await socket.close()


@asynccontextmanager
async def _called(config: NetworkConfig, patience: float) -> AsyncIterator[Link]:
    """Listen, and go on when an implementation has connected with both of its roles."""
    assert config.listen is not None
    address = f"ws://{config.listen}"
    callers = _Callers(config.access_token.get_secret_value(), address)
    app = web.Application()
    app.router.add_get("/{path:.*}", callers.take)
    async with serving(app, config.listen):
        log.info("waits for the implementation to connect to %s", address)
        try:
            yield await callers.first(patience)
        finally:
            await callers.leave()


class _Callers:
    """Lets an implementation connect, by one socket or by one for each role, and others look at it."""

    def __init__(self, token: str, address: str) -> None:
        self._token, self._address = token.encode(), address
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
                link = await asyncio.wait_for(asyncio.shield(self.link), _RELAYED)
                answer |= {"status": "ok", "retcode": 0, "data": await link.ask(action, **params)}
            except TimeoutError:
                words = f"nothing has connected yet to {self._address}, where a service waits: {_ADD}"
                answer |= {"status": "failed", "retcode": "ConnectionLost", "message": words}
            except AdapterError as error:
                answer |= {"status": "failed", "retcode": type(error).__name__, "message": str(error)}
            await socket.send_json(answer)

    async def first(self, patience: float) -> Link:
        """Wait for the implementation, so many seconds. Raises ConnectionLost."""
        try:
            return await asyncio.wait_for(asyncio.shield(self.link), patience)
        except TimeoutError:
            raise ConnectionLost(
                f"nothing has connected to {self._address} within {patience:g} seconds: {_ADD}"
            ) from None

    async def leave(self) -> None:
        """Close all connections."""
        self._over.set()
        self.link.cancel()
        for socket in {*self._sockets.values()}:
            await socket.close()
