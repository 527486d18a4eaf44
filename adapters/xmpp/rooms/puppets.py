"""People from elsewhere who are in our rooms as themselves, by addresses below our component's name."""

import asyncio
import contextlib
import json
import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from adapters.xmpp import encode
from adapters.xmpp.config import NetworkConfig
from adapters.xmpp.decode import Direct, Failure, message, muc_info
from adapters.xmpp.decode.members import decided
from adapters.xmpp.decode.muc_info import Presence
from adapters.xmpp.session import Place, Session
from bridge import (
    Adapter,
    AdapterError,
    Barred,
    BoundedDict,
    InFlight,
    MemberChanged,
    Rejected,
    RoomUnavailable,
    Speaker,
    TemporaryFailure,
    within,
)

from . import refusals
from .addresses import address_of, key_of, nick_of, nicks_of
from .avatars import PuppetAvatars
from .interfaces import Alone, Speaking

__all__ = ["PuppetOccupant", "PuppetOccupants"]

log = logging.getLogger(__name__)

_ANSWER = 30.0
_MOST_KEPT = 5000
_SHARE = 50
"""The part of our time that may go into keeping who is where: one of so many."""
_GONE = {"301": "was banned there", "307": "was sent out there"}
_BARRED = frozenset({"forbidden"})
"""Errors by which a room says that this very person is banned (XEP-0045 section 7.2.7)."""


@dataclass(slots=True, eq=False)
class PuppetOccupant:
    """Somebody from elsewhere in one room."""

    key: str
    """Who they are (`Speaker.key`)."""
    address: str
    place: Place
    nick: str = ""
    """The nick that the room gave them, or that they ask for."""
    wanted: str = ""
    inside: bool = False
    asked: str = ""
    answer: "asyncio.Future[Presence] | None" = None
    spoke: float = 0.0
    """When they last said something, by the monotonic clock."""
    voice: bool = False
    """Whether they had a voice the last time that the room told (XEP-0045 section 5.1)."""
    muted: bool = False
    """Whether a moderator has taken it; in some rooms newcomers have none."""
    photo: str | None = None
    """The digest of the picture that the room was told of, "" for none; None: it was told nothing."""

    @property
    def occupant(self) -> str:
        return f"{self.place.room}/{self.nick}"


class PuppetOccupants:
    """All of them on one connection."""

    def __init__(
        self,
        wire: Speaking,
        session: Session,
        flights: InFlight[str],
        adapter: Adapter,
        alone: Alone,
    ) -> None:
        """`alone` hears who writes to one of them alone."""
        config: NetworkConfig = adapter.config
        self._component, self._resource = config.jid, config.resource
        self._wire = wire
        self._session = session
        self._flights = flights
        self._clock = adapter.clock
        self._keepsake = adapter.keepsake
        self._alone = alone
        self._known: dict[str, BoundedDict[str, PuppetOccupant]] = {}
        """By room, then by address."""
        self._before = self._read()
        """Who was in rooms that we are not in yet: keys by nick, by room."""
        self._barred = Barred()
        self.tell: Callable[[MemberChanged], None] = lambda _: None
        """Is told what moderators decide about them."""
        self.avatars = PuppetAvatars(wire, adapter)
        self._changed = False
        self._next = -math.inf
        """When it may be kept again, by the monotonic clock."""

    # -- what the adapter wants

    def inside(self, place: Place, speaker: Speaker) -> PuppetOccupant | None:
        """Return somebody who can speak in a room at once; None: they have to enter first."""
        puppet = self._found(place, speaker.key)
        if puppet is None or not puppet.inside:
            return None
        if puppet.wanted != (name := nick_of(speaker.name)):
            self._rename(puppet, name)
        puppet.spoke = self._clock.monotonic()
        self.avatars.see(puppet)
        return puppet

    async def enter(self, place: Place, speaker: Speaker) -> PuppetOccupant:
        """Let somebody enter a room. Raises Rejected where it does not want them, or where they can have no
        address, and TemporaryFailure when it does not answer.
        """
        puppet = self._found(place, speaker.key)
        if puppet is None:
            raise Rejected(f"{speaker.name} has a name that is too long for an XMPP address")
        if not puppet.inside:
            self._barred.admit((place.room, puppet.address), speaker.name, self._clock.monotonic())
            await self._enter(puppet, nick_of(speaker.name))
            self._keep()
        puppet.spoke = self._clock.monotonic()
        return puppet

    # -- what the rooms tell

    def expect(self, place: Place) -> None:
        """Know again who was in a room when we last were, before it shows them: they may be there still."""
        if not place.speakers:
            place.speakers.update(self._before.pop(place.room, {}))

    def greet(self, place: Place) -> None:
        """Bring everybody back who was in a room, now that we are in it."""
        for nick, key in list(place.speakers.items()):
            puppet = self._found(place, key)
            if puppet is None:
                del place.speakers[nick]
            elif not puppet.inside:
                self._ask(puppet, nick)

    def lost(self, place: Place) -> None:
        """Note that we are no longer in a room. Whether the others are, it will tell."""
        for puppet in self._of(place):
            puppet.inside = False

    def leave(self, places: Iterable[Place]) -> None:
        """Take everybody out of rooms, and know them again the next time."""
        for place in places:
            for puppet in self._of(place):
                if puppet.inside:
                    self._wire.say(encode.leave(puppet.occupant), puppet.address)
                puppet.inside = False
        self._save()

    def go(self, place: Place, key: str) -> None:
        """Let somebody leave a room, if they are in it."""
        puppet = self._found(place, key)
        if puppet is not None and puppet.inside:
            self._wire.say(encode.leave(puppet.occupant), puppet.address)

    def tidy(self, idle: float) -> None:
        """Let those leave who have said nothing for so long, in seconds."""
        now = self._clock.monotonic()
        for puppet in self._all():
            if puppet.inside and now - puppet.spoke > idle:
                self._wire.say(encode.leave(puppet.occupant), puppet.address)
        self._keep()

    def take(self, element: Element, address: str) -> None:
        """Take in a stanza for somebody."""
        name, kind = element.tag.rpartition("}")[2], element.get("type")
        if name == "presence":
            self._hear(element, address)
        elif name == "iq" and kind in ("get", "set"):
            self.avatars.answer(element, address)
        elif name == "message" and not (kind == "error" and self._alone.refused(element)):
            said = message(element, self._session)
            if isinstance(said, Failure):
                self._settle(said, address)
            elif isinstance(said, Direct):
                self._alone.heard(element, said, key_of(address))

    def count(self) -> int:
        """Return how many are in rooms."""
        return len({puppet.key for puppet in self._all() if puppet.inside})

    def there(self, room: str, key: str) -> str:
        """Return the address of somebody who is in a room; "": they are not."""
        bare = address_of(key, self._component)
        puppet = self._one(room, bare) if bare is not None else None
        return puppet.address if puppet is not None and puppet.inside else ""

    def _settle(self, said: Failure, address: str) -> None:
        place = self._session.places.get(said.room)
        if place is not None and self._flights.room(said.txn) == said.room:
            self._flights.settle(said.txn, self._refusal(place, address, said))

    def _hear(self, element: Element, address: str) -> None:
        told = muc_info.presence(element)
        puppet = self._one(told.room, address)
        if puppet is None:
            return
        if told.type == "error":
            self._refused(puppet, told)
        elif told.type == "unavailable" and told.nick == puppet.nick:
            self._went(puppet, told)
        elif told.type == "available" and "110" in told.statuses:
            self._came(puppet, told)

    def _refusal(self, place: Place, address: str, said: Failure) -> AdapterError:
        """Return what it means that a room refuses somebody's message."""
        puppet = self._one(place.room, address)
        error = refusals.sending(said)
        if puppet is None or not isinstance(error, RoomUnavailable):
            return error
        if said.condition in ("not-acceptable", "not-authorized", "item-not-found"):
            self._out(puppet)
            return TemporaryFailure(f"{place.room} no longer knows {puppet.nick}: they enter again")
        if said.condition == "forbidden":
            return Rejected(f"{puppet.nick} has no voice in {place.room}", alone=puppet.muted)
        return error

    def _came(self, puppet: PuppetOccupant, told: Presence) -> None:
        if puppet.nick != told.nick:
            self._unname(puppet)
            puppet.nick = told.nick
        puppet.place.speakers[told.nick] = puppet.key
        before, puppet.voice = puppet.voice, told.role != "visitor"
        puppet.muted = not puppet.voice and (before or puppet.muted)
        puppet.inside, self._changed = True, True
        self._barred.free((told.room, puppet.address))
        self.avatars.came(puppet)
        _settle(puppet, told)

    def _went(self, puppet: PuppetOccupant, told: Presence) -> None:
        if "303" in told.statuses and told.new_nick:
            puppet.place.speakers.pop(puppet.nick, None)
            puppet.nick = told.new_nick
            puppet.place.speakers[told.new_nick] = puppet.key
            return
        self._out(puppet)
        why = next((words for code, words in _GONE.items() if code in told.statuses), "")
        if why and "333" not in told.statuses:
            by, said = f" by {told.by}" if told.by else "", f": {told.text}" if told.text else ""
            self._bar(puppet, f"{why}{by}{said}")
            self.tell(decided(puppet.place, puppet.key, told))

    def _refused(self, puppet: PuppetOccupant, told: Presence) -> None:
        if not puppet.inside and told.id in ("", puppet.asked):
            self._out(puppet)
            _settle(puppet, told)
        elif puppet.inside:  # of another nick: the one that they have stays
            self._unname(puppet, but=puppet.nick)
            puppet.photo = None
            self.avatars.came(puppet)

    # -- one of them

    def _found(self, place: Place, key: str) -> PuppetOccupant | None:
        """Return somebody in a room, whether they are in or not; None: they can have no address."""
        bare = address_of(key, self._component)
        if bare is None:
            return None
        there = self._known.setdefault(place.room, BoundedDict(_MOST_KEPT))
        if (found := there.get(bare)) is None:
            found = there[bare] = PuppetOccupant(key, f"{bare}/{self._resource}", place)
        found.place = place
        return found

    def _bar(self, puppet: PuppetOccupant, why: str) -> None:
        self._barred.bar((puppet.place.room, puppet.address), why, self._clock.monotonic())

    async def _enter(self, puppet: PuppetOccupant, name: str) -> None:
        """Enter with one nick after the other while they are in use."""
        answer = None
        for nick in nicks_of(name, puppet.key):
            if nick in puppet.place.present:  # or they would look the same
                continue
            puppet.answer = asyncio.get_running_loop().create_future()
            self._ask(puppet, nick)
            try:
                answer = await within(puppet.answer, _ANSWER)
            except TimeoutError:
                self._out(puppet)
                raise TemporaryFailure(f"{puppet.place.room} does not answer") from None
            finally:
                puppet.answer = None
            if answer.type != "error":
                puppet.wanted = name
                return
            if answer.condition != "conflict":
                break
        raise self._unwanted(puppet, name, answer)

    def _unwanted(self, puppet: PuppetOccupant, name: str, answer: Presence | None) -> AdapterError:
        room = puppet.place.room
        if answer is None or answer.condition == "conflict":
            return Rejected(f"every nick for {name} is in use in {room}")
        said = f": {answer.text}" if answer.text else ""
        if answer.condition in _BARRED:
            self._bar(puppet, "is banned there")
            return Rejected(f"{name} is banned there{said}", alone=True)
        if answer.condition in ("item-not-found", "gone", "recipient-unavailable"):
            return RoomUnavailable(f"{room} lets nobody in now ({answer.condition}){said}", _ANSWER)
        return Rejected(f"{room} does not let {name} in ({answer.condition}){said}")

    def _ask(self, puppet: PuppetOccupant, nick: str) -> None:
        """Ask a room to let somebody in. From now on the nick counts as theirs: the room tells the bridge of
        their coming before it tells them.
        """
        place = puppet.place
        self._free(place, nick, puppet)
        puppet.nick, puppet.asked = nick, self._wire.fresh_id()
        puppet.spoke = self._clock.monotonic()
        place.speakers[nick] = puppet.key
        stanza = encode.join(puppet.occupant, puppet.asked, place.key, more=self.avatars.bear(puppet))
        self._wire.say(stanza, puppet.address)

    def _rename(self, puppet: PuppetOccupant, name: str) -> None:
        """Ask for another nick; whatever is said next follows it."""
        puppet.wanted = name
        if name in puppet.place.present or name == puppet.nick:
            return
        self._free(puppet.place, name, puppet)
        puppet.place.speakers[name] = puppet.key
        occupant, more = f"{puppet.place.room}/{name}", self.avatars.bear(puppet)
        self._wire.say(encode.rename(occupant, self._wire.fresh_id(), more), puppet.address)

    def _free(self, place: Place, nick: str, wanting: PuppetOccupant) -> None:
        """Let somebody of ours go whose nick is another's now: they have gone where they come from."""
        for puppet in self._of(place):
            if puppet.nick == nick and puppet is not wanting and puppet.inside:
                self._wire.say(encode.leave(puppet.occupant), puppet.address)
                self._out(puppet)

    def _out(self, puppet: PuppetOccupant) -> None:
        puppet.inside, self._changed = False, True
        self._unname(puppet)

    def _unname(self, puppet: PuppetOccupant, but: str | None = None) -> None:
        speakers = puppet.place.speakers
        for nick in [nick for nick, key in speakers.items() if key == puppet.key and nick != but]:
            del speakers[nick]

    def _of(self, place: Place) -> list[PuppetOccupant]:
        return list(there.values()) if (there := self._known.get(place.room)) else []

    def _one(self, room: str, address: str) -> PuppetOccupant | None:
        there = self._known.get(room)
        return there.get(address.partition("/")[0]) if there is not None else None

    def _all(self) -> list[PuppetOccupant]:
        return [puppet for there in self._known.values() for puppet in there.values()]

    # -- over a restart

    def _read(self) -> dict[str, dict[str, str]]:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            text = self._keepsake.read() if self._keepsake is not None else None
            return {room: dict(nicks) for room, nicks in json.loads(text or "{}").items()}
        return {}

    def _keep(self) -> None:
        """Keep who is where at once, unless that took long the last time."""
        if self._changed and self._clock.monotonic() >= self._next:
            self._save()

    def _save(self) -> None:
        """Keep who is where, so that they are known and come back after a restart."""
        self._changed, began = False, self._clock.monotonic()
        if self._keepsake is None:
            return
        now = {place.room: place.speakers for place in self._session.places.values() if place.speakers}
        try:
            self._keepsake.write(json.dumps({**self._before, **now}))
        except OSError as error:
            log.warning("who is in the rooms cannot be kept over a restart: %s", error.strerror)
        self._next = began + _SHARE * (self._clock.monotonic() - began)


def _settle(puppet: PuppetOccupant, told: Presence) -> None:
    if puppet.answer is not None and not puppet.answer.done():
        puppet.answer.set_result(told)
