"""The desks of a network over their one store, and who waits for what they say."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from bridge import (
    N_,
    Clock,
    ConnectionLost,
    DeleteMessage,
    EditMessage,
    Emit,
    Mail,
    Part,
    RoomId,
    SendMessage,
    SetTyping,
    TemporaryFailure,
    Txn,
)
from bridge.desk import Chat, ChatState, Desk, DeskStore, Person, Seams

from .config import RoomConfig
from .decode import writing
from .feed import Feed
from .files import ChatFiles
from .followers import ChatFollowers
from .post.config import DeskMail
from .post.posting import DeskPost
from .post.unseen import Unseen
from .refused import VisitRefused

__all__ = ["Desks", "desk_of"]

_AWAY = 30.0
"""After how long a browser asks again whose desk is in the map no more, in seconds."""

_LEAVING = 0.5
"""Seconds that who waits has to go: longer takes only who reads nothing, and is shown out by the door."""


def desk_of(room: str) -> str:
    """Return the desk of a room, which may be that of one chat of it (`sales/12`)."""
    return room.partition("/")[0]


class Desks:
    """Brings together the store, the desks, the way to the core and the ways to visitors."""

    def __init__(  # noqa: PLR0913, PLR0917 made in one place
        self,
        store: DeskStore,
        network: str,
        emit: Emit,
        clock: Clock,
        people: Callable[[RoomId], Sequence[Person]],
        language: Callable[[RoomId], str] = lambda _: "en",
        mail: Callable[[], Mail | None] = lambda: None,
    ) -> None:
        """`people` gives who is in the rooms that are heard in one of ours, `language` what they speak, and
        `mail` the server of the map.
        """
        self.store = store
        self.followers = ChatFollowers(self._here)
        self._network = network
        self._feed = Feed(store, emit)
        self._emit = emit
        self._clock = clock
        self._people = people
        self._language = language
        self.post = DeskPost(store, self._mail_of, mail, clock)
        self._unseen = Unseen(store, self._mail_of, mail, clock, self.followers.__contains__)
        self._rooms: Mapping[RoomId, RoomConfig] = {}
        self._desks: dict[str, Desk] = {}
        self._floors: dict[str, Any] = {}
        """What the desks share, so that chats pass from one to another."""

    def serve(self, rooms: Mapping[RoomId, RoomConfig]) -> None:
        """Have the desks of these rooms, and hand over what they said and the core has not heard."""
        before, self._rooms = self._rooms, dict(rooms)
        for gone in before.keys() - rooms.keys():
            self._feed.end(gone)
            self._desks.pop(gone, None)
            self._floors.pop(gone, None)
        for room, rules in rooms.items():
            if (desk := self._desks.get(room)) is not None:
                desk.follow(rules)
            elif room == desk_of(room):
                self._desks[room] = self._made(room, rules)
            if room not in before:
                self._feed.begin(room)

    def _made(self, room: RoomId, rules: RoomConfig) -> Desk:
        seams = Seams(
            lambda: self._people(room),
            is_agent=self._is_agent,
            left_message=lambda message: self.post.left(room, message),
            ended=self.post.ended,
            said=self._unseen.said,
            post=self.post.post,
        )
        language = partial(self._language, room)
        desk = Desk(
            self.store, room, rules, self._clock, seams, desks=self._floors, language=language
        )  # fmt: skip
        desk.changed = self.followers.changed
        desk.fed = lambda: self._feed.catch_up([one for one in self._rooms if desk_of(one) == room])
        return desk

    def _is_agent(self, key: str) -> bool:
        """Whether somebody may be an agent: no visitor is."""
        return key.partition("/")[0] != self._network

    def desk(self, name: str) -> Desk:
        """Return a desk by its name. Raises VisitRefused."""
        desk = self._desks.get(name)
        if desk is None:
            raise VisitRefused(404, "nothing", f"there is no desk {name[:60]!r}")
        return desk

    def of(self, chat: Chat) -> Desk:
        """Return the desk that a chat is at by now: it may have been passed on while a file was on its way.

        Raises VisitRefused.
        """
        found = self.find((self.store.chat(chat.number) or chat).desk)
        if found is None:  # it may be back soon: browsers keep what is said until then
            raise VisitRefused(503, "away", N_("This cannot be kept now: try again."), _AWAY)
        return found

    def chats(self) -> Iterator[Chat]:
        """Yield the chats that are open, of all desks."""
        for desk in self._desks.values():
            yield from desk.chats

    def all(self) -> Collection[tuple[str, Desk]]:
        """Return all desks, each with its name."""
        return self._desks.items()

    def find(self, name: str) -> Desk | None:
        """Return a desk by its name; None: there is none."""
        return self._desks.get(name)

    def of_chats(self) -> Collection[RoomId]:
        """Return the rooms that are those of single chats."""
        return [room for room in self._rooms if room != desk_of(room)]

    def rules(self, name: str) -> RoomConfig | None:
        """Return how a desk works; None: there is none."""
        return self._rooms.get(RoomId(name))

    def _mail_of(self, name: str) -> DeskMail | None:
        rules = self.rules(name)
        return rules.mail if rules is not None else None

    async def kept(self) -> None:
        """Wait until all that was said to agents is on record."""
        await self._feed.kept()

    def heard(self, command: SendMessage | EditMessage | DeleteMessage) -> Part:
        """Let the desk of a command's room hear what an agent says there. Returns what that is called.

        Raises ConnectionLost where there is no such desk any more.
        """
        desk = self._desks.get(desk_of(command.room))
        if desk is None:
            raise ConnectionLost(f"{command.room} is closed, since its desk left the map")
        return desk.heard(command)

    def found(self, txns: Collection[Txn]) -> Mapping[Txn, Part]:
        """Return what became of agents' words."""
        return self.store.heard(txns)

    def writes(self, chat: Chat, typing: bool) -> None:
        """Show agents that a visitor writes, or does no more."""
        if chat.state is not ChatState.CLOSED:
            self._emit([writing(chat, typing)])

    def typing(self, hint: SetTyping) -> None:
        """Show the visitor whom an agent talks to that they write, or do no more."""
        desk = self._desks.get(desk_of(hint.room))
        if hint.speaker is None or desk is None:
            return
        chat = desk.writes_to(hint.speaker.key, hint.room)
        if chat is not None:
            self.followers.typing(chat, hint.typing, hint.speaker.name)

    def tick(self) -> None:
        """Do what is due by the clock."""
        for desk in self._desks.values():
            for chat in desk.chats:
                if chat.number not in self.followers:  # a desk is told of who goes, not of who was gone
                    desk.here(chat.number, connected=False)
            desk.tick()

    async def tidy(self, files: ChatFiles, before: float) -> None:
        """Forget what agents had before that time, which is in the journal, and files of chats that are no
        more.
        """
        self._feed.trim(before)
        for chat in await asyncio.to_thread(files.chats):
            if not self.store.lines(chat, most=1):
                await asyncio.to_thread(files.forget, chat)

    async def close(self) -> None:
        """Let nobody wait any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVING):
                await self.followers.end()

    def _here(self, chat: int, connected: bool, reached: int) -> None:
        with contextlib.suppress(TemporaryFailure):  # a mail too many or too few, and the chat can be read
            self._unseen.came(chat) if connected else self._unseen.left(chat, reached)
        if self.followers.over:  # all go at once, and no agent is told
            return
        found = self.store.chat(chat)
        if found is not None and found.desk in self._desks:
            self._desks[found.desk].here(chat, connected=connected)
