"""Reads syncs and hands over their events in order, with the position (client-server API, "Syncing")."""

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.decode import Typists, decode, pictured, told
from adapters.matrix.rooms.invites import Invites
from adapters.matrix.rooms.rooms import Rooms
from adapters.matrix.session import Session, after_join
from adapters.matrix.untrusted import id_of, listed, mapping, text_of
from bridge import (
    Approached,
    CatchUp,
    ConnectionLost,
    Emit,
    Event,
    MemberChanged,
    MessageCreated,
    Position,
    RateLimited,
    Rejected,
    RoomId,
)

from .decisions import moderated, seen
from .history import (
    LIVE,
    History,
    Past,
    Reach,
    filter_of,
    newest,
    reach_of,
    standing,
    start_of_gap,
    state_of,
    timeline_of,
)

__all__ = ["SyncLoop"]

log = logging.getLogger(__name__)

_TIMELINE = {"limit": 100}
_LISTEN = filter_of(_TIMELINE, ephemeral={"types": ["m.typing"]})
_LISTEN_CLOSELY = filter_of(_TIMELINE, ephemeral={"types": ["m.typing"]}, presence={"types": ["m.presence"]})
"""The same, with who is away."""
_LOOK = {"limit": 1}
"""The filter for a first look: all rooms, next to no talk."""
_AT_ONCE = 0.1
_NOTHING = Past()
_SHORTEST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
_AHEAD = 3
"""Batches that may wait for the journal before no more are fetched."""
_READ_AT_ONCE = 4
"""Rooms whose history is read at the same time; each is in memory until it is complete."""


def _now(timeline: Mapping[str, Any]) -> str:
    """Return the filter of a sync that has to reach until now.

    Synapse keeps the answer to a sync for two minutes, for whoever asks the same again, so no two of these
    may be the same: each names a user whom nobody has heard of.
    """
    return filter_of(timeline, {"types": [], "not_senders": [f"@{secrets.token_hex(8)}:invalid"]})


class SyncLoop:
    """Reads one connection's syncs and hands over what they hold."""

    def __init__(
        self, client: MatrixClient, session: Session, rooms: Rooms, invites: Invites, emit: Emit
    ) -> None:
        self._client = client
        self._session = session
        self._rooms = rooms
        self._emit = emit
        self._invites = invites
        self._history = History(client, session)
        self._typists = Typists()
        self._incomplete: set[str] = set()
        self._unwritten: deque[asyncio.Future[None]] = deque()
        self._open_invites: dict[str, Any] = {}

    async def catch_up(self, limits: CatchUp) -> str:
        """Learn about all rooms, and read what was said while we were away. Returns where to go on.

        Without a position nothing is read: a room that was never served starts at now.
        """
        since = self._emit.position()
        now = ""
        self._session.caught_up.clear()
        self._session.left_out.clear()
        if not self._session.known or since is None:
            seen = await self._sync(None, _now(_LOOK), wait=False)
            self._learn_all(seen)
            self._session.known = True
            now = _next(seen)
        if since is None:
            self._emit([], Position(now))
            return now
        try:
            reply = await self._sync(since, _now(_TIMELINE), wait=False)
        except Rejected as error:
            log.warning("the homeserver does not know where we stopped reading, going on from now: %s", error)
            now = now or _next(await self._sync(None, _now(_LOOK), wait=False))
            self._emit([], Position(now))
            return now
        reached = await self._take(reply, since, reach_of(limits))
        self._session.caught_up = (self._session.rooms.keys() & self._session.joined) - self._incomplete
        return reached

    async def _sync(self, since: str | None, filter_: str, *, wait: bool) -> dict[str, Any]:
        reply = await self._client.sync(since, filter_, wait=wait)
        self._session.heard = time.time()
        return reply

    def settle_invites(self) -> None:
        """Answer the invitations that came before the rooms were being entered."""
        pending, self._open_invites = self._open_invites, {}
        for wire, state in pending.items():
            self._invites.invited(wire, state)

    async def listen(self, since: str) -> None:
        """Read on for ever. Raises ConnectionLost or AuthenticationFailed when that ends."""
        self.settle_invites()
        clock = asyncio.get_running_loop().time
        pause = _SHORTEST_PAUSE
        while True:
            asked = clock()
            try:
                filter_ = _LISTEN_CLOSELY if self._session.wants_presence else _LISTEN
                reply = await self._sync(since, filter_, wait=True)
            except RateLimited as error:
                await asyncio.sleep(max(error.retry_after, 1.0))
                continue
            since = await self._take(reply, since, LIVE)
            self.settle_invites()
            present = listed(mapping(reply.get("presence")).get("events"))
            for event in present:
                self._session.saw(event)
            if reply.get("rooms") or present or clock() - asked > _AT_ONCE:
                pause = _SHORTEST_PAUSE
                continue
            # a server that answers at once with nothing may do so for ever
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _learn_all(self, reply: Mapping[str, Any]) -> None:
        """Take the state of every room and nothing that was said."""
        rooms = mapping(reply.get("rooms"))
        joined = mapping(rooms.get("join"))
        self._session.joined = set(joined)
        for wire, part in joined.items():
            self._session.counted(wire, mapping(part))
            for event in (*state_of(part), *timeline_of(part)):
                self._session.learn(wire, event)
        self._note_invites(rooms)

    async def _take(self, reply: Mapping[str, Any], since: str, reach: Reach) -> str:
        """Hand over one sync, gaps filled, with the position behind it."""
        rooms = mapping(reply.get("rooms"))
        joined = {wire: mapping(part) for wire, part in mapping(rooms.get("join")).items()}
        self._session.joined |= joined.keys()
        gaps = self._gaps(joined) if reach.messages else {}
        if gaps:
            await self._complete(gaps, joined, since, reach)
        events: list[Event] = []
        for wire, part in joined.items():
            if wire not in gaps:
                events += self._heard(wire, part, _NOTHING, reach)
            events += self._typing(wire, part)
        position = _next(reply)
        if _is_fleeting(rooms):
            self._emit(events)
        elif events or position != since:
            self._unwritten.append(self._emit(events, Position(position)))
        for wire, part in mapping(rooms.get("leave")).items():
            self._left(wire, timeline_of(part))
        self._note_invites(rooms)
        await self._let_write()
        return position

    def _gaps(self, joined: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Return the rooms where the server left something out, and where each gap begins."""
        found = {}
        for wire, part in joined.items():
            if wire in self._session.rooms and (start := start_of_gap(part, self._session.own)):
                found[wire] = start
        return found

    async def _complete(
        self, gaps: Mapping[str, str], joined: Mapping[str, Mapping[str, Any]], since: str, reach: Reach
    ) -> None:
        """Hand over rooms with gaps, each by itself, so that not all are in memory at once.

        The position follows only behind them: when one fails all are read again, and known by their ids.
        """
        gate = asyncio.Semaphore(_READ_AT_ONCE)

        async def complete(wire: str, start: str) -> None:
            async with gate:
                past = await self._history.read(wire, start, since, reach)
                self._unwritten.append(self._emit(self._heard(wire, joined[wire], past, reach)))
                await self._let_write()

        async with asyncio.TaskGroup() as group:
            for wire, start in gaps.items():
                group.create_task(complete(wire, start))

    async def _let_write(self) -> None:
        """Wait until at most a few batches are ahead of the journal."""
        while self._unwritten and (len(self._unwritten) > _AHEAD or self._unwritten[0].done()):
            # to wait for the future itself would cancel it together with us
            await asyncio.wait((self._unwritten.popleft(),))

    def _note_invites(self, rooms: Mapping[str, Any]) -> None:
        for wire, part in mapping(rooms.get("invite")).items():
            self._open_invites[wire] = mapping(mapping(part).get("invite_state")).get("events")

    def _typing(self, wire: str, part: Mapping[str, Any]) -> Sequence[Event]:
        room = self._session.rooms.get(wire)
        if room is None or "ephemeral" not in part or wire in self._session.encrypted:
            return ()
        names, own = self._session.names_in(wire), self._session.own
        heard = self._typists.heard(wire, part["ephemeral"], room, names, own)
        ours, bars = self._session.key_of, self._session.policies.bars
        return [one for one in heard if ours(one.sender.id) is None and not bars(one.sender.id)]

    def _heard(self, wire: str, part: Mapping[str, Any], past: Past, reach: Reach) -> list[Event]:
        self._session.counted(wire, part)
        for event in state_of(part):
            self._session.learn(wire, event)
        room = self._session.rooms.get(wire)
        happened = (*past.events, *timeline_of(part))
        timeline, came_in = after_join(happened, self._session.own)
        for event in happened[: len(happened) - len(timeline)]:
            self._session.learn(wire, event)
        talk: list[Event] = []
        asked: list[Event] = []
        spoken = False
        # members who came and went meanwhile are no news
        live = not reach.away and not came_in and past is _NOTHING
        for event in timeline:
            self._session.learn(wire, event)
            if wire in self._session.encrypted:
                continue
            if room is None:
                if not reach.away and self._is_person(event):
                    asked += self._approached(wire, event)
                    spoken = True
            else:
                talk += self._news(wire, room, event, away=reach.away, live=live)
        self._see_to(wire, spoken=spoken)
        unread = not reach.messages and room is not None and start_of_gap(part, self._session.own) != ""
        kept, left_out = newest(standing(talk), reach, cut=past.cut or unread)
        self._note_missing(wire, reach, left_out, whole=past.whole and not (reach.away and came_in))
        return [*kept, *asked]

    def _approached(self, wire: str, event: object) -> Sequence[Event]:
        """Return what somebody wrote to the bot alone, where it can answer them alone."""
        if self._rooms.private is None or wire in self._session.crowded:
            return ()
        names, own = self._session.names_in(wire), self._session.own
        said = decode(event, RoomId(wire), names, own)
        if not isinstance(said, MessageCreated) or said.mark:
            return ()
        return (Approached(room=RoomId(wire), sender=said.sender, text=said.content.text),)

    def _news(self, wire: str, room: RoomId, event: object, *, away: bool, live: bool) -> list[Event]:
        """Decode what is news to people elsewhere. `live`: who comes and goes is too."""
        if self._session.is_speakers(event):
            if self._rooms.puppets is not None:
                self._rooms.puppets.hear(wire, mapping(event))
            decision = moderated(self._session, wire, room, event, live=live)
            return [decision] if decision is not None else []
        if self._session.policies.bars(sender := id_of(mapping(event).get("sender"))):
            under = "%s is under a rule of a policy list, and not heard in %s"
            log.debug(under, sender, room, extra={"room": room})
            return []
        names, own = self._session.names_in(wire), self._session.own
        if said := decode(event, room, names, own, replayed=away):
            if not away:
                self._session.reactions.heard(said)
            return [said]
        changed = told(event, room, names, own, replayed=away, members=True)
        if isinstance(changed, MemberChanged):
            changed = seen(self._session, wire, changed, live=live)
        picture = pictured(event, room, names, own) if live else None
        return [news for news in (changed, picture) if news is not None]

    def _note_missing(self, wire: str, reach: Reach, left_out: int | None, *, whole: bool) -> None:
        """Note that something is missing, or was left out: told as soon as the room is joined."""
        if whole and left_out == 0:
            return
        if reach.messages:
            self._session.left_out[wire] = left_out
        if not reach.away:
            self._rooms.missed(wire, whole=whole)
        elif not whole or not reach.messages:
            self._incomplete.add(wire)

    def _see_to(self, wire: str, *, spoken: bool) -> None:
        """Follow the changes of the room itself."""
        if wire in self._session.encrypted or wire in self._session.tombstones:
            self._rooms.look_again(wire)
        if spoken and wire not in self._session.crowded and wire not in self._session.policies.lists:
            self._invites.spoken_to(wire)

    def _is_person(self, event: object) -> bool:
        """Whether a person wrote this: robots use notices, so that they do not answer each other."""
        event = mapping(event)
        by_other = event.get("sender") != self._session.own and event.get("type") == "m.room.message"
        return by_other and mapping(event.get("content")).get("msgtype") != "m.notice"

    def _left(self, wire: str, timeline: Sequence[Any]) -> None:
        """Note that we are out of a room: kicked, banned, or gone by our own will."""
        self._session.left(wire)
        how = "left"
        for event in map(mapping, timeline):
            if event.get("type") == "m.room.member" and event.get("state_key") == self._session.own:
                content = mapping(event.get("content"))
                how = "banned from" if content.get("membership") == "ban" else "removed from"
                how += f" the room by {id_of(event.get('sender')) or 'somebody'}: "
                how += text_of(content.get("reason"), 200) or "no reason was given"
        self._rooms.lose(wire, f"{self._session.own} was {how}")


def _is_fleeting(rooms: Mapping[str, Any]) -> bool:
    """Whether a sync only tells who types: that is worth no position of its own."""
    joined = mapping(rooms.get("join"))
    if not joined or any(rooms.get(other) for other in ("invite", "leave", "knock")):
        return False
    return not any(state_of(part) or timeline_of(part) for part in joined.values())


def _next(reply: Mapping[str, Any]) -> str:
    if token := text_of(reply.get("next_batch")):
        return token
    raise ConnectionLost("the homeserver answers as no Matrix server does: check homeserver")
