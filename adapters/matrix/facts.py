"""What the homeserver has told of rooms and their people, and rooms that are made on it."""

import contextlib
from collections.abc import Collection
from typing import Any

from bridge import (
    Adapter,
    AdapterError,
    ConnectionLost,
    Endpoint,
    Present,
    RoomId,
    RoomUnavailable,
    Sender,
    UserId,
)

from .client.account import Account
from .client.api import MatrixClient
from .config import MatrixNetwork
from .files.avatars import avatar_of
from .rooms import making
from .rooms.keeping import UNKNOWN, PastRules
from .rooms.rooms import Rooms
from .session import Session
from .untrusted import mapping

__all__ = ["RoomFacts"]

_MOST_MET = 500
"""Who is in a room with more people is known when they speak, or come."""


class RoomFacts(Adapter):
    """The side of the adapter that answers what is asked of rooms."""

    config: MatrixNetwork

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._account = Account(network, config)
        self._client = MatrixClient(self._account)
        self._session = Session(config.user)
        self._rooms: Rooms | None = None

    def peer(self) -> Endpoint | None:
        return self._account.peer() if self._rooms is not None else None

    def retention(self, room: RoomId) -> float | None:
        return self._kept(room).lifetime

    def history_is_open(self, room: RoomId) -> bool | None:
        return self._kept(room).is_open

    def _kept(self, room: RoomId) -> PastRules:
        """Return what a room says of its past, once it was heard."""
        return self._session.keeping.get(self._session.wires.get(room, ""), UNKNOWN)

    def present(self, room: RoomId) -> Present | None:
        return self._session.present.get(self._session.wires.get(room, ""))

    def people(self, room: RoomId) -> Collection[Sender]:
        session, wire = self._session, self._session.wires.get(room, "")
        if self._rooms is not None and self._rooms.is_in(room) and wire not in session.met:
            session.met.add(wire)
            if session.sizes.get(wire, 0) <= _MOST_MET:
                self._rooms.spawn(self._meet(wire))
        return super().people(room)

    async def _meet(self, wire: str) -> None:
        """Find out who is in a room: a sync names those alone who spoke."""
        with contextlib.suppress(AdapterError):
            found = await self._client.call("GET", ("rooms", wire, "joined_members"))
            self._session.meet(wire, mapping(found.get("joined")))

    def is_away(self, room: RoomId, user: UserId) -> bool | None:
        self._session.wants_presence = True
        return self._session.away.get(user)

    async def avatar(self, room: RoomId, user: UserId) -> bytes | None:
        return await avatar_of(self._client, self._wire(room), user)

    async def make_room(self, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        self._see_connection()
        return await making.make(self._client, self._session, name, topic, invited)

    async def invite(self, room: RoomId, users: Collection[UserId]) -> None:
        self._see_connection()
        await making.invite(self._client, self._session.wires.get(room, room), users)

    async def unmake(self, room: RoomId) -> None:
        self._see_connection()
        wire = self._session.wires.get(room, room)
        await self.serve({one: config for one, config in self.rooms.items() if one != room})
        await making.destroy(self._client, self._session, wire)

    def _see_connection(self) -> None:
        if self._rooms is None:
            raise ConnectionLost("not connected")

    def _wire(self, room: RoomId) -> str:
        """Return a room's id on the wire. Raises where we cannot speak there."""
        wire = self._session.wires.get(room)
        self._see_connection()
        if (
            wire is None
            or wire in self._session.encrypted
            or self._rooms is None
            or not self._rooms.is_in(room)
        ):
            raise RoomUnavailable(f"{room} is not joined")
        return wire
