"""Rooms of two: somebody here and somebody from elsewhere, who writes by an address of their own or by ours.

Who is in a room with us gets private messages through it (XEP-0045 section 7.5); who wrote to an address
alone gets chat messages (RFC 6121 section 5). Neither comes back to who sent it, so each is followed by a
request whose answer stands behind every refusal of it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote, unquote
from xml.etree.ElementTree import Element

from adapters.xmpp import encode
from adapters.xmpp.config import NetworkConfig
from adapters.xmpp.decode import Direct, Failure, children, muc_info, talk
from adapters.xmpp.decode.trust import OCCUPANT
from adapters.xmpp.session import Place, Session
from bridge import (
    Adapter,
    AdapterError,
    Approached,
    Authorship,
    Event,
    InFlight,
    MessageCreated,
    MessageId,
    Part,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    Sender,
    SendMessage,
    Settle,
    Speaker,
    TemporaryFailure,
    UserId,
    Whisper,
    stops,
)

from . import refusals
from .addresses import address_of
from .puppets import PuppetOccupants

__all__ = ["PrivateChats", "is_private", "private_id"]

log = logging.getLogger(__name__)

_WITH = " with "
_SIGN = "!"
_RETRY = 60.0
_PING = "<ping xmlns='urn:xmpp:ping'/>"
_NOT_THERE = frozenset({"item-not-found", "recipient-unavailable", "service-unavailable", "gone"})
_NOT_KEPT = "It was not delivered."
T = TypeVar("T")


class Asking(Protocol):
    """Sends stanzas and requests."""

    def say(self, stanza: str, speaker: str = "") -> None: ...

    async def ask(self, kind: str, to: str, payload: str, timeout: float = 30.0) -> Element: ...  # noqa: ASYNC109


def is_private(room: str) -> bool:
    """Whether a room is that of two: no address has a space."""
    return _WITH in room


def private_id(room: str, user: str, key: str) -> RoomId:
    """Return the room of somebody with somebody from elsewhere, by that one's key."""
    if not (user.startswith(OCCUPANT) or _is_nick(user)):
        return RoomId(f"{user}{_WITH}{key}")
    there = room.partition(_WITH)[0].partition(" ")[0]
    return RoomId(f"{there} {quote(user, safe=':')}{_WITH}{key}")


def _through(room: RoomId, user: UserId) -> str:
    """Return the room by which somebody is told something; empty: by their own address."""
    if user.startswith(OCCUPANT) or _is_nick(user):
        return room.partition(_WITH)[0].partition(" ")[0]
    return ""


def _is_nick(user: str) -> bool:
    """Whether somebody is known by the nick that they have in a room alone."""
    return "/" in user and not user.startswith(OCCUPANT)


@dataclass(slots=True)
class _Two:
    """One room of two."""

    room: RoomId
    where: str
    """The room that both are in; empty: they write by their addresses."""
    user: UserId
    key: str
    there: bool | None = None
    """Whether the person can be written to; None: nobody was told yet."""
    vouched: bool = True
    """Whether the person is still the same: where a room tells people apart by their nicks alone, they are as
    long as we see them there.
    """


class PrivateChats:
    """Those of one connection."""

    def __init__(
        self,
        adapter: Adapter,
        session: Session,
        wire: Asking,
        flights: InFlight[str],
        emit: Callable[[Event], None],
    ) -> None:
        """`emit` hands an event over soon."""
        self._config: NetworkConfig = adapter.config
        self._introduce = adapter.introduce
        self._session = session
        self._wire = wire
        self._flights = flights
        self._emit = emit
        self._rooms: dict[RoomId, _Two] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self.puppets: PuppetOccupants | None = None

    def serve(self, rooms: Mapping[RoomId, T]) -> dict[RoomId, T]:
        """Have these rooms of two, and no others. Returns the rooms that are no such."""
        for room in [room for room in self._rooms if room not in rooms]:
            del self._rooms[room]
        for room in filter(is_private, rooms):
            who, _, key = room.partition(_WITH)
            where, _, user = who.rpartition(" ")
            self._rooms.setdefault(room, _Two(room, where, UserId(unquote(user) if where else user), key))
            two = self._rooms[room]
            two.vouched = two.vouched and (not _is_nick(two.user) or self._nick(where, two.user) is not None)
        self.look()
        return {room: config for room, config in rooms.items() if not is_private(room)}

    def look(self, where: str = "") -> None:
        """Tell who can be written to now, through one room or all, where that has changed."""
        for two in self._rooms.values() if self._rooms else ():
            place = self._session.places.get(two.where)
            if (where and two.where != where) or (two.where and (place is None or not place.joined)):
                continue
            there = not two.where or (two.vouched and self._nick(two.where, two.user) is not None)
            two.vouched = there or not _is_nick(two.user)
            if there is not two.there:
                two.there = there
                state = RoomState.JOINED if there else RoomState.REFUSED
                reason = "" if there else f"they are not in {two.where} any more"
                self._emit(RoomStateChanged(room=two.room, state=state, reason=reason, caught_up=True))

    def lost(self, where: str) -> None:
        """Note that we are out of a room: nobody can be written to through it."""
        for two in self._rooms.values():
            if two.where == where and two.there:
                two.there, two.vouched = None, not _is_nick(two.user)
                reason = f"hubbub is not in {where}"
                self._emit(RoomStateChanged(room=two.room, state=RoomState.REFUSED, reason=reason))

    def _nick(self, where: str, user: UserId) -> str | None:
        """Return the nick that somebody has in a room; None: they are not there."""
        place = self._session.places.get(where)
        if place is None or not place.joined:
            return None
        if _is_nick(user):
            nick = user.partition("/")[2]
            return nick if nick in place.people else None
        return next(
            (nick for nick, known in place.people.items() if known and f"{OCCUPANT}{known}" == user), None
        )

    def _address(self, where: str, user: UserId) -> str | None:
        if not where:
            return user
        nick = self._nick(where, user)
        return f"{where}/{nick}" if nick is not None else None

    # -- what is said to people

    async def enter(self, command: SendMessage) -> None:
        """Let who speaks come into the room through which they do."""
        two = self._two(command.room)
        if self.puppets is not None and two.where and self._speaks(two, command.speaker):
            await self.puppets.enter(self._session.places[two.where], command.speaker)

    def send_now(self, command: SendMessage, settle: Settle) -> bool:
        """Send a message. Returns whether that could be done: else somebody has to enter first."""
        two = self._two(command.room)
        to = self._address(two.where, two.user)
        if to is None or not two.vouched:
            raise RoomUnavailable(f"they are not in {two.where}", _RETRY)
        speaker = self._speaker(two, command.speaker)
        if speaker is None:
            return False
        self._flights.add(command.txn, command.room, settle)
        stanza = encode.private(to, command, in_room=bool(two.where))
        self._wire.say(stanza, speaker)
        asking = asyncio.ensure_future(self._confirm(two, command.txn, two.key if speaker else None))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        return True

    def close(self) -> None:
        """Ask nothing any more."""
        for asking in self._asking:
            asking.cancel()

    def _two(self, room: RoomId) -> _Two:
        if (two := self._rooms.get(room)) is None:
            raise RoomUnavailable(f"hubbub is not in {room}")
        return two

    def _speaks(self, two: _Two, speaker: Speaker) -> bool:
        return self.puppets is not None and speaker.how is Authorship.PUPPET and speaker.key == two.key

    def _speaker(self, two: _Two, speaker: Speaker) -> str | None:
        """Return the address that says something; "" for our own. None: somebody has to enter first."""
        if self.puppets is None or not self._speaks(two, speaker):
            return ""
        if not two.where:
            return self._own(two.key)
        puppet = self.puppets.inside(self._session.places[two.where], speaker)
        return puppet.address if puppet is not None else None

    def _own(self, key: str) -> str:
        bare = address_of(key, self._config.jid)
        return f"{bare}/{self._config.resource}" if bare else ""

    async def _confirm(self, two: _Two, txn: str, key: str | None) -> None:
        """Settle a message that nobody has refused by the time that its server answers a later request: our
        own occupant's room for one through a room (XEP-0410), and the person's server for another.
        """
        place = self._session.places.get(two.where)
        to = place.occupant if place is not None else two.user.partition("@")[2]
        try:
            await self._wire.ask("get", to, _PING)
        except TimeoutError:
            self._flights.settle(txn, TemporaryFailure(f"{to} does not answer"))
        else:
            self._flights.settle(txn, Receipt(Part(MessageId(txn), (), key)))

    def refused(self, element: Element) -> bool:
        """Take in the refusal of a message. Returns whether it was one to somebody alone."""
        txn = element.get("id") or ""
        room = self._flights.room(txn)
        if room not in self._rooms or room is None:
            return False
        named, kind, text = muc_info.condition(element)
        who = self._rooms[room]
        if named in _NOT_THERE:
            error: AdapterError = RoomUnavailable(f"they cannot be reached ({named})", _RETRY)
        else:
            error = refusals.sending(Failure(who.where or who.user, txn, named, kind, text))
        self._flights.settle(txn, error)
        return True

    def reaches(self, room: RoomId, user: UserId) -> bool:
        """Whether somebody can be told something: who is known by a room alone, while they are there. Whose
        only name is a nick cannot, which may be another's tomorrow.
        """
        return not _is_nick(user) and self._address(_through(room, user), user) is not None

    def whisper(self, command: Whisper) -> None:
        """Tell somebody something: from the address of whom they wrote to, where that is in the room."""
        where, speaker = _through(command.room, command.user), ""
        to = self._address(where, command.user)
        if to is None:
            return
        if self.puppets is not None and command.key:
            speaker = self.puppets.there(where, command.key) if where else self._own(command.key)
        self._wire.say(encode.direct(to, command.text, in_room=bool(where)), speaker)

    # -- what they say

    def heard(self, element: Element, said: Direct, key: str = "") -> None:
        """Take in what somebody wrote to the bridge's own account alone, or to that of somebody else, by
        their key.
        """
        room, _, nick = said.person.partition("/")
        place = self._session.places.get(room) if said.in_room else None
        if place is not None and nick in place.speakers:
            return
        sender = self._sender(place, room, nick)
        private = private_id(room, sender.id, key)
        found = children.content(children.read(element, Place(private, nick)))
        if found is None or (not said.in_room and room.lower() == self._config.bot):
            return
        kind, content = found
        two = self._rooms.get(private)
        if two is not None and two.there:
            called = self._session.fresh_id()
            self._emit(MessageCreated(id=called, room=private, sender=sender, content=content, kind=kind))
        elif key:
            self._emit(Approached(room=private, sender=sender, text=content.text, to=key))
            if place is None:
                name = element.get("id") or ""
                self._wire.say(encode.undelivered(name, said.person, _NOT_KEPT), self._own(key))
        elif (
            content.text.startswith(_SIGN)
            or self._knows(sender.id)
            or stops(content.text, alone=True) is not None
        ):
            self._emit(Approached(room=RoomId(room), sender=sender, text=content.text))
        elif (text := self._introduce(said.person if said.in_room else room)) is not None:
            self._wire.say(encode.direct(said.person, text, in_room=said.in_room))

    def _sender(self, place: Place | None, room: str, nick: str) -> Sender:
        if place is None:
            return Sender(UserId(room), room.partition("@")[0])
        return talk.sender(place, nick, place.people.get(nick) if place.occupant_ids else None)

    def _knows(self, user: UserId) -> bool:
        return any(two.user == user for two in self._rooms.values())
