"""Being in the rooms of the map, and in no others."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from bridge.clock import SYSTEM, Clock
from bridge.errors import RateLimited, Rejected, RoomUnavailable, TemporaryFailure
from bridge.model import RoomId, RoomState, RoomStateChanged

from .backoff import Backoff

__all__ = ["Caught", "RoomGuest", "RoomKeeper"]

_SHORTEST = 1.0
"""Seconds between two tries, where a network limits and names no time to wait."""

C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Caught:
    """The outcome of reading a room's past, as the core is told (`RoomStateChanged`)."""

    whole: bool = False
    """Whether nothing is missing but what was left out."""
    left_out: int | None = 0
    """The number of first messages that were left out, as `catch_up` asks for; None: nobody counted them."""


@dataclass(slots=True)
class _Place(Generic[C]):
    room: RoomId
    config: C
    backoff: Backoff
    joined: bool = False
    tried: bool = False
    left: "asyncio.Future[tuple[str, float | None]] | None" = None
    """Why we are no longer in, and how long to wait; there while we are in or on our way."""
    again: asyncio.Event = field(default_factory=asyncio.Event)


class RoomGuest(Protocol[C_contra]):
    """The side of an adapter that a RoomKeeper needs."""

    async def enter(self, room: RoomId, config: C_contra) -> Caught:
        """Get into a room, read its past and emit it. Returns how far that went.

        Raises RoomUnavailable where we cannot get in, with a sentence for the owner that says what to do:
        that it refuses us, has banned us, is full, each in its own words. `retry_after` is when to try again;
        None: after a while, longer each time; `math.inf`, of a room that is gone: only when somebody asks for
        it (`RoomKeeper.again`, or a reload). TemporaryFailure, Rejected, RateLimited and TimeoutError are
        taken likewise; any other exception ends the connection.
        """

    def leave(self, room: RoomId) -> None:
        """Leave a room that is no longer in the map, whether we are in it or not."""

    def tell(self, event: RoomStateChanged) -> None:
        """Emit how we stand in a room. Behind JOINED, emit what was held back meanwhile (`Holdback`)."""


class RoomKeeper(Generic[C]):
    """Keeps one connection in exactly the rooms of `serve`, each by itself: enters, comes back, leaves."""

    def __init__(
        self,
        guest: RoomGuest[C],
        *,
        at_once: int = 8,
        slow: float = math.inf,
        pauses: tuple[float, float] = (30.0, 600.0),
        clock: Clock = SYSTEM,
    ) -> None:
        """So many rooms are entered `at_once`; one that takes longer than `slow` seconds no longer counts.
        `pauses` are the shortest and the longest between two tries, in seconds.
        """
        self._guest = guest
        self._gate = asyncio.Semaphore(at_once)
        self._slow = slow
        self._pauses = pauses
        self._clock = clock
        self._places: dict[RoomId, _Place[C]] = {}
        self._tasks: dict[RoomId, asyncio.Task[None]] = {}

    def serve(self, group: asyncio.TaskGroup, rooms: Mapping[RoomId, C]) -> None:
        """Be in exactly these rooms, each by a task in `group`, which ends with the connection. Those that we
        could not get into are tried at once: the owner may have mended what was wrong.
        """
        for room in self._places.keys() - rooms.keys():
            del self._places[room]
            self._tasks.pop(room).cancel()
            self._guest.leave(room)
        for room, config in rooms.items():
            if (place := self._places.get(room)) is not None:
                place.config = config
                self.again(room)
            else:
                place = self._places[room] = _Place(room, config, Backoff(*self._pauses, clock=self._clock))
                self._tasks[room] = group.create_task(self._keep(place))

    def lost(self, room: RoomId, reason: str, pause: float | None = None) -> None:
        """Note that we are no longer in a room, or will not get in. We come back after `pause` seconds; None:
        after a while, longer each time.

        `reason` is a sentence for the owner; "" for a room that is open to us, and has to be entered anew.
        """
        place = self._places.get(room)
        if place is not None and place.left is not None and not place.left.done():
            place.joined = False
            place.left.set_result((reason, pause))

    def again(self, room: RoomId) -> None:
        """Try a room at once that we are not in: something has changed, such as an invitation."""
        place = self._places.get(room)
        if place is not None and not place.joined:
            place.again.set()

    def is_joined(self, room: RoomId) -> bool:
        place = self._places.get(room)
        return place is not None and place.joined

    @property
    def settled(self) -> bool:
        """Whether all rooms were tried, so that a room that is none of ours is known as that."""
        return all(place.tried for place in self._places.values())

    async def _keep(self, place: _Place[C]) -> None:
        """Stay in a room, and enter it as often as it takes."""
        while True:
            reason, wait = await self._stay(place)
            if reason:
                self._say(place, RoomState.REFUSED, reason)
            timer = self._clock.call_later(wait, place.again.set) if wait < math.inf else None
            try:
                await place.again.wait()
            finally:
                if timer is not None:
                    timer.cancel()

    async def _stay(self, place: _Place[C]) -> tuple[str, float]:
        """Enter a room and stay in it. Returns why we are no longer in ("": we are not refused), and how long
        to wait.
        """
        place.again.clear()
        place.left = asyncio.get_running_loop().create_future()
        try:
            async with self._turn():
                caught = await self._guest.enter(place.room, place.config)
            if not place.left.done():
                place.joined = place.tried = True
                place.again.clear()
                place.backoff.worked()
                self._say(place, RoomState.JOINED, caught=caught)
            reason, pause = await place.left
            if not reason:
                self._say(place, RoomState.JOINING)
        except RateLimited as error:
            return "", place.backoff.pause(max(error.retry_after, _SHORTEST))
        except RoomUnavailable as error:
            reason, pause = str(error), error.retry_after
        except (TemporaryFailure, Rejected) as error:
            reason, pause = str(error), None
        except TimeoutError:
            reason, pause = f"{place.room} does not answer", None
        finally:
            place.joined, place.tried, place.left = False, True, None
        return reason, place.backoff.pause(pause)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Let a few in at a time; one that takes long no longer counts."""
        await self._gate.acquire()
        counts = True

        def release() -> None:
            nonlocal counts
            if counts:
                counts = False
                self._gate.release()

        late = self._clock.call_later(self._slow, release) if self._slow < math.inf else None
        try:
            yield
        finally:
            if late is not None:
                late.cancel()
            release()

    def _say(
        self, place: _Place[C], state: RoomState, reason: str = "", caught: Caught | None = None
    ) -> None:
        whole, left_out = (caught.whole, caught.left_out) if caught else (False, 0)
        self._guest.tell(
            RoomStateChanged(room=place.room, state=state, reason=reason, caught_up=whole, left_out=left_out)
        )
