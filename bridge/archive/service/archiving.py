"""The archive beside the relay: all of it that the service knows, put together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bridge.archive.entering import person
from bridge.archive.entries import EntryKind, Header, Words
from bridge.archive.evidence.attesting import Attesting
from bridge.archive.keeping import KeptFor
from bridge.archive.persons.copies import CopiesBack
from bridge.archive.process.parcels import Fact
from bridge.archive.process.questions import Inquiry
from bridge.config import Config
from bridge.errors import ArchiveError
from bridge.instructions import Asked
from bridge.language import ENGLISH
from bridge.language.spans import span
from bridge.model import FleetingEvent, MemberChanged, RoomId
from bridge.notices import Teller
from bridge.relay import Observers, ObserverStatus, Router

from .archivist import Archivist
from .ask_archive import AskArchive
from .ask_search import AskSearch
from .ask_tag import AskTag, AskUntag
from .beside import Beside
from .child import ArchiveProcess
from .chores import do_chores, tidy
from .desk_chats import ChatFiling
from .forgetting import Forgetting
from .late import LateCopies
from .policy import Policy
from .told_first import told_first
from .wanted import Wanted

__all__ = ["Archiving"]

_LEAVE = 5.0
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
        wanted = self.wanted = Wanted(router, teller.announcer, config)
        self._beside = Beside(router)
        archive, file = config().archive, config().journal
        process = ArchiveProcess(archive.located(file.parent, file).file or file, journal.clock)
        self.process = process
        self._archivist = Archivist(router, process, self._beside, wanted)
        self._late = LateCopies(router, self._beside)
        self.copies = CopiesBack(router)
        self.forgetting = Forgetting(self.copies, self.ask, self.status, config, self.is_kept)
        self._chats = ChatFiling(journal, process.ask, config, self._reached)

        def policy() -> Policy:
            return wanted.policy

        self.instructions = (
            AskArchive(policy, wanted.opted, self._chose),
            AskSearch(
                policy,
                lambda: config().archive.search,
                process.ask,
                lambda: router.rooms.adapters,
                journal.clock,
            ),
            AskTag(process.ask, wanted.conversations, journal.about),
            AskUntag(process.ask, wanted.conversations, journal.about),
        )
        self._attesting = Attesting(router, process.ask, lambda: config().archive)
        self._observers: Observers | None = None
        self._tasks: list[asyncio.Task[None]] = []
        teller.gaps.noted.append(self._beside.silent)
        teller.many_lost.append(self._beside.buried)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Archive while in this context, what happened in it to the end."""
        chores = do_chores(self.process, lambda: bool(self._tasks), self._config, self._clock)
        doing = asyncio.ensure_future(chores)
        try:
            yield
        finally:
            await _ended([doing])
            self.copies.close()
            await self._stop()
            await self.process.close()

    async def ask(self, question: Inquiry[A]) -> A:
        """Ask the archive's process, for the owner. Raises ArchiveError, also where there is no archive."""
        if not self.is_kept():
            raise ArchiveError("there is no archive: give a conversation `archive: {keep: 1y}` in the map")
        return await self.process.ask(question)

    def told_first(self, network: str, room: RoomId, language: str) -> str:
        """Return what a visitor is told before they say anything in a room (`Conversations.archived`)."""
        return told_first(self.wanted.policy, (network, room), language)

    def is_kept(self) -> bool:
        """Whether there is an archive."""
        return bool(self.wanted.policy) or self.process.file.exists()

    def _reached(self) -> float:
        """Return the last event up to which the archive has all, also what became of deliveries."""
        return min(self._archivist.upto, self._beside.first() - 1)

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
            self.wanted.hear(network, event)
            if self.wanted.policy:
                self._beside.hear(network, event)

    def follow(self) -> None:
        """Follow another map."""
        changes = self.wanted.follow()
        self._beside.follow(self.wanted.policy)
        now = self._clock.now()
        for name, change in changes.items():
            kept = self.wanted.notices.archived[name].kept
            header = Header(kind=EntryKind.POLICY, at=now, network="", change=change)
            self._beside.add(Fact((name,), header, Words(text=_shown(kept))))
        if (self.wanted.policy or changes) and not self._tasks:
            self._start()

    def follow_opened(self) -> None:
        """Follow what adapters opened and closed."""
        if self.wanted.policy and self.wanted.follow_opened():
            self._beside.follow(self.wanted.policy)

    def patrol(self) -> None:
        """Look after what changes with time: every few seconds."""
        self.wanted.notices.patrol()
        self.copies.patrol()
        if self.wanted.policy:
            self._beside.look()
            self._late.patrol(self._archivist.upto)
            self.wanted.patrol()
        elif self._tasks and self._archivist.idle:
            self.wanted.notices.forget_ended()
            self._tasks.append(asyncio.ensure_future(self._rest()))

    def _chose(self, asked: Asked, out: bool) -> None:
        """Take note that somebody opted out, or is in again."""
        self.wanted.changed()
        policy = self.wanted.policy
        names = policy.by_room.get((asked.network, asked.room)) or tuple(
            name for name in policy.kept if asked.network in policy.networks(name)
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

    def _start(self) -> None:
        observers = self._observers = Observers((self._archivist,), self._router.dispatch)
        work = (
            observers.run(),
            self._archivist.run(),
            self._late.run(),
            tidy(self.process, self.wanted, self._clock),
            self._attesting.run(),
            self._chats.run(),
        )
        self._tasks = [asyncio.ensure_future(one) for one in work]

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
