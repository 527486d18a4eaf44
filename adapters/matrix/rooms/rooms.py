"""The rooms of the map on a homeserver: how they are joined, followed when they are upgraded, and left."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.client.errors import NotThere
from adapters.matrix.config import MatrixRoom
from adapters.matrix.puppets.pairs import parted
from adapters.matrix.puppets.private import DirectRooms
from adapters.matrix.puppets.puppets import Puppets
from adapters.matrix.session import Session
from bridge import (
    AdapterError,
    Caught,
    Clock,
    Emit,
    Position,
    RateLimited,
    Rejected,
    RoomId,
    RoomKeeper,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    TemporaryFailure,
)

__all__ = ["Rooms"]

log = logging.getLogger(__name__)

_AT_ONCE = 8
"""Rooms that are being entered, or looked up, at the same time."""
_SLOW = 3.0
"""Seconds after which a slow room, as through servers far away, lets the next one begin."""
_UPGRADES = 10
_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 600.0


class Rooms:
    """The rooms of one connection, whose tasks end with it."""

    def __init__(
        self,
        client: MatrixClient,
        session: Session,
        emit: Emit,
        group: asyncio.TaskGroup,
        clock: Clock,
    ) -> None:
        self.leave_rule = ""
        """Which rooms are left when they leave the map, as the configuration has it."""
        self.puppets: Puppets | None = None
        """People from elsewhere who are here as themselves, where they can be."""
        self.private: DirectRooms | None = None
        """Rooms of two, where there can be any."""
        self._client = client
        self._session = session
        self._emit = emit
        self._group = group
        self._rooms: Mapping[RoomId, MatrixRoom] = {}
        self._keeper: RoomKeeper[MatrixRoom] = RoomKeeper(
            self, at_once=_AT_ONCE, slow=_SLOW, pauses=(_FIRST_PAUSE, _LONGEST_PAUSE), clock=clock
        )
        self._looking_up = asyncio.Semaphore(_AT_ONCE)
        self._told: dict[RoomId, RoomStateChanged] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}
        """By the id on the wire."""

    def serve(self, rooms: Mapping[RoomId, MatrixRoom]) -> None:
        """Be in exactly these rooms: join the new ones, leave those that are gone from the map."""
        self._rooms = rooms
        self._keeper.serve(self._group, rooms)

    def is_in(self, room: RoomId) -> bool:
        return self._keeper.is_joined(room)

    def lose(self, wire: str, reason: str) -> None:
        """Note that we are no longer in a room, and come back after a while."""
        room = self._session.rooms.get(wire)
        if room is not None and wire not in self._session.encrypted:
            # the reason of those that we left is told already
            self._keeper.lost(room, reason)

    def lost(self, room: RoomId, reason: str, pause: float | None) -> None:
        """Note that a room of two cannot be used, and try it again as `RoomKeeper.lost` has it."""
        self._keeper.lost(room, reason, pause)

    def again(self, room: RoomId) -> None:
        """Try a room at once that we are not in."""
        self._keeper.again(room)

    def look_again(self, wire: str) -> None:
        """Look at a room again that was upgraded or became encrypted."""
        room = self._session.rooms.get(wire)
        if room is not None and self._keeper.is_joined(room):
            self._keeper.lost(room, _encrypted(room) if wire in self._session.encrypted else "", 0.0)

    def missed(self, wire: str, *, whole: bool) -> None:
        """Report that talk in a room was left out, or could not be read (not `whole`)."""
        room = self._session.rooms.get(wire)
        if room is not None and self._keeper.is_joined(room):
            left_out = self._session.left_out.pop(wire, 0)
            self.tell(_joined(room, Caught(whole, left_out)))

    def invited(self, names: AbstractSet[str]) -> bool:
        """Enter the room of the map that has one of these names. Returns whether there is one."""
        wanted = [room for room in self._rooms if room in names or self._now(room) in names]
        for room in wanted:
            self._keeper.again(room)
        return bool(wanted)

    def leaves(self, room: RoomId) -> bool:
        """Whether a room is left when it leaves the map."""
        public = self._session.wires.get(room) in self._session.public
        return self.leave_rule == "always" or (self.leave_rule == "public" and public)

    @property
    def settled(self) -> bool:
        """Whether all rooms were tried, so that a room that is none of ours is known as that."""
        return self._keeper.settled

    # -- what the keeper wants

    async def enter(self, room: RoomId, config: MatrixRoom) -> Caught:
        """Enter a room as it is now. See `RoomGuest.enter`."""
        if parted(room) is None:
            return await self._enter(room, config)
        if self.private is None:
            raise RoomUnavailable(f"{room} is for two alone: that takes registration: and listen:")
        return await self.private.enter(room)

    def tell(self, event: RoomStateChanged) -> None:
        """Emit how we stand in a room, a refusal once; the first entry also stores which room it is."""
        if event.state is RoomState.REFUSED and event == self._told.get(event.room):
            return
        self._told[event.room] = event
        wire, positions = self._session.wires.get(event.room), list[Position]()
        if event.state is RoomState.JOINED and wire is not None and parted(event.room) is None:
            if wire != self._emit.position(event.room):
                positions.append(Position(wire, event.room))
            if event.room.startswith("#") and event.room not in self._session.confirmed:
                self.spawn(self._look_up(event.room))
        self._emit([event], *positions)

    def leave(self, room: RoomId) -> None:
        """Leave a room that is gone from the map, if that is what the owner wants."""
        self._told.pop(room, None)
        if parted(room) is not None:
            self._session.forget(room)
            return
        leaves, wire = self.leaves(room), self._session.wires.get(room)
        self._session.forget(room)
        if wire not in self._session.joined:
            return
        if leaves and wire is not None:
            task = self._leaving[wire] = self._group.create_task(self._leave(room, wire))
            task.add_done_callback(lambda _: self._leaving.pop(wire))
        else:
            stays = "staying in %s, which is not relayed any more: leave: always would leave it"
            log.info(stays, room, extra={"room": room})

    # -- one room

    async def _enter(self, room: RoomId, config: MatrixRoom) -> Caught:
        """Enter a room of the map."""
        try:
            wire, via = await self._find(room, config)
            for _ in range(_UPGRADES):
                if wire not in self._session.encrypted:
                    await self._join(wire, via)
                stone = self._session.tombstones.get(wire)
                if stone is None:
                    break
                wire, via = stone.replacement, (stone.server, *config.via)
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
        if other != room:
            raise RoomUnavailable(f"{room} and {other} are one room: take one of them out of conversations")
        if wire in self._session.encrypted:
            await self._leave(room, wire)
            raise RoomUnavailable(_encrypted(room))
        self._session.place(room, wire)
        # if it is entered again, we were out meanwhile
        whole = wire in self._session.caught_up
        self._session.caught_up.discard(wire)
        return Caught(whole, self._session.left_out.pop(wire, 0))

    async def _find(self, room: RoomId, config: MatrixRoom) -> tuple[str, tuple[str, ...]]:
        """Return the room's id on the wire and servers to join it by: as stored, or as the directory says."""
        via = config.via
        stored = self._session.wires.get(room)
        if stored in self._session.joined or not room.startswith("#"):
            return stored or room, via
        wire, servers = await self._client.resolve(room)
        self._session.confirmed.add(room)
        return self._session.latest(wire), via or servers

    async def _look_up(self, room: RoomId) -> None:
        """Enter a room anew whose alias names another room than before; looked up once, when we are in."""
        try:
            async with self._looking_up:
                wire, _ = await self._client.resolve(room)
        except (RoomUnavailable, TemporaryFailure, RateLimited, Rejected) as error:
            log.debug("%s could not be looked up: %s", room, error, extra={"room": room})
            return
        self._session.confirmed.add(room)
        if self._session.latest(wire) != self._session.wires.get(room):
            self._session.forget(room)
            self._keeper.lost(room, "", 0.0)

    async def _join(self, wire: str, via: tuple[str, ...]) -> None:
        if wire in self._leaving:  # it was out of the map for a moment
            await asyncio.wait({self._leaving[wire]})
        if wire in self._session.joined:
            return
        await self._client.join(wire, tuple(dict.fromkeys(filter(None, via))))
        if await self._client.state(wire, "m.room.encryption") is not None:
            self._session.encrypted.add(wire)
        if (stone := await self._client.state(wire, "m.room.tombstone")) is not None:
            self._session.moved(wire, stone, "")
        self._session.joined.add(wire)

    async def _leave(self, room: RoomId, wire: str) -> None:
        """Leave a room, if we are in it."""
        while wire in self._session.joined:
            try:
                if self.puppets is not None:
                    await self.puppets.leave(wire)
                await self._client.leave(wire)
            except RateLimited as error:
                await asyncio.sleep(error.retry_after)
            except AdapterError as error:
                log.warning("%s could not be left: %s", room, error, extra={"room": room})
                return
            else:
                log.info("left %s", room, extra={"room": room})
                self._session.left(wire)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task that ends with the connection."""
        self._group.create_task(work)

    def _now(self, room: RoomId) -> str:
        """Return the wire's id of a room of the map, behind all upgrades that are known."""
        return self._session.latest(self._session.wires.get(room, room))


def _joined(room: RoomId, caught: Caught) -> RoomStateChanged:
    return RoomStateChanged(
        room=room, state=RoomState.JOINED, caught_up=caught.whole, left_out=caught.left_out
    )


def _encrypted(room: RoomId) -> str:
    return f"{room} is encrypted: Hubbub cannot read it and never writes there; use a room without encryption"
