"""What happened, in order, with the position that is reached (client-server API, "Syncing")."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from bridge import (
    ConnectionLost,
    Emit,
    Event,
    Position,
    RateLimited,
    Rejected,
)

from .client import Client
from .decode import decode, id_of, mapping, text_of
from .history import History, filter_of, state_of, timeline_of
from .rooms import Rooms
from .session import Session, after_join
from .visitors import Visitors

__all__ = ["Listener"]

log = logging.getLogger(__name__)

_LISTEN = filter_of({"limit": 100})
_AT_ONCE = 0.1
_SHORTEST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
_AHEAD = 3
"""Batches that may wait for the journal before no more are fetched."""


def _look() -> str:
    """The filter of a first sync: all rooms, next to nothing of what was said.

    Synapse keeps the answer to a sync for two minutes, for whoever asks the same again. A first sync
    asks for now, so no two may be the same: each names a user whom nobody has heard of.
    """
    return filter_of({"limit": 1}, {"types": [], "not_senders": [f"@{secrets.token_hex(8)}:invalid"]})


class Listener:
    """Reads one connection's syncs and hands over what they hold."""

    def __init__(
        self, client: Client, session: Session, rooms: Rooms, visitors: Visitors, emit: Emit
    ) -> None:
        self._client = client
        self._session = session
        self._rooms = rooms
        self._emit = emit
        self._visitors = visitors
        self._history = History(client, session)
        self._unwritten: deque[asyncio.Future[None]] = deque()
        self._invites: dict[str, Any] = {}

    async def catch_up(self) -> str:
        """Learn about all rooms, read what was said while we were away. Returns where to go on.

        Without a position nothing is read: a room that was never served starts at now.
        """
        since = self._emit.position()
        now = ""
        if not self._session.known or since is None:
            seen = await self._client.sync(None, _look(), wait=False)
            self._learn_all(seen)
            self._session.known = True
            now = _next(seen)
        if since is None:
            self._emit([], Position(now))
            return now
        try:
            return await self._take(await self._client.sync(since, _LISTEN, wait=False), since, replayed=True)
        except Rejected as error:
            log.warning("the homeserver does not know where we stopped reading, going on from now: %s", error)
            now = now or _next(await self._client.sync(None, _look(), wait=False))
            self._emit([], Position(now))
            return now

    def settle_invites(self) -> None:
        """Answer the invitations that came before the rooms were being entered."""
        pending, self._invites = self._invites, {}
        for wire, state in pending.items():
            self._visitors.invited(wire, state)

    async def listen(self, since: str) -> None:
        """Read on for ever. Raises ConnectionLost or AuthenticationFailed when that ends."""
        self.settle_invites()
        clock = asyncio.get_running_loop().time
        pause = _SHORTEST_PAUSE
        while True:
            asked = clock()
            try:
                reply = await self._client.sync(since, _LISTEN, wait=True)
            except RateLimited as error:
                await asyncio.sleep(max(error.retry_after, 1.0))
                continue
            since = await self._take(reply, since, replayed=False)
            self.settle_invites()
            if reply.get("rooms") or clock() - asked > _AT_ONCE:
                pause = _SHORTEST_PAUSE
                continue
            # A server that answers at once with nothing may do so for ever.
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _learn_all(self, reply: Mapping[str, Any]) -> None:
        """Take the state of every room and nothing that was said."""
        rooms = mapping(reply.get("rooms"))
        joined = mapping(rooms.get("join"))
        self._session.joined = set(joined)
        for wire, part in joined.items():
            for event in (*state_of(part), *timeline_of(part)):
                self._session.learn(wire, event)
        self._note_invites(rooms)

    async def _take(self, reply: Mapping[str, Any], since: str, *, replayed: bool) -> str:
        """Hand over one sync, gaps filled, with the position behind it."""
        rooms = mapping(reply.get("rooms"))
        joined = {wire: mapping(part) for wire, part in mapping(rooms.get("join")).items()}
        self._session.joined |= joined.keys()
        missing = await self._history.missing(joined, since)
        events: list[Event] = []
        for wire, part in joined.items():
            events += self._heard(wire, part, missing.get(wire, []), replayed=replayed)
        position = _next(reply)
        if events or position != since:
            self._unwritten.append(self._emit(events, Position(position)))
        for wire, part in mapping(rooms.get("leave")).items():
            self._left(wire, timeline_of(part))
        self._note_invites(rooms)
        await self._let_write()
        return position

    async def _let_write(self) -> None:
        """Not further ahead of the journal than a few batches."""
        while self._unwritten and (len(self._unwritten) > _AHEAD or self._unwritten[0].done()):
            # To wait for the future itself would cancel it together with us.
            await asyncio.wait((self._unwritten.popleft(),))

    def _note_invites(self, rooms: Mapping[str, Any]) -> None:
        for wire, part in mapping(rooms.get("invite")).items():
            self._invites[wire] = mapping(mapping(part).get("invite_state")).get("events")

    def _heard(
        self, wire: str, part: Mapping[str, Any], missing: Sequence[Any], *, replayed: bool
    ) -> list[Event]:
        for event in state_of(part):
            self._session.learn(wire, event)
        room = self._session.rooms.get(wire)
        timeline, _ = after_join((*missing, *timeline_of(part)), self._session.own)
        talk: list[Event] = []
        spoken = False
        for event in timeline:
            self._session.learn(wire, event)
            if wire in self._session.encrypted:
                continue
            if room is None:
                spoken = spoken or (not replayed and self._is_talk(event))
            elif said := decode(
                event, room, self._session.names_in(wire), self._session.own, replayed=replayed
            ):
                talk.append(said)
        if wire in self._session.encrypted or wire in self._session.tombstones:
            self._rooms.look_again(wire)
        if spoken:
            self._visitors.spoken_to(wire)
        return talk

    def _is_talk(self, event: object) -> bool:
        """Whether a person wrote this; robots use notices, so that they do not answer each other."""
        event = mapping(event)
        by_other = event.get("sender") != self._session.own and event.get("type") == "m.room.message"
        return by_other and mapping(event.get("content")).get("msgtype") != "m.notice"

    def _left(self, wire: str, timeline: Sequence[Any]) -> None:
        """We are out of a room: kicked, banned, or gone by our own will."""
        self._session.left(wire)
        how = "left"
        for event in map(mapping, timeline):
            if event.get("type") == "m.room.member" and event.get("state_key") == self._session.own:
                content = mapping(event.get("content"))
                how = "banned from" if content.get("membership") == "ban" else "removed from"
                how += f" the room by {id_of(event.get('sender')) or 'somebody'}: "
                how += text_of(content.get("reason"), 200) or "no reason was given"
        self._rooms.lose(wire, f"{self._session.own} was {how}")


def _next(reply: Mapping[str, Any]) -> str:
    if token := text_of(reply.get("next_batch")):
        return token
    raise ConnectionLost("the homeserver answers as no Matrix server does: check homeserver")
