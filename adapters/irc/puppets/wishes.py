"""Those whose turn it was not when they spoke: they come as soon as it is."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from bridge import AdapterError, RoomId, Speaker

__all__ = ["Wishes"]

_AT_ONCE = 10
"""So many connect at a time."""


class Wishes:
    """The wish of each to be in a room, the first first."""

    def __init__(self, come: Callable[[RoomId, Speaker], Awaitable[None]], most: int) -> None:
        """`come` lets somebody in, and may raise AdapterErrors; so many wishes at most are kept."""
        self._come = come
        self._most = most
        self._wishes: dict[str, tuple[RoomId, Speaker]] = {}
        self._news = asyncio.Event()

    def add(self, room: RoomId, speaker: Speaker) -> None:
        """Note that somebody is to come."""
        if len(self._wishes) < self._most:
            self._wishes[speaker.key] = room, speaker
            self._news.set()

    def clear(self) -> None:
        """Let nobody come."""
        self._wishes.clear()

    async def run(self) -> None:
        """Let them come, until cancelled."""
        places = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while True:
                await self._news.wait()
                await places.acquire()
                if self._wishes:
                    room, speaker = self._wishes.pop(next(iter(self._wishes)))
                    coming = group.create_task(self._let_in(room, speaker))
                    coming.add_done_callback(lambda _: places.release())
                else:
                    self._news.clear()
                    places.release()

    async def _let_in(self, room: RoomId, speaker: Speaker) -> None:
        with contextlib.suppress(AdapterError):
            await self._come(room, speaker)
