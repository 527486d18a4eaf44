"""What a fake network tells of its people, and the rooms that are made on it."""

from collections.abc import Collection
from dataclasses import dataclass, field

from bridge.errors import Rejected
from bridge.model import RoomId, UserId

__all__ = ["MadeRoom", "Premises"]


@dataclass
class MadeRoom:
    """A room that an adapter made."""

    topic: str
    invited: set[UserId]


@dataclass
class Premises:
    """The rooms of a network, besides those that are simply there."""

    made: dict[RoomId, MadeRoom] = field(default_factory=dict)
    """Those that adapters made, and did not take down."""
    away: dict[UserId, bool] = field(default_factory=dict)
    """Who is known to be away, or to be there."""
    answers: dict[RoomId, dict[str, str]] = field(default_factory=dict)
    """Instructions that are rooms' own affair."""
    unwilling: Collection[UserId] = ()
    """Who cannot be invited."""

    def make(self, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        """Make a room, by another name where one is taken."""
        free = name
        while RoomId(free) in self.made:
            free += "_"
        room = RoomId(free)
        self.made[room] = MadeRoom(topic, set())
        self.invite(room, invited)
        return room

    def invite(self, room: RoomId, users: Collection[UserId]) -> None:
        """Let these in. Raises Rejected where one of them cannot be."""
        if room not in self.made:
            raise Rejected(f"there is no room {room}")
        self.made[room].invited.update(set(users) - set(self.unwilling))
        if refused := sorted(set(users) & set(self.unwilling)):
            raise Rejected(f"{refused[0]} wants no invitations")
