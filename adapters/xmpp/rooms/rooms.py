"""Our rooms: how they are entered, created and asked whether we are still in."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from adapters.xmpp import encode
from adapters.xmpp.config import NetworkConfig, RoomConfig
from adapters.xmpp.decode import members, muc_info, vcards
from adapters.xmpp.history.archive import Requester
from adapters.xmpp.history.history import History
from adapters.xmpp.session import Place, Session
from bridge import (
    Caught,
    RoomId,
    RoomKeeper,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
)

from . import addresses, refusals
from .observing import KEEPING, count_history, observe, window_of

if TYPE_CHECKING:
    from adapters.xmpp.connection.connection import XmppConnection

__all__ = ["Rooms", "nicks"]

_AT_ONCE = 40
"""Rooms that are being entered at the same time."""
_ANSWER = 60.0
_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 600.0
_ANEW = 5.0
"""Seconds for a room to confirm that we have left, before we ask about it again."""
_MOST_NICKS = 6
_PING = 30.0
_SHOWING = frozenset({64, KEEPING})
"""After how many messages of ours a room is asked to show as many of its history."""
_OWNER = "http://jabber.org/protocol/muc#owner"
_STILL_IN = frozenset({"service-unavailable", "feature-not-implemented"})
"""Errors that prove a self-ping arrived (XEP-0410 section 3.2). The specification adds item-not-found, for a
nick that has just changed; but a room that vanished says the same, and entering twice does no harm.
"""
_NOT_THERE = frozenset({"item-not-found", "gone"})
"""Errors for a room that never was, that nobody was left in, or that was destroyed."""
_UNKNOWN = frozenset({"remote-server-not-found", "remote-server-timeout"})


@dataclass(slots=True)
class _Entry:
    """A room that we are to be in."""

    config: RoomConfig
    place: Place
    asked: str = ""
    answer: "asyncio.Future[muc_info.Presence] | None" = None
    inside: bool = False
    """Whether the room has let us in: what it says before is about an earlier visit."""
    pinging: bool = False
    """Whether a self-ping is under way."""


class Rooms:
    """All rooms of one connection."""

    def __init__(
        self,
        config: NetworkConfig,
        session: Session,
        requester: Requester,
        history: History,
        connection: "XmppConnection",
    ) -> None:
        self._config = config
        self._session = session
        self._requester = requester
        self._history = history
        self._connection = connection
        self._entries: dict[RoomId, _Entry] = {}
        self._keeper: RoomKeeper[RoomConfig] = RoomKeeper(
            self, at_once=_AT_ONCE, pauses=(_FIRST_PAUSE, _LONGEST_PAUSE), clock=connection.clock
        )

    def serve(self, group: asyncio.TaskGroup, rooms: Mapping[RoomId, RoomConfig]) -> None:
        """Be in these rooms and no others."""
        entries = self._entries
        kept = {
            room: config
            for room, config in rooms.items()
            if room in entries and entries[room].config.password == config.password
        }
        self._keeper.serve(group, kept)
        for room, config in rooms.items():
            place = self._session.places.get(room) or Place(room, config.nick or self._config.name)
            place.key = config.password.get_secret_value() if config.password else None
            self._session.places[room] = place
            entries.setdefault(room, _Entry(config, place)).config = config
        self._keeper.serve(group, rooms)
        for name in self._session.places.keys() - self._entries.keys():
            self._requester.say(encode.leave(self._session.places.pop(name).occupant))
        self.regain()

    def follow(self, config: NetworkConfig) -> None:
        """Take over another nick."""
        self._config = config
        self.regain()

    def presence(self, seen: muc_info.Presence) -> None:
        """Take in that somebody in a room came, changed or went."""
        entry = self._entries.get(RoomId(seen.room))
        if entry is None:
            return
        if seen.type == "error":
            if entry.answer is not None and seen.id in ("", entry.asked):
                _settle(entry.answer, seen)
        elif seen.nick == entry.place.nick and seen.type == "unavailable":
            self._gone(entry, seen)
        elif "110" in seen.statuses and seen.type == "available":
            entry.place.nick = seen.nick
            entry.place.owner = seen.affiliation == "owner"
            entry.place.me = seen.occupant if entry.place.occupant_ids else ""
            entry.place.rank(seen.role)
            if entry.answer is not None:
                entry.inside = True
                _settle(entry.answer, seen)
            elif "201" in seen.statuses and entry.inside:  # by asking for its history, for example
                self._requester.say(encode.leave(entry.place.occupant))
                self._lose(entry.place, refusals.REMADE, _ANEW)
        else:
            self._another(entry.place, seen)

    def _another(self, place: Place, seen: muc_info.Presence) -> None:
        pictured = vcards.seen(place, seen, self._session.photos)
        changed = members.seen(place, seen)
        for event in (changed, pictured):
            if event is not None:
                self._connection.tell(event)
        if not place.occupant_ids:
            _noticed(place, seen)

    def decided(self, place: Place, element: Element) -> None:
        """Take in that the room let somebody in again who is not there, or banned them."""
        notice = muc_info.presence(element)
        name, _, domain = notice.person.partition("@")
        key = addresses.key_of(name) if domain == self._config.jid and self._connection.puppets else None
        if notice.type != "error" and (news := members.ended(place, notice, key)) is not None:
            self._connection.tell(news)

    def _gone(self, entry: _Entry, seen: muc_info.Presence) -> None:
        if "303" in seen.statuses and seen.new_nick:
            entry.place.nick = seen.new_nick
        elif entry.inside:
            sentence, pause = refusals.departure(seen)
            if seen.destroyed:
                self._destroyed(entry.place, sentence)
            self._lose(entry.place, sentence, pause)

    def _lose(self, place: Place, sentence: str, pause: float) -> None:
        """Note that we are no longer in a room: what is on its way there may not have arrived."""
        place.joined = False
        self._connection.drop(place.room, sentence)
        self._keeper.lost(place.room, sentence, pause)

    def _destroyed(self, place: Place, sentence: str) -> None:
        if not place.destroyed:
            place.destroyed = sentence
            self._connection.remember(place)

    def let_in(self, place: Place | None) -> bool:
        """Whether a room has let us in since we are connected."""
        entry = self._entries.get(place.room) if place is not None else None
        return entry is not None and entry.inside

    def places(self) -> Iterator[Place]:
        """Yield all rooms that we are in."""
        return (entry.place for entry in self._entries.values() if entry.place.joined)

    async def ping(self, place: Place) -> None:
        """Find out whether we are still in a room (XEP-0410), and come back if not."""
        entry = self._entries.get(place.room)
        if entry is None or entry.pinging:
            return
        entry.pinging = True
        try:
            answer = await self._requester.ask("get", place.occupant, "<ping xmlns='urn:xmpp:ping'/>", _PING)
        except TimeoutError:
            return
        finally:
            entry.pinging = False
        if answer.get("type") == "error":
            named, _, _ = muc_info.condition(answer)
            if named not in _STILL_IN | _UNKNOWN and entry.inside:
                self._lose(place, "the room no longer knows hubbub", 0.0)
                return
        place.heard = self._connection.clock.monotonic()

    async def look_again(self, place: Place) -> None:
        """Ask a room what it can do, now that it says that this changed."""
        with contextlib.suppress(TimeoutError):
            await observe(self._requester, place)

    def landed(self, place: Place) -> None:
        """Count a message that the room took.

        Where the room does not say how many it keeps, let it show them.

        An occupant who enters again gets the history anew (XEP-0045 section 7.2.14): so many can be found
        again after a crash, and so many may be under way.
        """
        place.landed += 1
        if place.landed in _SHOWING and place.window < place.landed:
            place.shown = 0
            stanza_id = self._requester.fresh_id()
            self._requester.say(encode.join(place.occupant, stanza_id, place.key, place.landed))
        elif place.landed == 2 * KEEPING:
            place.shown = None  # all of it has come by now

    def shown(self, place: Place) -> None:
        """Count a message of its history that the room showed."""
        if place.shown is not None:
            place.shown += 1
            place.window = max(place.window, window_of(place.shown))

    def regain(self) -> None:
        """Ask for the nicks that we wanted, wherever we have another."""
        for entry in self._entries.values():
            wanted = self._nick(entry)
            if entry.place.joined and entry.place.nick != wanted:
                self._requester.say(encode.rename(f"{entry.place.room}/{wanted}", self._requester.fresh_id()))

    # -- one room

    def _nick(self, entry: _Entry) -> str:
        return entry.config.nick or self._config.name

    def leave(self, room: RoomId) -> None:
        """Leave a room that is not in the map any more."""
        place = self._entries.pop(room).place
        if (puppets := self._connection.puppets) is not None:
            puppets.leave([place])
        self._requester.say(encode.leave(place.occupant))
        self._session.places.pop(room, None)
        self._connection.drop(room, "the room is no longer in the configuration")

    async def enter(self, room: RoomId, config: RoomConfig) -> Caught:
        """Enter a room, unless we are in by a stream that was resumed. See `RoomGuest.enter`."""
        entry = self._entries[room]
        place = entry.place
        place.met = entry.inside = place.joined
        caught = Caught(whole=True)  # a stream that was resumed has missed nothing
        if not place.joined:
            self._history.begin(place)
            if (puppets := self._connection.puppets) is not None:
                puppets.expect(place)
            try:
                await self._enter(entry)
                if puppets is not None:
                    puppets.greet(place)
                caught = await self._history.catch_up(place)
            except RoomUnavailable:
                self._history.abandon(place)
                raise
        await self._connection.ready()
        return caught

    def tell(self, event: RoomStateChanged) -> None:
        """Emit how we stand in a room, and behind JOINED what was held."""
        place = self._entries[event.room].place
        place.joined = event.state is RoomState.JOINED
        self._connection.tell(event)
        if place.joined:
            self._history.release(place)

    async def _enter(self, entry: _Entry) -> None:
        """Enter a room. Raises RoomUnavailable."""
        place = entry.place
        try:
            _, error = await observe(self._requester, place)
            if error is not None:
                self._may_make(entry, error)
            answer = await self._ask_in(entry)
            place.destroyed = ""
            if "201" in answer.statuses:
                await self._create(entry)
            elif place.owner and place.window < KEEPING:
                form = await self._requester.ask("get", place.room, f"<query xmlns='{_OWNER}'/>")
                count_history(place, form)
        except TimeoutError:
            self._requester.say(encode.leave(place.occupant))
            raise RoomUnavailable("the room does not answer") from None

    def _may_make(self, entry: _Entry, error: Element) -> None:
        """Raise RoomUnavailable unless we may make a room: one that was not destroyed, as configured."""
        place, (named, _, text) = entry.place, muc_info.condition(error)
        if named == "gone" or (named == "item-not-found" and place.persistent):
            self._destroyed(place, refusals.destroyed(muc_info.moved_to(error), text))
        if named in _NOT_THERE and (place.destroyed or not entry.config.create):
            raise RoomUnavailable(place.destroyed or refusals.MISSING)

    async def _ask_in(self, entry: _Entry) -> muc_info.Presence:
        """Ask to be let in, with one nick after the other while they are in use."""
        place = entry.place
        for nick in nicks(self._nick(entry)):
            place.nick = nick
            place.enter()
            entry.asked = self._requester.fresh_id()
            entry.answer = asyncio.get_running_loop().create_future()
            self._requester.say(encode.join(place.occupant, entry.asked, place.key))
            try:
                async with asyncio.timeout(_ANSWER):
                    answer = await entry.answer
            finally:
                entry.answer = None
            if answer.type != "error":
                return answer
            if answer.condition != "conflict":
                break
        raise RoomUnavailable(refusals.entry(answer, with_password=place.key is not None))

    async def _create(self, entry: _Entry) -> None:
        """Set up the room that our joining made (XEP-0045 section 10.1), or leave it.

        To destroy it might take its name from everybody (Prosody keeps the name for a month).
        """
        place, ask = entry.place, self._requester.ask
        if not entry.config.create:
            self._requester.say(encode.leave(place.occupant))
            raise RoomUnavailable(refusals.MISSING)
        form = await ask("get", place.room, f"<query xmlns='{_OWNER}'/>")
        submit = f"<query xmlns='{_OWNER}'><x xmlns='jabber:x:data' type='submit'/></query>"
        answer = await ask("set", place.room, submit)
        if answer.get("type") == "error":
            raise RoomUnavailable(
                f"the room was created but cannot be set up ({muc_info.condition(answer)[0]})"
            )
        await observe(self._requester, place)
        count_history(place, form)


def nicks(wanted: str) -> Iterator[str]:
    """Yield the nick, and the ones to take instead while it is in use."""
    return (wanted + "_" * count for count in range(_MOST_NICKS))


def _noticed(place: Place, seen: muc_info.Presence) -> None:
    """Note who came or went, in a room that does not tell people apart whatever their nick."""
    if seen.type == "available":
        place.came(seen.nick, seen.person)
    elif seen.type == "unavailable":
        place.left(seen.nick, seen.person)
        if seen.new_nick:
            place.left(seen.new_nick, "")


def _settle(future: "asyncio.Future[muc_info.Presence]", seen: muc_info.Presence) -> None:
    if not future.done():
        future.set_result(seen)
