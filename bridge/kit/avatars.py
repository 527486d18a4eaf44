"""When to ask for the pictures of people from elsewhere: beside what is sent, and never before it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from bridge.adapter import Avatar, Avatars
from bridge.clock import Clock
from bridge.complaints import Complaints
from bridge.errors import AdapterError, RateLimited, Unsupported
from bridge.model import RoomId

from .bounded import BoundedDict

__all__ = ["AvatarKeeper"]

log = logging.getLogger(__name__)

_AT_ONCE = 8
_ANEW = 3600.0
"""Seconds after which somebody who speaks is asked about again: not every network tells of a change."""
_AGAIN = 60.0
"""Seconds after which that is tried again that failed: their own network may not be connected yet."""
_MOST = 20_000


class AvatarKeeper:
    """Shows people from elsewhere as they are shown at home. Asks while `run` runs."""

    def __init__(
        self, avatars: Avatars | None, show: Callable[[str, Avatar | None], Awaitable[None]], clock: Clock
    ) -> None:
        """`show` gives somebody (`Speaker.key`) a picture, or takes it away; it may raise AdapterErrors."""
        self._avatars = avatars
        self._show = show
        self._clock = clock
        self._next: BoundedDict[str, float] = BoundedDict(_MOST)
        """When people are to be asked about again, by the monotonic clock."""
        self._due: dict[str, RoomId] = {}
        self._busy: set[str] = set()
        self._change = asyncio.Event()
        self._complaints = Complaints(log, clock)

    def see(self, room: RoomId, key: str) -> None:
        """Note that somebody is in a room, or speaks there. Cheap."""
        if self._next.get(key, 0.0) <= self._clock.monotonic():
            self._ask(room, key)

    def changed(self, room: RoomId, key: str) -> None:
        """Note that the picture of somebody is another one now: see `Adapter.pictured`."""
        if key in self._next:  # else nobody has seen them here yet
            self._ask(room, key)

    def _ask(self, room: RoomId, key: str) -> None:
        if self._avatars is None or len(self._due) >= _MOST:
            return
        self._next[key] = self._clock.monotonic() + _ANEW
        self._due[key] = room
        self._change.set()

    async def run(self) -> None:
        """Ask, and show what is answered, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            key = next((key for key in self._due if key not in self._busy), None)
            if key is None:
                self._change.clear()
                await self._change.wait()
                continue
            room = self._due.pop(key)
            self._busy.add(key)
            try:
                await self._do(room, key)
            finally:
                self._busy.discard(key)
                self._change.set()

    async def _do(self, room: RoomId, key: str) -> None:
        assert self._avatars is not None
        try:
            await self._show(key, await self._avatars.of(room, key))
        except Unsupported:
            pass  # nobody of that network has one
        except AdapterError as error:
            wait = max(_AGAIN, error.retry_after) if isinstance(error, RateLimited) else _AGAIN
            log.debug("the picture of %s is not known now: %s", key, error)
            self._clock.call_later(wait, partial(self._ask, room, key))
        except Exception as error:  # noqa: BLE001 a picture is not worth a connection
            self._complaints.tell("avatar", f"the picture of somebody is not shown: a bug ({error!r})", error)
