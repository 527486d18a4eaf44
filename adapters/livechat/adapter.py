"""Visitors of a web page: what they say at a desk are events, and what agents say there goes to them."""

import asyncio
import logging
import secrets
import tempfile
from collections.abc import Collection, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
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
    FleetingCommand,
    Model,
    Receipt,
    Rejected,
    RoomId,
    SendMessage,
    Settle,
    SetTyping,
    Source,
    Speaker,
    TemporaryFailure,
    Txn,
    Unsupported,
    UserId,
    landing,
    reached,
)
from bridge.desk import INSTRUCTIONS, DeskStore, desk_file

from .capabilities import DESK
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .decode import KEPT
from .desks import desk_of
from .files import ChatFiles
from .preflight import look_at
from .session import Session

__all__ = ["LivechatAdapter"]

log = logging.getLogger(__name__)

_LONGEST = 40


class LivechatAdapter(Adapter):
    """Desks of one listener."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    config: Network
    rooms: Mapping[RoomId, Room]
    instructed = False

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._session: Session | None = None

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        """Return a desk's name, or that of one chat of it (`sales/12`). Raises ValueError with a sentence."""
        desk, slash, chat = text.strip().partition("/")
        word = desk.replace("-", "").replace("_", "")
        if (
            not (word.isascii() and word.isalnum())
            or len(desk) > _LONGEST
            or (slash and not chat.isdecimal())
        ):
            raise ValueError(
                f"{text[:40]!r} cannot be a desk: write one word of letters and digits, such as sales"
            )
        return RoomId(desk.lower() + slash + chat)

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        new = [room for room in rooms if room not in self.rooms]
        await super().serve(rooms)
        if self._session is not None:
            self._session.serve(self.rooms, new)

    def follow(self, config: Any) -> None:
        super().follow(config)
        if self._session is not None:
            self._session.follow(config)

    async def run(self, emit: Emit) -> None:
        with ExitStack() as stack:
            path = self._path(stack)
            store = stack.enter_context(closing(DeskStore(desk_file(path))))
            files = ChatFiles(path.with_name(f"{path.name}.files"))
            self._session = Session(self, emit, store, files, self._key())
            try:
                async with self._session.serving():
                    await self._session.keep_time()
            finally:
                self._session = None

    @property
    def _running(self) -> Session:
        """The session that runs now. Raises ConnectionLost where none does."""
        if self._session is None:
            raise ConnectionLost(f"{self.network} does not listen")
        return self._session

    def _path(self, stack: ExitStack) -> Path:
        """Return what the names of our files begin with."""
        if self.keepsake is not None:
            return self.keepsake.path
        return Path(stack.enter_context(tempfile.TemporaryDirectory())) / self.network

    def _key(self) -> bytes:
        """Return what addresses are hashed with: it stays, so that who was kept out still is."""
        key = secrets.token_hex(32)
        if self.keepsake is not None:
            try:
                if kept := self.keepsake.read():
                    return kept.encode()
                self.keepsake.write(key)
            except OSError as error:
                log.warning(
                    "%s: who is kept out can come in again after a restart: %s cannot be used (%s)",
                    self.network,
                    self.keepsake.path,
                    error.strerror,
                )
        return key.encode()

    def send_now(self, command: Command, settle: Settle) -> bool:
        if isinstance(command, SendMessage) and command.file is not None:
            return False
        settle(self._heard(command))
        return True

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        """Send what has a file, which is kept for as long as its chat."""
        landed, settle = landing()
        if not isinstance(command, SendMessage) or command.file is None:
            settle(self._heard(command))
            return landed
        files = self._running.files
        file = await asyncio.to_thread(files.adopt, command.file)
        try:
            receipt = self._heard(replace(command, file=file))
        except BaseException:
            files.give(file, None)
            raise
        files.give(file, _chat_of(receipt))
        settle(receipt)
        return landed

    def _heard(self, command: Command) -> Receipt:
        """Let a desk hear this. Returns what became of it, which is on record."""
        session = self._running
        if command.room not in self.rooms:
            raise ConnectionLost(f"{self.network} does not listen")
        if not isinstance(command, SendMessage | EditMessage | DeleteMessage):
            raise Unsupported(f"no visitor can be shown {type(command).__name__}")
        return Receipt(session.heard(command))

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        """Look in the store: what is not there was not heard, and may be sent again."""
        found = self._running.desks.found(list(txns))
        return {txn: Receipt(found[txn]) if txn in found else None for txn in txns}

    def renamed(self, room: RoomId, key: str, new_key: str, name: str) -> None:
        desk = self._session.desks.find(desk_of(room)) if self._session is not None else None
        if desk is not None:
            try:
                desk.renamed(key, new_key, name)
            except TemporaryFailure:
                log.exception("%s: the chats of %s stay with who is no more", self.network, key)

    def hint(self, command: FleetingCommand) -> None:
        if self._session is not None and isinstance(command, SetTyping) and command.speaker is not None:
            self._session.typing(command, command.speaker)

    def source(self, address: str) -> Source:
        if not address.startswith(KEPT):
            return Source(address)
        chat, _, name = address.removeprefix(KEPT).partition("/")
        if self._session is not None and self._session.files.at(int(chat), name) is None:
            raise Rejected("its chat was erased")
        host, port = self.config.address
        return Source(f"http://{reached(host)}:{port}/kept/{chat}/{name}", own=True)

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        return DESK

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        return {"live chat, a desk": DESK}

    async def forget(self, user: UserId) -> int:
        return await self._running.erasing.forget(user)

    def answers(self, room: RoomId) -> Mapping[str, str]:
        return {name: one.help for name, one in INSTRUCTIONS.items()}

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await look_at(self.config, rooms)


def _chat_of(receipt: Receipt) -> int | None:
    """Return the chat in which something was said; None: no visitor got it."""
    return (int(receipt.part.id.partition(".")[0]) or None) if receipt.part is not None else None
