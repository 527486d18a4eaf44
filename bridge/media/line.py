"""Who waits for a file to be fetched or uploaded, and whose turn it is."""

import asyncio
from collections import Counter, deque
from typing import Generic, Protocol, TypeVar

__all__ = ["Line"]

_MOST = 3
"""How many of one network are at work at once: not all, so that its slow hosts hold up no other."""


class _Job(Protocol):
    @property
    def network(self) -> str: ...


J = TypeVar("J", bound=_Job)


class Line(Generic[J]):
    """One line for each network; the networks take turns."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[J]] = {}
        self._busy: Counter[str] = Counter()
        self._change = asyncio.Event()

    def add(self, job: J) -> None:
        """Let a job wait for its turn."""
        self._waiting.setdefault(job.network, deque()).append(job)
        self._change.set()

    async def next(self) -> J:
        """The next one, which is busy from now on."""
        while (network := self._turn()) is None:
            self._change.clear()
            await self._change.wait()
        jobs = self._waiting.pop(network)
        job = jobs.popleft()
        if jobs:
            self._waiting[network] = jobs
        self._busy[network] += 1
        return job

    def _turn(self) -> str | None:
        return next((network for network in self._waiting if self._busy[network] < _MOST), None)

    def leave(self, job: J) -> None:
        """The job is busy no more."""
        self._busy[job.network] -= 1
        self._change.set()

    def leave_undone(self, job: J) -> None:
        """The job is busy no more, and the first of its network again."""
        self._waiting.setdefault(job.network, deque()).appendleft(job)
        self.leave(job)
