"""What is known of the account's rooms: which are which, who is called what. Pure state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge import RoomId

from .files import Files
from .levels import level_of, needed_for_state
from .reactions import Reactions
from .values import id_of, mapping, text_of

__all__ = ["Session", "Tombstone", "after_join"]

_LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Where a room went ("Room Upgrades")."""

    replacement: str
    server: str
    """The server of who moved it, which is in the new room."""


@dataclass(slots=True)
class Session:
    """It outlives a connection, as the position does, and is right only together with it."""

    own: str
    known: bool = False
    """Whether all the account's rooms were looked at once."""
    wires: dict[RoomId, str] = field(default_factory=dict)
    """The wire's id of each room of the map."""
    rooms: dict[str, RoomId] = field(default_factory=dict)
    """The same the other way round."""
    heard: float = 0.0
    """When the homeserver last said what happened, in seconds since 1970."""
    joined: set[str] = field(default_factory=set)
    caught_up: set[str] = field(default_factory=set)
    """Rooms of whose talk nothing is missing since the last connection."""
    encrypted: set[str] = field(default_factory=set)
    tombstones: dict[str, Tombstone] = field(default_factory=dict)
    confirmed: set[RoomId] = field(default_factory=set)
    """Aliases that were looked up since the start."""
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    """Display names by room and user, of those who spoke."""
    reactions: Reactions = field(default_factory=Reactions)
    files: Files = field(default_factory=Files)
    fixed_topics: set[str] = field(default_factory=set)
    """Rooms whose topic we may not set, as far as their power levels say."""

    def place(self, room: RoomId, wire: str) -> None:
        """Say which room on the wire a room of the map is."""
        self.forget(room)
        self.wires[room] = wire
        self.rooms[wire] = room

    def forget(self, room: RoomId) -> None:
        wire = self.wires.pop(room, None)
        if wire is not None:
            self.rooms.pop(wire, None)

    def learn(self, wire: str, event: object) -> None:
        """Take note of one event of a room's state or timeline."""
        event = mapping(event)
        kind, content = event.get("type"), mapping(event.get("content"))
        if kind == "m.room.member":
            self._member(wire, id_of(event.get("state_key")), content)
        elif event.get("state_key") != "":
            return
        elif kind == "m.room.encryption":
            self.encrypted.add(wire)
        elif kind == "m.room.power_levels":
            self._levels(wire, content)
        elif kind == "m.room.tombstone":
            self.moved(wire, content, id_of(event.get("sender")))

    def moved(self, wire: str, content: Mapping[str, Any], sender: str) -> None:
        replacement = id_of(content.get("replacement_room"))
        if replacement.startswith("!") and replacement != wire:
            self.tombstones[wire] = Tombstone(replacement, sender.partition(":")[2])

    def left(self, wire: str) -> None:
        self.joined.discard(wire)
        self.names.pop(wire, None)

    def latest(self, wire: str) -> str:
        """Where a room is now, after all its upgrades that are known."""
        passed = {wire}
        while (stone := self.tombstones.get(wire)) is not None and stone.replacement not in passed:
            wire = stone.replacement
            passed.add(wire)
        return wire

    def names_in(self, wire: str) -> Mapping[str, str]:
        return self.names.setdefault(wire, {})

    def _levels(self, wire: str, levels: Mapping[str, Any]) -> None:
        if level_of(levels, self.own) < needed_for_state(levels, "m.room.topic"):
            self.fixed_topics.add(wire)
        else:
            self.fixed_topics.discard(wire)

    def _member(self, wire: str, user: str, content: Mapping[str, Any]) -> None:
        name = text_of(content.get("displayname"), _LONGEST_NAME).strip()
        here = self.names.setdefault(wire, {})
        if content.get("membership") == "join" and name and user:
            here[user] = name
        else:
            here.pop(user, None)


def after_join(events: Iterable[object], own: str) -> tuple[list[Any], bool]:
    """The events since we joined last, and whether we joined among them: what was before is not for us."""
    kept: list[Any] = []
    joined = False
    for event in events:
        kept.append(event)
        if _is_join(mapping(event), own):
            kept, joined = [], True
    return kept, joined


def _is_join(event: Mapping[str, Any], own: str) -> bool:
    """Whether we came in; a new name of somebody who is in is a join event too ("m.room.member")."""
    if event.get("type") != "m.room.member" or event.get("state_key") != own:
        return False
    before = mapping(event.get("prev_content") or mapping(event.get("unsigned")).get("prev_content"))
    return mapping(event.get("content")).get("membership") == "join" and before.get("membership") != "join"
