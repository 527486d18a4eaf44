"""A fake network for tests.

`ScriptedAdapter` is also the smallest complete adapter: read it before you write one.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bridge.adapter import Adapter, Emit, Position, Settle
from bridge.config import Model
from bridge.errors import AdapterError, ConnectionLost, RoomUnavailable
from bridge.looks import Present
from bridge.model import (
    Capabilities,
    Command,
    Content,
    Feature,
    File,
    FleetingCommand,
    FleetingEvent,
    Mark,
    MessageCreated,
    MessageId,
    Part,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    Sender,
    SendMessage,
    Speaker,
    Support,
    TalkEvent,
    Txn,
    UserId,
    plain,
)

__all__ = ["ScriptedAdapter", "ScriptedNetwork"]


class ScriptedNetwork:
    """The server side of a fake network: it keeps what was said, and does what a test tells it."""

    _by_name: ClassVar[dict[str, "ScriptedNetwork"]] = {}

    def __init__(self, name: str) -> None:
        self.said: list[SendMessage] = []
        """Every message that the network took, in its order, doubles included."""
        self.done: list[Command] = []
        """Every other command."""
        self.hints: list[FleetingCommand] = []
        """What was to be done at once or never."""
        self.present: dict[RoomId, Present] = {}
        """Who is in its rooms, whether they speak or not, where it tells."""
        self.refusals: dict[RoomId, str] = {}
        """Rooms that cannot be joined, and why."""
        self.errors: deque[AdapterError] = deque()
        """What happens to the next commands in place of being taken, one each."""
        self.up = True
        self.connections = 0
        """How often an adapter logged in."""
        self.remembers = True
        """Off: nobody can ask it what was said before."""
        self.left_out: int | None = 0
        """How much of what was said before is too much to be read."""
        self.silent_for = 0.0
        """Seconds between the last word from it and the end of a connection."""
        self.confirming = True
        """Off: commands are taken and their confirmations withheld until it is `released`."""
        self.capabilities = Capabilities(
            text_limit=60_000,
            marks=frozenset(Mark),
            features=frozenset(Feature),
            reply=Support.FULL,
            edit=Support.FULL,
            delete=Support.FULL,
            reaction=Support.FULL,
            window=1,
        )
        self.gate = asyncio.Event()
        """Clear: commands have to wait for their place, as where a network limits how fast one may talk."""
        self.gate.set()
        self.uploading = asyncio.Event()
        """Clear: uploads hang."""
        self.uploading.set()
        self.uploads: list[File] = []
        """Every file that somebody wanted to upload."""
        self.upload_errors: deque[AdapterError] = deque()
        """What becomes of the next uploads, one each."""
        self.names_messages = True
        """Off: nobody can refer to what was said."""
        self.carries_marks = True
        """Off: nothing tells a copy from what a person says."""
        self.neighbours: list[ScriptedNetwork] = []
        """Networks of other bridges that show the same rooms."""
        self._lost: deque[AdapterError] = deque()
        self._forgotten: set[int] = set()
        self._withheld: list[tuple[Settle, Receipt]] = []
        self._changed = asyncio.Event()
        self._adapter: ScriptedAdapter | None = None
        self._history: list[tuple[int, TalkEvent]] = []
        self._ids = itertools.count(1)
        ScriptedNetwork._by_name[name] = self

    @classmethod
    def named(cls, name: str) -> "ScriptedNetwork":
        """The network of this name, which a test has made."""
        return cls._by_name[name]

    def say(self, room: str, name: str, content: Content | str, **fields: Any) -> MessageCreated:
        """Somebody says something. While no adapter is connected, it waits in the network's history."""
        event = self.saying(room, name, content, **fields)
        self.happen(event)
        return event

    def saying(self, room: str, name: str, content: Content | str, **fields: Any) -> MessageCreated:
        """What would happen if somebody said something."""
        return MessageCreated(
            id=MessageId(f"m{next(self._ids)}"),
            room=RoomId(room),
            sender=Sender(UserId(f"{name}!user@host"), name),
            content=plain(content) if isinstance(content, str) else content,
            **fields,
        )

    def happen(self, *events: TalkEvent) -> None:
        """These things happen, and the adapter reads of them in one go."""
        for network in (self, *self.neighbours):
            network.show(events)

    def beside(self, other: "ScriptedNetwork") -> None:
        """Let another bridge, on a network object of its own, be in the same rooms."""
        self.neighbours.append(other)
        other.neighbours.append(self)

    def show(self, events: Sequence[TalkEvent]) -> None:
        """Called by a network beside: these things happened there."""
        count = len(self._history)
        self._history += enumerate(events, count + 1)
        if self._adapter is not None:
            self._adapter.hear(events, count + len(events))

    def announce(self, event: RoomStateChanged | FleetingEvent) -> None:
        """Tell the adapter that its standing in a room changed, or what counts only now."""
        if self._adapter is not None:
            self._adapter.announce(event)

    def since(self, token: str | None) -> list[TalkEvent]:
        """What happened after a position; None: the adapter was never here."""
        if token is None or not self.remembers:
            return []
        return [event for number, event in self._history if number > int(token)]

    def sent(self, txns: Collection[Txn]) -> dict[Txn, Receipt | None]:
        """What became of these commands."""
        if not self.remembers:
            return {}
        numbers = {command.txn: number for number, command in enumerate(self.said, 1)}
        numbers |= {command.txn: 0 for command in self.done}
        found = {txn: _receipt(numbers[txn]) if txn in numbers else None for txn in txns}
        return {txn: receipt for txn, receipt in found.items() if numbers.get(txn) not in self._forgotten}

    def forget(self, number: int) -> None:
        """Nobody can ask any more what became of this command, by its place in `said`."""
        self._forgotten.add(number)

    def lose(self, error: AdapterError) -> None:
        """Take the next command, but let this stand in place of its confirmation."""
        self._lost.append(error)

    def texts(self, room: str) -> list[str]:
        """What was said in a room by commands, as text."""
        return [command.content.text for command in self.said if command.room == room]

    @property
    def connected(self) -> bool:
        """Whether an adapter is logged in."""
        return self._adapter is not None

    async def settled(self) -> None:
        """Wait until everything that happened here is durable with the bridge."""
        if self._adapter is not None:
            await self._adapter.flushed()
        for _ in range(20):
            await asyncio.sleep(0)

    def happened(self) -> list[TalkEvent]:
        """Everything that people did here."""
        return [event for _, event in self._history]

    async def until(self, count: int) -> None:
        """Wait until so many messages were taken."""
        while len(self.said) < count:
            self._changed.clear()
            await self._changed.wait()

    async def until_done(self, count: int) -> None:
        """Wait until so many other commands were taken."""
        while len(self.done) < count:
            self._changed.clear()
            await self._changed.wait()

    def release(self) -> None:
        """Confirm what was withheld, and from now on everything."""
        self.confirming = True
        self._confirm()

    def _confirm(self) -> None:
        withheld, self._withheld = self._withheld, []
        for settle, receipt in withheld:
            settle(receipt)

    def drop(self) -> None:
        """Break the connection."""
        if self._adapter is not None:
            self._adapter.lost.set()

    def die(self) -> None:
        """The adapter's process is killed: what it does from now on reaches nobody."""
        if self._adapter is not None:
            self._adapter.die()
        self._adapter = None

    # What the adapter calls

    def connect(self, adapter: "ScriptedAdapter") -> int:
        """Log in; returns how much has happened so far."""
        if not self.up:
            raise ConnectionLost("the scripted network is down: set it up again")
        self._adapter = adapter
        self.connections += 1
        return len(self._history)

    def disconnect(self) -> None:
        """Log out."""
        self._adapter = None
        for settle, _ in self._withheld:
            settle(ConnectionLost("the connection ended"))
        self._withheld.clear()

    def perform(self, command: Command, settle: Settle) -> None:
        """Take a command, or let happen to it what the test wants."""
        if self.errors:
            settle(self.errors.popleft())
            return
        self._changed.set()
        if not isinstance(command, SendMessage):
            self.done.append(command)
            settle(Receipt(None))
            return
        self.said.append(command)
        mark = command.txn if self.carries_marks else ""
        copy = self.saying(command.room, f"bot{id(self)}", command.content, mark=mark)
        for network in self.neighbours:
            network.show([copy])
        if self._lost:
            settle(self._lost.popleft())
            return
        receipt = _receipt(len(self.said)) if self.names_messages else Receipt(None)
        self._withheld.append((settle, receipt))
        if self.confirming and len(self._withheld) == 1:
            asyncio.get_running_loop().call_soon(self._confirm)


def _receipt(number: int) -> Receipt:
    return Receipt(Part(MessageId(f"c{number}")))


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
        if not text:
            raise ValueError("a room needs a name")
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
        """Called by the network: say and hear nothing any more."""
        self._emit = None

    def hear(self, events: Sequence[TalkEvent], position: int) -> None:
        """Called by the network when something happens."""
        assert self._emit is not None
        self._emit(events, Position(str(position)))

    def announce(self, event: RoomStateChanged | FleetingEvent) -> None:
        """Called by the network when our standing changed, or something fleeting happens."""
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

    def is_present(self, room: RoomId, name: str) -> bool:
        present = self._server.present.get(room)
        return present is not None and name in present

    def hint(self, command: FleetingCommand) -> None:
        self._server.hints.append(command)

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        return self._server.capabilities

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
