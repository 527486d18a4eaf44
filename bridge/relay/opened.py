"""What the adapter of one network opens and closes, and has others make for that."""

import asyncio
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bridge.adapter import Adapter
from bridge.conversations import Member
from bridge.errors import Rejected
from bridge.identity import key_of
from bridge.model import MessageId, RoomId, Sender, UserId

from .rooms import Rooms

__all__ = ["NetworkConversations"]

_LOOKS, _LOOK = 100, 0.1
"""So often, and every so many seconds, it is looked whether all has arrived in a room that is to be left."""


@dataclass(frozen=True, slots=True)
class NetworkConversations:
    """What the adapter of one network opens and closes."""

    network: str
    rooms: Rooms

    def open(self, name: str, rooms: Sequence[tuple[str, RoomId]]) -> None:
        self.rooms.open(self.network, name, rooms)

    def close(self, name: str) -> None:
        self.rooms.close(self.network, name)

    def people(self, room: RoomId) -> Sequence[Member]:
        here, routes = self.rooms.by_name.get((self.network, room)), self.rooms.directory.routes
        if here is None:
            return []
        found = []
        for adapter, there in self.rooms.heard_in(self.network, room):
            name = adapter.network, there
            worker, source = self.rooms.by_name.get(name), routes.sources.get(name)
            if worker is not None and worker.joined and source is not None:
                heard = [one for one in adapter.people(there) if here.room.number in source.rooms_for(one)]
                found += [member(adapter, there, one) for one in heard]
        return found

    def language(self, room: RoomId) -> str:
        worker = self.rooms.by_name.get((self.network, room))
        return worker.composer.view.show.language if worker is not None else "en"

    def archived(self, room: RoomId, language: str) -> str:
        return self.rooms.archived(self.network, room, language)

    async def make(self, network: str, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        return await self._adapter(network).make_room(name, topic, invited)

    async def invite(self, network: str, room: RoomId, users: Collection[UserId]) -> None:
        await self._adapter(network).invite(room, users)

    async def leave(self, network: str, room: RoomId) -> None:
        await self._arrived(network, room)
        await self._adapter(network).unmake(room)

    async def _arrived(self, network: str, room: RoomId) -> None:
        """Wait until what is owed to a room is there, where that can be and does not take long."""
        for _ in range(_LOOKS):
            worker = self.rooms.by_name.get((network, room))
            if worker is None or not worker.joined or worker.owes_from() == math.inf:
                return
            await asyncio.sleep(_LOOK)

    async def forget(self, user: UserId, messages: Collection[tuple[RoomId, MessageId]]) -> bool:
        return await self.rooms.forgets(self.network, user, messages)

    def _adapter(self, network: str) -> Adapter:
        adapter = self.rooms.adapters.get(network)
        if adapter is None:
            raise Rejected(f"there is no network {network} that runs")
        return adapter


def member(adapter: Adapter, room: RoomId, one: Sender) -> Member:
    """Return how somebody stands who is in a room."""
    network = adapter.network
    return Member(
        key_of(network, one.id), one.name, network, one.id, room, adapter.is_away(room, one.id), one.proof
    )
