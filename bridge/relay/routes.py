"""The conversations, compiled: from each room to the rooms that hear it. They change one by one, since
adapters open and close some while everything runs.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from bridge.compose.prefix import DEFAULT_PREFIX, Prefix
from bridge.config import Config, Conversation, Direction, Network, RoomEntry, ShowRules
from bridge.filters import Rewriting, Sieve, rewriting, sieve
from bridge.model import RoomId, Sender, TalkEvent, UserId

__all__ = ["PRIVATE", "Muted", "Routes", "Source", "compile_routes"]

PRIVATE = "\0"
"""What begins the name of a conversation that the core opens for two people: no adapter can give one."""


@dataclass(frozen=True, slots=True)
class Way:
    """What hears a room in one conversation."""

    sieve: Sieve | None
    """Holds back what the owner does not want there."""
    prefixes: Mapping[int, Prefix]
    """How the room's people are named in each that hears it, by that room's number."""
    rewriting: Rewriting | None = None
    """What they say, in the owner's words."""


@dataclass(slots=True)
class Source:
    """A room that is heard: its number, and what hears it."""

    number: int
    sieve: Sieve | None
    """Holds back what the owner wants nowhere."""
    muted: Mapping[str, Collection[UserId]]
    """People of its network who are not heard now, by conversation: as it changes."""
    ways: dict[str, Way] = field(default_factory=dict)
    """By conversation, in the order of the file."""
    rooms: tuple[int, ...] = ()
    """All rooms that hear this one, each once, whatever conversations they share."""
    filtered: bool = False
    """Whether that depends on the conversation and the sender."""

    def rooms_for(self, sender: Sender, event: TalkEvent | None = None) -> tuple[int, ...]:
        """Return the numbers of the rooms that hear this sender; those that hear what they did, with
        `event`.
        """
        if self.sieve is not None and _stops(self.sieve, sender, event):
            return ()
        if not self.filtered and not self.muted:
            return self.rooms
        muted, wanted, who = self.muted, self.ways.items(), {sender.id, sender.author}
        return _each_once(
            way
            for name, way in wanted
            if (way.sieve is None or not _stops(way.sieve, sender, event))
            and who.isdisjoint(muted.get(name, ()))
        )

    def heeds(self, sender: Sender) -> bool:
        """Whether somebody is heard in any conversation, be they alone there with us."""
        if self.sieve is not None and self.sieve.stops_all_of(sender):
            return False
        who = {sender.id, sender.author}
        return any(
            (way.sieve is None or not way.sieve.stops_all_of(sender))
            and who.isdisjoint(self.muted.get(name, ()))
            for name, way in self.ways.items()
        )

    def conversations_for(self, event: TalkEvent) -> tuple[str, ...]:
        """Return the conversations that have what somebody did."""
        who = {event.sender.id, event.sender.author}
        return tuple(
            name
            for name, way in self.ways.items()
            if (way.sieve is None or not _stops(way.sieve, event.sender, event))
            and who.isdisjoint(self.muted.get(name, ()))
        )

    def unquoted(self, event: TalkEvent) -> TalkEvent:
        """Return what somebody did without what it quotes itself of something that is not relayed."""
        for held in (self.sieve, *[way.sieve for way in self.ways.values()]):
            event = held.unquoted(event) if held is not None else event
        return event

    def change(self, conversation: str, way: Way | None) -> None:
        """Let the room be heard in this way in a conversation from now on; None: no more."""
        if way is None:
            del self.ways[conversation]
        else:
            self.ways[conversation] = way
        self.rooms = _each_once(self.ways.values())
        self.filtered = any(way.sieve is not None for way in self.ways.values())


class Muted:
    """People who are not heard in some conversations, whatever map is followed."""

    def __init__(self) -> None:
        self._networks: dict[str, dict[str, set[UserId]]] = {}

    def on(self, network: str) -> Mapping[str, Collection[UserId]]:
        """Return those of a network by conversation, now and whenever it is looked at."""
        return self._networks.setdefault(network, {})

    def follow(self, people: Iterable[tuple[str, str, UserId]]) -> None:
        """Let these be muted from now on, and nobody else: conversation, network and person."""
        for network in list(self._networks.values()):
            network.clear()
        for conversation, name, user in people:
            self._networks.setdefault(name, {}).setdefault(conversation, set()).add(user)


class Routes:
    """All conversations. Rooms are named by their numbers in the journal."""

    def __init__(self, muted: Muted | None = None) -> None:
        self._muted = muted or Muted()
        self.sources: dict[tuple[str, RoomId], Source] = {}
        self.prefixes: dict[tuple[int, int], Prefix] = {}
        """How the people of one room are named in another, by source and destination."""
        self.rewritings: dict[tuple[int, int], Rewriting] = {}
        """What the people of one room say is told so in another; by the same."""
        self.rooms: dict[int, tuple[str, RoomId]] = {}
        """Every room of a conversation."""
        self.shown: dict[int, ShowRules] = {}
        """What each room is shown of what it cannot do itself: the first of its conversations decides."""
        self.heard: dict[int, list[int]] = {}
        """What each room hears: those that are not here are never written to."""
        self._conversations: dict[str, Conversation] = {}
        self._numbers: dict[tuple[str, RoomId], int] = {}
        self._holders: dict[int, dict[str, ShowRules]] = {}
        """The conversations of each room, in file order, and what they want it to be shown."""

    def add(
        self,
        conversation: Conversation,
        networks: Mapping[str, Network],
        number: Callable[[str, RoomId], int],
    ) -> None:
        """Add a conversation; `number` gives a room its number."""
        self._conversations[conversation.name] = conversation
        for entry in conversation.rooms:
            room = number(entry.network, entry.room)
            self._numbers[entry.network, entry.room] = room
            self.rooms[room] = (entry.network, entry.room)
            self._holders.setdefault(room, {})[conversation.name] = entry.show
            self._show(room)
        for entry in conversation.rooms:
            if entry.direction is not Direction.TO:
                self._connect(conversation, networks, entry)

    def remove(self, name: str) -> None:
        """Take a conversation out, with what no other needs of it."""
        conversation = self._conversations.pop(name)
        for entry in conversation.rooms:
            if entry.direction is not Direction.TO:
                self._disconnect(name, (entry.network, entry.room))
        for entry in conversation.rooms:
            room = self._numbers[entry.network, entry.room]
            del self._holders[room][name]
            if self._holders[room]:
                self._show(room)
                continue
            for known in (self._holders, self.rooms, self.shown):
                del known[room]
            del self._numbers[entry.network, entry.room]

    def __contains__(self, conversation: str) -> bool:
        return conversation in self._conversations

    def numbers(self, conversation: str) -> list[int]:
        """Return the numbers of a conversation's rooms."""
        return [self._numbers[entry.network, entry.room] for entry in self._conversations[conversation].rooms]

    def conversations(self, room: int) -> Mapping[str, ShowRules]:
        """Return the conversations of a room, each with what it wants there."""
        return self._holders.get(room, {})

    def is_private(self, room: int) -> bool:
        """Whether a room is that of two people."""
        return any(f"\n{PRIVATE}" in name for name in self._holders.get(room, ()))

    def _show(self, room: int) -> None:
        self.shown[room] = next(iter(self._holders[room].values()))

    def _connect(self, conversation: Conversation, networks: Mapping[str, Network], entry: RoomEntry) -> None:
        """Let the other rooms of a conversation hear this one."""
        here, network = (entry.network, entry.room), networks[entry.network]
        source = self.sources.get(here)
        if source is None:
            source = self.sources[here] = Source(
                self._numbers[here], sieve(network.filters), self._muted.on(network.name)
            )
        prefixes = {}
        for other in conversation.rooms:
            if other.direction is not Direction.FROM and (other.network, other.room) != here:
                room = self._numbers[other.network, other.room]
                template = conversation.prefix or networks[other.network].prefix or DEFAULT_PREFIX
                prefixes[room] = Prefix(template, network.name, network.protocol)
        told = rewriting(network.filters, conversation.filters, entry.filters)
        way = Way(sieve(conversation.filters, entry.filters), prefixes, told)
        source.change(conversation.name, way)
        for room in prefixes:
            if (source.number, room) not in self.prefixes:  # the first conversation in file order decides
                self._tell(source.number, room, way)
                self.heard.setdefault(room, []).append(source.number)

    def heard_by(self, room: int) -> tuple[Sequence[int], Mapping[int, Rewriting]]:
        """Return the rooms whose talk comes to one, and how what is said in some of them is told there."""
        heard = self.heard.get(room, ())
        told = {source: self.rewritings.get((source, room)) for source in heard if self.rewritings}
        return heard, {source: way for source, way in told.items() if way is not None}

    def _tell(self, source: int, room: int, way: Way) -> None:
        """Tell a room what is said in another in this way."""
        self.prefixes[source, room] = way.prefixes[room]
        self.rewritings.pop((source, room), None)
        if way.rewriting is not None:
            self.rewritings[source, room] = way.rewriting

    def _disconnect(self, conversation: str, here: tuple[str, RoomId]) -> None:
        source = self.sources[here]
        gone = source.ways[conversation].prefixes
        source.change(conversation, None)
        if not source.ways:
            del self.sources[here]
        for room in gone:
            others = [way for way in source.ways.values() if room in way.prefixes]
            if others:
                self._tell(source.number, room, others[0])
                continue
            del self.prefixes[source.number, room]
            self.rewritings.pop((source.number, room), None)
            self.heard[room].remove(source.number)
            if not self.heard[room]:
                del self.heard[room]


def compile_routes(
    config: Config, number: Callable[[str, RoomId], int], muted: Muted | None = None
) -> Routes:
    """Compile the owner's map; `number` gives a room its number, `muted` knows who is not heard."""
    routes = Routes(muted)
    for conversation in config.conversations.values():
        routes.add(conversation, config.networks, number)
    return routes


def _each_once(ways: Iterable[Way]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(way.prefixes for way in ways)))


def _stops(held: Sieve, sender: Sender, event: TalkEvent | None) -> bool:
    return held.stops_all_of(sender) if event is None else held.stops(event)
