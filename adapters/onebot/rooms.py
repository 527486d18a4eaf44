"""The state of a room while we are in it, and the part of it that outlives us. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge import Event, Position, Present, RoomId, RoomState, Txn

__all__ = ["DISORDER", "Place", "Sent"]

DISORDER = 10.0
"""Seconds within which messages may come in another order than they stand in the history: so much of what was
heard already is read again, and known by its id.
"""


class Sent(NamedTuple):
    """The message of ours that was on its way last."""

    txn: Txn
    digest: str
    at: float
    """When it was handed over, in seconds since 1970 by our clock."""
    after: str
    """The newest message that was known then; empty: none."""


@dataclass(slots=True)
class Place:
    """A room that we are to be in."""

    room: RoomId
    state: RoomState = RoomState.JOINING
    held: list[Event] | None = None
    """Events that wait while the room's history is read."""
    names: dict[str, str] = field(default_factory=dict)
    """The names of the people of a group, by their numbers."""
    present: Present = field(default_factory=Present)
    muted: float = 0.0
    """Until when we may not speak there, in seconds since 1970."""
    is_new: bool = True
    """Whether we were never here."""
    since: float = 0.0
    """When the newest message was said that we heard, or when we first came here."""
    newest: str = ""
    """The newest message that is known there, ours too."""
    sent: Sent | None = None

    @property
    def is_group(self) -> bool:
        """Whether it is a group, and not a person."""
        return self.room.startswith("group:")

    def know(self, user: str, name: str) -> None:
        """Note how somebody there is called."""
        if self.names.get(user) != name:
            self.names[user] = name
            self.present.add(user, name)

    def forget(self, user: str) -> None:
        """Note that somebody is not there any more."""
        self.names.pop(user, None)
        self.present.remove(user)

    def meet(self, people: Mapping[str, str], own: str) -> None:
        """Note who is there, and nobody else."""
        self.names.clear()
        self.present.clear()
        for user, name in people.items():
            self.know(user, name)
        self.present.remove(own)

    def position(self) -> Position:
        """Return how far the room has been heard, and what was on its way, to be kept."""
        return Position(json.dumps([self.since, self.newest, self.sent]), self.room)

    def resume(self, token: str | None, now: float) -> None:
        """Take up what was kept."""
        self.is_new = token is None
        if token is None:
            self.since = now + DISORDER
        else:
            self.since, self.newest, sent = json.loads(token)
            self.sent = Sent(*sent) if sent else None
