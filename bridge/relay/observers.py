"""Shows what was taken to those who only look on: each event in order, whatever ends in between.

Each observer has a task of its own, which reads from the journal. One that is slow, hangs or raises is
behind: nobody waits for it, and nothing is kept for it. It costs a message no more than a flag at the commit.
"""

import asyncio
import logging
import random
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.complaints import Complaints
from bridge.errors import HubbubError
from bridge.journal import Observed
from bridge.secrets import strike

from .dispatch import Dispatch

__all__ = ["Observer", "ObserverStatus", "Observers"]

log = logging.getLogger(__name__)

_BREATH = 0.01
"""How long the relay has the loop between two batches, in seconds."""
_FIRST = 1.0
_LONGEST = 300.0
"""How long one that raised is left alone, in seconds: at first, and at most."""
_LEAVE = 5.0
"""How long the end of the service waits for one that is cancelled, in seconds."""

_T = TypeVar("_T")


class Observer(ABC):
    """Sees every event that is taken, in the order of taking.

    Its cursor is in the journal, and follows when `see` has returned. After a kill, or when that raised, what
    it looked at is shown again: *at least once*. One with a store of its own makes that *once*: it writes the
    number of the last event together with its work, and says it in `seen`.

    What was taken back or pruned before it was seen comes without its words, after `keep: ids` not at all.
    """

    name: str
    """Its own among observers, and for good: its cursor is kept under it."""
    from_the_beginning = False
    """Where a new one begins: at all that the journal still has, or at what is taken from now on."""
    patience = 0.05
    """How long is waited for what follows, in seconds: it is shown in one go."""
    most = 100
    """So many are shown at once, at most."""

    @abstractmethod
    async def see(self, events: Sequence[Observed]) -> None:
        """Take note of what happened next. It may take its time, but not the loop's; it is cancelled at an
        await when the service ends, which waits five seconds for it. Whatever it raises, it is shown the same
        again later.
        """

    async def seen(self, journal: str) -> int | None:
        """Return the last event that is in a store of its own; None: the journal's cursor counts. Asked at
        the start.

        `journal` says whose numbers they are. Where a backup was put in a journal's place, that is another
        one: numbers of before mean nothing, and its own cursor counts. What was seen since the backup, and is
        read from the networks once more, is shown once more: the ids of the events tell.
        """
        return None


@dataclass(frozen=True, slots=True)
class ObserverStatus:
    """How far one observer is."""

    name: str
    behind: int
    """At most so many events wait for it."""
    since: float | None
    """When the first of them was said, in seconds since 1970; None: none waits."""
    reason: str
    """What it raised last; empty: it works."""


class Observers:
    """Runs them beside the relay."""

    def __init__(self, observers: Iterable[Observer], dispatch: Dispatch) -> None:
        self._readers = [_Reader(observer, dispatch) for observer in observers]

    async def run(self) -> None:
        """Show them what is taken until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for reader in self._readers:
                    group.create_task(reader.run())
        finally:
            for reader in self._readers:
                reader.leave()

    def status(self) -> list[ObserverStatus]:
        """Return how far each observer is."""
        return [reader.status() for reader in self._readers]


async def _raising(answer: Coroutine[Any, Any, _T]) -> _T:
    try:
        return await answer
    except SystemExit as error:
        raise RuntimeError(f"it wanted to end the process ({error!r})") from error


class _Reader:
    """Shows one observer what was taken."""

    def __init__(self, observer: Observer, dispatch: Dispatch) -> None:
        self._observer = observer
        self._dispatch = dispatch
        self._journal = dispatch.journal
        self._news = asyncio.Event()
        dispatch.news.append(self._news)
        self._clock = self._journal.clock
        self._complaints = Complaints(log, self._clock)
        self._failures = 0
        self._reason = ""
        self._asked = False
        """Whether it said what is in a store of its own."""
        cursor = self._journal.cursor(observer.name)
        if cursor is None:
            cursor = 0 if observer.from_the_beginning else self._journal.latest()
            self._journal.move_cursor(observer.name, cursor)  # a crash from now on leaves nothing out
        self._cursor = cursor

    def status(self) -> ObserverStatus:
        waiting = self._journal.events(self._cursor, 1)
        behind = self._journal.latest() - self._cursor if waiting else 0
        since = waiting[0].said_at if waiting else None
        return ObserverStatus(self._observer.name, behind, since, self._reason)

    async def run(self) -> None:
        while True:
            try:
                await self._show()
            except Exception as error:  # noqa: BLE001 whatever it is, the relay goes on
                await self._failed(error)

    def leave(self) -> None:
        """Look on no more."""
        self._dispatch.news.remove(self._news)

    async def _asked_of(self, answer: Coroutine[Any, Any, _T]) -> _T:
        """Return what the observer answers, in a task of its own: one that is cancelled from inside, or asks
        for the end, ends that task alone. When we end, it has `_LEAVE` seconds.
        """
        task = asyncio.ensure_future(_raising(answer))
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():
                await self._leave(task)
        if task.cancelled():
            raise RuntimeError("it was cancelled from inside")
        return task.result()

    async def _show(self) -> None:
        if not self._asked:
            whose = self._journal.secret(b"observers").hex()[:16]
            own = await self._asked_of(self._observer.seen(whose))
            self._cursor = self._cursor if own is None else own
            self._asked = True
        if events := self._journal.events(self._cursor, self._observer.most):
            await self._asked_of(self._observer.see(events))
            self._moved(events[-1].seq)
            await self._clock.sleep(
                _BREATH if len(events) >= self._observer.most else self._observer.patience
            )
        else:
            await self._news.wait()
            await self._clock.sleep(self._observer.patience)
            self._news.clear()

    async def _leave(self, task: "asyncio.Task[_T]") -> None:
        task.cancel()
        await asyncio.wait({task}, timeout=_LEAVE)
        if not task.done():
            log.error("%s does not end: it is left behind as it is", self._observer.name)

    def _moved(self, seq: int) -> None:
        self._cursor = seq
        self._journal.move_cursor(self._observer.name, seq)
        self._dispatch.commit()
        self._failures, self._reason = 0, ""

    async def _failed(self, error: Exception) -> None:
        self._reason = strike(str(error)) or type(error).__name__
        known = isinstance(error, HubbubError)  # which says what to do
        why = self._reason if known else repr(error)
        sentence = f"{self._observer.name} cannot take note of what is said, and is shown it again: {why}"
        self._complaints.tell("observing", sentence, None if known else error)
        pause = min(_FIRST * 2 ** min(self._failures, 30), _LONGEST)
        self._failures += 1
        await self._clock.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 jitter
