"""A room of its own for each chat, where a desk wants that.

The networks of the lobby make it for the agents whom the chat is for: who has it or is offered it, or all
who are there and want chats as long as it is anybody's. The rooms of one chat, and the chat itself, are a
conversation of their own, also after a restart. Some minutes after the chat is closed they are taken down.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bridge import AdapterError, Clock, Conversations, JournalError, Member, RoomId, Unsupported
from bridge.desk import AgentRow, Chat, ChatState, Desk, DeskRules

from .desks import Desks

__all__ = ["OwnRooms"]

log = logging.getLogger(__name__)

_LINGERS = 300.0
"""For how long after its end a chat keeps its rooms, in seconds: visitors say thank you."""
_AGAIN = 60.0
"""After how long something is tried again that a network refused, in seconds."""


@dataclass(slots=True)
class _Own:
    """The rooms of one chat."""

    desk: str
    number: int
    rooms: dict[str, str] = field(default_factory=dict)
    """By network."""
    invited: set[str] = field(default_factory=set)
    """Agents, by their keys, since the start."""
    refused: dict[str, float] = field(default_factory=dict)
    """Until when a network is not asked for a room, or to invite somebody (by their key); by the clock's
    `monotonic`.
    """
    present: set[str] | None = None
    """Agents who are in them; None: since a restart nobody was seen there."""
    opened: bool = False
    """Whether the conversation is known to be open."""
    doing: "asyncio.Task[None] | None" = None

    @property
    def room(self) -> RoomId:
        """The chat's room on our own network."""
        return RoomId(f"{self.desk}/{self.number}")

    @property
    def name(self) -> str:
        """What its rooms elsewhere are to be called."""
        return f"{self.desk}-{self.number}"


def shown(rooms: Mapping[str, str], name: str) -> dict[str, str]:
    """Return rooms as people know them, who see an id only where it has the room's name in it."""
    return {network: room if name in room else name for network, room in rooms.items()}


class OwnRooms:
    """Makes them, lets agents in, and takes them down."""

    def __init__(self, network: str, desks: Desks, conversations: Conversations, clock: Clock) -> None:
        self._network = network
        self._desks = desks
        self._conversations = conversations
        self._clock = clock
        self._own: dict[int, _Own] = {}
        self._same: dict[str, str] = {}
        """Who somebody in a chat's room is in the lobby, where their network has other ids in each room."""
        for number, desk, rooms in desks.store.roomed():
            own = self._own[number] = _Own(desk, number, dict(rooms))
            self._same.update({row.key: row.name for row in desks.store.agents(own.room)})
        for room in desks.of_chats():
            if all(room != own.room for own in self._own.values()):  # a crash came between
                conversations.close(room)

    def tick(self) -> None:
        """Do what is due: every second."""
        seen: set[int] = set()
        for name, desk in self._desks.all():
            for chat in desk.chats if desk.rules.mode == "rooms" else ():
                seen.add(chat.number)
                self._see(name, desk, chat)
        for own in [own for own in self._own.values() if own.number not in seen]:
            if self._is_over(own):
                self._do(own, partial(self._take_down, own))

    def lobby_key(self, room: RoomId, key: str) -> str:
        """Return who somebody who speaks in a chat's room is in the lobby."""
        desk, slash, _ = room.partition("/")
        if not slash or key in self._same:
            return self._same.get(key, key)
        here = next((one for one in self._conversations.people(room) if one.key == key), None)
        if here is not None and here.proof:
            for one in self._conversations.people(RoomId(desk)):
                if (one.network, one.proof) == (here.network, here.proof):
                    self._know(room, key, one.key)
        return self._same.get(key, key)

    def _know(self, room: RoomId, key: str, lobby: str) -> None:
        """Keep who somebody is, as an agent of the chat's room: after a restart they may speak there before
        the lobby is entered.
        """
        self._same[key] = lobby
        if key != lobby:
            with self._desks.store.transaction():
                self._desks.store.put_agent(AgentRow(room, key, lobby))

    def close(self) -> None:
        """Do nothing any more."""
        for own in self._own.values():
            if own.doing is not None:
                own.doing.cancel()

    # One chat

    def _see(self, name: str, desk: Desk, chat: Chat) -> None:
        own = self._own.setdefault(chat.number, _Own(name, chat.number))
        if own.desk != name or dict(chat.rooms) != own.rooms:  # it went to another desk
            self._do(own, partial(self._take_down, own))
            return
        if own.rooms and not own.opened:
            self._do(own, partial(self._reopen, own))
            return
        self._greet(own, desk, chat)
        wanted = [one for one in self._wanted(own, desk, chat) if self._may_ask(own, one)]
        if wanted:
            self._do(own, partial(self._bring, own, desk, chat, wanted))

    def _greet(self, own: _Own, desk: Desk, chat: Chat) -> None:
        """Tell what was said so far when the first agent comes into a chat's room, or who has the chat. Who
        is not in the lobby is no agent: on some networks an invitation is for whoever has a name by then.
        """
        there = {self.lobby_key(own.room, one.key) for one in self._conversations.people(own.room)}
        there &= {one.key for one in self._conversations.people(RoomId(own.desk))}
        if own.present is None:
            own.present = there or None
            return
        came = there - own.present
        if came and (not own.present or chat.agent in came):
            desk.tell_so_far(own.number)
        own.present = there

    def _wanted(self, own: _Own, desk: Desk, chat: Chat) -> Sequence[Member]:
        """Return the agents who are to be in a chat's room, and are neither there nor invited."""
        rules = desk.rules
        lobby = [one for one in self._conversations.people(RoomId(own.desk)) if self._is_agent(one, rules)]
        if chat.agent:
            wanted = [one for one in lobby if one.key == chat.agent]
        elif rules.assign == "first":
            available = {row.key: row.available for row in self._desks.store.agents(own.desk)}
            wanted = [
                one
                for one in lobby
                if not one.away and available.get(one.key, True) and desk.load(one.key) < rules.capacity
            ]
        else:
            wanted = []
        missing = [one for one in wanted if one.key not in own.invited]
        there = {self.lobby_key(own.room, one.key) for one in self._conversations.people(own.room)}
        return [one for one in missing if one.key not in there]

    def _is_agent(self, one: Member, rules: DeskRules) -> bool:
        return (
            one.network != self._network
            and (rules.rooms is None or one.network in rules.rooms)
            and rules.may_answer(one.key)
        )

    def _may_ask(self, own: _Own, one: Member) -> bool:
        until = max(own.refused.get(one.network, -math.inf), own.refused.get(one.key, -math.inf))
        return until <= self._clock.monotonic()

    def _is_over(self, own: _Own) -> bool:
        """Whether the rooms of a chat that is not open here any more are to go."""
        chat = self._desks.store.chat(own.number)
        if chat is None or chat.desk != own.desk or chat.state is not ChatState.CLOSED:
            return True
        return not own.rooms or (chat.closed_at or 0.0) <= self._clock.now() - _LINGERS

    def _do(self, own: _Own, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do one thing at a time for a chat."""
        if own.doing is None or own.doing.done():
            own.doing = asyncio.create_task(self._safely(own, work))

    async def _safely(self, own: _Own, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except (AdapterError, JournalError) as error:
            log.warning("%s: the rooms of %s: %s", self._network, own.room, error)
        except Exception:
            log.exception("%s: the rooms of %s: a bug", self._network, own.room)

    async def _bring(self, own: _Own, desk: Desk, chat: Chat, wanted: Sequence[Member]) -> None:
        """Let agents into a chat's rooms, which are made where there are none."""
        networks = {one.network for one in wanted} - own.rooms.keys()
        made = await asyncio.gather(*[self._made(own, chat, network) for network in networks])
        if any(made):
            rooms = {network: room for network, room in zip(networks, made, strict=True) if room}
            self._move(own, desk, {**own.rooms, **rooms})
        await asyncio.gather(*[self._invite(own, one) for one in wanted if one.network in own.rooms])
        if any(made):  # not before: who is quick would be shut out
            desk.tell_where(own.number, shown(own.rooms, own.name))

    async def _made(self, own: _Own, chat: Chat, network: str) -> str:
        """Return a room that a network makes; empty: it makes none."""
        topic = f"{chat.label} {chat.page}".rstrip()
        try:
            return await self._conversations.make(network, own.name, topic, ())
        except AdapterError as error:
            self._refuse(own, network, error)
            return ""

    async def _invite(self, own: _Own, one: Member) -> None:
        try:
            await self._conversations.invite(one.network, RoomId(own.rooms[one.network]), [one.user])
            own.invited.add(one.key)
        except AdapterError as error:
            self._refuse(own, one.key, error)

    def _refuse(self, own: _Own, what: str, error: AdapterError) -> None:
        """Note that a network makes no room now, or invites somebody not."""
        never = isinstance(error, Unsupported)
        own.refused[what] = math.inf if never else self._clock.monotonic() + _AGAIN
        level = logging.INFO if never else logging.WARNING
        log.log(level, "%s: %s gets no room for %s: %s", self._network, what, own.room, error)

    def _move(self, own: _Own, desk: Desk, rooms: dict[str, str]) -> None:
        """Let a chat have these rooms."""
        own.rooms = rooms
        own.present = own.present or set()
        self._open(own)
        desk.moved(own.number, rooms)

    async def _reopen(self, own: _Own) -> None:
        self._open(own)

    def _open(self, own: _Own) -> None:
        """Join a chat's rooms. Raises AdapterErrors and JournalError."""
        rooms = [(network, RoomId(room)) for network, room in own.rooms.items()]
        self._conversations.open(own.room, [(self._network, own.room), *rooms])
        own.opened = True

    async def _take_down(self, own: _Own) -> None:
        """Let a chat have no rooms any more."""
        self._conversations.close(own.room)
        rooms, own.rooms = own.rooms, {}
        if (desk := self._desks.find(own.desk)) is not None:
            desk.moved(own.number, {})
        del self._own[own.number]
        for network, room in rooms.items():
            try:
                await self._conversations.leave(network, RoomId(room))
            except AdapterError as error:
                log.warning("%s: %s of %s stays as it is: %s", self._network, room, own.room, error)
