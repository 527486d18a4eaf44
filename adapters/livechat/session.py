"""A session is one run of an adapter: a door that is open, and the desks that are behind it."""

import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace

from bridge import (
    Adapter,
    Complaints,
    DeleteMessage,
    EditMessage,
    Emit,
    Part,
    RoomId,
    RoomState,
    RoomStateChanged,
    SendMessage,
    SetTyping,
    Speaker,
    TemporaryFailure,
)
from bridge.desk import Chat, DeskStore, Person

from .attachments import FileRules
from .config import NetworkConfig, RoomConfig
from .desks import Desks
from .door import Door
from .erasing import Erasing
from .files import ChatFiles
from .guard.guard import Guard
from .mailing import MailingLists
from .own_rooms import OwnRooms
from .post.postman import Postman
from .streams import ChatStreams
from .trial import TrialPage
from .uploads import ChatUploads
from .visits import Visits
from .widget import Widget

__all__ = ["Session"]

log = logging.getLogger(__name__)

_TICK = 1.0
_HOUR = 3600.0
_KEPT = 7 * 24 * _HOUR
"""For how long what was said to agents is kept besides the journal, in seconds."""


class Session:
    """Has the parts of one run, which know of each other."""

    def __init__(self, adapter: Adapter, emit: Emit, store: DeskStore, files: ChatFiles, key: bytes) -> None:
        """`key` is a secret that stays: addresses are hashed with it, and links are known by it."""
        self._adapter, self._emit = adapter, emit
        self.files = files
        self.desks = Desks(
            store, adapter.network, emit, adapter.clock, self._people, self._language, lambda: adapter.mail
        )
        self._door = Door(adapter.config)
        self._guard = Guard(
            adapter.config, key, open_chats=self.desks.chats, chat=store.chat, clock=adapter.clock
        )
        self._uploads = ChatUploads(files, self._guard, self._files_of)
        self.erasing = Erasing(self.desks, self._uploads, adapter.conversations, key)
        self._open_door()
        self.desks.serve(adapter.rooms)
        self._own_rooms = (
            OwnRooms(adapter.network, self.desks, adapter.conversations, adapter.clock)
            if adapter.conversations is not None
            else None
        )

    def _open_door(self) -> None:
        """Let the door answer for all that browsers ask for."""
        door, guard, uploads, erasing = self._door, self._guard, self._uploads, self.erasing
        streams = ChatStreams(self.desks.store, self.desks.followers)
        lists = MailingLists(self._adapter.network, self._adapter.lists, guard)
        Visits(self.desks, door, guard, uploads, streams, erasing, lists).add_to(door)
        for method in ("GET", "POST"):
            door.add(method, "/delete/{link}", erasing.page, public=True)
        door.add("GET", "/chat.js", Widget().answer, public=True)
        door.add("GET", "/try/{desk}", TrialPage(erasing.told_first).answer, public=True)
        door.add("GET", r"/kept/{chat:\d{1,9}}/{name:\w{1,64}}", uploads.for_the_core, public=True)

    def follow(self, config: NetworkConfig) -> None:
        """Go by other settings from now on."""
        self._door.config = self._guard.config = config

    def serve(self, rooms: Mapping[RoomId, RoomConfig], new: Collection[RoomId]) -> None:
        """Have the desks of these rooms, of which some are new."""
        self.desks.serve(rooms)
        self._say_how(new)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Let visitors in while in this context. Raises ConnectionLost when the port cannot be used."""
        try:
            async with self._guard, self._door.serving():
                self._say_how(self._adapter.rooms)
                yield
        finally:
            if self._own_rooms is not None:
                self._own_rooms.close()

    async def keep_time(self) -> None:
        """Do what is due, until cancelled; then nobody waits any more."""
        adapter = self._adapter
        postman = Postman(
            adapter.network,
            self.desks,
            lambda: adapter.mail,
            self._deletion,
            lambda: adapter.config.origins,
            adapter.clock,
        )
        try:
            await self._tick(postman)
        finally:
            await self.desks.close()
            await postman.close()

    async def _tick(self, postman: Postman) -> None:
        clock = self._adapter.clock
        tidied, complaints = 0.0, Complaints(log, clock)
        while True:
            await clock.sleep(_TICK)
            now = clock.now()
            try:
                self.desks.tick()
                if self._own_rooms is not None:
                    self._own_rooms.tick()
                postman.tick()
                if now - tidied > _HOUR:
                    tidied = now
                    await self.desks.tidy(self.files, now - _KEPT)
            except TemporaryFailure as error:
                what = f"{self._adapter.network}: what was due at the desks could not be done: {error}"
                complaints.tell("due", what, error)
            else:
                complaints.over("due")

    def heard(self, command: SendMessage | EditMessage | DeleteMessage) -> Part:
        """Let a desk hear what an agent says. Returns what that is called. Raises ConnectionLost."""
        return self.desks.heard(replace(command, speaker=self._in_lobby(command.room, command.speaker)))

    def typing(self, command: SetTyping, speaker: Speaker) -> None:
        """Show a visitor that an agent writes, or no longer does."""
        self.desks.typing(replace(command, speaker=self._in_lobby(command.room, speaker)))

    def _in_lobby(self, room: RoomId, speaker: Speaker) -> Speaker:
        """Return who speaks as they are known in the lobby."""
        if not speaker.key or self._own_rooms is None:
            return speaker
        return replace(speaker, key=self._own_rooms.keys.agent(room, speaker.key))

    def _deletion(self, chat: Chat) -> str:
        """Return the address by which whoever has it deletes a chat; empty: browsers have no way here from a
        mail.
        """
        public = self._adapter.config.public_url
        return f"{public}{self.erasing.path(chat.number)}" if public else ""

    def _files_of(self, desk: str) -> FileRules | None:
        rules = self.desks.rules(desk)
        return rules.files if rules is not None else None

    def _language(self, room: RoomId) -> str:
        conversations = self._adapter.conversations
        return conversations.language(room) if conversations is not None else "en"

    def _people(self, room: RoomId) -> Sequence[Person]:
        conversations = self._adapter.conversations
        people = conversations.people(room) if conversations is not None else ()
        return [Person(one.key, one.name, one.network, one.away) for one in people]

    def _say_how(self, rooms: Collection[RoomId]) -> None:
        """Tell that visitors can come. Nothing was missed: a browser says it again until we have it."""
        if rooms:
            self._emit(
                [RoomStateChanged(room=room, state=RoomState.JOINED, caught_up=True) for room in rooms]
            )
