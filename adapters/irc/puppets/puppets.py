"""All people from elsewhere on one network: who of them is connected, and who may be."""

import asyncio
import contextlib
import logging
import math
import re
import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from adapters.irc import encode
from adapters.irc.config import NetworkConfig
from adapters.irc.config import PuppetRules as Rules
from adapters.irc.greeting import answer
from adapters.irc.rooms.refusals import Judge
from adapters.irc.session import Session, is_channel
from adapters.irc.wire.line import Line, line
from bridge import (
    AdapterError,
    Barred,
    Clock,
    Command,
    Receipt,
    Rejected,
    RoomId,
    RoomUnavailable,
    SendMessage,
    Settle,
    Speaker,
    TokenBucket,
    trust,
    within,
)

from . import names
from .puppet import PuppetConnection

if TYPE_CHECKING:
    from adapters.irc.connection.connection import IrcConnection

__all__ = ["TOKENS", "PuppetConnections"]

log = logging.getLogger(__name__)

TOKENS = 2
"""Tokens of the flood control that a command costs: for its line, and for the PING that confirms it."""
_ANSWER = 20.0
_AGAIN = 60.0
"""Seconds between two times that a nick is asked for; also the silence after which somebody's place is
another's.
"""
_REFUSED = 600.0
"""Seconds that nobody new connects, after the server said that it lets none of us in."""
_MOST_WAITING = 10
"""So many wait for their connection; for all others the bridge speaks meanwhile."""
_TICK = 5.0
_GOODBYE = 0.5
_CAPS = ("message-tags", "echo-message", "draft/message-redaction")
_ALL_OF_US = re.compile(
    r"[kgzd][-:]?line|banned|akill|not welcome|listed in|dnsbl|access denied|password|authori[sz]ed",
    re.IGNORECASE,
)
_TOO_MANY = re.compile(r"too many|throttl|too fast|limit|maximum|server is full", re.IGNORECASE)
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
        clock: Clock,
    ) -> None:
        """`keep`: called when it changes who is ours."""
        self._config = config
        self._rules = rules
        self._connection = connection
        self._session: Session = connection.dispatcher.session
        self._speakers = self._session.speakers
        self._keep = keep
        self._clock = clock
        self._throttle = TokenBucket(rules.burst, rules.per_second, clock)
        self._all: dict[str, PuppetConnection] = {}
        self._barred = Barred()
        """Who was sent away, from one room or, with None, from all."""
        self._closed = -math.inf
        """Until when nobody new connects, by the monotonic clock."""
        self._connecting = 0
        self._answers = TokenBucket(10, 1)
        self._judge = Judge(self._session.forms, lambda _room, _settle: False)
        self._context: ssl.SSLContext | None = None
        self._over: set[asyncio.Future[None]] = set()

    # -- what the adapter asks for

    def able(self, room: RoomId, key: str) -> bool:
        """Whether somebody can speak in a room by themselves, now or soon."""
        puppet = self._all.get(key)
        if puppet is not None and puppet.speaks:
            return room in puppet.rooms or self._has_place(self._in(room), self._rules.per_room)
        if self._clock.monotonic() < self._closed or self._connecting >= _MOST_WAITING:
            return puppet is not None and self._connecting < _MOST_WAITING
        return self._has_place(self._in(room), self._rules.per_room) and (
            puppet is not None or self._has_place(self._spoke(), self._rules.max)
        )

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
        self._admit(room, speaker)
        puppet = self._all.get(speaker.key)
        if puppet is None or puppet.ended.done():
            await self._free(room, speaker)
            puppet = await self._connected(speaker)
        async with puppet.lock:
            if not puppet.speaks:
                raise Rejected(f"{speaker.name} is not connected")
            if room not in puppet.rooms:
                await self._join(puppet, room, speaker)
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
        settle = partial(self._judge.settle, command, partial(_settle, command, settle))
        puppet.say(command.room, data, settle, echo="echo-message" in caps, now=now)

    async def run(self) -> None:
        """Let those go who say nothing, and those whom the server does not answer, for ever."""
        while True:
            await asyncio.sleep(min(_TICK, self._rules.idle / 2))
            self.tidy()

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
        self._closed = math.inf
        over = [puppet.ended for puppet in self._all.values()]
        for puppet in self._all.values():
            puppet.quit("Hubbub goes")
        if over:
            await asyncio.wait(over, timeout=_GOODBYE)
        for puppet in list(self._all.values()):
            puppet.abort()

    # -- what they tell (`Owner`)

    def named(self, puppet: PuppetConnection, before: str) -> None:
        if before:
            self._speakers.renamed(before, puppet.nick)
            self._keep()
        else:
            self._speakers.came(puppet.nick, puppet.key)

    def seen(self, source: str) -> None:
        self._speakers.learn(source)
        self._keep()

    def out(self, puppet: PuppetConnection, room: RoomId, why: str) -> None:
        if why:
            self._bar(puppet.key, room, why)

    def ended(self, puppet: PuppetConnection) -> None:
        self._speakers.went(puppet.nick)
        if self._all.get(puppet.key) is puppet:
            del self._all[puppet.key]
        if puppet.killed or "kill" in puppet.said.lower():
            self._bar(puppet.key, None, f"was sent off the network: {puppet.said or 'killed'}")
        elif _ALL_OF_US.search(puppet.said):
            self._close(_REFUSED, puppet.said)
        elif _TOO_MANY.search(puppet.said):
            self._close(_AGAIN, puppet.said)

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

    def _admit(self, room: RoomId, speaker: Speaker) -> None:
        now = self._clock.monotonic()
        for place in (room, None):
            self._barred.admit((speaker.key, place), speaker.name, now)

    def _bar(self, key: str, room: RoomId | None, why: str) -> None:
        self._barred.bar((key, room), why, self._clock.monotonic())

    def _close(self, seconds: float, said: str) -> None:
        now = self._clock.monotonic()
        if now >= self._closed:
            log.warning(
                "%s lets nobody else from elsewhere connect: for %d minutes the bridge speaks for them "
                "(it says: %s)",
                self._config.server, seconds // 60, said,
            )  # fmt: skip
        self._closed = max(self._closed, now + seconds)

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
        self._make_place(self._spoke(), self._rules.max, None)
        flood = self._config.flood.at(1.0)
        puppet = PuppetConnection(
            speaker.key, self._session, self, TokenBucket(*flood, self._clock), self._config.encoding
        )
        self._all[speaker.key] = puppet
        self._connecting += 1
        try:
            async with puppet.lock:
                await self._connect(puppet, speaker)
        except BaseException:
            if self._all.get(speaker.key) is puppet:
                del self._all[speaker.key]
            puppet.abort()
            raise
        finally:
            self._connecting -= 1
        return puppet

    async def _connect(self, puppet: PuppetConnection, speaker: Speaker) -> None:
        await self._throttle.take()
        config, loop = self._config, asyncio.get_running_loop()
        server, port = config.address
        most = self._session.number("NICKLEN", 0)
        puppet.candidates = list(names.nicks(speaker.name, speaker.key, most))[::-1]
        puppet.wanted, puppet.renamed = speaker.name, self._clock.monotonic()
        if config.tls and self._context is None:
            # the bot's certificate would make each of them the bot
            self._context = await asyncio.to_thread(trust, config.ca_file, alone=True)
        try:
            async with asyncio.timeout(_ANSWER):
                await loop.create_connection(
                    lambda: puppet,
                    server,
                    port,
                    ssl=self._context,
                    server_hostname=server if config.tls else None,
                )
                puppet.write(b"\r\n".join(self._hello(puppet, speaker)))
                await puppet.welcome
        except (OSError, TimeoutError) as error:
            self._close(_AGAIN / 2, f"{error}" or "no answer")
            raise Rejected(f"{speaker.name} cannot connect to {server}") from error
        except AdapterError as error:
            raise Rejected(f"{server} does not let {speaker.name} in: {puppet.said or error}") from error

    def _hello(self, puppet: PuppetConnection, speaker: Speaker) -> list[bytes]:
        """Return the lines that register somebody (RFC 2812 section 3.1)."""
        config, key = self._config, speaker.key
        caps = [cap for cap in _CAPS if cap in self._session.caps]
        lines = []
        if (webirc := self._rules.webirc) is not None:
            password = webirc.password.get_secret_value()
            address = str(names.address_of(key, webirc.ipv6_prefix))
            lines.append(line("WEBIRC", password, webirc.gateway, names.host_of(key), address))
        if config.password:
            lines.append(line("PASS", trailing=config.password.get_secret_value(), encoding=config.encoding))
        if caps:
            lines.append(line("CAP", "REQ", trailing=" ".join(caps)))
        if (asking := puppet.next_nick()) is not None:
            lines.append(asking)
        realname = names.realname_of(speaker.name, key)
        lines.append(line("USER", names.ident_of(key), "0", "*", trailing=realname, encoding=config.encoding))
        return [*lines, line("CAP", "END")] if caps else lines

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
        if numeric in _BARRED:
            self._bar(speaker.key, room, _BARRED[numeric])
            raise Rejected(f"{speaker.name} {_BARRED[numeric]}: {said}", alone=True)
        raise Rejected(f"{room} does not let {speaker.name} in: {said}")

    def _follow(self, puppet: PuppetConnection, name: str, now: float) -> None:
        """Ask for another nick when somebody goes by another name, or does not have the nick that they
        should: whatever is said next follows it.
        """
        candidates = names.nicks(name, puppet.key, self._session.number("NICKLEN", 0))
        if name != puppet.wanted:
            places = self._connection.dispatcher.channels.places.values()
            taken = {nick for place in places for nick in place.members}
            wanted = next((nick for nick in candidates if self._session.fold(nick) not in taken), puppet.nick)
        elif now - puppet.renamed > _AGAIN and puppet.nick != (wanted := next(candidates)):
            pass
        else:
            return
        puppet.wanted, puppet.renamed = name, now
        if wanted != puppet.nick:
            self._speakers.expect(puppet.nick, wanted)
            with contextlib.suppress(ValueError):
                puppet.rename(wanted)


def _settle(command: Command, settle: Settle, outcome: Receipt | AdapterError) -> None:
    """Settle somebody's message. For who is muted nobody else speaks."""
    if isinstance(outcome, RoomUnavailable) and _NO_VOICE.search(str(outcome)):
        outcome = Rejected(f"{command.speaker.name} has no voice in {command.room}: {outcome}", alone=True)
    settle(outcome)
