"""A port at which others come to us: so many connections at once, each with so much time to say what they
want, and never the descriptors that the networks need.
"""

import asyncio
import contextlib
import errno
import logging
import resource
import socket
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.config import address_of
from bridge.errors import ConnectionLost
from bridge.faults import common, reason

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Handler

__all__ = ["Port", "serving"]

log = logging.getLogger(__name__)

_MOST = 200
_SHARE = 8
"""At most this part of the descriptors that we may have: a client needs two, one for a file."""
_LEFT = 8
"""A port that is there for many leaves this part of them to others."""
_ASKING = 10.0
"""How long a client may take to ask, in seconds, and to send what comes with it."""
_SLOWEST = 8192
"""A client reads so many bytes a second at least, after `_ASKING` seconds that are given to everybody."""
_PAUSE = 1.0
_FEW = 32
_AT_ONCE = 64
_LEAVING = 0.5
"""Seconds that requests have when we end."""
_SHORT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


@contextlib.asynccontextmanager
async def serving(
    application: "web.Application",
    listen: str,
    *,
    idle: float = 75.0,
    notice_leaving: bool = False,
    most: int | None = None,
) -> AsyncIterator["Port"]:
    """Serve an application at HOST:PORT while in this context. Raises ConnectionLost when the port cannot be
    used.

    `idle`: seconds for which a client may keep a connection without asking for anything more.
    `notice_leaving`: a handler is cancelled when its client goes.
    `most`: clients at once; by default 200. For more than those the process may come to have more files open.
    """
    from aiohttp import web

    quiet = log.getChild("requests")
    quiet.setLevel(logging.CRITICAL)  # what strangers send is not worth a line, and may hold a token

    @web.middleware
    async def note(request: web.Request, handler: "Handler") -> web.StreamResponse:
        port.asked(request.transport)
        return await handler(request)

    application.middlewares.insert(0, note)
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=quiet,
        shutdown_timeout=_LEAVING,
        keepalive_timeout=idle,
        handler_cancellation=notice_leaving,
    )
    await runner.setup()
    try:
        assert runner.server is not None
        port = Port(listen, runner.server, most)
        async with port.open():
            yield port
    finally:
        await runner.cleanup()


class Port:
    """Lets clients in, and shows out who takes too long."""

    def __init__(
        self, listen: str, enter: Callable[[], asyncio.BaseProtocol], most: int | None = None
    ) -> None:
        """`listen` is HOST:PORT; `enter` makes the protocol that speaks with a client; `most` as in
        `serving`.
        """
        self._listen = listen
        self._enter = enter
        self.most = _places(listen, most)
        """So many clients can be here at once."""
        self._entering: dict[asyncio.Task[None], socket.socket] = {}
        """Those who have come and are not there yet."""
        self._pauses: list[asyncio.TimerHandle] = []
        self._looked = 0
        """So many were inside when we looked last who of them had gone."""
        self._asking: dict[asyncio.Transport, asyncio.TimerHandle] = {}
        """Who has not said yet what they want, who came first stands first."""
        self._inside: dict[asyncio.Transport, asyncio.TimerHandle | None] = {}
        """Who has, with the time that they have to read what they are given."""
        self.hosts: list[str] = []
        """The addresses at which we listen."""
        self._told = False

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Let clients in while in this context; who came in may stay. Raises ConnectionLost."""
        try:
            listeners = await self._bind()
        except OSError as error:
            error = common(error)
            taken = error.errno == errno.EADDRINUSE
            why = "somebody listens there already" if taken else reason(error)
            raise ConnectionLost(
                f"listen: {self._listen} cannot be used ({why}): choose another address or port"
            ) from None
        self.hosts = [listener.getsockname()[0] for listener in listeners]
        for listener in listeners:
            self._attend(listener)
        try:
            yield
        finally:
            for listener in listeners:
                asyncio.get_running_loop().remove_reader(listener)
                listener.close()
            for task, client in (entering := dict(self._entering)).items():
                task.cancel()
                task.add_done_callback(partial(_shut, client))
            if entering:
                await asyncio.wait(entering)
            for timer in (*self._pauses, *self._asking.values(), *self._inside.values()):
                if timer is not None:
                    timer.cancel()

    @property
    def _backlog(self) -> int:
        """So many may come at once: all, when we were away for a moment."""
        return max(self.most, 128)

    async def _bind(self) -> list[socket.socket]:
        host, port = address_of(self._listen)
        loop, listeners = asyncio.get_running_loop(), list[socket.socket]()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, _, _, _, address in dict.fromkeys(found):
                listeners.append(socket.create_server(address[:2], family=family, backlog=self._backlog))
                listeners[-1].setblocking(False)
        except OSError:
            for listener in listeners:
                listener.close()
            raise
        return listeners

    def _attend(self, listener: socket.socket) -> None:
        """Let in who comes. (The loop's own `sock_accept` loses the client who comes as it is cancelled.)"""
        asyncio.get_running_loop().add_reader(listener, self._let_in, listener)

    def _let_in(self, listener: socket.socket) -> None:
        """Let in those who have come, some at a time."""
        for _ in range(_AT_ONCE):
            try:
                client, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _SHORT:
                    self._complain(error)
                    self._pause(listener)
                return
            self._told = False
            client.setblocking(False)
            if not self._make_room():
                client.close()
                continue
            task = asyncio.ensure_future(self._receive(client))
            self._entering[task] = client
            task.add_done_callback(self._entering.pop)

    async def _receive(self, client: socket.socket) -> None:
        """Let a client say what they want."""
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_accepted_socket(self._enter, client)
        except OSError:
            client.close()
        else:
            self._asking[transport] = loop.call_later(_ASKING, transport.abort)

    def _pause(self, listener: socket.socket) -> None:
        """Let nobody in for a moment, in which others may give something back."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        self._pauses = [timer for timer in self._pauses if timer.when() > loop.time()]
        self._pauses.append(loop.call_later(_PAUSE, self._attend, listener))

    def _make_room(self) -> bool:
        """Make room for a client where there is none: the first that has said nothing goes. Returns whether
        there is room.
        """
        count = self._count
        if count >= min(self.most, 2 * self._looked + _FEW):  # looking at all for each would cost too much
            self._let_go()
            count = self._looked = self._count
        if count < self.most:
            return True
        if not self._asking:
            return False
        first = next(iter(self._asking))
        self._asking.pop(first).cancel()
        first.abort()
        return True

    @property
    def _count(self) -> int:
        return len(self._entering) + len(self._asking) + len(self._inside)

    def _let_go(self) -> None:
        """Count no longer who has gone."""
        for transport in [one for one in self._asking if one.is_closing()]:
            self._asking.pop(transport).cancel()
        for transport in [one for one in self._inside if one.is_closing()]:
            if (timer := self._inside.pop(transport)) is not None:
                timer.cancel()

    def asked(self, transport: asyncio.Transport | None) -> None:
        """Note that a client has said what they want."""
        if transport is not None and (timer := self._asking.pop(transport, None)) is not None:
            timer.cancel()
            self._inside[transport] = None

    def give(self, transport: asyncio.Transport | None, size: int, task: "asyncio.Task[Any]") -> None:
        """Note that a task gives a client so many bytes, once, and show out who does not read them."""
        if transport is not None and self._inside.get(transport, True) is None:
            patience = _ASKING + size / _SLOWEST
            self._inside[transport] = asyncio.get_running_loop().call_later(
                patience, _show_out, transport, task
            )

    def _complain(self, error: OSError) -> None:
        """Log it once, until somebody can come in again."""
        if not self._told:
            self._told = True
            log.error("%s: nobody can be let in (%s)", self._listen, error.strerror)


def _places(listen: str, most: int | None) -> int:
    """Return how many clients there can be at once: never so many that the networks lack descriptors."""
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return most or _MOST
    if most is None:
        return min(_MOST, max(allowed // _SHARE, 1))
    wanted = most + most // (_LEFT - 1) + 1
    if allowed < wanted:
        allowed = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, highest))
    places = max(allowed - allowed // _LEFT, 1)
    if places < most:
        log.warning(
            "%s: %d clients at most can be here at once, since this system lets us have %d files open: raise"
            " that (LimitNOFILE= of the service, ulimit -n)",
            listen,
            places,
            allowed,
        )
    return min(most, places)


def _shut(client: socket.socket, _: "asyncio.Task[None]") -> None:
    client.close()


def _show_out(transport: asyncio.Transport, task: "asyncio.Task[Any]") -> None:
    """End it, the task first: where that sends a file and its socket is closed before it lets go of that, the
    loop keeps the number of the socket as one that it watches, and cannot watch the next of that number
    (asyncio of Python 3.11 and 3.13).
    """
    task.cancel()
    asyncio.get_running_loop().call_soon(transport.abort)
