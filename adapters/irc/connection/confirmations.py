"""Commands on their way: sent, and not confirmed yet.

IRC confirms nothing, so each message is followed by a PING of its own. A server works through one
client's lines in order, so that whatever it says of the message stands before the PONG: an echo,
an error, or nothing. At any time what it says is about the oldest pending command.

A bouncer answers PING itself, often before the network has shown the message: there the echo alone confirms.
A bouncer whose PONG bears its own name makes the echo itself too: there each message is followed by a NAMES
instead, of a room that nobody is in, which the bouncer hands on to the network.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import chain, islice

from adapters.irc.rooms.refusals import RETRY, refusal
from adapters.irc.wire.formatting import content
from adapters.irc.wire.line import MARK, Line
from bridge import (
    AdapterError,
    Command,
    ConnectionLost,
    DeleteMessage,
    MessageId,
    Part,
    Receipt,
    Rejected,
    RoomId,
    RoomUnavailable,
    SendMessage,
    Settle,
)

__all__ = ["Confirmations", "PendingCommand", "nowhere"]

_SURELY_SHOWN = 100
"""Characters of a line that no server cuts: fewer than the bytes that each has to let through."""
_NAMELESS = {"263", "400", "411", "412", "413", "414", "417", "FAIL"}
"""Errors that name no target; all others name the target that they are about."""


@dataclass(slots=True)
class PendingCommand:
    """One command on its way, or the mark behind a JOIN (no room, no receipt)."""

    token: str
    since: float
    at: float
    """When it was sent, in seconds since 1970."""
    settle: Settle | None = None
    """Called with the outcome; None: nobody waits for it."""
    room: RoomId | None = None
    echo: bool = False
    """Whether the server is to echo it."""
    asked: bool = False
    """Whether a NAMES follows it, which the network itself answers, and no PING."""
    labelled: bool = False
    """Whether that echo carries the token as its label."""
    said: Line | None = None
    """The line that the echo has to repeat, where others may speak through the same bouncer."""
    command: type[Command] = SendMessage
    msgid: str | None = None
    error: AdapterError | None = None
    after: Callable[[], None] | None = None
    """Called once all answers are here."""


def nowhere(token: str) -> str:
    """Return the name of a room that nobody is in, to ask a network about."""
    return f"#hubbub-{token}"


class Confirmations:
    """All pending commands of one connection, in the order of the wire."""

    def __init__(self) -> None:
        self._pending: deque[PendingCommand] = deque()
        self._unshown: deque[PendingCommand] = deque()
        """Those that a bouncer has answered for or hands on, and the network has not answered yet."""
        self._count = 0
        self.heard = time.time()
        """All that the server said until then was surely heard, in seconds since 1970: then we sent the
        newest PING that it has answered.
        """
        self.last = -math.inf
        """When the last one was sent, by the loop's clock."""

    def start(self, now: float, *, asked: bool = False) -> PendingCommand:
        """Add a command. Its token goes into the PING that follows it; with `asked`, into a NAMES."""
        self._count += 1
        self.last = now
        pending = PendingCommand(f"h{self._count}", now, time.time(), asked=asked)
        (self._unshown if asked else self._pending).append(pending)
        return pending

    @property
    def oldest(self) -> PendingCommand | None:
        """The command that the server is answering now."""
        return self._pending[0] if self._pending else None

    @property
    def unshown_since(self) -> float | None:
        """When the oldest message that waits for the network behind a bouncer was sent; None: none waits."""
        return self._unshown[0].since if self._unshown else None

    def awaits(self, token: str) -> bool:
        """Whether a PONG with this token is to come."""
        return any(pending.token == token for pending in self._pending)

    def pong(self, token: str, *, last: bool = True) -> None:
        """Take in an awaited PONG. Unless it is the `last` word, an echo may still follow."""
        waiting = self._pending
        while waiting:
            pending = waiting.popleft()
            if pending.token == token:
                self.heard = pending.at
                if not last and pending.echo and pending.msgid is None and pending.error is None:
                    self._unshown.append(pending)
                else:
                    _settle(pending)
                return
            _fail(pending, ConnectionLost("the server did not answer a PING that it should have answered"))

    def names(self, channel: str) -> None:
        """Take in the answer to a NAMES: all that the network says of the message before it is here."""
        for pending in self._unshown:
            if pending.asked and channel == nowhere(pending.token):
                self._unshown.remove(pending)
                self.heard = pending.at
                _settle(pending)
                return

    def lost(self, reason: str) -> None:
        """Fail the message that a bouncer without its network says it threw away; `reason` names the room."""
        for pending in self._unshown:
            if pending.asked and pending.room and pending.room in reason.lower().split():
                pending.error = RoomUnavailable(reason, RETRY)
                self._unshown.remove(pending)
                _settle(pending)
                return

    def echo(self, rooms: Collection[RoomId], label: str | None, got: Line) -> None:
        """Take in the echo of a message of ours to one of these rooms (IRCv3 echo-message)."""
        for pending in chain(self._unshown, self._pending):
            if pending.room in rooms and _shows(pending, label, got):
                pending.msgid = got.tags.get("msgid", "")
                self._answered(pending)
                return

    def error(self, numeric: str, reason: str, rooms: set[RoomId | None], label: str | None = None) -> None:
        """Take in an error that names these rooms.

        It is about the message that bears its label, if it has one.
        """
        for pending in chain(self._unshown, islice(self._pending, 1)):
            if pending.room is None or (label and pending.labelled and pending.token != label):
                continue
            nameless = not rooms and (numeric in _NAMELESS or pending.command is DeleteMessage)
            if pending.room in rooms or (nameless and (pending.asked or pending is self.oldest)):
                pending.error = pending.error or refusal(numeric, reason, pending.room, pending.command)
                if pending.error:
                    self._answered(pending)
                    return

    def close(self, error: AdapterError) -> None:
        """Fail all: the connection is gone, and nobody knows whether they arrived."""
        for pending in (*self._unshown, *self._pending):
            _fail(pending, error)
        self._unshown.clear()
        self._pending.clear()

    def _answered(self, pending: PendingCommand) -> None:
        """Settle a message if its PONG came before."""
        if pending in self._unshown and not pending.asked:
            self._unshown.remove(pending)
            _settle(pending)


def _shows(pending: PendingCommand, label: str | None, got: Line) -> bool:
    """Whether this line is the message's echo. Servers may strip colours and cut the end of a line."""
    said = pending.said
    if pending.labelled or said is None:
        return not pending.labelled or pending.token == label
    if MARK in said.tags and MARK in got.tags:
        return said.tags[MARK] == got.tags[MARK]
    one, other = (content(what.params[-1]).text.strip()[:_SURELY_SHOWN] for what in (said, got))
    return one == other


def _settle(pending: PendingCommand) -> None:
    if pending.after:
        pending.after()
    if pending.error:
        _fail(pending, pending.error)
    elif pending.echo and pending.msgid is None:
        _fail(pending, Rejected("the server swallowed the message: it sent no echo and no error"))
    elif pending.settle:
        pending.settle(Receipt(Part(MessageId(pending.msgid)) if pending.msgid else None))


def _fail(pending: PendingCommand, error: AdapterError) -> None:
    if pending.settle:
        pending.settle(error)
