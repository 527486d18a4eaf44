"""The smallest complete adapter: read it before you write one."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.adapter import Adapter, Emit, Endpoint, Position, Settle
from bridge.config import Model
from bridge.errors import ConnectionLost, RoomUnavailable, Unsupported
from bridge.looks import Present
from bridge.model import (
    Capabilities,
    Command,
    DeleteMessage,
    EditMessage,
    File,
    FleetingCommand,
    FleetingEvent,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    SendMessage,
    SetReactions,
    SetTopic,
    Speaker,
    Support,
    TalkEvent,
    Txn,
    UserId,
)

from .network import ScriptedNetwork

__all__ = ["ScriptedAdapter"]

_LONGEST = 100


class _NetworkConfig(Model):
    server: str
    """The name of a ScriptedNetwork in this process."""


class _RoomConfig(Model):
    pass


class ScriptedAdapter(Adapter):
    """Speaks to a ScriptedNetwork."""

    NetworkConfig = _NetworkConfig
    RoomConfig = _RoomConfig

    def __init__(self, network: str, config: _NetworkConfig, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self.lost = asyncio.Event()
        self._server = ScriptedNetwork.named(config.server)
        self._emit: Emit | None = None

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        if not text or len(text) > _LONGEST or any(map(str.isspace, text)):
            raise ValueError("a room needs a name: one word, not too long")
        return RoomId(text.lower())

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        new = [room for room in rooms if room not in self.rooms]
        await super().serve(rooms)
        if self._emit is not None:
            self._emit([self._state(room) for room in new])

    async def run(self, emit: Emit) -> None:
        position = self._server.connect(self)
        self._emit = emit
        self.lost.clear()
        try:
            missed = [replace(event, replayed=True) for event in self._server.since(emit.position())]
            emit(missed, Position(str(position)))
            emit([self._state(room) for room in self.rooms])
            await self.lost.wait()
            raise ConnectionLost("the scripted network dropped the connection")
        finally:
            self._server.disconnect()
            self._emit = None

    def die(self) -> None:
        """Say and hear nothing any more. Called by the network."""
        self._emit = None

    def hear(self, events: Sequence[TalkEvent], position: int) -> None:
        """Emit what happens. Called by the network."""
        assert self._emit is not None
        self._emit(events, Position(str(position)))

    def announce(self, event: RoomStateChanged | FleetingEvent) -> None:
        """Emit that our standing changed, or something fleeting. Called by the network."""
        assert self._emit is not None
        self._emit([event])

    async def flushed(self) -> None:
        """Wait until everything heard is durable."""
        assert self._emit is not None
        await self._emit([])

    async def upload(self, file: File) -> None:
        self._server.uploads.append(file)
        await self._server.uploading.wait()
        if self._server.upload_errors:
            raise self._server.upload_errors.popleft()

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        await self._server.gate.wait()
        return await super().send(command)

    def send_now(self, command: Command, settle: Settle) -> bool:
        if self._emit is None:
            raise ConnectionLost("not connected")
        if not self._server.gate.is_set():
            return False
        if command.room in self._server.refusals:
            raise RoomUnavailable(self._server.refusals[command.room])
        if not _can(self._server.capabilities, command):
            raise Unsupported(f"{self.network} cannot do {type(command).__name__}")
        self._server.perform(command, settle)
        return True

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        if self._emit is None:
            raise ConnectionLost("not connected")
        return self._server.sent(txns)

    def heard(self, room: RoomId) -> float:
        return time.time() - self._server.silent_for

    def peer(self) -> Endpoint | None:
        return self._server.nature.peer if self._emit is not None else None

    def retention(self, room: RoomId) -> float | None:
        return self._server.nature.retention.get(room)

    def history_is_open(self, room: RoomId) -> bool | None:
        return self._server.nature.open.get(room)

    def present(self, room: RoomId) -> Present | None:
        return self._server.present.get(room)

    def is_away(self, room: RoomId, user: UserId) -> bool | None:
        return self._server.premises.away.get(user)

    def answers(self, room: RoomId) -> Mapping[str, str]:
        return self._server.premises.answers.get(room, {})

    async def make_room(self, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        self._connected()
        return self._server.premises.make(name, topic, invited)

    async def invite(self, room: RoomId, users: Collection[UserId]) -> None:
        self._connected()
        self._server.premises.invite(room, users)

    async def unmake(self, room: RoomId) -> None:
        self._connected()
        self._server.premises.made.pop(room, None)

    def _connected(self) -> None:
        if self._emit is None:
            raise ConnectionLost("not connected")

    async def avatar(self, room: RoomId, user: UserId) -> bytes | None:
        if self._emit is None:
            raise ConnectionLost("not connected")
        return self._server.speakers.avatars.get(user)

    def pictured(self, room: RoomId, key: str) -> None:
        self._server.speakers.pictured.append((room, key))

    def private_room(self, room: RoomId, person: UserId, speaker: Speaker) -> RoomId | None:
        return RoomId(f"{person} with {speaker.key}") if self._server.private else None

    def hint(self, command: FleetingCommand) -> None:
        self._server.hint(command)

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        return self._server.speakers.record(self._server.capabilities, speaker)

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        if not self._server.up:
            raise ConnectionLost("the scripted network is down: set it up again")
        return {room: self._server.refusals.get(room) for room in rooms}

    def _state(self, room: RoomId) -> RoomStateChanged:
        if room in self._server.refusals:
            return RoomStateChanged(room=room, state=RoomState.REFUSED, reason=self._server.refusals[room])
        return RoomStateChanged(
            room=room,
            state=RoomState.JOINED,
            caught_up=self._server.remembers,
            left_out=self._server.left_out,
        )


def _can(record: Capabilities, command: Command) -> bool:
    match command:
        case SendMessage():
            return command.file is None or record.file is not Support.NO
        case EditMessage():
            return record.edit is not Support.NO
        case DeleteMessage():
            return record.delete is not Support.NO
        case SetReactions():
            return record.reaction is not Support.NO
        case SetTopic():
            return record.topic is not Support.NO
