"""A room of its own for each chat, where a desk wants that.

The networks of the lobby make it for the agents whom the chat is for: who has it or is offered it, or all
who are there and want chats as long as it is anybody's. The rooms of one chat, and the chat itself, are a
conversation of their own, also after a restart. Some minutes after the chat is closed they are taken down;
before that where nobody can be let in, or who has the chat does not come: then it goes on in the lobby.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bridge import AdapterError, Clock, Conversations, JournalError, Member, Rejected, RoomId, Unsupported
from bridge.desk import Chat, ChatState, Desk, DeskRules

from .desks import Desks
from .left_rooms import LeftRooms
from .lobby_keys import LobbyKeys

__all__ = ["OwnRooms"]

log = logging.getLogger(__name__)

_LINGERS = 300.0
"""For how long after its end a chat keeps its rooms, in seconds: visitors say thank you."""
_AGAIN = 60.0
"""After how long something is tried again that a network refused, in seconds."""
_FRUITLESS = 600.0
"""After how long a room is made again into which nobody could be let, in seconds."""
_SETTLES = 0.5
"""So long after they are made rooms are joined with the desk, so that who is quick is heard, in seconds."""
_COMES = 60.0
"""So long who has a chat may be in the lobby and not in its rooms, in seconds."""
_RETURNS = 10.0
"""So long after somebody is back they are not invited again, in seconds: most clients enter all rooms anew by
themselves.
"""


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
    absent_since: float | None = None
    """Since when who has the chat is in the lobby alone, by the clock's `monotonic`."""
    gone: set[str] = field(default_factory=set)
    """Agents who were invited and are not in the lobby any more."""
    opened: bool = False
    """Whether the conversation is known to be open."""
    doing: "asyncio.Task[None] | None" = None

    @property
    def room(self) -> RoomId:
        """The chat's room on our own network."""
        return RoomId(f"{self.desk}/{self.number}")

    @property
    def name(self) -> str:
        """The name that its rooms elsewhere are to have."""
        return f"{self.desk}-{self.number}"


def shown(rooms: Mapping[str, str], name: str) -> dict[str, str]:
    """Return rooms as people know them, who see an id only where it has the room's name in it."""
    return {network: room if name in room else name for network, room in rooms.items()}


class OwnRooms:
    """Makes the rooms of chats, lets agents in, and takes them down."""

    def __init__(self, network: str, desks: Desks, conversations: Conversations, clock: Clock) -> None:
        self._network = network
        self._desks = desks
        self._conversations = conversations
        self._clock = clock
        self.keys = LobbyKeys(desks.store, conversations)
        self._own: dict[int, _Own] = {}
        self._left = LeftRooms(network, conversations, clock, self._has)
        for number, desk, rooms in desks.store.roomed():
            own = self._own[number] = _Own(desk, number, dict(rooms))
            self.keys.load(own.room)
        for room in desks.of_chats():
            if all(room != own.room for own in self._own.values()):  # a crash came between
                conversations.close(room)

    def tick(self) -> None:
        """Do what is due: every second."""
        seen: set[int] = set()
        for name, desk in self._desks.all():
            if desk.rules.mode == "rooms" and desk.chats:
                lobby = {one.key: one for one in self._conversations.people(RoomId(name))}
                for chat in desk.chats:
                    seen.add(chat.number)
                    self._see(name, desk, chat, lobby)
        for own in [own for own in self._own.values() if own.number not in seen]:
            if self._is_over(own):
                self._do(own, partial(self._take_down, own))
        self._left.tick()

    def close(self) -> None:
        """Do nothing any more."""
        self._left.close()
        for own in self._own.values():
            if own.doing is not None:
                own.doing.cancel()

    def _has(self, network: str, room: str) -> bool:
        """Whether a chat has this room."""
        return any(own.rooms.get(network) == room for own in self._own.values())

    # One chat

    def _see(self, name: str, desk: Desk, chat: Chat, lobby: Mapping[str, Member]) -> None:
        own = self._own.setdefault(chat.number, _Own(name, chat.number))
        if own.desk != name or dict(chat.rooms) != own.rooms:  # it went to another desk
            self._do(own, partial(self._take_down, own))
            return
        if own.rooms and not own.opened:
            self._do(own, partial(self._reopen, own, desk))
            return
        there = self.keys.there(own.room) & lobby.keys()
        self._note_who_went(own, chat, there, lobby.keys())
        self._greet(own, desk, chat, there)
        if self._is_missed(own, desk, chat, there, lobby):
            self._do(own, partial(self._give_up, own, desk, chat.agent))
            return
        wanted = [one for one in self._wanted(own, desk, chat, there, lobby) if self._may_ask(own, one)]
        if wanted:
            self._do(own, partial(self._bring, own, desk, chat, wanted))

    def _note_who_went(self, own: _Own, chat: Chat, there: AbstractSet[str], lobby: AbstractSet[str]) -> None:
        """Let those be invited again who came back into the lobby, and who has the chat and left its room."""
        again = own.gone & lobby
        if chat.agent in lobby and chat.agent in (own.present or set()) - there:
            again.add(chat.agent)
        for key in again & own.invited:
            own.invited.discard(key)
            own.refused[key] = max(own.refused.get(key, 0.0), self._clock.monotonic() + _RETURNS)
        own.gone = own.invited - lobby

    def _greet(self, own: _Own, desk: Desk, chat: Chat, there: set[str]) -> None:
        """Tell what was said so far when the first agent comes into a chat's room, or who has the chat. Who
        is not in the lobby is no agent: on some networks an invitation is for whoever has a name by then.
        """
        if own.present is None:
            own.present = there or None
            return
        came = there - own.present
        if came and (not own.present or chat.agent in came):
            desk.tell_so_far(own.number)
        own.present = there

    def _is_missed(
        self, own: _Own, desk: Desk, chat: Chat, there: AbstractSet[str], lobby: Mapping[str, Member]
    ) -> bool:
        """Whether who has the chat is in the lobby, as a bot always is, and does not come into its rooms."""
        agent = lobby.get(chat.agent)
        if own.rooms and chat.state is ChatState.TALKING and desk.rules.is_bot(chat.agent):
            return True
        if not own.rooms or chat.state is not ChatState.TALKING or agent is None or agent.key in there:
            own.absent_since = None
            return False
        now = self._clock.monotonic()
        since = own.absent_since = own.absent_since if own.absent_since is not None else now
        comes = self._is_agent(agent, desk.rules) and own.refused.get(agent.network) != math.inf
        return not comes or now - since >= _COMES

    def _wanted(
        self, own: _Own, desk: Desk, chat: Chat, there: AbstractSet[str], lobby: Mapping[str, Member]
    ) -> Sequence[Member]:
        """Return the agents who are to be in a chat's room, and are neither there nor invited."""
        rules = desk.rules
        agents = [one for one in lobby.values() if self._is_agent(one, rules)]
        if chat.agent:
            wanted = [one for one in agents if one.key == chat.agent]
        elif rules.assign == "first":
            wanted = [one for one in agents if not one.away and desk.has_room(one.key)]
        else:
            wanted = []
        return [one for one in wanted if one.key not in own.invited and one.key not in there]

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
            what = "%s: the rooms of %s: %s"
            log.warning(what, self._network, own.room, error, extra={"room": own.room})
        except Exception:
            log.exception("%s: the rooms of %s: a bug", self._network, own.room, extra={"room": own.room})

    async def _bring(self, own: _Own, desk: Desk, chat: Chat, wanted: Sequence[Member]) -> None:
        """Let agents into a chat's rooms, which are made where there are none, if anybody can be let in."""
        networks = sorted({one.network for one in wanted} - own.rooms.keys())
        made = await asyncio.gather(*[self._made(own, chat, network) for network in networks])
        new = {network: room for network, room in zip(networks, made, strict=True) if room}
        if new:
            self._move(own, desk, {**own.rooms, **new})
            await self._clock.sleep(_SETTLES)
        last = chat.last
        await asyncio.gather(*[self._invite(own, one) for one in wanted if one.network in own.rooms])
        let_in = {one.network for one in wanted if one.key in own.invited}
        fruitless = {network: room for network, room in new.items() if network not in let_in}
        if fruitless:
            self._move(own, desk, {one: room for one, room in own.rooms.items() if one not in fruitless})
            self._left.add(fruitless.items())
            until = self._clock.monotonic() + _FRUITLESS
            own.refused.update(dict.fromkeys(fruitless, until))
            if chat.last > last and not own.rooms:
                desk.tell_so_far(own.number)
        if len(fruitless) < len(new):  # not before: who is quick would be shut out
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
        """Let a chat have these rooms. Raises AdapterErrors and JournalError."""
        own.rooms = rooms
        own.present = own.present or set()
        if rooms:
            self._open(own)
        else:
            self._conversations.close(own.room)
        desk.moved(own.number, rooms)

    async def _reopen(self, own: _Own, desk: Desk) -> None:
        """Join a chat's rooms again; in the lobby it goes on where the map has one of their networks no more,
        or under another name.
        """
        try:
            self._open(own)
        except Rejected as error:
            log.warning("%s: %s goes on in the lobby: %s", self._network, own.room, error)
            self._close(own)
            desk.tell_so_far(own.number)

    def _open(self, own: _Own) -> None:
        """Join a chat's rooms. Raises AdapterErrors and JournalError."""
        rooms = [(network, RoomId(room)) for network, room in own.rooms.items()]
        self._conversations.open(own.room, [(self._network, own.room), *rooms])
        own.opened = True

    async def _give_up(self, own: _Own, desk: Desk, agent: str) -> None:
        """Let a chat go on in the lobby as long as this agent has it."""
        own.refused[agent] = math.inf
        self._close(own)
        desk.tell_so_far(own.number)

    async def _take_down(self, own: _Own) -> None:
        """Let a chat have no rooms any more."""
        self._close(own)
        self.keys.forget(own.room)
        del self._own[own.number]

    def _close(self, own: _Own) -> None:
        """Part a chat's rooms, which are to go. Raises AdapterErrors and JournalError."""
        self._conversations.close(own.room)
        if (desk := self._desks.find(own.desk)) is not None:
            desk.moved(own.number, {})
        self._left.add(own.rooms.items())
        own.rooms, own.opened, own.present, own.absent_since = {}, False, None, None
        own.invited.clear()
