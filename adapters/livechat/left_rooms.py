"""Rooms that nobody needs any more, until they are taken down."""

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Sequence

from bridge import AdapterError, Clock, ConnectionLost, Conversations, RoomId, TemporaryFailure

__all__ = ["LeftRooms"]

log = logging.getLogger(__name__)

_AGAIN = 60.0
"""After how long it is tried again on a network that was away, in seconds."""


class LeftRooms:
    """Takes rooms down, each on its network; where that is away, when it is back."""

    def __init__(
        self, network: str, conversations: Conversations, clock: Clock, in_use: Callable[[str, str], bool]
    ) -> None:
        """`in_use` says whether a chat has a room, given its network: it may have got that name again."""
        self._network, self._conversations, self._clock, self._in_use = network, conversations, clock, in_use
        self._due: dict[tuple[str, str], float] = {}
        """The time from which each is tried, by the clock's `monotonic`."""
        self._doing: asyncio.Task[None] | None = None

    def add(self, rooms: Iterable[tuple[str, str]]) -> None:
        """Take these down, each with its network, from the next `tick` on."""
        self._due.update(dict.fromkeys(rooms, -math.inf))

    def tick(self) -> None:
        """Do what is due."""
        if self._due and (self._doing is None or self._doing.done()):
            self._doing = asyncio.create_task(self._leave())

    def close(self) -> None:
        """Do nothing any more."""
        if self._doing is not None:
            self._doing.cancel()

    async def _leave(self) -> None:
        now = self._clock.monotonic()
        due: dict[str, list[str]] = {}
        for (network, room), since in self._due.items():
            if since <= now:
                due.setdefault(network, []).append(room)
        await asyncio.gather(*[self._leave_those(network, rooms) for network, rooms in due.items()])

    async def _leave_those(self, network: str, rooms: Sequence[str]) -> None:
        for room in rooms:
            del self._due[network, room]
            if self._in_use(network, room):
                continue
            try:
                await self._conversations.leave(network, RoomId(room))
            except (ConnectionLost, TemporaryFailure) as error:
                self._due[network, room] = self._clock.monotonic() + _AGAIN
                later = "%s: %s of %s is left later: %s"
                log.info(later, self._network, room, network, error, extra=_keys(network, room))
            except AdapterError as error:
                stays = "%s: %s of %s stays as it is: %s"
                log.warning(stays, self._network, room, network, error, extra=_keys(network, room))


def _keys(network: str, room: str) -> dict[str, str]:
    """Return the keys of a line, which is about a room of another network."""
    return {"network": network, "room": room}
