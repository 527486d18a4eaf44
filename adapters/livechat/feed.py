"""Hands the core what desks say to agents: in order, and from where the core is."""

import asyncio
from collections.abc import Collection

from bridge import Emit, Position, RoomId
from bridge.desk import DeskStore

from .decode import event

__all__ = ["Feed"]

_MOST = 500
"""So many at once."""


class Feed:
    """Reads the feed of each room from the store, and hands it on."""

    def __init__(self, store: DeskStore, emit: Emit) -> None:
        self._store = store
        self._emit = emit
        self._reached: dict[RoomId, int] = {}
        """By room, up to which number it was handed over."""
        self._last: asyncio.Future[None] | None = None

    def begin(self, room: RoomId) -> None:
        """Hand over what a room said before this connection and the core has not; from now on what it says.
        Where the core has never been, nothing of the past is handed over, but to the room of one chat: it
        begins with that.
        """
        position = self._emit.position(room)
        if position is None and "/" in room:
            self._reached[room] = 0
            self.catch_up([room])
        elif position is None:
            self._reached[room] = self._end(room)
            self._last = self._emit([], Position(f"{self._reached[room]}", room))
        else:
            self._reached[room] = int(position)
            self.catch_up([room], replayed=True)

    def end(self, room: RoomId) -> None:
        """Hand over no more of what a room says."""
        self._reached.pop(room, None)

    def catch_up(self, rooms: Collection[RoomId], *, replayed: bool = False) -> None:
        """Hand over what is new in these rooms."""
        for room in rooms:
            while room in self._reached:
                rows = self._store.feed(room, self._reached[room], _MOST)
                if not rows:
                    break
                self._reached[room] = rows[-1].number
                chats = {row.chat: self._store.chat(row.chat) for row in rows if row.n}
                events = [event(row, chats.get(row.chat), replayed=replayed) for row in rows]
                self._last = self._emit(events, Position(f"{self._reached[room]}", room))

    async def kept(self) -> None:
        """Wait until all that was handed over is on record."""
        if self._last is not None:
            await asyncio.shield(self._last)

    def trim(self, before: float) -> None:
        """Forget what the core has on record, and is older than that."""
        for room in self._reached:
            position = self._emit.position(room)
            if position is not None:
                self._store.trim(room, int(position), before)

    def _end(self, room: RoomId) -> int:
        """Return the number of the last thing that a room said; 0: it has said nothing."""
        last = 0
        while rows := self._store.feed(room, last, _MOST):
            last = rows[-1].number
        return last
