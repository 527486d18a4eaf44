"""All people from elsewhere on one network: who of them is connected, and who may be."""

import asyncio
import contextlib
import logging
import math
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from adapters.irc import encode
from adapters.irc.config import NetworkConfig
from adapters.irc.config import PuppetRules as Rules
from adapters.irc.greeting import answer
from adapters.irc.rooms.refusals import Judge
from adapters.irc.session import Session, is_channel
from adapters.irc.wire.line import Line
from bridge import (
    AdapterError,
    Command,
    ConnectionLost,
    Receipt,
    Rejected,
    RoomId,
    RoomUnavailable,
    SendMessage,
    Settle,
    Speaker,
    TokenBucket,
    within,
)

from . import names
from .arrival import Arrival
from .entrance import Entrance, Shut
from .ident import identifying
from .puppet import PuppetConnection
from .wishes import Wishes

if TYPE_CHECKING:
    from adapters.irc.connection.connection import IrcConnection

__all__ = ["TOKENS", "PuppetConnections"]

log = logging.getLogger(__name__)

TOKENS = 2
"""Tokens of the flood control that a command costs: for its line, and for the PING that confirms it."""
_ANSWER = 20.0
_AGAIN = 60.0
"""Seconds between two times that a nick is asked for; also the silence after which a place is another's."""
_WAITED_FOR = 0.2
"""A room waits for so many per second who come: some servers take a second to let one in."""
_TICK = 5.0
_GOODBYE = 0.5
_BARRED = {"474": "is banned there"}
_NO_VOICE = re.compile(r"\bban|mute|quiet|shun|silence", re.IGNORECASE)


class PuppetConnections:
    """Those of one connection of the bot, which hears for all of them."""

    def __init__(
        self,
        config: NetworkConfig,
        rules: Rules,
        connection: "IrcConnection",
        keep: Callable[[], None],
        entrance: Entrance,
    ) -> None:
        """`keep`: called when it changes who is ours."""
        self._config = config
        self._rules = rules
        self._connection = connection
        self._session: Session = connection.dispatcher.session
        self._speakers = self._session.speakers
        self._keep = keep
        self._clock = clock = entrance.clock
        self._throttle = TokenBucket(rules.burst, rules.per_second, clock)
        self._patience = TokenBucket(rules.burst, min(rules.per_second, _WAITED_FOR), clock)
        """A room waits for so many who come; for others the bridge speaks until they are there."""
        self._all: dict[str, PuppetConnection] = {}
        self._entrance = entrance
        self._closed = False
        self._arrival = Arrival(config, rules, self._session)
        self._wishes = Wishes(self._come, rules.max)
        """Who comes as soon as it is their turn. Meanwhile the bridge speaks for them."""
        self._answers = TokenBucket(10, 1)
        self._judge = Judge(self._session.forms, lambda _room, _settle: False)

    # -- what the adapter asks for

    def able(self, room: RoomId, speaker: Speaker) -> bool:
        """Whether somebody can speak in a room by themselves at once, or nobody may speak for them. Who could
        if it were their turn comes as soon as it is.
        """
        key, puppet = speaker.key, self._all.get(speaker.key)
        inside = puppet is not None and puppet.speaks and room in puppet.rooms
        if inside or self._entrance.is_barred(key, room):
            return True
        if self._entrance.is_vain(key, room) or not self._has_place(self._in(room), self._rules.per_room):
            return False
        if puppet is not None:
            return puppet.speaks
        if self._closed or self._entrance.is_shut or not self._has_place(self._spoke(), self._rules.max):
            return False
        if self._throttle.has(1) and self._patience.has(1):
            return True
        self._wishes.add(room, speaker)
        return False

    def count(self) -> int:
        """Return how many are in rooms."""
        return sum(bool(puppet.rooms) for puppet in self._all.values())

    def found(self, key: str) -> PuppetConnection | None:
        """Return somebody who is connected."""
        puppet = self._all.get(key)
        return puppet if puppet is not None and puppet.speaks else None

    def inside(self, room: RoomId, speaker: Speaker) -> PuppetConnection | None:
        """Return somebody who can speak in a room at once; None: they have to come first."""
        puppet = self._all.get(speaker.key)
        if puppet is None or not puppet.speaks or room not in puppet.rooms:
            return None
        now = self._clock.monotonic()
        puppet.rooms[room] = now
        self._follow(puppet, speaker.name, now)
        return puppet

    async def enter(self, room: RoomId, speaker: Speaker) -> PuppetConnection:
        """Let somebody come into a room. Raises Rejected where the network does not let them."""
        if (inside := self.inside(room, speaker)) is not None:
            return inside
        self._entrance.admit(room, speaker.key, speaker.name)
        if speaker.key not in self._all:
            self._patience.take_now()
        return await self._enter(room, speaker)

    async def _enter(self, room: RoomId, speaker: Speaker) -> PuppetConnection:
        self._entrance.admit(room, speaker.key, speaker.name)
        puppet = self._all.get(speaker.key)
        if puppet is None or puppet.ended.done():
            await self._free(room, speaker)
            puppet = await self._connected(speaker)
        async with puppet.lock:
            if not puppet.speaks:
                raise Rejected(f"{speaker.name} is not connected")
            if room not in puppet.rooms:
                await self._join(puppet, room, speaker)
        self._entrance.came_in(puppet.key, room)
        puppet.rooms[room] = self._clock.monotonic()
        return puppet

    def say(self, puppet: PuppetConnection, command: Command, data: bytes, settle: Settle) -> None:
        """Send the line of a command in somebody's name."""
        now = self._connection.now()
        if not isinstance(command, SendMessage):
            puppet.say(command.room, data, settle, echo=False, now=now)
            return
        caps = self._session.caps
        if "message-tags" in caps and (tags := encode.tags(command, self._session.passing)):
            data = b"@%b %b" % (tags[1:], data)
        settle = partial(self._judge.settle, command, partial(self._settle, command, settle))
        puppet.say(command.room, data, settle, echo="echo-message" in caps, now=now)

    def go(self, room: RoomId, key: str) -> None:
        """Let somebody leave a room whose author is gone."""
        if (puppet := self._all.get(key)) is not None and puppet.speaks and room in puppet.rooms:
            self._let_go(puppet, room, "is gone")

    async def run(self) -> None:
        """Let those come whose turn it is, and those go who say nothing, and whom the server does not answer,
        for ever.
        """
        async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            if self._rules.ident is not None:
                try:
                    self._arrival.identities = await stack.enter_async_context(identifying(self._rules.ident))
                except ConnectionLost as error:
                    log.warning("puppets.ident: no server is told who is who: %s", error)
            group.create_task(self._wishes.run())
            while True:
                await asyncio.sleep(min(_TICK, self._rules.idle / 2))
                self.tidy()

    async def _come(self, room: RoomId, speaker: Speaker) -> None:
        if not self._entrance.is_shut:
            await self._enter(room, speaker)

    def tidy(self) -> None:
        """Let those go whose time is over."""
        now, quiet = self._clock.monotonic(), self._rules.idle
        for puppet in list(self._all.values()):
            oldest = puppet.confirmations.oldest
            if oldest is not None and self._connection.now() - oldest.since > self._config.ping.timeout:
                puppet.abort()
            elif puppet.speaks and not puppet.lock.locked():
                for room in [room for room, spoke in puppet.rooms.items() if now - spoke > quiet]:
                    self._let_go(puppet, room, "is quiet")

    async def close(self) -> None:
        """Let all go."""
        self._throttle.close(Rejected("hubbub goes"))
        self._closed = True
        self._wishes.clear()
        over = [puppet.ended for puppet in self._all.values()]
        for puppet in self._all.values():
            puppet.quit("Hubbub goes")
        if over:
            await asyncio.wait(over, timeout=_GOODBYE)
        for puppet in list(self._all.values()):
            puppet.abort()

    # -- what they tell (`Owner`)

    def asking(self, puppet: PuppetConnection, nick: str) -> None:
        self._speakers.expect(puppet.nick, nick)

    def named(self, puppet: PuppetConnection, before: str) -> None:
        if before:
            if not puppet.asked:  # services, or an operator
                self._entrance.hold(before)
            self._speakers.renamed(before, puppet.nick)
            self._keep()
        else:
            self._speakers.came(puppet.nick, puppet.key)
            self._entrance.let_in()

    def seen(self, source: str) -> None:
        self._speakers.learn(source)
        self._keep()

    def out(self, puppet: PuppetConnection, room: RoomId, why: str) -> None:
        if why:
            self._entrance.bar(puppet.key, room, why)

    def ended(self, puppet: PuppetConnection) -> None:
        self._speakers.went(puppet.nick)
        if self._all.get(puppet.key) is puppet:
            del self._all[puppet.key]
        self._arrival.over(puppet)
        if not puppet.leaving:
            others = any(one.speaks for one in self._all.values())
            self._entrance.ended(puppet.key, puppet.nick, puppet.said, killed=puppet.killed, others=others)

    def asked(self, puppet: PuppetConnection, got: Line) -> None:
        if (event := self._session.private.heard(got, puppet.key)) is not None:
            self._connection.dispatcher.events.append(event)
            self._connection.flush()
            return
        if not self._answers.take_now(1) or not puppet.bucket.take_now(1):
            return
        said = f"{puppet.nick} is on {names.network_of(puppet.key)}, and sees only what is said in the room."
        for data in answer(got, self._session, lambda _: said, self._config.encoding):
            puppet.write(data)

    # -- who may come

    def _in(self, room: RoomId) -> dict[str, float]:
        return {key: puppet.rooms[room] for key, puppet in self._all.items() if room in puppet.rooms}

    def _spoke(self) -> dict[str, float]:
        return {key: max(puppet.rooms.values(), default=math.inf) for key, puppet in self._all.items()}

    def _has_place(self, spoke: dict[str, float], most: int) -> bool:
        """Whether there is a place left, or one that somebody has not needed for a while."""
        return len(spoke) < most or self._clock.monotonic() - min(spoke.values()) > _AGAIN

    def _make_place(self, spoke: dict[str, float], most: int, room: RoomId | None) -> None:
        """Let those go who have been silent for longest, so that somebody else fits in."""
        for key in sorted(spoke, key=spoke.__getitem__)[: max(len(spoke) - most + 1, 0)]:
            puppet = self._all[key]
            for place in [room] if room else list(puppet.rooms):
                self._let_go(puppet, place, "makes room for others")

    def _let_go(self, puppet: PuppetConnection, room: RoomId, why: str) -> None:
        """Let somebody leave a room, and the network with the last one."""
        if len(puppet.rooms) > 1:
            puppet.part(room, why)
            return
        puppet.rooms.clear()
        self._all.pop(puppet.key, None)
        puppet.quit(why)

    # -- how they come

    async def _free(self, room: RoomId, speaker: Speaker) -> None:
        """Let somebody of ours go whose name in this room is another's now."""
        for puppet in list(self._all.values()):
            if puppet.wanted == speaker.name and puppet.speaks and list(puppet.rooms) == [room]:
                self._let_go(puppet, room, "is somebody else now")
                await asyncio.wait([puppet.ended], timeout=_GOODBYE)

    async def _connected(self, speaker: Speaker) -> PuppetConnection:
        """Connect somebody, in their turn."""
        await self._throttle.take()
        if (puppet := self._all.get(speaker.key)) is not None:
            return puppet  # they came for another room
        self._make_place(self._spoke(), self._rules.max, None)
        return await self._connect(speaker)

    async def _connect(self, speaker: Speaker) -> PuppetConnection:
        flood, server = self._config.flood.at(1.0), self._config.server
        puppet = PuppetConnection(
            speaker.key, self._session, self, TokenBucket(*flood, self._clock), self._config.encoding
        )
        puppet.wanted, puppet.renamed = speaker.name, self._clock.monotonic()
        puppet.candidates = self._candidates(speaker.name, speaker.key)[::-1]
        self._all[speaker.key] = puppet
        try:
            async with puppet.lock, asyncio.timeout(_ANSWER):
                await self._arrival.connect(puppet, speaker)
                if self._closed:
                    raise Rejected("hubbub goes")
                return puppet
        except (OSError, TimeoutError) as error:
            self._entrance.shut(Shut.AWAY, f"{error}" or "no answer")
            raise Rejected(f"{speaker.name} cannot connect to {server}: {error}") from error
        except AdapterError as error:
            if not puppet.said:
                self._entrance.shut(Shut.AWAY, f"{error}")
            self._entrance.refuse(speaker.key, puppet.said)
            raise Rejected(f"{server} does not let {speaker.name} in: {puppet.said or error}") from error
        finally:
            if not puppet.speaks or self._closed:
                if self._all.get(speaker.key) is puppet:
                    del self._all[speaker.key]
                puppet.abort()

    def _candidates(self, name: str, key: str) -> list[str]:
        """Return the nicks to ask for: none that is taken from us, or looks like somebody's who is there."""
        places = self._connection.dispatcher.channels.places.values()
        found = list(names.nicks(name, key, self._session.number("NICKLEN", 0)))
        free = [nick for nick in found if not any(nick in place.present for place in places)]
        return [nick for nick in free if not self._entrance.is_held(nick)] or found[-1:]

    async def _join(self, puppet: PuppetConnection, room: RoomId, speaker: Speaker) -> None:
        if not is_channel(room):
            return
        self._make_place(self._in(room), self._rules.per_room, room)
        place = self._connection.dispatcher.channels.places.get(room)
        await puppet.bucket.take()
        try:
            refused = await within(puppet.join(room, place.key if place else None), _ANSWER)
        except TimeoutError:
            refused = "", "the server does not answer"
        finally:
            puppet.joining.pop(room, None)
        if refused is None:
            return
        numeric, said = refused
        if not puppet.rooms:
            self._let_go(puppet, room, "cannot come in")
        self._entrance.keep_out(speaker.key, room)
        if numeric in _BARRED:
            self._entrance.bar(speaker.key, room, _BARRED[numeric])
            raise Rejected(f"{speaker.name} {_BARRED[numeric]}: {said}", alone=True)
        raise Rejected(f"{room} does not let {speaker.name} in: {said}")

    def _nicks(self, name: str, key: str) -> list[str]:
        """Return the nicks for a name, the best first: none looks like that of somebody who is there. The
        last is nobody's.
        """
        places = self._connection.dispatcher.channels.places.values()
        nicks = list(names.nicks(name, key, self._session.number("NICKLEN", 0)))
        return [nick for nick in nicks if not any(nick in place.present for place in places)] or nicks[-1:]

    def _follow(self, puppet: PuppetConnection, name: str, now: float) -> None:
        """Ask for another nick when somebody goes by another name, or does not have the nick that they
        should: whatever is said next follows it.
        """
        candidates = self._candidates(name, puppet.key)
        if name != puppet.wanted:
            places = self._connection.dispatcher.channels.places.values()
            taken = {nick for place in places for nick in place.members}
            taken.discard(self._session.fold(puppet.nick))
            candidates = [nick for nick in candidates if self._session.fold(nick) not in taken]
        elif now - puppet.renamed <= _AGAIN or puppet.nick == candidates[0]:
            return
        puppet.wanted, puppet.renamed = name, now
        better = candidates[: candidates.index(puppet.nick)] if puppet.nick in candidates else candidates
        puppet.rename(better)

    def _settle(self, command: Command, settle: Settle, outcome: Receipt | AdapterError) -> None:
        """Settle somebody's message. For who is muted nobody else speaks."""
        said = str(outcome).replace(command.room, "")
        if isinstance(outcome, Receipt):
            self._entrance.spoke(command.speaker.key)
        elif isinstance(outcome, RoomUnavailable) and _NO_VOICE.search(said):
            why = f"{command.speaker.name} has no voice in {command.room}: {outcome}"
            outcome = Rejected(why, alone=True)
        settle(outcome)
