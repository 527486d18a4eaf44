"""Programs for the core: what they post are events, what they read are commands."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

from bridge import (
    Adapter,
    Capabilities,
    Command,
    ConnectionLost,
    DeleteMessage,
    EditMessage,
    Emit,
    Model,
    Part,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    SendMessage,
    Settle,
    Source,
    Speaker,
    Txn,
    landing,
)

from . import encode
from .api import ProgramApi
from .board import Board, Notice
from .capabilities import READ, WEBHOOK
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .held import HeldFiles
from .letterbox import Letterbox
from .port import ProgramPort
from .preflight import look_at
from .webhooks import Incoming, Outgoing

__all__ = ["HttpAdapter"]

_LONGEST = 100
_SIGNS = "-_.:#@+~"


class HttpAdapter(Adapter):
    """Programs that speak HTTP with us."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    config: Network
    rooms: Mapping[RoomId, Room]

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._emit: Emit | None = None
        self._letterbox: Letterbox | None = None
        self._held = HeldFiles()

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        """Return a room's name, a gateway's for programs. Raises ValueError with a sentence."""
        if not 0 < len(text) <= _LONGEST or not all(letter.isalnum() or letter in _SIGNS for letter in text):
            raise ValueError(
                f"{text[:40]!r} cannot be a room for programs: write one word of letters, digits and {_SIGNS}"
            )
        return RoomId(text)

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        new = [room for room in rooms if room not in self.rooms or rooms[room] != self.rooms[room]]
        await super().serve(rooms)
        if self._letterbox is not None:
            self._letterbox.rooms = self.rooms
        self._say_how(new)

    def follow(self, config: Any) -> None:
        super().follow(config)
        if self._emit is not None:
            self._port.config = config

    async def run(self, emit: Emit) -> None:
        self._board = Board(self.clock, self._attended)
        self._outgoing = Outgoing(self.config, self.clock)
        self._port = ProgramPort(self.config)
        letterbox = Letterbox(self.clock, self._held, emit)
        letterbox.rooms = self.rooms
        ProgramApi(self.network, self._board, letterbox).add_to(self._port)
        Incoming(letterbox).add_to(self._port)
        self._held.add_to(self._port)
        async with self._outgoing, self._port.serving():
            self._emit, self._letterbox = emit, letterbox
            try:
                self._say_how(self.rooms)
                await asyncio.Future()
            finally:
                self._emit = self._letterbox = None
                self._board.close()

    def _attended(self) -> None:
        """Go by whether somebody reads."""
        self._say_how([room for room, config in self.rooms.items() if config.to is None])

    def _say_how(self, rooms: Collection[RoomId]) -> None:
        """Tell of each room whether what is said there reaches a program.

        Nothing is missed meanwhile: whoever posted while we were away was not told that we had it.
        """
        if self._emit is not None and rooms:
            self._emit([self._standing(room) for room in rooms])

    def _standing(self, room: RoomId) -> RoomStateChanged:
        if self.rooms[room].to is not None or self._board.read:
            return RoomStateChanged(room=room, state=RoomState.JOINED, caught_up=True)
        why = f"no program reads what is said: see that one does, at http://{self.config.listen}/api/messages"
        return RoomStateChanged(room=room, state=RoomState.JOINING, reason=why)

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        """Send what has a file, which is read beside the loop."""
        file = command.file if isinstance(command, SendMessage) else None
        data = await asyncio.to_thread(Path.read_bytes, file.path) if file is not None else b""
        landed, settle = landing()
        self._send(command, data, settle)
        return landed

    def send_now(self, command: Command, settle: Settle) -> bool:
        if isinstance(command, SendMessage) and command.file is not None:
            return False
        self._send(command, b"", settle)
        return True

    def _send(self, command: Command, data: bytes, settle: Settle) -> None:
        if self._emit is None or command.room not in self.rooms:
            raise ConnectionLost(f"{self.network} does not listen")
        fields = encode.message(command, self.clock.now(), data)
        receipt = Receipt(_part(command))
        room = self.rooms[command.room]
        if room.to is None:
            self._board.put(Notice(encode.line(fields), receipt, settle))
        else:
            self._outgoing.post(room, *encode.webhook(command, fields), receipt, settle)

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        """Say that what is posted may be sent again: by its `webhook-id` it is known to be the same."""
        served = self.rooms.get(room)
        return dict.fromkeys(txns) if served is not None and served.to is not None else {}

    def source(self, address: str) -> Source:
        return self._held.source(address, self.config)

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        served = self.rooms.get(room)
        return WEBHOOK if served is not None and served.to is not None else READ

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        return {"HTTP, programs that read": READ, "HTTP, a webhook": WEBHOOK}

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await look_at(self.config, rooms)


def _part(command: Command) -> Part | None:
    """Return what a message is called from now on."""
    if isinstance(command, SendMessage):
        return Part(encode.name_of(command.txn), (), command.speaker.account)
    return command.target if isinstance(command, EditMessage | DeleteMessage) else None
