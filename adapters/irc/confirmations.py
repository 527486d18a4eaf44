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

__all__ = ["Flight", "Flights", "nowhere"]

_SURELY_SHOWN = 100
"""Characters of a line that no server cuts: they are less than the bytes that it has to let through."""
_NAMELESS = {"263", "400", "411", "412", "413", "414", "417", "FAIL"}
"""These name no target; all others are about the target that they name."""


@dataclass(slots=True)
class Flight:
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


class Flights:
    """All flights of one connection, in the order of the wire."""

    def __init__(self) -> None:
        self._flights: deque[Flight] = deque()
        self._unshown: deque[Flight] = deque()
        """Those that a bouncer has answered for or hands on, while the network has not."""
        self._count = 0
        self.heard = time.time()
        """Until when all that the server said was surely heard: then it was asked what it has answered."""
        self.last = -math.inf
        """When the last one was sent, by the loop's clock."""

    def start(self, now: float, *, asked: bool = False) -> Flight:
        """A new flight; its token goes into the PING that follows it, or the NAMES that is `asked`."""
        self._count += 1
        self.last = now
        flight = Flight(f"h{self._count}", now, time.time(), asked=asked)
        (self._unshown if asked else self._flights).append(flight)
        return flight

    @property
    def oldest(self) -> Flight | None:
        """The one that the server is answering now."""
        return self._flights[0] if self._flights else None

    @property
    def unshown_since(self) -> float | None:
        """Since when the oldest message waits for the network behind a bouncer; None: none does."""
        return self._unshown[0].since if self._unshown else None

    def awaits(self, token: str) -> bool:
        """Whether a PONG with this token is to come."""
        return any(flight.token == token for flight in self._flights)

    def pong(self, token: str, *, last: bool = True) -> None:
        """All answers to this awaited flight are here; unless it is the `last`, an echo may follow."""
        flights = self._flights
        while flights:
            flight = flights.popleft()
            if flight.token == token:
                self.heard = flight.at
                if not last and flight.echo and flight.msgid is None and flight.error is None:
                    self._unshown.append(flight)
                else:
                    _settle(flight)
                return
            _fail(flight, ConnectionLost("the server did not answer a PING that it should have answered"))

    def names(self, channel: str) -> None:
        """The network answered a NAMES: all its answers to the message before it are here."""
        for flight in self._unshown:
            if flight.asked and channel == nowhere(flight.token):
                self._unshown.remove(flight)
                self.heard = flight.at
                _settle(flight)
                return

    def lost(self, reason: str) -> None:
        """The bouncer has no network, and says which message it threw away: the room is named."""
        for flight in self._unshown:
            if flight.asked and flight.room and flight.room in reason.lower().split():
                flight.error = RoomUnavailable(reason, RETRY)
                self._unshown.remove(flight)
                _settle(flight)
                return

    def echo(self, room: RoomId, label: str | None, got: Line) -> None:
        """Our own message came back (IRCv3 echo-message)."""
        for flight in chain(self._unshown, self._flights):
            if flight.room == room and _shows(flight, label, got):
                flight.msgid = got.tags.get("msgid", "")
                self._answered(flight)
                return

    def error(self, numeric: str, reason: str, rooms: set[RoomId | None], label: str | None = None) -> None:
        """An error that names these rooms; it answers the message that bears its label."""
        for flight in chain(self._unshown, islice(self._flights, 1)):
            if flight.room is None or (label and flight.labelled and flight.token != label):
                continue
            nameless = not rooms and (numeric in _NAMELESS or flight.command is DeleteMessage)
            if flight.room in rooms or (nameless and (flight.asked or flight is self.oldest)):
                flight.error = flight.error or refusal(numeric, reason, flight.room, flight.command)
                if flight.error:
                    self._answered(flight)
                    return

    def close(self, error: AdapterError) -> None:
        """The connection is gone: nobody knows what became of what was in flight."""
        for flight in (*self._unshown, *self._flights):
            _fail(flight, error)
        self._unshown.clear()
        self._flights.clear()

    def _answered(self, flight: Flight) -> None:
        """Land it if its PONG came before."""
        if flight in self._unshown and not flight.asked:
            self._unshown.remove(flight)
            _settle(flight)


def _shows(flight: Flight, label: str | None, got: Line) -> bool:
    """Whether this is the flight's echo. Servers may strip colours and cut the end of a line."""
    said = flight.said
    if flight.labelled or said is None:
        return not flight.labelled or flight.token == label
    if MARK in said.tags and MARK in got.tags:
        return said.tags[MARK] == got.tags[MARK]
    one, other = (content(what.params[-1]).text.strip()[:_SURELY_SHOWN] for what in (said, got))
    return one == other


def _settle(flight: Flight) -> None:
    if flight.after:
        flight.after()
    if flight.error:
        _fail(flight, flight.error)
    elif flight.echo and flight.msgid is None:
        _fail(flight, Rejected("the server swallowed the message: it sent no echo and no error"))
    elif flight.settle:
        flight.settle(Receipt(Part(MessageId(flight.msgid)) if flight.msgid else None))


def _fail(flight: Flight, error: AdapterError) -> None:
    if flight.settle:
        flight.settle(error)
