"""Sends what was taken, and what else happened, to the archive's process: in order, and each thing until it
is known to be filed.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

from bridge.archive.process.parcels import Parcel, Row
from bridge.archive.process.questions import ReadUpTo
from bridge.complaints import Complaints
from bridge.errors import ArchiveError
from bridge.journal import Journal, Observed
from bridge.relay import Observer, Router

from .beside import Beside
from .child import ArchiveProcess, ProcessEnded
from .wanted import Wanted

__all__ = ["Archivist"]

log = logging.getLogger(__name__)

_TOGETHER = 0.2
"""How long is waited for what follows something that stands in no journal, in seconds."""
_AGAIN = 5.0
"""After how long it is tried again, in seconds."""
_BATCH = 100
_PASSED_OVER = 10_000
"""After so many events that nobody wants archived, the archive takes note of how far it is."""


class Archivist(Observer):
    """Shows the archive's process what happens. Its cursor is in the archive."""

    name = "archive"
    patience = 1.0  # nobody waits for it, and many at once cost less than one by one
    most = 500

    def __init__(self, router: Router, process: ArchiveProcess, beside: Beside, wanted: Wanted) -> None:
        self._router = router
        self._process = process
        self._beside = beside
        self._wanted = wanted
        process.begun = self._agree
        wanted.changed = self._follow
        beside.news = self._hurry
        self._whose = router.journal.secret(b"observers").hex()[:16]
        self._mixed: set[tuple[str, str]] = set()
        """Rooms of which something may not belong into all of their conversations."""
        self._turn = asyncio.Lock()
        self._something = asyncio.Event()
        self._stale = False
        self._begun = False
        """Whether it is known where to go on."""
        self.upto = 0
        """All events up to this one were looked at, and are filed if they are wanted."""
        self._noted = 0
        """The archive knows that."""
        self.complaint = ""
        """Why what waits beside events cannot be filed; empty: it can."""
        self._complaints = Complaints(log, router.journal.clock)

    @property
    def _journal(self) -> Journal:
        return self._router.journal

    def _follow(self) -> None:
        """Archive what is wanted from now on."""
        self._stale = True
        sources = self._router.rooms.directory.routes.sources
        self._mixed = {
            place
            for place in self._wanted.policy.by_room
            if place in sources
            and len(sources[place].ways) > 1
            and (sources[place].filtered or sources[place].muted)
        }
        self._hurry()

    async def seen(self, journal: str) -> int | None:
        found = await self._process.ask(ReadUpTo(journal, self._journal.latest()))
        floor = min(self._wanted.terms(journal).since.values(), default=0)
        shown = self._journal.cursor(self.name) or 0
        self.upto = self._noted = max(found, floor) if found is not None else shown
        if self.upto < shown:  # another archive was put in its place: what became of all since is found again
            self._beside.dropped = min(self._beside.dropped or shown, self.upto + 1)
        self._begun = True
        self._hurry()  # what came while that was not known waits for nothing more
        return self.upto

    async def see(self, events: Sequence[Observed]) -> None:
        wanted, upto = self._wanted.policy.by_room, events[-1].seq
        rows = [one for one in events if (one.network, one.room) in wanted]
        await self._ship(rows, upto)

    async def run(self) -> None:
        """Send what stands in no journal, soon after it happened, until cancelled."""
        clock = self._journal.clock
        while True:
            await self._something.wait()
            await clock.sleep(_TOGETHER)
            self._something.clear()
            try:
                await self._ship((), None)
            except ArchiveError as error:
                self.complaint = str(error)
                self._complaints.tell("filing", f"nothing can be archived: {error}", level=logging.WARNING)
                await clock.sleep(_AGAIN)
                self._hurry()

    @property
    def idle(self) -> bool:
        """Whether the archive knows all that it has to."""
        return not self._stale and not len(self._beside)

    async def finish(self) -> None:
        """Send all that there is now, at the end. Raises ArchiveError."""
        if not self._begun:
            await self.seen(self._whose)
        while events := self._journal.events(self.upto, _BATCH):
            await self.see(events)
        await self._ship((), None)

    def _hurry(self) -> None:
        self._something.set()

    async def _ship(self, rows: Sequence[Observed], upto: int | None) -> None:
        """Send these events, with all up to `upto` looked at, and what may be filed behind them."""
        async with self._turn:
            try:
                await self._try_to(rows, upto)
            except ProcessEnded:  # what came into the archive is not filed again
                await self._try_to(rows, upto)

    async def _try_to(self, rows: Sequence[Observed], upto: int | None) -> None:
        passed = upto is not None and upto - self._noted >= _PASSED_OVER
        behind = self.upto if upto is None else upto
        if rows or passed or self._stale or self._beside.waits_for(behind):
            await self._process.open()  # before anything is counted: then it is known how much was filed
            if self._stale:
                await self._agree()
            facts, first = self._beside.ready(behind), self._beside.number
            only = self._only(rows) if self._mixed else {}
            # As they are packed: to make objects of all costs more than the rest.
            parcel = Parcel(self._whose, upto, cast("Sequence[Row]", rows), only, first, cast("Any", facts))
            await self._process.ask(parcel)
            self._beside.filed(first + len(facts) - 1)
            self._noted = upto or self._noted
        self.upto, self.complaint = behind, ""
        if self._beside.waits_for(behind):
            self._hurry()

    def _only(self, rows: Sequence[Observed]) -> Mapping[int, Sequence[str]]:
        """Return the conversations of those events that do not belong into all of their room's."""
        found: dict[int, Sequence[str]] = {}
        for row in rows:
            if (row.network, row.room) in self._mixed and (event := row.event) is not None:
                source = self._router.rooms.directory.routes.sources.get((row.network, row.room))
                having = source.conversations_for(event) if source is not None else ()
                found[row.seq] = [
                    name for name in self._wanted.policy.by_room[row.network, row.room] if name in having
                ]
        return found

    async def _agree(self) -> None:
        """Have the process know what is archived, and learn how much was filed."""
        self._stale = False
        try:
            filed = await self._process.ask_now(self._wanted.terms(self._whose))
        except BaseException:  # also where whoever waits for it is gone
            self._stale = True
            raise
        self._beside.agree(filed)
