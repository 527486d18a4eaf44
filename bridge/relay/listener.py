"""Who is told what people may want to know of the relay."""

from collections.abc import Iterable
from typing import Protocol

from bridge.compose.digest import Digest
from bridge.model import MemberChanged

from .routes import Routes

__all__ = ["Listener"]


class Listener(Digest, Protocol):
    """Hears what the relay has to tell. Rooms are named by their numbers."""

    def follow(self, routes: Routes) -> None:
        """Follow this map from now on."""

    def speaks(self, source: int, name: str) -> None:
        """Note that somebody is about to be heard."""

    def member(self, source: int, rooms: Iterable[int], event: MemberChanged) -> None:
        """Note that somebody came or went; these rooms want to know."""

    def lost(self, room: int, reason: str, count: int = 1, *, source: int | None = None) -> None:
        """Note that so many deliveries to a room were given up; `source` is where they come from, if all from
        one.
        """

    def hidden(self, room: int, count: int) -> None:
        """Note that so many old messages are not shown in a room."""

    def unheard(
        self, room: int, since: float | None, *, unheard: bool, partly: bool, left_out: int | None
    ) -> None:
        """Note that a room is heard again, and was not since then; None: nobody knows since when."""

    def loop(self, source: int, who: str) -> None:
        """Note that somebody repeats in a room what we say, and is not listened to any more where they do."""
