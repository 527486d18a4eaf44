"""Looks at rooms for `hubbub check --online`: first from outside, and by a JOIN only where the server does
not tell whether we would be let in.
"""

import asyncio
import fnmatch
import logging
import re
from collections.abc import Collection, Mapping, Sequence

from bridge import CatchUp, ConnectionLost, Event, Position, RoomId, RoomState, RoomStateChanged, TokenBucket

from .config import NetworkConfig, RoomConfig
from .connection.connection import IrcConnection
from .connection.login import silence
from .wire.line import Line, line

__all__ = ["look_at"]

log = logging.getLogger(__name__)

_CHECK = "-check"
_PATIENCE = 25.0
"""Seconds for ten rooms: a little less than the caller waits."""
_KEYLESS = "{room} has a key: write it as key: beside the room"
_MUTE = (
    "{room} is moderated (mode m): ask a channel operator for a voice (/mode {room} +v {nick}), "
    "or set direction: from, if nothing is to be written there"
)
_UNKNOWN = "the services do not answer, so that hubbub is not logged in: rooms may refuse it"
_UNBAN = "ask a channel operator to lift the ban (mode b)"
_GATES = frozenset("iklORrSzZ")
"""Modes that keep somebody out, on one kind of server or another: invited, with key, room for so many,
operators, people with accounts, encrypted connections.
"""
_SECRET = frozenset("sp")
_FOR_TLS = frozenset("SzZ")
_FOR_ACCOUNTS = frozenset("Rr")
_PLAIN_MASK = re.compile(r"[^!@:$~]+![^!@]+@[^!@]+")
"""A ban by nick, user and host; each server has others of its own."""
_RANKS = re.compile(r"^[^#&!+]*\+?(?=[#&!])")
"""The signs that WHOIS puts before a room: somebody's rank there."""


async def look_at(
    config: NetworkConfig,
    bucket: TokenBucket,
    rooms: Mapping[RoomId, RoomConfig],
    only_read: Collection[RoomId] = frozenset(),
) -> dict[RoomId, str | None]:
    """Log in beside a running service and look at each room. Raises an AdapterError."""
    beside = config.model_copy(
        update={"nick": _beside(config.nick), "username": config.username or config.nick}
    )
    looker = _Looker(config, beside, bucket, only_read)
    connection = looker.connection
    connection.patience = 0.0
    patience = _PATIENCE * max(1.0, len(rooms) / 10)
    running = asyncio.create_task(connection.run({}))
    looking = asyncio.create_task(looker.look(rooms))
    try:
        await asyncio.wait({running, looking}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        trouble = silence(connection)
    finally:
        looking.cancel()
        running.cancel()
        await asyncio.wait({running, looking})
    if not running.cancelled():
        running.result()
    if not connection.arrived.is_set():
        raise ConnectionLost(trouble)
    if not looking.cancelled():
        looking.result()
    unsaid = {room: f"the server does not say whether {room} can be joined" for room in rooms}
    return unsaid | looker.found


def _beside(nick: str) -> str:
    """Return another nick, no longer than this one, so that a server that takes this one takes it too; but
    every server takes nine letters (RFC 2812 section 1.2.1).
    """
    return nick[: max(len(nick), 9) - len(_CHECK)] + _CHECK


class _Looker:
    """Asks about rooms, and collects what the connection hears and emits."""

    def __init__(
        self, config: NetworkConfig, beside: NetworkConfig, bucket: TokenBucket, only_read: Collection[RoomId]
    ) -> None:
        self.found: dict[RoomId, str | None] = {}
        self._only_read = only_read
        self._config = config
        self._missing: set[RoomId] = set()
        """Rooms whose JOIN is not answered yet."""
        self._hidden: set[RoomId] = set()
        """Rooms that the running service may be in: from outside that cannot be seen."""
        self._answered = asyncio.Event()
        self._heard: list[Line] = []
        self.connection = IrcConnection(beside, bucket, self, lambda _: None, CatchUp())
        self.connection.dispatcher.overhear = self._heard.append

    async def look(self, rooms: Mapping[RoomId, RoomConfig]) -> None:
        """Find out about all rooms."""
        connection = self.connection
        await connection.arrived.wait()
        if self._config.nickserv and not self._config.sasl and connection.dispatcher.identified is None:
            self.found[RoomId("")] = _UNKNOWN
        if not rooms:
            return
        session = connection.session
        wanted = self._config.nick[: session.number("NICKLEN", len(self._config.nick))]
        session.invitee = None if session.bouncer else wanted
        if not session.bouncer:  # a bouncer answers a PING itself, before the network has told anything
            await self._from_outside(rooms, wanted)
        self._missing = {room for room in rooms if room not in self.found}
        if self._missing:
            self._answered.clear()
            connection.serve({room: rooms[room] for room in self._missing})
            await self._answered.wait()

    async def _from_outside(self, rooms: Mapping[RoomId, RoomConfig], nick: str) -> None:
        """Find out what can be found out without a JOIN; the rest has to be tried."""
        fold, doubles = self.connection.session.fold, self.connection.session.serve(rooms)
        inside = await self._inside(nick)
        runs = inside is not None
        names = {fold(room): room for room in rooms if room not in {*doubles, *doubles.values()}}
        self.found |= {room: None for name, room in names.items() if name in (inside or ())}
        modes = await self._modes([room for room in names.values() if room not in self.found])
        for name, told in modes.items():
            if "k" in told and rooms[names[name]].key is None:
                self.found[names[name]] = _KEYLESS.format(room=names[name])
            elif self._is_mute(names[name], told):
                self.found[names[name]] = _MUTE.format(room=names[name], nick=nick)
        self._hidden = {
            room for name, room in names.items() if runs and not modes.get(name, _SECRET).isdisjoint(_SECRET)
        }
        free = [
            names[name]
            for name, told in modes.items()
            if not self._gates(told) and names[name] not in self.found
        ]
        barred = await self._barred(free, nick)
        self.found |= {room: None for room in free if fold(room) not in barred}
        for name, masks in barred.items():
            # a JOIN tells whether our nick here is banned, and not whether the service's is
            if name in names and not any(self._is_of(self.connection.session.nick, mask) for mask in masks):
                room = names[name]
                self.found[room] = f"{nick} is banned from {room} ({', '.join(masks)}): {_UNBAN}"

    async def _ask(self, *lines: bytes) -> list[Line]:
        """Send these lines and return the server's answers."""
        self._heard.clear()
        for data in lines[:-1]:
            await self.connection.polite(data)
        if lines:
            await self.connection.ask(lines[-1])
        return list(self._heard)

    async def _inside(self, nick: str) -> set[str] | None:
        """Return the rooms that the running service is seen in: somebody with its nick, from our own host.
        None: it does not run.
        """
        session = self.connection.session
        heard = await self._ask(line("WHOIS", nick))
        bearers = [got.params for got in heard if got.command == "311" and len(got.params) > 3]
        if not bearers:
            return None
        _, _, user, host, *_, realname = bearers[0]
        if host != session.host or not self._config.realname.startswith(realname):
            log.warning(
                "the nick %s is taken, by %s@%s (%s): unless that is hubbub itself, run takes one like it "
                "until it is free", nick, user, host, realname,
            )  # fmt: skip
            return None
        shown = " ".join(got.params[-1] for got in heard if got.command == "319").split()
        return {session.fold(_RANKS.sub("", name)) for name in shown}

    async def _modes(self, rooms: Sequence[RoomId]) -> dict[str, set[str]]:
        """Return the modes of rooms, as far as the server tells: nothing of one that is secret or does not
        exist.
        """
        told = await self._ask(*[self._line("MODE", room) for room in rooms])
        fold = self.connection.session.fold
        known = {fold(room) for room in rooms}
        shown = [got.params[1:3] for got in told if got.command == "324" and len(got.params) > 2]
        modes = {fold(name): set(letters) for name, letters in shown}
        return {name: modes[name] for name in modes.keys() & known}

    def _is_mute(self, room: RoomId, modes: set[str]) -> bool:
        """Whether we may not speak there, though we want to; with an account, services may let us."""
        account = self._config.sasl or self._config.nickserv
        return "m" in modes and room not in self._only_read and not account

    def _gates(self, modes: set[str]) -> set[str]:
        """Return the modes that might keep us out."""
        gates = modes & _GATES
        if self._config.tls:
            gates -= _FOR_TLS
        if self._config.sasl or self._config.nickserv:
            gates -= _FOR_ACCOUNTS
        return gates

    async def _barred(self, rooms: Sequence[RoomId], nick: str) -> dict[str, list[str]]:
        """Return the rooms with bans that might be ours. Not every server shows bans to outsiders."""
        told = await self._ask(*[self._line("MODE", room, "b") for room in rooms])
        session = self.connection.session
        found: dict[str, list[str]] = {}
        bans = [got.params[1:3] for got in told if got.command == "367" and len(got.params) > 2]
        for room, mask in bans:
            if _PLAIN_MASK.fullmatch(mask) and self._is_of(nick, mask):
                found.setdefault(session.fold(room), []).append(mask)
        return found

    def _is_of(self, nick: str, mask: str) -> bool:
        """Whether this mask might be ours under this nick."""
        session = self.connection.session
        us = session.fold(f"{nick}!{session.user}@{session.host}")
        return not session.host or _fits(session.fold(mask), us)

    def _line(self, *words: str) -> bytes:
        return line(*words, encoding=self._config.encoding)

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        for event in events:
            if isinstance(event, RoomStateChanged) and event.state is not RoomState.JOINING:
                reason = event.reason or None
                if reason and event.room in self._hidden:
                    reason = f"unless the running hubbub is in {event.room} already: {reason}"
                self.found.setdefault(event.room, reason)
                self._missing.discard(event.room)
        if not self._missing:
            self._answered.set()
        taken = asyncio.get_running_loop().create_future()
        taken.set_result(None)
        return taken

    def position(self, scope: str = "") -> str | None:
        return None


def _fits(mask: str, who: str) -> bool:
    """Whether a mask with * and ? covers this person."""
    return fnmatch.fnmatchcase(who, mask.replace("[", "[[]"))
