"""The archive beside the relay: all of it that the service knows, put together."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bridge.archive.entering import person
from bridge.archive.entries import EntryKind, Header, Words
from bridge.archive.evidence.attesting import Attesting
from bridge.archive.filing.rules import do_chores
from bridge.archive.keeping import KeptFor
from bridge.archive.persons.copies import CopiesBack
from bridge.archive.process.parcels import Fact, Terms
from bridge.archive.process.questions import Inquiry, Tidying
from bridge.config import Config
from bridge.errors import ArchiveError, JournalError
from bridge.instructions import Asked
from bridge.language import ENGLISH
from bridge.model import FleetingEvent, MemberChanged, RoomId
from bridge.notices import Teller
from bridge.relay import Observers, ObserverStatus, Router

from .archivist import Archivist
from .ask_archive import AskArchive
from .ask_search import AskSearch
from .ask_tag import AskTag, AskUntag
from .beside import Beside
from .child import ArchiveProcess
from .late import LateCopies
from .notice import Notices, span
from .opted import OptedOut
from .policy import NOTHING, Policy, compile_policy

__all__ = ["Archiving"]

log = logging.getLogger(__name__)

_HOUR = 3600.0
_OFTEN = 60.0
"""How often it is looked at what rooms want, in seconds."""
_LEAVE = 2.0
"""How long the end waits for what is not filed yet, in seconds."""

A = TypeVar("A")


class Archiving:
    """Archives what the configuration says. Where nothing is to be archived, nothing is done, and there is no
    process.
    """

    def __init__(self, router: Router, teller: Teller, config: Callable[[], Config]) -> None:
        """`config` gives the configuration that is followed."""
        self._router = router
        self._config = config
        journal = router.journal
        self._clock = journal.clock
        self.policy: Policy = NOTHING
        self._opted = OptedOut(journal)
        self._notices = Notices(router, teller.announcer)
        self._retention: Mapping[tuple[str, str], float] = {}
        self._beside = Beside(router)
        archive, file = config().archive, config().journal
        self.process = ArchiveProcess(archive.located(file.parent, file).file or file, journal.clock)
        self._archivist = Archivist(router, self.process, self._beside, self._terms)
        self._late = LateCopies(router, self._beside)
        self.copies = CopiesBack(router)
        self.instructions = (
            AskArchive(lambda: self.policy, self._opted, self._chose),
            AskSearch(
                lambda: self.policy,
                lambda: self._config().archive.search,
                self.ask,
                lambda: router.rooms.adapters,
                self._clock,
            ),
            AskTag(self, journal.about),
            AskUntag(self, journal.about),
        )
        self._attesting = Attesting(router, self.ask, lambda: config().archive)
        self._observers: Observers | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._looked = -_OFTEN
        teller.gaps.noted.append(self._beside.silent)
        teller.many_lost.append(self._beside.buried)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Archive while in this context, what happened in it to the end."""
        chores = asyncio.ensure_future(do_chores(self, self._config, self._clock))
        try:
            yield
        finally:
            await _ended([chores])
            self.copies.close()
            await self._stop()
            await self.process.close()

    async def ask(self, question: Inquiry[A]) -> A:
        """Ask the archive's process. Raises ArchiveError, with a sentence for the owner."""
        return await self.process.ask(question)

    @property
    def active(self) -> bool:
        """Whether anything is archived now, or the end of that is not filed yet."""
        return bool(self._tasks)

    @property
    def file(self) -> Path:
        """The archive's file."""
        return self.process.file

    async def rest(self) -> None:
        """Let the archive's process end: it is started when something is asked of it."""
        await self.process.rest()

    def opted_out(self) -> list[str]:
        """Return who wants not to be archived: each as `network/id`."""
        return sorted(f"{network}/{known}" for network, known in self._opted)

    def conversations(self, network: str, room: RoomId) -> Sequence[str]:
        """Return the archived conversations that have what is said in a room."""
        return self.policy.by_room.get((network, room), ())

    def status(self) -> Sequence[ObserverStatus]:
        """Return how far the archive is; nothing, where none is kept."""
        if self._observers is None:
            return []
        (found,) = self._observers.status()
        if not found.reason and self._archivist.complaint:
            found = replace(found, reason=self._archivist.complaint)
        return [found] if found.reason else [found, *self._attesting.status()]

    def hear(self, network: str, event: FleetingEvent) -> None:
        """Take note of who came and went."""
        if isinstance(event, MemberChanged):
            with contextlib.suppress(JournalError):
                if self._opted.renamed(network, event):
                    self._archivist.follow(self.policy)
        if self.policy:
            self._beside.hear(network, event)

    def follow(self) -> None:
        """Follow another map."""
        self.policy = compile_policy(self._config())
        changes = self._notices.follow(self.policy)
        self._beside.follow(self.policy)
        self._archivist.follow(self.policy)
        now = self._clock.now()
        for name, change in changes.items():
            kept = self._notices.archived[name].kept
            header = Header(kind=EntryKind.POLICY, at=now, network="", change=change)
            self._beside.add(Fact((name,), header, Words(text=_shown(kept))))
        if (self.policy or changes) and not self._tasks:
            self._start()

    def patrol(self) -> None:
        """Look after what changes with time: every few seconds."""
        self._notices.patrol()
        self.copies.patrol()
        if self.policy:
            self._beside.look()
            self._late.patrol(self._archivist.upto)
            self._look_at_retention()
        elif self._tasks and self._archivist.idle:
            self._notices.forget_ended()
            self._tasks.append(asyncio.ensure_future(self._rest()))

    def _look_at_retention(self) -> None:
        """See for how long rooms themselves want to be kept: now and then."""
        now = self._clock.monotonic()
        if now - self._looked < _OFTEN:
            return
        self._looked = now
        adapters = self._router.rooms.adapters
        wanted: Mapping[tuple[str, str], float] = {
            (network, room): found
            for network, room in self.policy.known
            if network in adapters and (found := adapters[network].retention(room)) is not None
        }
        if wanted != self._retention:
            self._retention = wanted
            self._archivist.follow(self.policy)

    # What people want

    def _chose(self, asked: Asked, out: bool) -> None:
        """Take note that somebody opted out, or is in again."""
        self._archivist.follow(self.policy)
        here = self.policy.by_room.get((asked.network, asked.room))
        names = here or tuple(
            name for name in self.policy.kept if asked.network in self.policy.networks(name)
        )
        header = Header(
            kind=EntryKind.POLICY,
            at=self._clock.now(),
            network=asked.network,
            room=asked.room,
            by=person(asked.sender),
            change="opted out" if out else "opted in",
        )
        if names:
            self._beside.add(Fact(names, header))

    def _terms(self, journal: str) -> Terms:
        archived = self._notices.archived
        return Terms(
            journal,
            {name: one.kept for name, one in archived.items()},
            [(*place, names) for place, names in self.policy.by_room.items()],
            {name: one.since for name, one in archived.items()},
            list(self._opted),
            [(*place, seconds) for place, seconds in self._retention.items()],
        )

    # How it runs

    def _start(self) -> None:
        observers = self._observers = Observers((self._archivist,), self._router.dispatch)
        work = (observers.run(), self._archivist.run(), self._late.run(), self._tidy(), self._attesting.run())
        self._tasks = [asyncio.ensure_future(one) for one in work]

    async def _tidy(self) -> None:
        """Let go of files that are kept for nothing: now and then."""
        while True:
            await self._clock.sleep(_HOUR)
            if any(kept.files for kept in self.policy.kept.values()):
                with contextlib.suppress(ArchiveError):  # which is told otherwise
                    await self.process.ask(Tidying())

    async def _rest(self) -> None:
        """Stop, since nothing is archived any more."""
        self._observers = None
        tasks, self._tasks = [one for one in self._tasks if one is not asyncio.current_task()], []
        await _ended(tasks)
        await self.process.rest()

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await _ended(tasks)
        if tasks:
            with contextlib.suppress(ArchiveError, TimeoutError):
                await asyncio.wait_for(self._archivist.finish(), _LEAVE)
                await asyncio.wait_for(self._attesting.finish(), _LEAVE)


async def _ended(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _shown(kept: KeptFor) -> str:
    """Return what is archived, for people who read the archive."""
    what = ["who says what and when" if kept.text else "who says something and when"]
    what += ["with files"] * kept.files
    return f"{', '.join(what)}; kept for {span(kept.keep, ENGLISH)}"
