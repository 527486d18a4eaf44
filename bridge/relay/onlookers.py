"""Shows what passes to those who look on live. Nothing is kept for them and nobody waits for them; while
nobody looks, nothing is done. Talks of two people are never shown.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeAlias

from bridge.complaints import Complaints
from bridge.journal import Delivery, Observed
from bridge.model import RoomId

from .rooms import Rooms

__all__ = ["Buried", "Onlookers", "Passing", "Settled", "Sight"]

log = logging.getLogger(__name__)

_BATCH = 100
_TOGETHER = 0.05
"""How long is waited for what follows the first news, in seconds: they are shown in one go."""
_BREATH = 0.01
"""How long the relay has the loop between two batches, in seconds."""
_PAUSE = 1.0
_MOST = 1000
"""So much waits for one who looks on and is slow: then the oldest is left out."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery."""

    seq: int
    """The event's place in the order of taking."""
    network: str
    room: RoomId
    """Where it went."""
    outcome: str
    """`delivered`, `given up`, or `nothing to show`."""
    reason: str
    """Why it was given up."""
    at: float
    """In seconds since 1970."""
    seconds: float
    """How long after it was said."""


@dataclass(frozen=True, slots=True)
class Buried:
    """So many deliveries to a room were given up at once, for one reason."""

    network: str
    room: RoomId
    count: int
    reason: str
    at: float


Passing: TypeAlias = Observed | Settled | Buried


class Sight:
    """What one of them has yet to be shown."""

    def __init__(self, wants: Callable[[str, RoomId], bool]) -> None:
        self._wants = wants
        self._waiting = deque[Passing]()
        self._missed = 0
        self._news = asyncio.Event()

    def show(self, passing: Passing) -> None:
        """Show what passes, if it is wanted."""
        if not self._wants(passing.network, passing.room):
            return
        if len(self._waiting) >= _MOST:
            self._waiting.popleft()
            self._missed += 1
        self._waiting.append(passing)
        self._news.set()

    async def next(self) -> tuple[int, list[Passing]]:
        """Wait for something. Returns how much was left out before it, and all that there is, in order."""
        await self._news.wait()
        self._news.clear()
        found, missed = list(self._waiting), self._missed
        self._waiting.clear()
        self._missed = 0
        return missed, found


class Onlookers:
    """All who look on. What became of a delivery comes after its event, as far as that was shown."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._dispatch = rooms.dispatch
        self._clock = rooms.dispatch.journal.clock
        self._complaints = Complaints(log, self._clock)
        self._sights: list[Sight] = []
        self._ends: list[Settled] = []
        self._news = asyncio.Event()
        self._showing: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def look(self, wants: Callable[[str, RoomId], bool]) -> AsyncIterator[Sight]:
        """Look on in this context, at the rooms that are wanted: by network and name."""
        sight = Sight(wants)
        self._sights.append(sight)
        if self._showing is None:
            self._dispatch.news.append(self._news)
            self._dispatch.ended.append(self._end)
            self._showing = asyncio.ensure_future(self._show(self._dispatch.journal.latest()))
        try:
            yield sight
        finally:
            self._sights.remove(sight)
            if not self._sights and self._showing is not None:
                self._showing.cancel()
                self._showing = None
                self._ends.clear()
                self._dispatch.news.remove(self._news)
                self._dispatch.ended.remove(self._end)

    def lost(self, number: int, reason: str, count: int) -> None:
        """Note that so many deliveries to a room were given up at once."""
        room = self._rooms.status(number) if self._sights else None
        if room is not None and not room.private:
            self._pass(Buried(room.network, room.id, count, reason, self._clock.now()))

    def _end(self, delivery: Delivery, outcome: str, reason: str, _: object) -> None:
        worker = self._rooms.workers.get(delivery.room)
        if worker is None or worker.room.private:
            return
        now, room = self._clock.now(), worker.room
        self._ends.append(
            Settled(
                delivery.seq,
                room.adapter.network,
                room.id,
                outcome,
                reason,
                now,
                max(now - delivery.said_at, 0.0),
            )
        )
        self._news.set()

    async def _show(self, cursor: int) -> None:
        """Show what is taken behind this event, until cancelled."""
        while True:
            try:
                ends, self._ends = self._ends, []
                events = self._dispatch.journal.events(cursor, _BATCH)
                cursor = events[-1].seq if events else cursor
                for event in events:
                    if self._is_shown(event):
                        self._pass(event)
                more = len(events) == _BATCH
                for end in ends:
                    if more and end.seq > cursor:
                        self._ends.append(end)
                    else:
                        self._pass(end)
            except Exception as error:  # noqa: BLE001 whoever looks on, the relay goes on
                self._complaints.tell(
                    "showing", f"who looks on cannot be shown all: a bug ({error!r})", error
                )
                await self._clock.sleep(_PAUSE)
                continue
            if more:
                await self._clock.sleep(_BREATH)
            else:
                await self._news.wait()
                await self._clock.sleep(_TOGETHER)
                self._news.clear()

    def _is_shown(self, event: Observed) -> bool:
        worker = self._rooms.by_name.get((event.network, event.room))
        return event.event is not None and worker is not None and not worker.room.private

    def _pass(self, passing: Passing) -> None:
        for sight in self._sights:
            sight.show(passing)
