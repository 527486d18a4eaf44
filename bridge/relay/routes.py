"""The owner's map, compiled: from each room to the rooms that hear it."""

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.compose.prefix import DEFAULT_PREFIX, Prefix
from bridge.config import Config, Conversation, Direction, RoomEntry, ShowRules
from bridge.model import RoomId, Sender

__all__ = ["Routes", "Source", "compile_routes"]

_Ignore = Callable[[Sender], bool]


@dataclass(slots=True)
class Source:
    """A room that is heard: its number, and what hears it."""

    number: int
    ignore: _Ignore | None
    """Senders whom the owner wants nowhere."""
    rooms: tuple[int, ...] = ()
    """All rooms that hear this one, each once, whatever conversations they share."""
    ways: list[tuple[_Ignore | None, tuple[int, ...]]] = field(default_factory=list)
    """The same by conversation, each with its own filter: used where one has any."""
    filtered: bool = False

    def rooms_for(self, sender: Sender) -> tuple[int, ...]:
        """The rooms that hear this sender."""
        if self.ignore is not None and self.ignore(sender):
            return ()
        if not self.filtered:
            return self.rooms
        ways = [rooms for ignore, rooms in self.ways if ignore is None or not ignore(sender)]
        return tuple(dict.fromkeys(room for rooms in ways for room in rooms))


@dataclass(slots=True)
class Routes:
    """The compiled map. Rooms are named by their numbers in the journal."""

    sources: dict[tuple[str, RoomId], Source]
    prefixes: dict[tuple[int, int], Prefix]
    """How the people of one room are named in another, by source and destination."""
    rooms: dict[int, tuple[str, RoomId]]
    """Every room of the map."""
    shown: dict[int, ShowRules] = field(default_factory=dict)
    """What each room is shown of what it cannot do itself."""
    names: dict[int, str] = field(default_factory=dict)
    """The network of each room that is heard."""
    heard: dict[int, list[int]] = field(default_factory=dict)
    """What each room hears, by the rooms' numbers."""
    written: frozenset[int] = frozenset()
    """Those that are written to: never one that is only read."""


def compile_routes(config: Config, number: Callable[[str, RoomId], int]) -> Routes:
    """Compile the map; `number` gives a room its number."""
    routes = Routes({}, {}, {})
    for conversation in config.conversations.values():
        numbers = {(e.network, e.room): number(e.network, e.room) for e in conversation.rooms}
        routes.rooms.update({n: room for room, n in numbers.items()})
        for entry in conversation.rooms:
            routes.shown[numbers[entry.network, entry.room]] = entry.show
        for entry in conversation.rooms:
            if entry.direction is not Direction.TO:
                _connect(routes, config, conversation, entry, numbers)
    for (network, _), source in routes.sources.items():
        routes.names[source.number] = network
        for room in source.rooms:
            routes.heard.setdefault(room, []).append(source.number)
    routes.written = frozenset(room for source in routes.sources.values() for room in source.rooms)
    return routes


def _connect(
    routes: Routes,
    config: Config,
    conversation: Conversation,
    entry: RoomEntry,
    numbers: Mapping[tuple[str, RoomId], int],
) -> None:
    """Let the other rooms of a conversation hear this one."""
    here = (entry.network, entry.room)
    network = config.networks[entry.network]
    source = routes.sources.get(here)
    if source is None:
        source = routes.sources[here] = Source(numbers[here], _compile_ignore(network.ignore))
    hearing = [
        other
        for other in conversation.rooms
        if other.direction is not Direction.FROM and (other.network, other.room) != here
    ]
    rooms = tuple(numbers[other.network, other.room] for other in hearing)
    source.ways.append((_compile_ignore(conversation.ignore), rooms))
    source.filtered = source.filtered or bool(conversation.ignore)
    source.rooms = tuple(dict.fromkeys((*source.rooms, *rooms)))
    for other, room in zip(hearing, rooms, strict=True):
        template = conversation.prefix or config.networks[other.network].prefix or DEFAULT_PREFIX
        # The first conversation in file order decides.
        routes.prefixes.setdefault((source.number, room), Prefix(template, network.name, network.protocol))


def _compile_ignore(patterns: tuple[str, ...]) -> _Ignore | None:
    """Shell-style patterns of names, masks and ids as one test, regardless of case."""
    if not patterns:
        return None
    matches = re.compile("|".join(fnmatch.translate(pattern.casefold()) for pattern in patterns)).match
    return lambda sender: bool(matches(sender.name.casefold()) or matches(sender.id.casefold()))
