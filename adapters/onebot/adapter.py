"""QQ for the core: configuration in, events out, commands in, receipts out."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bridge import (
    Adapter,
    AdapterError,
    BoundedDict,
    Capabilities,
    Command,
    ConnectionLost,
    Emit,
    Model,
    Receipt,
    Rejected,
    RoomId,
    Source,
    Speaker,
    Support,
    TalkEvent,
    TemporaryFailure,
    TokenBucket,
    Txn,
    Unit,
    landing,
)

from .account import file_url
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .config import room_id
from .connection import Connection
from .decode import WANTED
from .link import opened
from .preflight import look_at

__all__ = ["OneBotAdapter"]

_GROUP = Capabilities(
    text_limit=2000,
    unit=Unit.CODE_POINTS,
    reply=Support.FULL,
    delete=Support.PARTIAL,  # within two minutes, unless the account is an administrator of the group
    file=Support.FULL,
    file_limit=30_000_000,
    mention=Support.FULL,
    doubt=Support.PARTIAL,  # where the implementation has a history
    backlog=20,
)
_PERSON = replace(_GROUP, mention=Support.NO)
_URLS = 1000


class OneBotAdapter(Adapter):
    """One QQ account, behind an implementation of OneBot v11."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    config: Network

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._connection: Connection | None = None
        self._heard = 0.0
        self._buckets: dict[RoomId, TokenBucket] = {}
        self._urls: BoundedDict[str, asyncio.Task[str | None]] = BoundedDict(_URLS)
        """By the address of a file, what is asked about it."""

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        return room_id(text)

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        """Return the records of a group and of a person, by name, for the documentation."""
        return {"QQ group": _GROUP, "QQ private chat": _PERSON}

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        return _GROUP if room.startswith("group:") else _PERSON

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        if self._connection is not None:
            self._connection.serve()

    def follow(self, config: Any) -> None:
        super().follow(config)
        for bucket in self._buckets.values():
            bucket.hold(config.pace.burst, config.pace.per_second)

    async def run(self, emit: Emit) -> None:
        async with opened(self.config) as link:
            self._connection = connection = Connection(link, emit, self)
            try:
                await connection.run()
            finally:
                self._heard, self._connection = connection.heard, None

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        self._connected().open(command.room)  # nobody waits for what cannot be said
        pace = self.config.pace
        bucket = self._buckets.setdefault(command.room, TokenBucket(pace.burst, pace.per_second, self.clock))
        await bucket.take()
        landed, settle = landing()
        await self._connected().send(command, settle)
        return landed

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        return await self._connected().find_sent(room, txns)

    async def past(self, room: RoomId, since: float) -> Sequence[TalkEvent]:
        return await self._connected().past(room, since)

    def heard(self, room: RoomId) -> float:
        return self._connection.heard if self._connection is not None else self._heard

    def is_present(self, room: RoomId, name: str) -> bool:
        place = self._connection.places.get(room) if self._connection is not None else None
        return place is not None and name in place.present

    def source(self, address: str) -> Source:
        """Return where a file is; one that was sent without an address is asked for first."""
        if not address.startswith(f"{WANTED}:"):
            return Source(address)
        asked = self._urls.get(address)
        if asked is None:
            asked = self._urls[address] = asyncio.ensure_future(self._ask_for(address))
        if not asked.done():
            raise TemporaryFailure("QQ is asked where the file is")
        if asked.cancelled() or (url := asked.result()) is None:
            del self._urls[address]
            raise TemporaryFailure("QQ could not be asked where the file is")
        if not url.startswith(("http://", "https://")):
            raise Rejected("the implementation does not say where the file is")
        return Source(url)

    async def _ask_for(self, address: str) -> str | None:
        _, kind, number, file = address.split(":", 3)
        try:
            return await file_url(self._connected().link, RoomId(f"{kind}:{number}"), file)
        except ConnectionLost:
            return None
        except AdapterError:
            return ""

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await look_at(self.config, rooms, self.only_read, self.clock)

    def _connected(self) -> Connection:
        if self._connection is None:
            raise ConnectionLost(f"{self.network} is not connected")
        return self._connection
