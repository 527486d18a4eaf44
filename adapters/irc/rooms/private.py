"""Rooms of two: somebody on this network and somebody from elsewhere, for whom the bot speaks or their own
connection. No I/O.

They write to each other by PRIVMSG, which names a nick, and a nick can be anybody's tomorrow: nothing is sent
while it is not known, from a channel that both are in, that the nick has the mask of who is meant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from adapters.irc.wire.formatting import content
from adapters.irc.wire.line import Line, line, nick_of
from bridge import (
    Approached,
    BoundedDict,
    Event,
    Kind,
    MessageCreated,
    MessageId,
    Present,
    RoomId,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    Sender,
    UserId,
    stops,
)

if TYPE_CHECKING:
    from adapters.irc.session import Session

__all__ = ["PrivateQueries", "private_id"]

_WITH = " with "
_SIGN = "!"
_RETRY = 60.0
_LATELY = 60.0
"""So many seconds a nick is that of who wrote to us by it, if we are in no channel with them."""
_ACTION = "\x01ACTION"


class Channel(Protocol):
    """Who is in a channel (`Place`)."""

    inside: bool
    joined: float | None

    @property
    def room(self) -> RoomId: ...

    @property
    def members(self) -> dict[str, str]: ...

    @property
    def present(self) -> Present: ...


class Posting(Protocol):
    """Sends a line when the server's flood control allows it, and knows the loop's clock."""

    def post(self, data: bytes) -> None: ...

    def now(self) -> float: ...


def private_id(mask: str, key: str) -> RoomId:
    """Return the room of somebody by their mask with somebody from elsewhere by their key. A mask has no
    space.
    """
    return RoomId(f"{mask}{_WITH}{key}")


@dataclass(slots=True)
class _Two:
    """One room of two."""

    room: RoomId
    mask: str
    """By which the person is known, with their nick."""
    key: str
    """The other's."""
    now: str
    """The mask that they have since they changed their nick or host."""
    there: bool | None = None
    """Whether they can be written to; None: nobody was told yet."""


class PrivateQueries:
    """Those of one connection. Appends to `events` what becomes of them."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._places: Mapping[RoomId, Channel] = {}
        self._events: list[Event] = []
        self._posting: Posting | None = None
        self._rooms: dict[RoomId, _Two] = {}
        self._asked: set[str] = set()
        """The nicks, in lower case, whose masks the server was asked for."""
        self._wrote = BoundedDict[str, float](200)
        """When people wrote to us alone, by their masks and the loop's clock."""

    def watch(self, places: Mapping[RoomId, Channel], events: list[Event], posting: Posting) -> None:
        """Go by who is in these channels."""
        self._places, self._events, self._posting = places, events, posting

    def serve(self, rooms: Iterable[RoomId]) -> None:
        """Have these rooms, and no others."""
        wanted = [room for room in rooms if _WITH in room]
        for room in [room for room in self._rooms if room not in wanted]:
            del self._rooms[room]
        for room in wanted:
            mask, _, key = room.partition(_WITH)
            self._rooms.setdefault(room, _Two(room, mask, key, mask))
        self.look()

    def __bool__(self) -> bool:
        return bool(self._rooms)

    # -- who is there

    def look(self) -> None:
        """Tell whom of them can be written to, where that has changed."""
        settled = any(place.joined is not None for place in self._places.values())
        for two in self._rooms.values():
            there = self.knows(two.now)
            if there is None:
                self._find_out(two.now)
            if there in (None, two.there) or not (there or settled):
                continue
            two.there = there
            nick, state = nick_of(two.now), RoomState.JOINED if there else RoomState.REFUSED
            reason = "" if there else f"{nick} is in no channel with hubbub, or is somebody else now"
            self._events.append(RoomStateChanged(room=two.room, state=state, reason=reason, caught_up=True))

    def knows(self, mask: str) -> bool | None:
        """Whether the nick of a mask is that very person's; None: the server has not shown its mask."""
        nick = self._session.fold(nick_of(mask))
        found = [
            place.members[nick] for place in self._places.values() if place.inside and nick in place.members
        ]
        if any(source.partition("!")[2] == mask.partition("!")[2] for source in found):
            return True
        return None if any("!" not in source for source in found) else False

    def _find_out(self, mask: str) -> None:
        """Ask whether the nick of a mask is that very person's (RFC 2812 section 4.8)."""
        nick = nick_of(mask)
        if self._posting is not None and self._session.fold(nick) not in self._asked:
            self._asked.add(self._session.fold(nick))
            self._posting.post(line("USERHOST", nick))

    def userhost(self, got: Line) -> None:
        """Take in the answer (numeric 302): nick, perhaps a star for operators, a sign, user and host."""
        for word in got.params[-1].split():
            nick, _, mask = word.partition("=")
            self._asked.discard(self._session.fold(nick.rstrip("*")))
            self.learn(f"{nick.rstrip('*')}!{mask[1:]}")
        self.look()

    def learn(self, source: str) -> None:
        """Take the mask of a nick whose mask was not known."""
        nick = self._session.fold(nick_of(source))
        for place in self._places.values():
            if place.members.get(nick, "!").find("!") < 0:
                place.members[nick] = source
                place.present.add(nick, nick_of(source), source)
        self._session.unmasked.discard(nick)

    def renamed(self, source: str, now: str) -> None:
        """Note that somebody has another mask."""
        for two in self._rooms.values():
            if two.now == source:
                two.now = now

    def target(self, room: RoomId) -> str:
        """Return the nick to write to. Raises RoomUnavailable."""
        two = self._rooms.get(room)
        if two is None or not self.knows(two.now):
            raise RoomUnavailable(f"nobody can be written to by {room} now", _RETRY)
        return nick_of(two.now)

    def rooms_to(self, nick: str) -> list[RoomId]:
        """Return the rooms of who has a nick."""
        folded = self._session.fold(nick)
        return [two.room for two in self._rooms.values() if self._session.fold(nick_of(two.now)) == folded]

    def nick(self, mask: str) -> str | None:
        """Return the nick by which somebody can be told something now; None: it may be another's."""
        now = next((two.now for two in self._rooms.values() if two.mask == mask), mask)
        lately = self._now() - self._wrote.get(now, -_LATELY) < _LATELY
        folded = self._session.fold(nick_of(now))
        absent = not any(place.inside and folded in place.members for place in self._places.values())
        return nick_of(now) if self.knows(now) or (absent and lately) else None

    def reaches(self, mask: str) -> bool:
        """Whether somebody can be told something now. Where the server has not shown whose a nick is, it is
        asked, for the next time.
        """
        if "!" in mask and self.knows(mask) is None:
            self._find_out(mask)
        return self.nick(mask) is not None

    def _now(self) -> float:
        return self._posting.now() if self._posting is not None else 0.0

    # -- what they say

    def heard(self, got: Line, key: str) -> Event | None:
        """Return what somebody wrote to the bot, or by a key to another's connection; None: it is for no
        other.
        """
        source, text, kind = got.source, got.params[1], Kind.TEXT
        if "!" not in source or self._session.was_me(source):
            return None
        if text[:1] == "\x01":
            if text.strip("\x01").partition(" ")[0] != "ACTION":
                return None
            kind, text = Kind.EMOTE, text[len(_ACTION) :].removeprefix(" ").removesuffix("\x01")
        said = content(text)
        known = next((two for two in self._rooms.values() if two.now == source), None)
        asks = text.startswith(_SIGN) or stops(text, alone=True) is not None
        if not said.spans or not (key or known or asks):
            return None
        self.learn(source)
        self._wrote[source] = self._now()
        sender = Sender(UserId(known.mask if known is not None else source), nick_of(source))
        room = private_id(sender.id, key)
        if key and room in self._rooms:
            name = got.tags.get("msgid") or self._session.own_id()
            return MessageCreated(id=MessageId(name), room=room, sender=sender, content=said, kind=kind)
        where = room if key else self._shared(source)
        return Approached(room=where, sender=sender, text=said.text, to=key)

    def _shared(self, source: str) -> RoomId:
        """Return a channel that somebody is in; where there is none, their nick."""
        nick = self._session.fold(nick_of(source))
        here = (
            place.room
            for place in self._places.values()
            if place.inside and place.members.get(nick) == source
        )
        return next(here, RoomId(nick_of(source)))
