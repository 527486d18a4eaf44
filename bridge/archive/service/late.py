"""Copies whose confirmation nobody took note of, since the process was killed just then or too much waited:
the journal has their names.
"""

import contextlib
import math

from bridge.errors import JournalError
from bridge.journal import Observed
from bridge.relay import Router

from .beside import Beside

__all__ = ["LateCopies"]

_KIND = "archive"
_KEY = "copies"
"""The journal's note about the event up to which all copies are filed, or never will be."""
_BATCH = 100
_BREATH = 0.01
"""How long the relay has the loop between two batches, in seconds."""
_OFTEN = 10.0
"""Seconds between two notes."""
_LOOK = 60.0
"""How often it is looked whether something was left out, in seconds."""


class LateCopies:
    """Looks for them at the start, and when something was left out."""

    def __init__(self, router: Router, beside: Beside) -> None:
        self._router = router
        self._beside = beside
        self._journal = router.journal
        self._noted = -1
        self._written = -_OFTEN
        self._looking = True

    async def run(self) -> None:
        """Find what was left out, until cancelled."""
        text = self._journal.notes.all(_KIND).get(("", _KEY))
        if text is not None:
            await self._find(int(text), self._journal.latest())
        else:
            self._note(self._journal.latest())
        self._looking = False
        while True:
            await self._journal.clock.sleep(_LOOK)
            if self._beside.dropped and self._beside.has_room():
                first, self._beside.dropped = self._beside.dropped, 0
                self._looking = True
                await self._find(first - 1, self._journal.latest())
                self._looking = False

    def patrol(self, upto: int) -> None:
        """Note up to where all is filed, if it was looked at up to `upto`: every few seconds."""
        now = self._journal.clock.monotonic()
        if self._looking or now - self._written < _OFTEN:
            return
        self._written = now
        owed = [
            worker.owes_from() for number in self._hearing() if (worker := self._router.workers.get(number))
        ]
        dropped = self._beside.dropped or math.inf
        done = int(min(upto, *[first - 1 for first in (*owed, self._beside.first(), dropped)]))
        if done != self._noted:
            self._note(done)

    def _note(self, done: int) -> None:
        with contextlib.suppress(JournalError):  # which has said so
            self._journal.notes.keep(_KIND, "", _KEY, str(done))
            self._noted = done

    def _hearing(self) -> set[int]:
        """Return the numbers of the rooms of archived conversations."""
        known, by_name = self._beside.policy.known, self._router.rooms.by_name
        return {by_name[place].room.number for place in known if place in by_name}

    async def _find(self, after: int, last: int) -> None:
        """Have the copies filed of events between these."""
        while after < last and (events := self._journal.events(after, _BATCH)):
            after = events[-1].seq
            for seen in events:
                if seen.seq <= last and (seen.network, seen.room) in self._beside.policy.by_room:
                    self._copies(seen)
            await self._journal.clock.sleep(_BREATH if self._beside.has_room() else _LOOK)

    def _copies(self, seen: Observed) -> None:
        source = self._journal.taken_in(seen.seq)
        for room in self._hearing() - {source}:
            worker = self._router.workers.get(room)
            if worker is None or worker.owes_from() > seen.seq:  # else its end is still to come
                self._beside.late(seen.seq, (seen.network, seen.room), room, seen.id)
