"""Visitors of a web page: what they say at a desk are events, and what agents say there goes to them."""

import asyncio
import logging
import secrets
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from bridge import (
    Adapter,
    Capabilities,
    Command,
    Complaints,
    ConnectionLost,
    DeleteMessage,
    EditMessage,
    Emit,
    FleetingCommand,
    Model,
    Receipt,
    Rejected,
    RoomId,
    RoomState,
    RoomStateChanged,
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
from bridge.desk import INSTRUCTIONS, Chat, DeskStore, Person, desk_file

from .capabilities import DESK
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .decode import KEPT
from .desks import Desks, desk_of
from .door import Door
from .erasing import Erasing
from .files import ChatFiles
from .guard.guard import Guard
from .mailing import MailingLists
from .own_rooms import OwnRooms
from .post.postman import Postman
from .preflight import look_at
from .streams import ChatStreams
from .trial import trial_page
from .uploads import ChatUploads
from .visits import Visits
from .widget import Widget

__all__ = ["LivechatAdapter"]

log = logging.getLogger(__name__)

_LONGEST = 40
_TICK = 1.0
_HOUR = 3600.0
_KEPT = 7 * 24 * _HOUR
"""For how long what was said to agents is kept besides the journal, in seconds."""


class LivechatAdapter(Adapter):
    """Desks of one listener."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    config: Network
    rooms: Mapping[RoomId, Room]
    instructed = False

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._emit: Emit | None = None
        self._desks: Desks | None = None
        self._door: Door | None = None
        self._guard: Guard | None = None
        self._files: ChatFiles | None = None
        self._own_rooms: OwnRooms | None = None
        self._erasing: Erasing | None = None

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
        if self._desks is not None:
            self._desks.serve(self.rooms)
            self._say_how(new)

    def follow(self, config: Any) -> None:
        super().follow(config)
        if self._door is not None and self._guard is not None:
            self._door.config = self._guard.config = config

    async def run(self, emit: Emit) -> None:
        with ExitStack() as stack:
            path = self._path(stack)
            store = stack.enter_context(closing(DeskStore(desk_file(path))))
            self._files = ChatFiles(path.with_name(f"{path.name}.files"))
            self._desks = Desks(
                store, self.network, emit, self.clock, self._people, self._language, lambda: self.mail
            )
            self._door, self._emit = Door(self.config), emit
            key = self._key()
            self._guard = self._guarded(self._desks, key)
            self._fit(self._door, self._desks, self._files, self._guard, key)
            self._desks.serve(self.rooms)
            if self.conversations is not None:
                self._own_rooms = OwnRooms(self.network, self._desks, self.conversations, self.clock)
            try:
                async with self._guard, self._door.serving():
                    self._say_how(self.rooms)
                    postman = Postman(
                        self.network,
                        self._desks,
                        lambda: self.mail,
                        self._deletion,
                        lambda: self.config.origins,
                        self.clock,
                    )
                    try:
                        await self._keep_time(self._desks, postman)
                    finally:
                        await self._desks.close()
                        await postman.close()
            finally:
                if self._own_rooms is not None:
                    self._own_rooms.close()
                self._emit = self._desks = self._door = self._guard = self._own_rooms = None
                self._erasing = None

    def _deletion(self, chat: Chat) -> str:
        """Return the address by which whoever has it deletes a chat; empty: browsers have no way here from a
        mail.
        """
        public = self.config.public_url
        return f"{public}{self._erasing.path(chat.number)}" if public and self._erasing is not None else ""

    def _path(self, stack: ExitStack) -> Path:
        """Return what the names of our files begin with."""
        if self.keepsake is not None:
            return self.keepsake.path
        return Path(stack.enter_context(tempfile.TemporaryDirectory())) / self.network

    def _guarded(self, desks: Desks, key: bytes) -> Guard:
        return Guard(self.config, key, open_chats=desks.chats, chat=desks.store.chat, clock=self.clock)

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

    def _fit(self, door: Door, desks: Desks, files: ChatFiles, guard: Guard, key: bytes) -> None:
        """Let the door answer for all that browsers ask for."""
        uploads = ChatUploads(
            files, guard, lambda desk: rules.files if (rules := desks.rules(desk)) else None
        )
        self._erasing = Erasing(desks, uploads, self.conversations, key)
        streams, lists = (
            ChatStreams(desks.store, desks.followers),
            MailingLists(self.network, self.lists, guard),
        )
        Visits(desks, door, guard, uploads, streams, self._erasing, lists).add_to(door)
        for method in ("GET", "POST"):
            door.add(method, "/delete/{link}", self._erasing.page, public=True)
        door.add("GET", "/chat.js", Widget().answer, public=True)
        door.add("GET", "/try/{desk}", trial_page, public=True)
        door.add("GET", r"/kept/{chat:\d{1,9}}/{name:\w{1,64}}", uploads.for_the_core, public=True)

    async def _keep_time(self, desks: Desks, postman: Postman) -> None:
        """Do what is due, until cancelled."""
        tidied, complaints = 0.0, Complaints(log, self.clock)
        while True:
            await self.clock.sleep(_TICK)
            now = self.clock.now()
            try:
                desks.tick()
                if self._own_rooms is not None:
                    self._own_rooms.tick()
                postman.tick()
                if now - tidied > _HOUR and self._files is not None:
                    tidied = now
                    await desks.tidy(self._files, now - _KEPT)
            except TemporaryFailure as error:
                what = f"{self.network}: what was due at the desks could not be done: {error}"
                complaints.tell("due", what, error)
            else:
                complaints.over("due")

    def _language(self, room: RoomId) -> str:
        return self.conversations.language(room) if self.conversations is not None else "en"

    def _people(self, room: RoomId) -> Sequence[Person]:
        if self.conversations is None:
            return ()
        return [Person(one.key, one.name, one.network, one.away) for one in self.conversations.people(room)]

    def _say_how(self, rooms: Collection[RoomId]) -> None:
        """Tell that visitors can come. Nothing was missed: a browser says it again until we have it."""
        if self._emit is not None and rooms:
            self._emit(
                [RoomStateChanged(room=room, state=RoomState.JOINED, caught_up=True) for room in rooms]
            )

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
        if self._files is None:
            raise ConnectionLost(f"{self.network} is not running")
        files = self._files
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
        if self._desks is None or command.room not in self.rooms:
            raise ConnectionLost(f"{self.network} does not listen")
        if not isinstance(command, SendMessage | EditMessage | DeleteMessage):
            raise Unsupported(f"no visitor can be shown {type(command).__name__}")
        command = replace(command, speaker=self._in_lobby(command.room, command.speaker))
        return Receipt(self._desks.heard(command))

    def _in_lobby(self, room: RoomId, speaker: Speaker) -> Speaker:
        """Return who speaks as they are known in the lobby."""
        if not speaker.key or self._own_rooms is None:
            return speaker
        return replace(speaker, key=self._own_rooms.agent_key(room, speaker.key))

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        """Look in the store: what is not there was not heard, and may be sent again."""
        if self._desks is None:
            raise ConnectionLost(f"{self.network} does not listen")
        found = self._desks.found(list(txns))
        return {txn: Receipt(found[txn]) if txn in found else None for txn in txns}

    def renamed(self, room: RoomId, key: str, new_key: str, name: str) -> None:
        if self._desks is not None and (desk := self._desks.find(desk_of(room))) is not None:
            try:
                desk.renamed(key, new_key, name)
            except TemporaryFailure:
                log.exception("%s: the chats of %s stay with who is no more", self.network, key)

    def hint(self, command: FleetingCommand) -> None:
        if self._desks is not None and isinstance(command, SetTyping) and command.speaker is not None:
            self._desks.typing(replace(command, speaker=self._in_lobby(command.room, command.speaker)))

    def source(self, address: str) -> Source:
        if not address.startswith(KEPT):
            return Source(address)
        chat, _, name = address.removeprefix(KEPT).partition("/")
        if self._files is None or self._files.at(int(chat), name) is None:
            raise Rejected("its chat was erased")
        host, port = self.config.address
        return Source(f"http://{reached(host)}:{port}/kept/{chat}/{name}", own=True)

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        return DESK

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        return {"live chat, a desk": DESK}

    async def forget(self, user: UserId) -> int:
        if self._erasing is None:
            raise ConnectionLost(f"{self.network} does not listen")
        return await self._erasing.forget(user)

    def answers(self, room: RoomId) -> Mapping[str, str]:
        return {name: one.help for name, one in INSTRUCTIONS.items()}

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await look_at(self.config, rooms)


def _chat_of(receipt: Receipt) -> int | None:
    """Return the chat in which something was said; None: no visitor got it."""
    return (int(receipt.part.id.partition(".")[0]) or None) if receipt.part is not None else None
