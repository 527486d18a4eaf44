"""What we said and the server has not answered yet.

IRC confirms nothing, so each message is followed by a PING of its own. A server works through one
client's lines in order, so that whatever it answers to the message stands before the PONG: an echo,
an error, or nothing. At any time the answers belong to the oldest flight.

A bouncer answers PING itself, often before the network has shown the message: there the echo alone confirms.
One whose PONG bears its own name makes the echo itself too: there each message is followed by a NAMES
instead, of a room that nobody is in, which it hands on to the network.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice

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

from .formatting import content
from .refusals import RETRY, refusal
from .wire import MARK, Line

__all__ = ["Confirmations", "PendingCommand", "nowhere"]

_SURELY_SHOWN = 100
"""Characters of a line that no server cuts: they are less than the bytes that it has to let through."""
_NAMELESS = {"263", "400", "411", "412", "413", "414", "417", "FAIL"}
"""These name no target; all others are about the target that they name."""


@dataclass(slots=True)
class PendingCommand:
    """One command on its way, or the mark behind a JOIN (no room, no receipt)."""

    token: str
    since: float
    at: float
    """When it was sent, in seconds since 1970."""
    settle: Settle | None = None
    """What to do with the confirmation; None: nobody waits for it."""
    room: RoomId | None = None
    echo: bool = False
    """Whether the server is to echo it."""
    asked: bool = False
    """Whether the network itself answers for it, and no PONG."""
    labelled: bool = False
    """Whether that echo carries the token as its label."""
    said: Line | None = None
    """What the echo has to say, where others may speak through the same bouncer."""
    command: type[Command] = SendMessage
    msgid: str | None = None
    error: AdapterError | None = None
    after: Callable[[], None] | None = None
    """What to do once all answers are here."""


def nowhere(token: str) -> str:
    """A room that nobody is in, to ask a network about."""
    return f"#hubbub-{token}"


class Confirmations:
    """All flights of one connection, in the order of the wire."""

    def __init__(self) -> None:
        self._pending: deque[PendingCommand] = deque()
        self._unshown: deque[PendingCommand] = deque()
        """Those that a bouncer has answered for or hands on, while the network has not."""
        self._count = 0
        self.heard = time.time()
        """Until when all that the server said was surely heard: then it was asked what it has answered."""
        self.last = -math.inf
        """When the last one was sent, by the loop's clock."""

    def start(self, now: float, *, asked: bool = False) -> PendingCommand:
        """A new flight; its token goes into the PING that follows it, or the NAMES that is `asked`."""
        self._count += 1
        self.last = now
        pending = PendingCommand(f"h{self._count}", now, time.time(), asked=asked)
        (self._unshown if asked else self._pending).append(pending)
        return pending

    @property
    def oldest(self) -> PendingCommand | None:
        """The one that the server is answering now."""
        return self._pending[0] if self._pending else None

    @property
    def unshown_since(self) -> float | None:
        """Since when the oldest message waits for the network behind a bouncer; None: none does."""
        return self._unshown[0].since if self._unshown else None

    def awaits(self, token: str) -> bool:
        """Whether a PONG with this token is to come."""
        return any(pending.token == token for pending in self._pending)

    def pong(self, token: str, *, last: bool = True) -> None:
        """All answers to this awaited flight are here; unless it is the `last`, an echo may follow."""
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
        """The network answered a NAMES: all its answers to the message before it are here."""
        for pending in self._unshown:
            if pending.asked and channel == nowhere(pending.token):
                self._unshown.remove(pending)
                self.heard = pending.at
                _settle(pending)
                return

    def lost(self, reason: str) -> None:
        """The bouncer has no network, and says which message it threw away: the room is named."""
        for pending in self._unshown:
            if pending.asked and pending.room and pending.room in reason.lower().split():
                pending.error = RoomUnavailable(reason, RETRY)
                self._unshown.remove(pending)
                _settle(pending)
                return

    def echo(self, room: RoomId, label: str | None, got: Line) -> None:
        """Our own message came back (IRCv3 echo-message)."""
        for pending in chain(self._unshown, self._pending):
            if pending.room == room and _shows(pending, label, got):
                pending.msgid = got.tags.get("msgid", "")
                self._answered(pending)
                return

    def error(self, numeric: str, reason: str, rooms: set[RoomId | None], label: str | None = None) -> None:
        """An error that names these rooms; it answers the message that bears its label."""
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
        """The connection is gone: nobody knows what became of what was in flight."""
        for pending in (*self._unshown, *self._pending):
            _fail(pending, error)
        self._unshown.clear()
        self._pending.clear()

    def _answered(self, pending: PendingCommand) -> None:
        """Land it if its PONG came before."""
        if pending in self._unshown and not pending.asked:
            self._unshown.remove(pending)
            _settle(pending)


def _shows(pending: PendingCommand, label: str | None, got: Line) -> bool:
    """Whether this is the flight's echo. Servers may strip colours and cut the end of a line."""
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
