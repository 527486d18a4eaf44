"""XMPP for the core: configuration in, events out, commands in, receipts out."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, ClassVar, assert_never

from bridge import (
    Adapter,
    Author,
    Authorship,
    Capabilities,
    Command,
    ConnectionLost,
    DeleteMessage,
    EditMessage,
    Emit,
    Model,
    Receipt,
    RoomId,
    RoomUnavailable,
    SendMessage,
    SetReactions,
    Settle,
    SetTopic,
    Support,
    Txn,
    Unit,
    Unsupported,
)

from . import encode
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .config import room_id
from .link import Link, Memory
from .look import look_at
from .session import Place, Session

__all__ = ["XmppAdapter"]


class XmppAdapter(Adapter):
    """One XMPP account, in rooms of any server."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    config: Network

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._memory = Memory(Session(), {})
        self._link: Link | None = None

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        return room_id(text)

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        if self._link is not None:
            self._link.serve(self.rooms)

    async def run(self, emit: Emit) -> None:
        self._link = Link(self.config, self._memory, emit, self.catch_up, self.introduce)
        try:
            await self._link.run(self.rooms)
        finally:
            self._link = None

    def send_now(self, command: Command, settle: Settle) -> bool:
        link = self._link
        if link is None or not link.alive:
            raise ConnectionLost(f"{self.network} is not connected")
        room = command.room
        place = self._memory.session.places.get(room)
        if place is None or not place.joined:
            raise RoomUnavailable(f"hubbub is not in {room}")
        link.send(room, command.txn, _stanza(command, place), settle)
        return True

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        link = self._link
        if link is None or not link.alive:
            raise ConnectionLost(f"{self.network} is not connected")
        return await link.find_sent(room, since, txns)

    def capabilities(self, room: RoomId, author: Author | None = None) -> Capabilities:
        place = self._memory.session.places.get(room)
        return _record(16, named=True) if place is None else _record(place.window, named=place.stanza_ids)

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await look_at(self.config, rooms)


def _stanza(command: Command, place: Place) -> str:
    """A command on the wire. Raises Unsupported."""
    room, txn = command.room, command.txn
    more = "" if place.stable_ids else encode.origin(txn)
    match command:
        case SendMessage():
            if command.at is not None:
                more += encode.delay(command.at)
            if command.answered is None:
                return encode.message(room, command.content, command.kind, txn, more)
            return encode.answer(command, command.answered, more, named=place.stanza_ids)
        case EditMessage():
            return encode.edit(command, more)
        case DeleteMessage():
            return encode.delete(command, more)
        case SetReactions():
            if not place.stanza_ids:
                raise Unsupported(f"{room} names no messages: nobody can react to one (XEP-0444 section 4.2)")
            return encode.react(command, more)
        case SetTopic():
            raise Unsupported("topics cannot be set yet")
    assert_never(command)


@lru_cache
def _record(window: int, *, named: bool) -> Capabilities:
    """What can be done in a room; `named`: in one that names messages, so that others' can be spoken of."""
    return Capabilities(
        text_limit=encode.TEXT_LIMIT,
        unit=Unit.BYTES,
        lines=True,
        marks=encode.MARKS,
        features=encode.FEATURES,
        mark_cost=encode.MARK_COST,
        reply=Support.FULL if named else Support.PARTIAL,
        edit=Support.FULL,
        delete=Support.FULL if named else Support.PARTIAL,
        reaction=Support.FULL if named else Support.NO,
        authorship=Authorship.PREFIX,
        name_pings=True,
        times=True,
        window=window,
    )
