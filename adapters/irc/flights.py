"""What we said and the server has not answered yet.

IRC confirms nothing, so each message is followed by a PING of its own. A server works through one
client's lines in order, so that whatever it answers to the message stands before the PONG: an echo,
an error, or nothing. At any time the answers belong to the oldest flight.

A bouncer answers PING itself, often before the network has shown the message: there the echo alone confirms.
"""

import re
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
    RateLimited,
    Receipt,
    Rejected,
    RoomId,
    RoomUnavailable,
    SendMessage,
    Settle,
    SetTopic,
)

from .formatting import content
from .wire import MARK, Line

__all__ = ["Flight", "Flights", "refusal"]

_RETRY = 30.0
_SURELY_SHOWN = 100
"""Characters of a line that no server cuts: they are less than the bytes that it has to let through."""
_NO_ROOM = {"401", "403", "404", "437", "442", "477", "489"}
_TOO_FAST = {"263", "407", "439"}
_OTHERS = {"405", "411", "412", "413", "414", "415", "417", "531", "716", "717"}
_NOT_DONE: dict[type[Command], tuple[set[str], str]] = {
    DeleteMessage: ({"421", "482", "FAIL"}, "the server lets hubbub remove nothing in"),
    SetTopic: (
        {"403", "404", "442", "477", "482", "FAIL"},
        "the server lets hubbub set no topic in",
    ),
}
_NAMELESS = {"263", "411", "412", "413", "414", "417", "FAIL"}
"""These name no target; all others are about the target that they name."""
_ABOUT_THE_TEXT = re.compile(
    r"containing|CTCP|notice|colou?r|format|caps|repeat|censor|spam|filter", re.IGNORECASE
)


@dataclass(slots=True)
class Flight:
    """One command on its way, or the mark behind a JOIN (no room, no receipt)."""

    token: str
    since: float
    settle: Settle | None = None
    """What to do with the confirmation; None: nobody waits for it."""
    room: RoomId | None = None
    echo: bool = False
    """Whether the server is to echo it."""
    labelled: bool = False
    """Whether that echo carries the token as its label."""
    said: Line | None = None
    """What the echo has to say, where others may speak through the same bouncer."""
    command: type[Command] = SendMessage
    msgid: str | None = None
    error: AdapterError | None = None
    after: Callable[[], None] | None = None
    """What to do once all answers are here."""


def refusal(
    numeric: str, reason: str, room: str, command: type[Command] = SendMessage
) -> AdapterError | None:
    """What an error numeric before the PONG means for the command; None: nothing.

    RFC 2812 section 5.2, modern.ircdocs.horse numerics; `reason` is the server's own text.
    """
    if numeric in _TOO_FAST:
        return RateLimited(f"the server asks hubbub to wait before it writes to {room}: {reason}", _RETRY)
    numerics, sentence = _NOT_DONE.get(command, (set(), ""))
    if numeric in numerics:
        return Rejected(f"{sentence} {room}: {reason}")
    if numeric in _NO_ROOM:
        if numeric != "404" or not _ABOUT_THE_TEXT.search(reason):
            return RoomUnavailable(f"hubbub cannot speak in {room}: {reason}", _RETRY)
        return Rejected(f"{room} does not take this message: {reason}")
    if numeric in _OTHERS or numeric == "FAIL":
        return Rejected(f"the server refuses the message: {reason}")
    return None


class Flights:
    """All flights of one connection, in the order of the wire."""

    def __init__(self) -> None:
        self._flights: deque[Flight] = deque()
        self._unshown: deque[Flight] = deque()
        """Those that a bouncer has answered for, while the network still has to show them."""
        self._count = 0
        self.landed = False
        """Whether anything was settled since somebody last asked."""

    def start(self, now: float) -> Flight:
        """A new flight; its token goes into the PING that follows it."""
        self._count += 1
        flight = Flight(f"h{self._count}", now)
        self._flights.append(flight)
        return flight

    @property
    def oldest(self) -> Flight | None:
        """The one that the server is answering now."""
        return self._flights[0] if self._flights else None

    @property
    def unshown_since(self) -> float | None:
        """Since when the oldest message waits for an echo alone; None: none does."""
        return self._unshown[0].since if self._unshown else None

    def pong(self, token: str, *, last: bool = True) -> None:
        """All answers to this flight are here; unless it is the `last`, an echo may come behind it."""
        flights = self._flights
        if all(flight.token != token for flight in flights):
            return
        while flights:
            flight = flights.popleft()
            if flight.token == token:
                if not last and flight.echo and flight.msgid is None and flight.error is None:
                    self._unshown.append(flight)
                else:
                    self._land(flight)
                return
            _fail(flight, ConnectionLost("the server did not answer a PING that it should have answered"))

    def echo(self, room: RoomId, label: str | None, got: Line) -> None:
        """Our own message came back (IRCv3 echo-message)."""
        for flight in chain(self._unshown, self._flights):
            if flight.room == room and _shows(flight, label, got):
                flight.msgid = got.tags.get("msgid", "")
                self._answered(flight)
                return

    def error(self, numeric: str, reason: str, rooms: set[RoomId | None]) -> None:
        """An error that names these rooms."""
        for flight in chain(self._unshown, islice(self._flights, 1)):
            if flight.room is None:
                continue
            nameless = not rooms and (numeric in _NAMELESS or flight.command is DeleteMessage)
            if flight.room in rooms or (nameless and flight is self.oldest):
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
        if flight in self._unshown:
            self._unshown.remove(flight)
            self._land(flight)

    def _land(self, flight: Flight) -> None:
        self.landed = True
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
