"""MQTT for the core: configuration in, events out, commands in, receipts out."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, ClassVar

from bridge import (
    Adapter,
    Authorship,
    Capabilities,
    Command,
    ConnectionLost,
    Emit,
    Model,
    Receipt,
    RoomId,
    SendMessage,
    Settle,
    Speaker,
    Support,
    Txn,
    Unsupported,
)

from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .memory import WINDOW, TopicMemory
from .session import Session, own_topic, refused, unseen, unspeakable
from .wire import Wire, connect

__all__ = ["MqttAdapter"]

_LONGEST_TOPIC = 1000
_TEXT_LIMIT = 60_000
_PATIENCE = 5.0


class MqttAdapter(Adapter):
    """One broker, where rooms are topics."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    config: Network

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._session: Session | None = None
        self._memories: dict[RoomId, TopicMemory] = {}
        self._heard = 0.0

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        """Return a topic, or a filter with wildcards (MQTT 5 section 4.7). Raises ValueError."""
        if not text.strip() or len(text) > _LONGEST_TOPIC or not text.isprintable():
            raise ValueError(f"{text[:40]!r} is not a topic: one line, not too long, such as home/hall")
        if text.startswith("$share/"):
            raise ValueError(f"{text!r} is no topic but a share of one: write the topic behind it")
        for at, level in enumerate(levels := text.split("/")):
            if level not in {"+", "#"} and set("+#") & set(level):
                raise ValueError(
                    f"{text!r} is not a topic: + and # stand for whole levels, as in home/+/state"
                )
            if level == "#" and at < len(levels) - 1:
                raise ValueError(f"{text!r} is not a topic: # can only stand at the end")
        return RoomId(text)

    async def run(self, emit: Emit) -> None:
        status = own_topic(self.config.client_id, "status")
        wire = await connect(self.config, self.config.client_id, keep=True, will=status)
        self._session = session = Session(wire, self.config.client_id, emit, self.clock, self._memories)
        try:
            await session.enter(self.rooms)
            wire.publish(status, b"online", lambda _: None, retain=True)
            await session.stay()
        finally:
            self._heard = session.heard
            self._session = None
            session.end()
            wire.close(status)

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        if self._session:
            await self._session.enter(self.rooms)

    def send_now(self, command: Command, settle: Settle) -> bool:
        if not isinstance(command, SendMessage) or command.file is not None:
            raise Unsupported(f"{self.network} cannot do {type(command).__name__}")
        self._connected().say(command, settle)
        return True

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        return self._connected().find(room, txns)

    def heard(self, room: RoomId) -> float:
        return self._session.heard if self._session else self._heard

    def _connected(self) -> Session:
        if self._session is None or self._session.wire.lost.done():
            raise ConnectionLost(f"{self.network} is not connected")
        return self._session

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        text = room in self.rooms and self.rooms[room].payload == "text"
        return _record(named=not text and (speaker is None or speaker.how is not Authorship.PREFIX))

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        """Return the records of both forms, by name, for the documentation."""
        return {"MQTT, JSON": _record(named=True), "MQTT, plain text": _record(named=False)}

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        mine = own_topic(self.config.client_id, "mark")
        seen: asyncio.Queue[bool] = asyncio.Queue()
        wire = await connect(self.config, f"{self.config.client_id}-check", keep=False)
        try:
            wire.hand_over(lambda message: seen.put_nowait(True) if message.topic == mine else None)
            found = {room: await self._look(wire, room, config) for room, config in rooms.items()}
            await wire.subscribe(mine)
            wire.publish(mine, b"check", lambda code: seen.put_nowait(False) if code.is_failure else None)
            ok = False
            with contextlib.suppress(TimeoutError):
                ok = await asyncio.wait_for(seen.get(), _PATIENCE)
        finally:
            wire.close()
        return found if ok else {**found, RoomId(""): unseen(mine)}

    async def _look(self, wire: Wire, room: RoomId, config: Room) -> str | None:
        if why := await wire.subscribe(room):
            return refused(why)
        return None if room in self.only_read else unspeakable(room, config, five=wire.five)


@cache
def _record(*, named: bool) -> Capabilities:
    return Capabilities(
        text_limit=_TEXT_LIMIT,
        authorship=Authorship.MASQUERADE if named else Authorship.PREFIX,
        doubt=Support.PARTIAL,  # as long as the broker keeps our session
        times=named,
        window=WINDOW,
    )
