"""The owner's policy: which rooms are archived, and what of them, as the configuration has it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bridge.archive.keeping import KeptFor
from bridge.config import Config, Direction
from bridge.desk.located import desks
from bridge.journal import Opened
from bridge.model import RoomId

__all__ = ["NOTHING", "Policy", "compile_policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What is archived by one configuration."""

    kept: Mapping[str, KeptFor] = field(default_factory=dict)
    """By conversation."""
    by_room: Mapping[tuple[str, RoomId], tuple[str, ...]] = field(default_factory=dict)
    """The conversations that have what is said in a room, by its network and name."""
    rooms: Mapping[str, tuple[tuple[str, RoomId], ...]] = field(default_factory=dict)
    """All rooms of a conversation, also those that are only written to."""
    owner: str | None = None
    """Who keeps it."""
    known: frozenset[tuple[str, RoomId]] = frozenset()
    """All rooms of archived conversations."""

    def __bool__(self) -> bool:
        return bool(self.kept)

    def networks(self, conversation: str) -> set[str]:
        """Return the networks whose rooms are in a conversation."""
        return {network for network, _ in self.rooms[conversation]}


NOTHING = Policy()
"""Nothing is archived."""


def compile_policy(config: Config, opened: Iterable[Opened] = ()) -> Policy:
    """Compile what a configuration says of the archive. What is said in rooms that desks `opened` for single
    chats is filed where their desk is.
    """
    kept: dict[str, KeptFor] = {}
    by_room: dict[tuple[str, RoomId], tuple[str, ...]] = {}
    rooms: dict[str, tuple[tuple[str, RoomId], ...]] = {}
    for name, conversation in config.conversations.items():
        if (rules := conversation.archive) is None:
            continue
        kept[name] = KeptFor(rules.keep, rules.text, rules.files)
        rooms[name] = tuple((entry.network, entry.room) for entry in conversation.rooms)
        for entry in conversation.rooms:
            if entry.direction is not Direction.TO:
                place = entry.network, entry.room
                by_room[place] = (*by_room.get(place, ()), name)
    known = {place for places in rooms.values() for place in places}
    for desk, places in _chats(config, opened):
        if names := by_room.get(desk, ()):
            known.update(places)
            by_room.update(dict.fromkeys(places, names))
    return Policy(kept, by_room, rooms, config.owner, frozenset(known)) if kept else NOTHING


def _chats(
    config: Config, opened: Iterable[Opened]
) -> Iterator[tuple[tuple[str, RoomId], tuple[tuple[str, RoomId], ...]]]:
    """Yield the rooms of single chats, each time with the desk that they are of."""
    known = {(desk.network, RoomId(desk.name)) for desk in desks(config)} if opened else set()
    for one in opened:
        desk = one.network, RoomId(one.name.partition("/")[0])
        if desk in known:
            yield desk, one.rooms
