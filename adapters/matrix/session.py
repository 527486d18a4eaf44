"""The state of an account's rooms: their ids, people's names, power levels. Pure state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge import BoundedDict, Present, RoomId

from .files.content import SentFiles
from .puppets.namespace import Namespace
from .rooms.keeping import KEEPING, PastRules, learned
from .rooms.policies import Policies
from .rooms.power_levels import creators_of, level_of, needed_for_state, needed_to_redact
from .sending.reactions import Reactions
from .untrusted import id_of, mapping, name_of, text_of

__all__ = ["Session", "Tombstone", "after_join"]

_LONGEST_NAME = 256
_MOST_AWAY = 20_000
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The successor of a room ("Room Upgrades")."""

    replacement: str
    server: str
    """The server of the person who moved it, which is in the new room."""


@dataclass(slots=True)
class Session:
    """The state of one account.

    It outlives a connection, as the position does, and belongs to that position.
    """

    own: str
    speakers: Namespace | None = None
    """The ids of people from elsewhere who are here as themselves, if any can be."""
    known: bool = False
    """Whether all the account's rooms have been looked at once."""
    wires: dict[RoomId, str] = field(default_factory=dict)
    """The wire's id of each room of the map."""
    rooms: dict[str, RoomId] = field(default_factory=dict)
    """The same the other way round."""
    heard: float = 0.0
    """When the homeserver last answered a sync, in seconds since 1970."""
    joined: set[str] = field(default_factory=set)
    caught_up: set[str] = field(default_factory=set)
    """Rooms where nothing is missing since the last connection, but what was left out."""
    left_out: dict[str, int | None] = field(default_factory=dict)
    """How many messages were left out, by room; None: an unknown number."""
    encrypted: set[str] = field(default_factory=set)
    tombstones: dict[str, Tombstone] = field(default_factory=dict)
    confirmed: set[RoomId] = field(default_factory=set)
    """Aliases that have been looked up since the start."""
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    """Display names by room and user, of those who spoke."""
    present: dict[str, Present] = field(default_factory=dict)
    """The people in each room, as far as a sync told them: mostly those who spoke or came since we did."""
    met: set[str] = field(default_factory=set)
    """Rooms whose people were asked for on this connection."""
    away: BoundedDict[str, bool] = field(default_factory=lambda: BoundedDict(_MOST_AWAY))
    """Whether somebody is away, as far as the homeserver told ("Presence")."""
    wants_presence: bool = False
    """Whether anybody wants to know that."""
    reactions: Reactions = field(default_factory=Reactions)
    files: SentFiles = field(default_factory=SentFiles)
    policies: Policies = field(default_factory=Policies)
    public: set[str] = field(default_factory=set)
    """Rooms that anybody may join."""
    sizes: dict[str, int] = field(default_factory=dict)
    """How many people are in rooms."""
    crowded: set[str] = field(default_factory=set)
    """Rooms with more people in them than us and one other."""
    creators: dict[str, frozenset[str]] = field(default_factory=dict)
    """The users who may do everything, by room."""
    levels: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Power levels by room."""
    keeping: dict[str, PastRules] = field(default_factory=dict)
    """How long rooms want to be kept, and who may read their past."""
    fixed_topics: set[str] = field(default_factory=set)
    """Rooms whose topic we may not set, as far as their power levels say."""

    def place(self, room: RoomId, wire: str) -> None:
        """Set which room on the wire a room of the map is."""
        self.forget(room)
        self.wires[room] = wire
        self.rooms[wire] = room

    def forget(self, room: RoomId) -> None:
        wire = self.wires.pop(room, None)
        if wire is not None:
            self.rooms.pop(wire, None)

    def key_of(self, user: str) -> str | None:
        """Return who somebody from elsewhere is (`Speaker.key`); None: nobody of ours, or our own account."""
        return None if self.speakers is None or user == self.own else self.speakers.key_of(user)

    def is_speakers(self, event: object) -> bool:
        """Whether an event is by somebody from elsewhere, or tells of their coming and going: no news."""
        event = mapping(event)
        if self.speakers is None:
            return False
        about = event.get("state_key") if event.get("type") == "m.room.member" else None
        return any(self.key_of(id_of(user)) is not None for user in (event.get("sender"), about))

    def learn(self, wire: str, event: object) -> None:
        """Take note of one event of a room's state or timeline."""
        event = mapping(event)
        if wire in self.policies.lists:
            self.policies.learn(wire, event)
        kind, content = event.get("type"), mapping(event.get("content"))
        if kind == "m.room.member":
            self._member(wire, id_of(event.get("state_key")), content)
        elif event.get("state_key") != "":
            return
        elif kind == "m.room.encryption":
            self.encrypted.add(wire)
        elif kind == "m.room.join_rules":
            (self.public.add if content.get("join_rule") == "public" else self.public.discard)(wire)
        elif kind in KEEPING:
            self.keeping[wire] = learned(self.keeping.get(wire, PastRules()), kind, content)
        elif kind == "m.room.create":
            self.keeping.setdefault(wire, PastRules())
            self.creators[wire] = creators_of(event)
            self._see_topic(wire)
        elif kind == "m.room.power_levels":
            self.levels[wire] = content
            self._see_topic(wire)
        elif kind == "m.room.tombstone":
            self.moved(wire, content, id_of(event.get("sender")))

    def counted(self, wire: str, part: Mapping[str, Any]) -> None:
        """Take note of how many people are in a room, where a sync tells ("Syncing", RoomSummary)."""
        people = mapping(part.get("summary")).get("m.joined_member_count")
        if isinstance(people, int):
            self.sizes[wire] = people
            (self.crowded.add if people > _PAIR else self.crowded.discard)(wire)

    def meet(self, wire: str, joined: Mapping[str, Any]) -> None:
        """Take note of who is in a room ("GET /rooms/{roomId}/joined_members")."""
        for user, profile in joined.items():
            name = mapping(profile).get("display_name")
            self._member(wire, id_of(user), {"membership": "join", "displayname": name})

    def saw(self, event: object) -> None:
        """Take note of how somebody is there ("m.presence")."""
        event = mapping(event)
        user, how = id_of(event.get("sender")), mapping(event.get("content")).get("presence")
        if user and isinstance(how, str):
            self.away[user] = how != "online"

    def moved(self, wire: str, content: Mapping[str, Any], sender: str) -> None:
        replacement = id_of(content.get("replacement_room"))
        if replacement.startswith("!") and replacement != wire:
            self.tombstones[wire] = Tombstone(replacement, sender.partition(":")[2])

    def left(self, wire: str) -> None:
        self.joined.discard(wire)
        self.names.pop(wire, None)
        self.keeping.pop(wire, None)
        self.present.pop(wire, None)

    def latest(self, wire: str) -> str:
        """Return where a room is now, after all its upgrades that are known."""
        passed = {wire}
        while (stone := self.tombstones.get(wire)) is not None and stone.replacement not in passed:
            wire = stone.replacement
            passed.add(wire)
        return wire

    def names_in(self, wire: str) -> Mapping[str, str]:
        return self.names.setdefault(wire, {})

    def may_redact(self, wire: str, user: str) -> bool:
        """Whether somebody may take back what others said, as far as is known."""
        levels = self.levels.get(wire)
        if user in self.creators.get(wire, ()):
            return True
        return levels is not None and level_of(levels, user) >= needed_to_redact(levels)

    def _see_topic(self, wire: str) -> None:
        levels = self.levels.get(wire)
        if levels is None or self.own in self.creators.get(wire, ()):
            self.fixed_topics.discard(wire)
        elif level_of(levels, self.own) < needed_for_state(levels, "m.room.topic"):
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
        present = self.present.setdefault(wire, Present())
        if content.get("membership") != "join":
            present.remove(user)
        elif user and user != self.own and self.key_of(user) is None:
            present.add(user, name_of(user, here))


def after_join(events: Iterable[object], own: str) -> tuple[list[Any], bool]:
    """Return the events since we last joined, and whether that is among them: earlier ones are not ours."""
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
