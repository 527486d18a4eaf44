"""The port: so many connections at once, each with so much time, and never the descriptors that the
networks need.
"""

import asyncio
import errno
import logging
import resource
import socket
from collections.abc import Callable
from typing import Any

__all__ = ["Port"]

log = logging.getLogger(__name__)

_MOST = 200
_SHARE = 8
"""At most this part of the descriptors that we may have: a client needs two, one for a file."""
_ASKING = 10.0
"""How long a client may take to ask, and to send what comes with it, in seconds."""
_SLOWEST = 8192
"""A client reads so many bytes a second at least, after `_ASKING` seconds that are given to everybody."""
_PAUSE = 1.0
_SHORT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Port:
    """Lets clients in, one request each, and shows out who takes too long."""

    def __init__(self, enter: Callable[[], asyncio.Protocol]) -> None:
        """`enter` makes the protocol that speaks with a client."""
        self._enter = enter
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = min(_MOST, max(allowed // _SHARE, 1)) if allowed != resource.RLIM_INFINITY else _MOST
        self._asking: dict[asyncio.Transport, asyncio.TimerHandle] = {}
        """Who has not said yet what they want, who came first stands first."""
        self._reading: dict[asyncio.Transport, asyncio.TimerHandle] = {}
        self._told = False

    async def open(self, host: str, port: int) -> list[socket.socket]:
        """Listen there. Raises OSError."""
        loop, listeners = asyncio.get_running_loop(), []
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, _, _, _, address in dict.fromkeys(found):
                listeners.append(socket.create_server(address[:2], family=family, backlog=128))
                listeners[-1].setblocking(False)
        except OSError:
            for listener in listeners:
                listener.close()
            raise
        return listeners

    async def serve(self, listener: socket.socket) -> None:
        """Let clients in, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except OSError as error:
                short = error.errno in _SHORT
                if short:
                    self._complain(error)
                await asyncio.sleep(_PAUSE if short else 0)
                continue
            self._told = False
            if not self._make_room():
                client.close()
                continue
            try:
                transport, _ = await loop.connect_accepted_socket(self._enter, client)
            except OSError:
                client.close()
            else:
                self._asking[transport] = loop.call_later(_ASKING, transport.abort)

    def _make_room(self) -> bool:
        """Make room for a client where there is none: the first that has said nothing goes. Returns whether
        there is room.
        """
        for some in (self._asking, self._reading):
            for transport in [one for one in some if one.is_closing()]:
                some.pop(transport).cancel()
        if len(self._asking) + len(self._reading) < self._most:
            return True
        if not self._asking:
            return False
        transport = next(iter(self._asking))
        self._asking.pop(transport).cancel()
        transport.abort()
        return True

    def asked(self, transport: asyncio.Transport | None, size: int, task: "asyncio.Task[Any]") -> None:
        """Note that a client has said what they want, and that a task gives them so many bytes."""
        if transport is not None and (timer := self._asking.pop(transport, None)) is not None:
            timer.cancel()
            patience = _ASKING + size / _SLOWEST
            loop = asyncio.get_running_loop()
            self._reading[transport] = loop.call_later(patience, _show_out, transport, task)

    def close(self) -> None:
        """Wait for nobody any more."""
        for timer in (*self._asking.values(), *self._reading.values()):
            timer.cancel()

    def _complain(self, error: OSError) -> None:
        """Log it once, until somebody can come in again."""
        if not self._told:
            self._told = True
            log.error("web: nobody can be let in (%s)", error.strerror)


def _show_out(transport: asyncio.Transport, task: "asyncio.Task[Any]") -> None:
    """End it, the task first: where that sends a file and its socket is closed before it lets go of that, the
    loop keeps the number of the socket as one that it watches, and cannot watch the next of that number
    (asyncio of Python 3.11 and 3.13).
    """
    task.cancel()
    asyncio.get_running_loop().call_soon(transport.abort)
