"""Who may talk with whom: asks, opens and ends. What somebody writes before that is kept nowhere."""

import logging
from dataclasses import dataclass, replace
from functools import partial

from bridge.clock import Clock
from bridge.errors import JournalError, Rejected
from bridge.filters import sieve
from bridge.identity.speaker import key_of
from bridge.kit.bounded import BoundedDict
from bridge.language import N_, Locale
from bridge.model import Authorship, Change, MemberChanged, RoomId, Sender, Speaker, Support, UserId
from bridge.relay import Muted
from bridge.relay.rooms import Rooms

from .finder import Finder, Known
from .pairs import Ledger, Pair, Party
from .teller import Whispers, named

__all__ = ["Asker", "Consent"]

log = logging.getLogger(__name__)

_HOUR = 3600.0
_DAY = 86_400.0
"""How long somebody who was refused does not ask again, in seconds."""
_MOST_ASKED = 5
"""So many people are asked within an hour by one."""
_MOST_WAITING = 10
"""So many wait for one person's answer."""
_MOST_TALKS = 50
"""So many talks one person has."""

_ASKED = N_(
    "{name} is asked whether you may talk alone. What you wrote did not arrive: say it again when they agree."
)
_OFF = N_("{name} is on another network, and cannot be written to alone: say it in the room.")
_UNKNOWN = N_("{name} was not heard here lately, and so cannot be asked.")
_BUSY = N_("{name} is not asked: too many questions wait for an answer.")
_IGNORED = N_("You ignore {name}.")
_NOT_NOW = N_("You and {name} cannot talk alone now: try again later.")
_AWAY = N_(
    "You and {name} talk alone already, but what you wrote did not arrive: one of you cannot be reached."
)
_REFUSED = N_("{name} does not want to talk alone now.")


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who wants to talk with another alone."""

    network: str
    sender: Sender
    room: RoomId
    """Where they can be told something."""
    private: RoomId | None = None
    """Their room with the other; None: they asked by a name, and wait for an answer."""

    @property
    def key(self) -> str:
        return key_of(self.network, self.sender.id)


class Consent:
    """Lets people talk who both want to."""

    def __init__(  # noqa: PLR0913, PLR0917 -- made in one place
        self, rooms: Rooms, muted: Muted, ledger: Ledger, finder: Finder, whispers: Whispers, clock: Clock
    ) -> None:
        self._rooms = rooms
        self._muted = muted
        self._ledger = ledger
        self._finder = finder
        self._whispers = whispers
        self._clock = clock
        self._banned = BoundedDict[str, set[RoomId]](5000)
        """The rooms of the map that somebody is banned from."""

    def mode(self, network: str) -> str:
        """Return whether people of a network can be written to alone: `off`, `ask` or `open`."""
        known = self._rooms.directory.network(network)
        return known.rules.direct if known is not None else "off"

    # Somebody wants to talk

    def ask(self, asker: Asker, other: Known) -> None:
        """Let somebody talk with another, if that other agrees."""
        room, other = self._finder.where(other.network, other.user) or (None, other)
        try:
            self._ledger.tidy(self._clock.now())
            answer = self._hindrance(asker, other, room)
            if not answer and room is not None and self._ledger.between(asker.key, other.key) is None:
                answer = self._ask(asker, other, room)
        except JournalError as error:
            log.warning("two people cannot talk alone: %s", error)
            answer = _NOT_NOW
        news = self._whispers.is_news(asker.key, other.key, lost=answer == _AWAY)
        if answer and (news or asker.private is None):
            told = partial(_said, answer, other)
            self._whispers.tell(asker.network, asker.room, asker.sender.id, told, other.key)

    def _hindrance(self, asker: Asker, other: Known, room: RoomId | None) -> str:
        """Return why somebody cannot even be asked; empty: they can."""
        if "off" in (self.mode(asker.network), self.mode(other.network)) or asker.network == other.network:
            return _OFF
        if self._is_unwanted(asker) or self.is_muted(asker.key, other.key):
            return _OFF
        if (asker.key, other.key) in self._ledger.ignored:
            return _IGNORED
        if (talk := self._ledger.between(asker.key, other.key)) is not None:
            return _AWAY if self._is_open(talk) else self._begin(talk)
        return _UNKNOWN if room is None else ""

    def _ask(self, asker: Asker, other: Known, room: RoomId) -> str:
        """Return what the one who asks is told; empty: both were told something."""
        pair = self._pair(asker, other, room)
        if pair is None or self._is_banned(asker.network, asker.sender):
            return _OFF
        if (other.key, asker.key) in self._ledger.ignored:
            return _ASKED
        return self.begin(pair) if self._agrees(pair) else self._knock(pair)

    def _pair(self, asker: Asker, other: Known, room: RoomId) -> Pair | None:
        """Return the two; None: their networks cannot bring them together."""
        here, there = (self._rooms.adapters.get(network) for network in (asker.network, other.network))
        if here is None or there is None or there.capabilities(room).whisper is Support.NO:
            return None
        sender = asker.sender
        private = asker.private or here.private_room(asker.room, sender.id, _speaker(other.name, other.key))
        beyond = there.private_room(room, other.user, _speaker(sender.name, asker.key))
        if private is None or beyond is None:
            return None
        asking = Party(asker.network, sender.id, sender.name, asker.room, private)
        asked = Party(other.network, other.user, other.name, room, beyond)
        return Pair(asking, asked, self._clock.now())

    def _is_taken(self, party: Party) -> bool:
        """Whether others are in a room that was said to be of two."""
        routes = self._rooms.directory.routes
        talks = [one for pair in self._ledger.talks.values() for one in pair.parties]
        taken = any((one.network, one.private) == (party.network, party.private) for one in talks)
        return taken or (party.network, party.private) in routes.sources

    def _agrees(self, pair: Pair) -> bool:
        """Whether who is asked has said so before: by the same question, or for everybody."""
        asked = self._ledger.asked.get((pair.asked.key, pair.asking.key))
        return self.mode(pair.asked.network) == "open" or (asked is not None and not asked.refused)

    def _knock(self, pair: Pair) -> str:
        before = self._ledger.asked.get((pair.asking.key, pair.asked.key))
        if before is not None and pair.at - before.at < (_DAY if before.refused else _HOUR):
            return _REFUSED if before.refused else _ASKED
        mine = [one for (asking, _), one in self._ledger.asked.items() if asking == pair.asking.key]
        lately = [one for one in mine if pair.at - one.at < _HOUR]
        if len(lately) >= _MOST_ASKED or len(self._ledger.waiting(pair.asked.key)) >= _MOST_WAITING:
            return _BUSY
        self._ledger.ask(pair)
        self._whispers.asked(pair)
        return _ASKED

    # What becomes of it

    def begin(self, pair: Pair) -> str:
        """Let two talk. Returns what the one who wanted it is told; empty: both were told."""
        if "off" in [self.mode(party.network) for party in pair.parties]:
            return _OFF
        one, other = (party.key for party in pair.parties)
        if self.is_muted(one, other) or self.is_muted(other, one):
            return _OFF
        many = any(len(self._ledger.of(party.key)) >= _MOST_TALKS for party in pair.parties)
        if many or any(self._is_taken(party) for party in pair.parties):
            return _NOT_NOW
        self._ledger.talk(pair)
        return self._begin(pair)

    def _is_open(self, pair: Pair) -> bool:
        """Whether the rooms of two who talk are joined: they are not when the journal failed just then."""
        sources = self._rooms.directory.routes.sources
        return all((party.network, party.private) in sources for party in pair.parties)

    def _begin(self, pair: Pair) -> str:
        try:
            self.open(pair)
        except Rejected as error:
            log.warning("%s", error)
            self._ledger.end(pair)
            return _NOT_NOW
        self._whispers.begun(pair)
        return ""

    def open(self, pair: Pair) -> None:
        """Join the rooms of two who talk. Raises Rejected and JournalError."""
        rooms = [(party.network, party.private) for party in pair.parties]
        self._rooms.open_private(_opener(pair), pair.name, rooms)

    def refuse(self, pair: Pair) -> None:
        """Tell somebody that the other does not want to talk."""
        self._ledger.ask(replace(pair, refused=True, at=self._clock.now()))
        self._whispers.party(pair.asking, pair.asked, partial(_said, _REFUSED, pair.asked))

    def end(self, pair: Pair, by: str) -> None:
        """Let two talk no more, since one of them wants that."""
        self._ledger.end(pair)
        self.close(pair)
        self._rooms.end_closed()
        self._whispers.over(pair.other(by), pair.own(by))

    def ignore(self, network: str, user: UserId, other: Known) -> None:
        """Let somebody hear nothing more of another alone. That other is told no more than of any end."""
        key = key_of(network, user)
        self._ledger.ignore(network, key, other.key, other.name)
        for asked in list(self._ledger.asked.values()):
            if {asked.asking.key, asked.asked.key} == {key, other.key}:
                self._ledger.forget(asked)
        if (talk := self._ledger.between(key, other.key)) is not None:
            self.end(talk, key)

    def close(self, pair: Pair) -> None:
        """Part the rooms of two. Raises JournalError."""
        network = _opener(pair)
        for opened in self._rooms.directory.private():
            if opened.network == network and opened.name[1:] == pair.name and not opened.closing:
                self._rooms.close(network, opened.name)

    # What becomes of them

    def moved(self, network: str, event: MemberChanged) -> None:
        """Note that somebody came, went, was banned or goes by another name."""
        key = key_of(network, event.sender.id)
        if event.change is Change.RENAMED:
            self._finder.renamed(network, event.sender, event.name)
            self._ledger.rename(key, event.name)
            if event.id:
                self._ledger.known_as(key, key_of(network, event.id), event.name)
        elif event.change is Change.BANNED:
            self._banned.setdefault(key, set()).add(event.room)
            if self._is_banned(network, event.sender):
                self._send_away(key)
        elif event.change in {Change.JOINED, Change.UNBANNED} and key in self._banned:
            self._banned[key].discard(event.room)

    def _send_away(self, key: str) -> None:
        """End what somebody has with people in whose rooms they may not be."""
        for pair in self._ledger.of(key):
            self.end(pair, key)
        for pair in [pair for pair in self._ledger.asked.values() if pair.asking.key == key]:
            self._ledger.forget(pair)

    def _is_unwanted(self, asker: Asker) -> bool:
        """Whether the owner wants nothing relayed of somebody."""
        known = self._rooms.directory.network(asker.network)
        held = sieve(known.filters) if known is not None else None
        return held is not None and held.stops_all_of(asker.sender)

    def is_muted(self, key: str, other: str) -> bool:
        """Whether moderators let somebody not be heard in a conversation in which the other was."""
        network, _, user = key.partition("/")
        muted = self._muted.on(network).items()
        silent = {conversation for conversation, people in muted if user in people}
        if not silent:
            return False
        network, _, user = other.partition("/")
        routes = self._rooms.directory.routes
        rooms = self._finder.rooms_of(network, UserId(user))
        return not rooms or any(silent & routes.conversations(number).keys() for number in rooms)

    def _is_banned(self, network: str, sender: Sender) -> bool:
        """Whether somebody was banned from all rooms in which they were heard."""
        banned = self._banned.get(key_of(network, sender.id), set())
        return bool(banned) and set(self._finder.rooms_of(network, sender.id).values()) <= banned

    def follow(self) -> None:
        """Follow another map: what it does not allow ends, and what was to be open is."""
        for name in self._rooms.adapters:
            network = self._rooms.directory.network(name)
            if network is not None and network.was is not None:
                self._ledger.renamed(network.was, name)
        private = [opened for opened in self._rooms.directory.private() if not opened.closing]
        opened = {(one.network, one.name[1:]) for one in private}
        for pair in list(self._ledger.talks.values()):
            if "off" in [self.mode(party.network) for party in pair.parties]:
                self.end(pair, pair.asking.key)
                self._whispers.over(pair.asking, pair.asked)
            elif (_opener(pair), pair.name) not in opened:
                try:
                    self.open(pair)
                except Rejected as error:
                    log.warning("%s", error)
                    self._ledger.end(pair)
        for one in private:
            if (known := self._ledger.talks.get(one.name[1:])) is None or _opener(known) != one.network:
                self._rooms.close(one.network, one.name)
        self._ledger.tidy(self._clock.now())


def _opener(pair: Pair) -> str:
    """Return the network under whose name the rooms of two are joined."""
    return min(party.network for party in pair.parties)


def _speaker(name: str, key: str) -> Speaker:
    return Speaker(Authorship.PUPPET, name, key)


def _said(sentence: str, other: Known | Party, locale: Locale) -> str:
    return locale.gettext(sentence, name=named(other))
