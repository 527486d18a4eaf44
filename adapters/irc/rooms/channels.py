"""Gets into the rooms and stays there. The clock is handed in.

RFC 2812 section 3.2.1 (JOIN) and its errors; modern.ircdocs.horse where networks differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.irc.config import RoomConfig
from adapters.irc.history.catch_up import History
from adapters.irc.session import Session
from adapters.irc.wire.line import line
from bridge import Backoff, BoundedDict, Event, Present, RoomId, RoomState, RoomStateChanged

__all__ = ["JOIN_ERRORS", "Channels", "Place"]

JOIN_ERRORS = {
    "263": "the server is busy and lets nobody into {room} now; hubbub will try again",
    "401": "there is no channel {room} on this network: check its name",
    "403": "there is no channel {room} on this network: check its name",
    "405": "the server allows hubbub no more channels, so {room} is left out: use a second network",
    "407": "{room} cannot be joined now",
    "437": "{room} cannot be joined now (a split of the network): hubbub will try again",
    "439": "the server asks hubbub to join more slowly; it will try {room} again",
    "470": "{room} forwards to {other}: write that name in its place, or have hubbub invited to {room}",
    "471": "{room} is full: ask a channel operator to raise its limit (mode l)",
    "473": "{room} is invite-only: ask a channel operator to /invite {nick} {room}",
    "474": "{nick} is banned from {room}: ask a channel operator to lift the ban (mode b)",
    "475": "{room} has a key: write it as key: beside the room",
    "476": "{room} is not a channel name that this server takes: check its name",
    "477": "{room} lets registered nicks in only: give hubbub an account (sasl: or nickserv:)",
    "479": "{room} is not a channel name that this server takes: check its name",
    "480": "{room} cannot be joined now",
    "485": "{room} cannot be joined",
    "489": "{room} lets in encrypted connections only: set tls: true",
    "490": "{room} lets in encrypted connections only: set tls: true",
    "495": "{room} does not let hubbub back in so soon after a kick; it will try again",
    "500": "too many people join {room} now; hubbub will try again",
    "520": "{room} is for the server's operators only",
}
_LINE = 400
_REFUSED = (30.0, 600.0)
_KICKED = (10.0, 600.0)
_MOST_BANS = 500


@dataclass(slots=True)
class Place:
    """One room: whether we are in it, and who else is. `due` is when to join next; None: do not try."""

    room: RoomId
    key: str | None
    due: float | None = 0.0
    refusals: Backoff = field(default_factory=lambda: Backoff(*_REFUSED))
    kicks: Backoff = field(default_factory=lambda: Backoff(*_KICKED))
    seen: bool = True
    """Whether the server has let us in or refused us since the last JOIN, if there was one."""
    inside: bool = False
    joined: float | None = None
    """When it came to count as joined, by the loop's clock; None: it does not."""
    double: bool = False
    """Whether another room of ours is the same channel."""
    members: dict[str, str] = field(default_factory=dict)
    """The nicks in the room, in lower case, each with its mask (with the nick while the mask is unknown)."""
    bans: dict[str, tuple[str, ...]] = field(default_factory=lambda: BoundedDict(_MOST_BANS))
    """Masks that were banned while we were there, in lower case, each with whom it was about."""
    present: Present = field(default_factory=Present)
    """The same people, by the look of their nicks."""

    def empty(self) -> None:
        """Forget who is there."""
        self.members.clear()
        self.present.clear()


class Channels:
    """The rooms of one connection. Appends to `events` what happens to them."""

    def __init__(self, session: Session, history: History, encoding: str, events: list[Event]) -> None:
        self._session = session
        self._history = history
        self._events = events
        self._encoding = encoding
        self.places: dict[RoomId, Place] = {}

    def declare(self, rooms: Mapping[RoomId, RoomConfig]) -> list[bytes]:
        """Set the rooms to be in. Returns the PARTs from others."""
        left = [place for room, place in self.places.items() if room not in rooms and place.inside]
        for room in [room for room in self.places if room not in rooms]:
            del self.places[room]
            self._history.drop(room)
        for room, config in rooms.items():
            key = config.key.get_secret_value() if config.key else None
            place = self.places.setdefault(room, Place(room, key))
            place.key = key
            if place.due is not None:
                # the owner may just have mended what was wrong
                place.due = 0.0
        self.find_doubles()
        return [self._line("PART", place.room) for place in left]

    def find_doubles(self) -> None:
        """Refuse rooms that are the same channel on this server. Call it again once CASEMAPPING is known."""
        same = self._session.serve(self.places)
        for room, place in self.places.items():
            if place.double != (room in same):
                place.double = room in same
                place.due = None if place.double else 0.0
                if place.double:
                    reason = f"{room} and {same[room]} are the same channel here: name one"
                    self._change(room, RoomState.REFUSED, reason)

    def next_due(self) -> float | None:
        """Return when the next room is to be tried; None: no room is."""
        return min((place.due for place in self.places.values() if place.due is not None), default=None)

    def join(self, now: float, length: int) -> tuple[list[Place], bytes | None]:
        """Return the next JOIN and its rooms: as many as one line can hold; without rooms, none is due.

        `length` is the longest name of a channel that the server takes.
        """
        due = [place for place in self.places.values() if place.due is not None and place.due <= now]
        due.sort(key=lambda place: place.key is None)
        most = min(self._session.targets("JOIN", 10), 100)
        chosen: list[Place] = []
        size = 0
        for place in due:
            if len(place.room.encode()) > length:
                self.refuse(
                    place, f"{place.room} is longer than the {length} bytes that this server takes", now
                )
                continue
            size += len(place.room.encode()) + len((place.key or "").encode()) + 2
            if chosen and (size > _LINE or len(chosen) >= most):
                break
            chosen.append(place)
        if not chosen:
            return [], None
        for place in chosen:
            place.due, place.seen = None, False
            self._change(place.room, RoomState.JOINING)
        keys = [place.key for place in chosen if place.key]
        names = ",".join(place.room for place in chosen)
        return chosen, self._line("JOIN", names, *([",".join(keys)] if keys else []))

    def came_in(self, room: RoomId, time: str | None) -> None:
        """Note that the server says we are in the room. That counts once its whole answer is here."""
        place = self.places[room]
        if place.inside:
            # a bouncer came back to the network: whoever is in a room cannot enter it
            self._session.online = None
        place.inside = place.seen = True
        place.due = None
        place.empty()
        self._session.entering[room] = time

    def answered(self, places: list[Place], now: float) -> list[Place]:
        """Note that the server has answered a JOIN of these rooms in full. Returns those whose past has
        to be asked for.
        """
        unread = []
        for place in places:
            self._session.entering.pop(place.room, None)
            if self.places.get(place.room) is not place:
                continue
            if place.inside and self._history.wants(place.room):
                unread.append(place)
            elif place.inside:
                self.settle(place, now)
            elif not place.seen and self._session.bouncer:
                # it answers the PING itself: the network's answer is still to come
                place.due = now + _REFUSED[0]
            elif not place.seen:
                self.refuse(place, f"the server did not answer when hubbub joined {place.room}", now)
        return unread

    def settle(self, place: Place, now: float) -> None:
        """Count the room as joined: its past is read."""
        self._session.entering.pop(place.room, None)
        place.joined, place.due = now, None
        place.refusals.worked()
        place.kicks.worked()
        past, whole, left_out = self._history.finish(place.room)
        self._events += past
        joined = RoomStateChanged(room=place.room, state=RoomState.JOINED, caught_up=whole, left_out=left_out)
        self._events.append(joined)
        self._session.private.look()

    def refused(self, numeric: str, params: list[str], now: float) -> bool:
        """Take in an error numeric if it is about a room that we are joining. Returns whether it is."""
        rooms = [room for room in map(self._session.room, params[1:]) if room]
        place = self.places.get(rooms[0]) if rooms else None
        if numeric not in JOIN_ERRORS or place is None or not self.is_joining(place):
            return False
        other = params[2] if len(params) > 3 else "another channel"
        nick, said = self._session.invitee or self._session.nick, params[-1]
        if numeric == "471" and "egistered" in said:  # ngIRCd says both with one number
            numeric = "477"
        sentence = JOIN_ERRORS[numeric].format(room=place.room, other=other, nick=nick)
        self.refuse(place, f"{sentence} (the server says: {said})", now)
        return True

    def refuse(self, place: Place, reason: str, now: float, backoff: Backoff | None = None) -> None:
        """Note that we are not in the room, and why; it is tried again later."""
        place.due = now + (backoff or place.refusals).pause()
        place.seen, place.inside, place.joined = True, False, None
        place.empty()
        self._session.entering.pop(place.room, None)
        self._history.drop(place.room)
        self._change(place.room, RoomState.REFUSED, reason)

    def thrown_out(self, room: RoomId, who: str, why: str, now: float) -> None:
        """Note that we were kicked, or made to part."""
        place = self.places[room]
        reason = f"{who} removed hubbub from {room}" + (f" ({why})" if why else "")
        self.refuse(place, f"{reason}: it will come back after a while; ask them first", now, place.kicks)

    def is_joining(self, place: Place) -> bool:
        """Whether the server has yet to answer a JOIN of ours."""
        return not place.seen and not place.double

    def invited(self, room: RoomId, now: float) -> None:
        """Try the room at once: somebody has invited us."""
        place = self.places[room]
        if not place.inside and place.due is not None:
            place.due = now

    def _change(self, room: RoomId, state: RoomState, reason: str = "") -> None:
        self._events.append(RoomStateChanged(room=room, state=state, reason=reason))

    def _line(self, *params: str) -> bytes:
        return line(*params, encoding=self._encoding)
