"""Who is away (RFC 2812 sections 3.6.1 and 4.1; IRCv3 away-notify). No I/O.

A server with away-notify tells of who goes and comes back, and not of how they were when we came: a WHO of
the room shows that. Of another server a WHO every minute is all there is. Either is asked of the rooms alone
where somebody wants to know.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from adapters.irc.wire.line import Line, nick_of
from bridge import BoundedDict, RoomId

if TYPE_CHECKING:
    from adapters.irc.session import Session

__all__ = ["AwayPeople"]

_MOST = 20_000
_MOST_ASKED = 500
"""A room with more people is not asked for them."""
_WANTED = 120.0
"""For so long after somebody asked they want to know, in seconds."""
_AGAIN = 60.0


class Entered(Protocol):
    """A room as far as this needs it."""

    room: RoomId
    joined: float | None
    members: dict[str, str]


class AwayPeople:
    """Knows of people by their nicks, as far as the server has told."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._away = BoundedDict[str, bool](_MOST)
        self._wanted: dict[RoomId, float] = {}
        """When somebody wanted to know last who is away in a room, by the loop's clock."""
        self._unmet: set[RoomId] = set()
        """Rooms where somebody wants to know who is there, and not all masks are known."""
        self._looked: dict[RoomId, float] = {}
        """When a room was asked for that, since we are in it."""

    def of(self, room: RoomId, nick: str, now: float) -> bool | None:
        """Whether somebody in a room is away; None: that is not known."""
        self._wanted[room] = now
        return self._away.get(self._session.fold(nick))

    def meet(self, room: RoomId) -> None:
        """Note that somebody wants to know who is there by what: a WHO shows masks as well."""
        self._unmet.add(room)

    def due(self, places: Iterable[Entered], now: float) -> list[RoomId]:
        """Return the rooms to be asked now."""
        told = "away-notify" in self._session.caps
        due = []
        for place in places:
            wanted, looked = self._wanted.get(place.room), self._looked.get(place.room)
            if place.joined is None:
                self._looked.pop(place.room, None)
                continue
            wants = wanted is not None and now - wanted <= _WANTED
            if len(place.members) > _MOST_ASKED or not (wants or place.room in self._unmet):
                continue
            if looked is None or looked < place.joined or (wants and not told and now - looked >= _AGAIN):
                self._looked[place.room] = now
                self._unmet.discard(place.room)
                due.append(place.room)
        return due

    # -- lines of the server

    def who(self, got: Line) -> None:
        """Take in WHO (numeric 352): H is here, G is gone."""
        if len(got.params) > 6 and got.params[6][:1] in {"H", "G"}:
            self._away[self._session.fold(got.params[5])] = got.params[6][0] == "G"

    def replied(self, got: Line) -> None:
        """Take in that somebody to whom we wrote is away (numeric 301)."""
        self._away[self._session.fold(got.params[1])] = True

    def said(self, got: Line) -> None:
        """Take in an AWAY: with words they go, without they are back."""
        self._away[self._session.fold(nick_of(got.source))] = bool(got.params and got.params[0])

    def came(self, nick: str) -> None:
        """Note that somebody came into a room: who is away is said to be so right after it."""
        if "away-notify" in self._session.caps:
            self._away.setdefault(self._session.fold(nick), False)

    def renamed(self, nick: str, name: str) -> None:
        """Note that somebody goes by another nick."""
        known = self._away.pop(self._session.fold(nick), None)
        if known is not None:
            self._away[self._session.fold(name)] = known

    def gone(self, nick: str) -> None:
        """Note that somebody has left the network."""
        self._away.pop(self._session.fold(nick), None)
