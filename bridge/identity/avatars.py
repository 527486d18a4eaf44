"""The pictures of people: asked of their own networks, made small, and kept in memory for an hour."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from bridge.adapter import Adapter, Avatar
from bridge.clock import Clock
from bridge.errors import AdapterError, RateLimited, Rejected, TemporaryFailure, Unsupported
from bridge.kit import BoundedDict
from bridge.media.pictures import Pictures
from bridge.model import RoomId, UserId

__all__ = ["AvatarCache", "NetworkAvatars"]

log = logging.getLogger(__name__)

_MOST = 500
"""So many people are remembered, of whose pictures each has 32 kB at most."""
_KEPT = 3600.0
_FAILED = 30.0
"""Seconds after which somebody is asked for again where that failed."""
_PAUSE = 20.0
"""Seconds between two questions for one person, however often their picture changes."""
_OF_NETWORK = 3
"""How many of one network are asked for at once."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was learnt of somebody."""

    answer: Avatar | AdapterError | None
    until: float


class AvatarCache:
    """All that is known of people's pictures. It asks when it is asked, and begins nothing by itself."""

    def __init__(
        self,
        pictures: Pictures,
        heard_in: Callable[[str, RoomId], Sequence[tuple[Adapter, RoomId]]],
        clock: Clock,
    ) -> None:
        """`heard_in` returns the rooms that are heard in a room of a network, each with its adapter."""
        self._pictures = pictures
        self._heard_in = heard_in
        self._clock = clock
        self._known: BoundedDict[str, _Known] = BoundedDict(_MOST)
        self._asked: BoundedDict[str, float] = BoundedDict(_MOST)
        """When people were last asked for, by the monotonic clock."""
        self._asking: set[str] = set()
        """Who is asked for, and whose picture has not changed meanwhile."""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._gates: dict[str, asyncio.Semaphore] = {}

    def beside(self, network: str) -> "NetworkAvatars":
        """Return the pictures as the rooms of a network want them."""
        return NetworkAvatars(self, network)

    def forget(self, key: str) -> None:
        """Note that somebody has another picture."""
        self._known.pop(key, None)
        self._asking.discard(key)

    async def of(self, network: str, room: RoomId, key: str) -> Avatar | None:
        """Return the picture of somebody who is heard in a room of a network. See `Avatars.of`."""
        if (turn := self._turns.get(key)) is None:
            turn = self._turns[key] = asyncio.Lock()
        async with turn:
            found = self._known.get(key)
            if found is None or found.until <= self._clock.monotonic():
                found = await self._ask(network, room, key)
        if isinstance(found.answer, AdapterError):
            raise TemporaryFailure(str(found.answer))
        return found.answer

    async def _ask(self, network: str, room: RoomId, key: str) -> _Known:
        wait = self._asked.get(key, -_PAUSE) + _PAUSE - self._clock.monotonic()
        if wait > 0:
            await self._clock.sleep(wait)
        self._asked[key] = self._clock.monotonic()
        self._asking.add(key)
        answer: Avatar | AdapterError | None
        lasts = _KEPT
        try:
            answer = await self._find(network, room, key)
        except Rejected as error:
            log.info("somebody has a picture that cannot be shown: %s", error)
            answer = None
        except Unsupported:
            self._asked.pop(key, None)  # costs nothing to ask again, and others have the place
            raise
        except AdapterError as error:
            answer = error
            lasts = max(_FAILED, error.retry_after) if isinstance(error, RateLimited) else _FAILED
        finally:
            current = key in self._asking
            self._asking.discard(key)
        found = _Known(answer, self._clock.monotonic() + lasts)
        if current:
            self._known[key] = found
        return found

    async def _find(self, network: str, room: RoomId, key: str) -> Avatar | None:
        """Ask where somebody is heard. Raises AdapterErrors."""
        home, _, user = key.partition("/")
        there = [
            (adapter, heard) for adapter, heard in self._heard_in(network, room) if adapter.network == home
        ]
        if not there:
            raise TemporaryFailure(f"nobody of {home} is heard there now")
        async with self._gates.setdefault(home, asyncio.Semaphore(_OF_NETWORK)):
            elsewhere: AdapterError | None = None
            for adapter, heard in there:
                try:
                    data = await adapter.avatar(heard, UserId(user))
                except TemporaryFailure as error:
                    elsewhere = error  # they may be in the next room
                    continue
                if data:
                    return await self._made(data)
        if elsewhere is not None:
            raise elsewhere
        return None

    async def _made(self, data: bytes) -> Avatar | None:
        small = await self._pictures.shrink(data)
        if small is None:
            return None
        digest = hashlib.sha1(small.data, usedforsecurity=False).hexdigest()
        return Avatar(small.data, small.type, small.side, digest)


class NetworkAvatars:
    """The pictures as the rooms of one network want them."""

    def __init__(self, cache: AvatarCache, network: str) -> None:
        self._cache = cache
        self._network = network

    async def of(self, room: RoomId, key: str) -> Avatar | None:
        return await self._cache.of(self._network, room, key)
