"""How Hubbub itself speaks: in which rooms, in the language of each, and what it calls them."""

import uuid
from collections.abc import Callable, Iterable

from bridge.compose.namesakes import HUBBUB
from bridge.journal import Journal
from bridge.language import Locale, locale
from bridge.model import Kind, MessageCreated, MessageId, RoomId, plain
from bridge.relay.room import RoomStatus
from bridge.relay.routes import Routes

__all__ = ["Announcer", "Place", "Told", "notice"]

Told = Callable[[Locale], str]
"""A sentence for people, by how they are spoken to."""
Place = Callable[[int, Locale], str]
"""What a room is called, by its number."""


def notice(text: str) -> MessageCreated:
    """Return the event of Hubbub itself saying something."""
    return MessageCreated(
        id=MessageId(f"hubbub-{uuid.uuid4()}"),
        room=RoomId(""),
        sender=HUBBUB,
        content=plain(text),
        kind=Kind.NOTICE,
    )


class Announcer:
    """Says things in rooms, through the journal. Rooms are named by their numbers."""

    def __init__(self, journal: Journal, status: Callable[[int], RoomStatus | None]) -> None:
        """`status` gives how a room stands; None: it is not in the map."""
        self.status = status
        self._journal = journal
        self._routes = Routes()

    def follow(self, routes: Routes) -> None:
        """Follow this map from now on."""
        self._routes = routes

    def say(self, about: int, rooms: Iterable[int], told: Told) -> None:
        """Say something about a room in others, to each as its people are spoken to."""
        audiences: dict[Locale, list[int]] = {}
        for room in rooms:
            if (spoken := self.locale(room)) is not None:
                audiences.setdefault(spoken, []).append(room)
        for audience, hearing in audiences.items():
            self._journal.take(about, notice(told(audience)), tuple(hearing))

    def place(self, number: int, locale: Locale) -> str:
        """Name a room."""
        if (known := self._routes.rooms.get(number)) is None:
            return locale.gettext("a room that left the map")
        network, room = known
        if self._routes.is_private(number):
            return locale.gettext("the other side of this talk, on {network},", network=network)
        return locale.gettext("{room} on {network}", room=room, network=network)

    def locale(self, room: int) -> Locale | None:
        """Return how a room's people are spoken to; None: it is in no conversation."""
        show = self._routes.shown.get(room)
        return locale(show.language, show.time_zone) if show is not None else None

    def sources(self, room: int) -> Iterable[int]:
        """Return the rooms whose talk a room hears."""
        return self._routes.heard.get(room, ())

    def hearing(self, room: int) -> Iterable[int]:
        """Return the rooms that hear a room."""
        return next((s.rooms for s in self._routes.sources.values() if s.number == room), ())

    def reachable(self, rooms: Iterable[int]) -> list[int]:
        """Return those rooms that Hubbub may write to, and can now."""
        return [
            room
            for room in sorted(self._routes.heard.keys() & set(rooms))
            if (status := self.status(room)) is not None and status.joined
        ]
