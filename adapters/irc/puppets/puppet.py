"""One person from elsewhere, by a connection of their own: small, since it hears only what is theirs."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from adapters.irc.connection.confirmations import Confirmations
from adapters.irc.rooms.channels import JOIN_ERRORS
from adapters.irc.session import Session, is_channel
from adapters.irc.wire.line import Line, decode_text, line, nick_of, parse
from bridge import (
    AdapterError,
    ConnectionLost,
    Receipt,
    RoomId,
    Settle,
    TokenBucket,
)

__all__ = ["Owner", "PuppetConnection"]

_LONGEST = 16_384
_READ = 4_096
_OF_OTHERS = frozenset(
    b"PRIVMSG NOTICE TAGMSG REDACT JOIN PART QUIT NICK MODE TOPIC INVITE CHGHOST AWAY ACCOUNT".split()
)
"""What is left out unread where it is neither by us nor to us: the bot hears it for all."""
_NOT_THIS_NICK = frozenset({"432", "433", "435", "436", "437", "447"})


class Owner(Protocol):
    """Those whom a puppet tells what happens to it."""

    def asking(self, puppet: "PuppetConnection", nick: str) -> None:
        """It asks for another nick than it has."""

    def named(self, puppet: "PuppetConnection", before: str) -> None:
        """The server has given it a nick, in place of an earlier one or of none."""

    def seen(self, source: str) -> None:
        """The network shows it with this prefix."""

    def out(self, puppet: "PuppetConnection", room: RoomId, why: str) -> None:
        """It is no longer in a room; `why` is empty where nobody threw it out."""

    def ended(self, puppet: "PuppetConnection") -> None:
        """Its connection is gone."""

    def asked(self, puppet: "PuppetConnection", got: Line) -> None:
        """Somebody wrote to it alone."""


class PuppetConnection(asyncio.Protocol):
    """A connection that registers, joins, speaks, and answers PING; used once."""

    __slots__ = (
        *("_encoding", "_mine", "_owner", "_rest", "_session", "_transport", "asked", "bucket", "candidates"),
        *("confirmations", "ended", "ends", "hello", "joining", "key", "killed", "leaving", "lock", "nick"),
        *("renamed", "rooms", "said", "wanted", "welcome"),
    )

    def __init__(self, key: str, session: Session, owner: Owner, bucket: TokenBucket, encoding: str) -> None:
        loop = asyncio.get_running_loop()
        self.key = key
        """Who it is (`Speaker.key`)."""
        self.bucket = bucket
        self.confirmations = Confirmations()
        self.lock = asyncio.Lock()
        """Held while it connects or joins."""
        self.rooms: dict[RoomId, float] = {}
        """The rooms that it is in, each with the time when it last spoke there, by the monotonic clock."""
        self.joining: dict[RoomId, asyncio.Future[tuple[str, str] | None]] = {}
        """The rooms that it wants to be in, each with the numeric and words of the refusal to come; None: it
        is in.
        """
        self.welcome: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.wanted = ""
        """The name that its nick was made of."""
        self.nick = ""
        self.renamed = 0.0
        """When it last asked for another nick, by the monotonic clock."""
        self.candidates: list[str] = []
        """The nicks to ask for while those before are taken, the next one last."""
        self.hello = b""
        """The lines that register it."""
        self.asked = False
        """Whether we have asked for another nick than we have."""
        self.leaving = False
        """Whether it is us who end the connection."""
        self.ends: tuple[str, int, str, int] | None = None
        """Our address and port, and the server's."""
        self.said = ""
        """Why the server ends the connection, or does not let us in, in its own words."""
        self.killed = False
        """Whether an operator ended it."""
        self._session = session
        self._owner = owner
        self._encoding = encoding
        self._rest = b""
        self._mine = b""
        self._transport: asyncio.Transport | None = None

    # -- what its owner asks for

    def next_nick(self) -> bytes | None:
        """Return the line that asks for the next nick; None: all are taken."""
        if not self.candidates:
            return None
        self.nick = self.candidates.pop()
        self._mine = self.nick.encode()
        return line("NICK", self.nick)

    def rename(self, candidates: Sequence[str]) -> None:
        """Ask for another nick, the first of these that is free: whatever is said next follows it."""
        self.candidates = list(candidates)[::-1]
        self._ask_again()

    def _ask_again(self) -> None:
        self.asked = bool(self.candidates)
        if self.candidates:
            nick = self.candidates.pop()
            self._owner.asking(self, nick)
            self.write(line("NICK", nick))

    def join(self, room: RoomId, key: str | None) -> "asyncio.Future[tuple[str, str] | None]":
        """Ask to be let into a room. Returns the answer to come, as in `joining`."""
        answer = self.joining[room] = asyncio.get_running_loop().create_future()
        self.write(line("JOIN", room, *([key] if key else []), encoding=self._encoding))
        return answer

    def part(self, room: RoomId, why: str) -> None:
        """Leave a room."""
        self.rooms.pop(room, None)
        if is_channel(room):
            self.write(line("PART", room, trailing=why, encoding=self._encoding))

    def say(self, room: RoomId, data: bytes, settle: Settle, *, echo: bool, now: float) -> None:
        """Send the line of a command and the PING that confirms it, in one write."""
        pending = self.confirmations.start(now)
        pending.room = room
        pending.settle = lambda outcome: settle(self._theirs(outcome))
        pending.echo = echo
        self.write(b"%b\r\nPING :%b" % (data, pending.token.encode()))

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data + b"\r\n")

    def quit(self, why: str) -> None:
        """Leave the network."""
        self.leaving = True
        if self._transport is not None and not self._transport.is_closing():
            self.write(line("QUIT", trailing=why, encoding=self._encoding))
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def speaks(self) -> bool:
        """Whether it is connected by a nick."""
        return self.welcome.done() and not self.ended.done()

    def _theirs(self, outcome: Receipt | AdapterError) -> Receipt | AdapterError:
        if isinstance(outcome, Receipt) and outcome.part is not None:
            return Receipt(replace(outcome.part, speaker=self.key))
        return outcome

    # -- the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.max_size = _READ  # type: ignore[attr-defined]  # else it takes 256 kB for each read
        self._transport = transport  # type: ignore[assignment]  # it is one that writes
        self.write(self.hello)

    def data_received(self, data: bytes) -> None:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LONGEST:
            self._rest = b""
        for raw in lines:
            if _concerns(raw, self._mine):
                self._read(raw.rstrip(b"\r"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
        error = ConnectionLost(f"the connection of {self.nick} is gone: {self.said or exc or 'closed'}")
        self.bucket.close(error)
        self.confirmations.close(error)
        for answer in self.joining.values():
            if not answer.done():
                answer.set_result(("", str(error)))
        if not self.welcome.done():
            self.welcome.set_exception(error)
            self.welcome.exception()
        self.rooms.clear()
        self._owner.ended(self)

    def _read(self, raw: bytes) -> None:
        try:
            self._take(parse(decode_text(raw, self._encoding)))
        except (ValueError, IndexError):
            return  # a bad line ends no connection

    def _take(self, got: Line) -> None:
        match got.command:
            case "PING":
                self.write(line("PONG", trailing=got.params[-1], encoding=self._encoding))
            case "PONG":
                if self.confirmations.awaits(got.params[-1]):
                    self.confirmations.pong(got.params[-1])
            case "001":
                self._welcomed(got.params[0])
            case "ERROR":
                self.said = got.params[-1]
            case "KILL":
                self.killed = True
            case "JOIN" | "PART" | "KICK" | "NICK" | "PRIVMSG" | "NOTICE" | "CHGHOST":
                self._of_people(got)
            case numeric if numeric.isdigit():
                self._numeric(got)
            case "FAIL":
                self.confirmations.error("FAIL", got.params[-1], set())

    def _welcomed(self, nick: str) -> None:
        self.nick, self._mine = nick, nick.encode()
        if not self.welcome.done():
            self._owner.named(self, "")
            self.welcome.set_result(None)

    def _of_people(self, got: Line) -> None:
        mine = nick_of(got.source) == self.nick
        room = self._session.room(got.params[0])
        match got.command:
            case "JOIN" if mine:
                self._joined(got, room)
            case "PART" if mine and room:
                self._out(room, "")
            case "KICK" if room and got.params[1] == self.nick:
                said = f": {got.params[2]}" if len(got.params) > 2 and got.params[2] != self.nick else ""
                self._out(room, f"was sent out there by {nick_of(got.source)}{said}")
            case "NICK" if mine:
                before, self.nick = self.nick, got.params[0]
                self._mine = self.nick.encode()
                self._owner.named(self, before)
                self.asked = False
            case "CHGHOST" if mine:
                self._owner.seen("{}!{}@{}".format(self.nick, *got.params))
            case "PRIVMSG" | "NOTICE" if mine:
                rooms = (room,) if room else self._session.private.rooms_to(got.params[0])
                self.confirmations.echo(rooms, None, got)
            case "PRIVMSG" if not mine and got.params[0] == self.nick:
                self._owner.asked(self, got)

    def _joined(self, got: Line, room: RoomId | None) -> None:
        self._owner.seen(got.source)
        answer = self.joining.pop(room, None) if room else None
        if room is None or answer is None:  # forwarded, or made to join: nobody here speaks there
            self.write(line("PART", got.params[0], encoding=self._encoding))
            return
        self.rooms[room] = 0.0
        if not answer.done():
            answer.set_result(None)

    def _out(self, room: RoomId, why: str) -> None:
        if self.rooms.pop(room, None) is not None:
            self._owner.out(self, room, why)

    def _numeric(self, got: Line) -> None:
        numeric, params = got.command, got.params
        if not self.welcome.done():
            self._before_welcome(numeric, params)
        elif numeric == "396":
            user, at, host = params[1].rpartition("@")
            self._owner.seen(f"{self.nick}!{user}@{host}" if at else "")
        elif numeric in _NOT_THIS_NICK and self.asked:
            self._ask_again()
        elif numeric[0] in "45":
            rooms = self._session.rooms_named(params[1:-1])
            for room in rooms & self.joining.keys():
                if numeric in JOIN_ERRORS and room is not None:
                    if not (answer := self.joining.pop(room)).done():
                        answer.set_result((numeric, params[-1]))
                    return
            self.confirmations.error(numeric, params[-1], rooms)

    def _before_welcome(self, numeric: str, params: list[str]) -> None:
        if numeric in _NOT_THIS_NICK:
            if (asking := self.next_nick()) is not None:
                self.write(asking)
                return
            self.said = "every nick like theirs is taken"
            self.abort()
        elif numeric[0] in "45" and numeric not in {"421", "451"}:
            self.said = params[-1]


def _concerns(raw: bytes, mine: bytes) -> bool:
    """Whether a line has to be read: most are what others say, which the bot hears."""
    head = raw.partition(b" ")[2] if raw[:1] == b"@" else raw
    words = head.split(b" ", 3)
    if head[:1] != b":" or len(words) < 3:
        return True
    if words[1][:1] == b"3":
        return False
    ours = words[0][1:].partition(b"!")[0] == mine or words[2].rstrip(b"\r") == mine
    return ours or words[1] not in _OF_OTHERS
