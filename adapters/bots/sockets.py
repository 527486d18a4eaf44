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
_MOST_ASKED = 100
"""So many requests of a bot may wait until they are durable."""
_POLITE = 0.5
"""Seconds that bots have to say goodbye."""


class _SocketBot(Hearer):
    """A bot at a WebSocket. Behind what it is told goes a ping whose payload is the last serial, in decimal:
    the answer confirms it.
    """

    def __init__(self, socket: WebSocket, audience: Audience) -> None:
        self._socket = socket
        self._audience = audience
        self._queue: list[str] = []
        self._serial: int | None = None
        """The confirmation that follows when the queue is written; None: there is none."""
        self._ready = asyncio.Event()

    def tell(self, events: Sequence[Told]) -> None:
        self._queue += [told.frame for told in events]
        self._serial = events[-1].serial
        self._ready.set()

    def beat(self, frame: str) -> None:
        self.answer(frame)

    def answer(self, frame: str) -> None:
        """Answer what it asked for."""
        self._queue.append(frame)
        self._ready.set()

    def confirmed_by(self, payload: bytes) -> None:
        """Note that the bot has read a ping of ours."""
        if payload.isdigit():
            self._audience.confirm(self, min(int(payload), self._audience.serial))

    async def write(self) -> None:
        """Write what is for it, as fast as it reads."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            queue, self._queue = self._queue, []
            serial, self._serial = self._serial, None
            for frame in queue:
                await self._socket.send_str(frame)
            if serial is not None:
                await self._socket.ping(str(serial).encode())


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
        asked: set[asyncio.Future[None]] = set()
        writing = asyncio.ensure_future(bot.write())
        self._open.add(socket)
        try:
            if hears:
                lifecycle = session.frames.lifecycle("connect", int(session.clock.now()))
                bot.beat(written(lifecycle))
                audience.enter(bot)
            await self._read(socket, bot, asked if acts else None)
        finally:
            audience.leave(bot)
            self._open.discard(socket)
            for task in (writing, *asked):
                task.cancel()
            await asyncio.gather(writing, *asked, return_exceptions=True)  # who reads sees what broke

    async def _read(
        self, socket: WebSocket, bot: _SocketBot, asked: "set[asyncio.Future[None]] | None"
    ) -> None:
        """Read until the end. What was asked for together is taken together."""
        async for message in socket:
            if message.type is WSMsgType.PONG:
                bot.confirmed_by(bytes(message.data))
            elif message.type is WSMsgType.PING:
                await socket.pong(message.data)
            elif asked is not None and message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                task = asyncio.ensure_future(self._answer(bot, message.data))
                asked.add(task)
                task.add_done_callback(asked.discard)
                if len(asked) >= _MOST_ASKED:  # reads no further than the core takes
                    await asyncio.wait(asked)

    async def _answer(self, bot: _SocketBot, request: str | bytes) -> None:
        with contextlib.suppress(ConnectionLost):  # the core takes nothing more: there is no answer
            bot.answer(await self._actions.answer(request))

    async def close(self) -> None:
        """Say goodbye to all."""
        goodbyes = [socket.close(code=aiohttp.WSCloseCode.GOING_AWAY) for socket in self._open]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_POLITE):
                await asyncio.gather(*goodbyes, return_exceptions=True)
