"""The state of a room while we are in it, and the part of it that outlives us. Pure."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from bridge import Change, MemberChanged, MessageCreated, Present, RoomId, TalkEvent, Txn

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


class Place:
    """A room that we are in, or on our way into."""

    def __init__(self, room: RoomId, position: str | None, now: float) -> None:
        """`position` is what was kept of it; None: we were never here. `now` in seconds since 1970."""
        self.room = room
        self.is_group = room.startswith("group:")
        self.names: dict[str, str] = {}
        """The names of the people of a group, by their numbers."""
        self.present = Present()
        self.muted = 0.0
        """Until when we may not speak there, in seconds since 1970."""
        since, newest, sent = json.loads(position) if position else (now + DISORDER, "", None)
        self.since: float = since
        """When the newest message was said that we heard, or when we first came here."""
        self.newest: str = newest
        """The newest message that is known there, ours too."""
        self.sent = Sent(*sent) if sent else None

    def position(self) -> str:
        """Return how far the room has been heard, and what was on its way, to be kept."""
        return json.dumps([self.since, self.newest, self.sent])

    def reach(self, event: TalkEvent, now: float) -> str:
        """Note that this was heard. Returns the position then."""
        if isinstance(event, MessageCreated):  # whose time may be nonsense
            self.newest, self.since = event.id, max(self.since, min(event.at or 0.0, now + DISORDER))
        return self.position()

    def learn(self, event: TalkEvent | MemberChanged | None) -> None:
        """Note who is there, and what they are called, by what they do."""
        match event:
            case MessageCreated(sender=sender) if self.is_group:
                self._know(sender.id, sender.name)
            case MemberChanged(sender=sender, change=Change.JOINED | Change.RENAMED, name=name):
                self._know(sender.id, name or sender.name)
            case MemberChanged(sender=sender):
                self.names.pop(sender.id, None)
                self.present.remove(sender.id)

    def meet(self, people: Mapping[str, str], own: str) -> None:
        """Note who is there."""
        for user, name in people.items():
            self._know(user, name)
        self.present.remove(own)

    def _know(self, user: str, name: str) -> None:
        if self.names.get(user) != name:
            self.names[user] = name
            self.present.add(user, name)
