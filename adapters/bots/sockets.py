"""Bots at the other end of a WebSocket, whichever side made the connection."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TypeAlias

import aiohttp
from aiohttp import WSMsgType, web

from bridge import ConnectionLost

from .actions import Actions
from .audience import Audience, Hearer, Told
from .session import Session, written

__all__ = ["LARGEST_FRAME", "Sockets"]

WebSocket: TypeAlias = web.WebSocketResponse | aiohttp.ClientWebSocketResponse

LARGEST_FRAME = 32 * 2**20
_POLITE = 0.5
"""Seconds that bots have to say goodbye."""


class _SocketBot(Hearer):
    """A bot that hears by a WebSocket. Behind what it is told goes a ping whose payload is the last serial,
    in decimal: the answer confirms it.
    """

    def __init__(self, socket: WebSocket, audience: Audience) -> None:
        self._socket = socket
        self._audience = audience
        self._queue: list[Told] = []
        self._ready = asyncio.Event()

    def tell(self, events: Sequence[Told]) -> None:
        self._queue += events
        self._ready.set()

    def beat(self, frame: str) -> None:
        self.tell([Told(self._audience.serial, frame)])

    def answered(self, payload: bytes) -> None:
        """Note that the bot has read a ping of ours."""
        if payload.isdigit():
            self._audience.confirm(self, min(int(payload), self._audience.serial))

    async def write(self) -> None:
        """Write what it is told, as fast as it reads."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            queue, self._queue = self._queue, []
            for told in queue:
                await self._socket.send_str(told.frame)
            await self._socket.ping(str(queue[-1].serial).encode())


class Sockets:
    """All WebSockets that are open."""

    def __init__(self, session: Session, actions: Actions) -> None:
        self._session = session
        self._actions = actions
        self._open: set[WebSocket] = set()

    async def converse(self, socket: WebSocket, *, hears: bool = True, acts: bool = True) -> None:
        """Talk with a bot until it goes; `hears`: it is told events, `acts`: it may ask for actions."""
        audience, session = self._session.audience, self._session
        bot = _SocketBot(socket, audience)
        writing = asyncio.ensure_future(bot.write())
        self._open.add(socket)
        try:
            if hears:
                lifecycle = session.frames.lifecycle("connect", int(session.clock.now()))
                bot.beat(written(lifecycle))
                audience.enter(bot)
            await self._read(socket, bot, acts=acts)
        finally:
            audience.leave(bot)
            self._open.discard(socket)
            writing.cancel()
            await asyncio.wait([writing])
            if not writing.cancelled():
                writing.exception()  # the connection broke, which who reads has seen

    async def _read(self, socket: WebSocket, bot: _SocketBot, *, acts: bool) -> None:
        async for message in socket:
            if message.type is WSMsgType.PONG:
                bot.answered(bytes(message.data))
            elif message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif acts and message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                try:
                    answer = await self._actions.answer(message.data)
                except ConnectionLost:  # the core takes nothing more: the bot has no answer, and tries again
                    return
                await socket.send_str(answer)

    async def close(self) -> None:
        """Say goodbye to all."""
        goodbyes = [socket.close(code=aiohttp.WSCloseCode.GOING_AWAY) for socket in self._open]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_POLITE):
                await asyncio.gather(*goodbyes, return_exceptions=True)
