"""Keeps us in the rooms of the map: joins, follows upgrades, comes back, each room by itself."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Coroutine, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from bridge import (
    AdapterError,
    Emit,
    Position,
    RateLimited,
    Rejected,
    RoomId,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    TemporaryFailure,
)

from .client import MatrixClient
from .config import MatrixRoom
from .errors import NotThere
from .session import Session

__all__ = ["Rooms"]

log = logging.getLogger(__name__)

_AT_ONCE = 8
"""Rooms that are being entered at the same time."""
_SLOW = 3.0
"""Seconds after which a slow room lets the next one begin."""
_UPGRADES = 10
_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 600.0


@dataclass(slots=True)
class _Place:
    """The state of one room of the map."""

    room: RoomId
    config: MatrixRoom
    state: RoomState = RoomState.JOINING
    reason: str = ""
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    again: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a change makes another try worth while."""
    tried: bool = False


class Rooms:
    """The rooms of one connection, a task for each; a task ends only with the connection."""

    def __init__(self, client: MatrixClient, session: Session, emit: Emit, leave: str) -> None:
        """`leave`: which rooms are left when they leave the map, as the configuration has it."""
        self.leave_rule = leave
        self._client = client
        self._session = session
        self._emit = emit
        self._places: dict[RoomId, _Place] = {}
        self._tasks: dict[RoomId, asyncio.Task[None]] = {}
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._group: asyncio.TaskGroup | None = None

    def serve(self, group: asyncio.TaskGroup, rooms: Mapping[RoomId, MatrixRoom]) -> None:
        """Be in exactly these rooms: join the new ones, leave those that are gone from the map."""
        self._group = group
        for room in self._places.keys() - rooms.keys():
            self._drop(room)
        for room in rooms.keys() - self._places.keys():
            place = self._places[room] = _Place(room, rooms[room])
            self._tasks[room] = group.create_task(self._keep(place))

    def is_in(self, room: RoomId) -> bool:
        place = self._places.get(room)
        return place is not None and place.state is RoomState.JOINED

    def lose(self, wire: str, reason: str) -> None:
        """Note that we are no longer in a room, and come back after a while."""
        place = self._at(wire)
        if (
            place is not None and wire not in self._session.encrypted
        ):  # the reason of those that we left is told already
            self._say(place, RoomState.REFUSED, reason)
            place.lost.set()

    def look_again(self, wire: str) -> None:
        """Look at a room again that was upgraded or became encrypted."""
        place = self._at(wire)
        if place is None or place.state is not RoomState.JOINED:
            return
        if wire in self._session.encrypted:
            self._say(place, RoomState.REFUSED, _encrypted(place.room))
        else:
            self._say(place, RoomState.JOINING, "")
        place.again.set()
        place.lost.set()

    def missed(self, wire: str, *, whole: bool) -> None:
        """Report that talk in a room was left out, or could not be read (not `whole`)."""
        place = self._at(wire)
        if place is not None and place.state is RoomState.JOINED:
            if whole:
                self._session.caught_up.add(wire)
            self._say(place, RoomState.JOINED, "", wire)

    def invited(self, names: AbstractSet[str]) -> bool:
        """Enter the room of the map that has one of these names. Returns whether there is one."""
        wanted = [
            place for place in self._places.values() if place.room in names or self._now(place.room) in names
        ]
        for place in wanted:
            place.again.set()
        return bool(wanted)

    def leaves(self, room: RoomId) -> bool:
        """Whether a room is left when it leaves the map."""
        public = self._session.wires.get(room) in self._session.public
        return self.leave_rule == "always" or (self.leave_rule == "public" and public)

    @property
    def settled(self) -> bool:
        """Whether all rooms were tried, so that a room that is none of ours is known as that."""
        return all(place.tried for place in self._places.values())

    async def _keep(self, place: _Place) -> None:
        pause = _FIRST_PAUSE
        while True:
            place.again.clear()
            try:
                async with self._turn():
                    await self._enter(place)
                if await self._is_elsewhere(place):
                    continue
                pause = _FIRST_PAUSE
                await place.lost.wait()
            except RateLimited as error:
                place.tried = True
                self._say(place, RoomState.JOINING, "")
                pause = max(error.retry_after, 1.0)
            except (RoomUnavailable, TemporaryFailure, Rejected) as error:
                self._say(place, RoomState.REFUSED, str(error))
            place.lost.clear()
            try:
                async with asyncio.timeout(pause * random.uniform(1, 1.4)):  # noqa: S311 -- jitter
                    await place.again.wait()
            except TimeoutError:
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _enter(self, place: _Place) -> None:
        """Enter the room as it is now. Raises RoomUnavailable and the like with a sentence for the owner."""
        room = place.room
        try:
            wire, via = await self._find(place)
            for _ in range(_UPGRADES):
                if wire not in self._session.encrypted:
                    await self._join(wire, via)
                stone = self._session.tombstones.get(wire)
                if stone is None:
                    break
                wire, via = stone.replacement, (stone.server, *place.config.via)
            other = self._session.rooms.get(wire, room)
        except NotThere as error:
            raise RoomUnavailable(
                f"there is no room {room}, or not for us: check its name ({error})"
            ) from None
        except RoomUnavailable as error:
            raise RoomUnavailable(
                f"{room} does not let {self._session.own} in: invite it there, or lift its ban ({error})"
            ) from None
        except (TemporaryFailure, Rejected) as error:
            raise RoomUnavailable(f"{room} cannot be entered: {error}") from None
        finally:
            place.tried = True
        if other != room:
            raise RoomUnavailable(f"{room} and {other} are one room: take one of them out of conversations")
        if wire in self._session.encrypted:
            await self._leave(room, wire)
            raise RoomUnavailable(_encrypted(room))
        self._session.place(room, wire)
        self._say(place, RoomState.JOINED, "", wire)

    async def _find(self, place: _Place) -> tuple[str, tuple[str, ...]]:
        """Return the room's id on the wire and servers to join it by: as stored, or as the directory says."""
        room, via = place.room, place.config.via
        stored = self._session.wires.get(room)
        if stored in self._session.joined or not room.startswith("#"):
            return stored or room, via
        wire, servers = await self._client.resolve(room)
        self._session.confirmed.add(room)
        return self._session.latest(wire), via or servers

    async def _is_elsewhere(self, place: _Place) -> bool:
        """Whether the alias names another room than before; looked up once, when we are already in."""
        room = place.room
        if not room.startswith("#") or room in self._session.confirmed:
            return False
        try:
            async with self._turn():
                wire, _ = await self._client.resolve(room)
        except (RoomUnavailable, TemporaryFailure, RateLimited, Rejected) as error:
            log.debug("%s could not be looked up: %s", room, error)
            return False
        self._session.confirmed.add(room)
        if self._session.latest(wire) == self._session.wires.get(room):
            return False
        self._say(place, RoomState.JOINING, "")
        self._session.forget(room)
        return True

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Let a few in at a time; one that takes long, as through servers far away, no longer counts."""
        await self._gate.acquire()
        late = asyncio.get_running_loop().call_later(_SLOW, self._gate.release)
        try:
            yield
        finally:
            if late.when() > asyncio.get_running_loop().time():
                late.cancel()
                self._gate.release()

    async def _join(self, wire: str, via: tuple[str, ...]) -> None:
        if wire in self._session.joined:
            return
        await self._client.join(wire, tuple(dict.fromkeys(filter(None, via))))
        if await self._client.state(wire, "m.room.encryption") is not None:
            self._session.encrypted.add(wire)
        if (stone := await self._client.state(wire, "m.room.tombstone")) is not None:
            self._session.moved(wire, stone, "")
        self._session.joined.add(wire)

    def _drop(self, room: RoomId) -> None:
        self._tasks.pop(room).cancel()
        del self._places[room]
        leaves, wire = self.leaves(room), self._session.wires.get(room)
        self._session.forget(room)
        if wire not in self._session.joined:
            return
        if leaves:
            self.spawn(self._leave(room, wire))
        else:
            log.info("staying in %s, which is not relayed any more: leave: always would leave it", room)

    async def _leave(self, room: RoomId, wire: str) -> None:
        """Leave a room, if we are in it."""
        while wire in self._session.joined:
            try:
                await self._client.leave(wire)
            except RateLimited as error:
                await asyncio.sleep(error.retry_after)
            except AdapterError as error:
                log.warning("%s could not be left: %s", room, error)
                return
            else:
                log.info("left %s", room)
                self._session.left(wire)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task that ends with the connection."""
        assert self._group is not None
        self._group.create_task(work)

    def _now(self, room: RoomId) -> str:
        """Return the wire's id of a room of the map, behind all upgrades that are known."""
        return self._session.latest(self._session.wires.get(room, room))

    def _at(self, wire: str) -> _Place | None:
        room = self._session.rooms.get(wire)
        return None if room is None else self._places.get(room)

    def _say(self, place: _Place, state: RoomState, reason: str, wire: str | None = None) -> None:
        """Tell the core, once for each change; the first entry also stores which room it is."""
        if (place.state, place.reason) == (state, reason) and state is not RoomState.JOINED:
            return
        place.state, place.reason = state, reason
        stored = self._emit.position(place.room)
        positions = [Position(wire, place.room)] if wire is not None and wire != stored else []
        caught_up = wire in self._session.caught_up
        if wire is not None:
            self._session.caught_up.discard(wire)  # if it is entered again, we were out meanwhile
        left_out = self._session.left_out.pop(wire, 0) if wire is not None else 0
        change = RoomStateChanged(
            room=place.room, state=state, reason=reason, caught_up=caught_up, left_out=left_out
        )
        self._emit([change], *positions)


def _encrypted(room: RoomId) -> str:
    return f"{room} is encrypted: Hubbub cannot read it and never writes there; use a room without encryption"
