"""Gives people their turns to have a file fetched or uploaded."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

__all__ = ["HostFiles", "WaitingLine"]

_OF_NETWORK = 6
_OF_HOST = 4
_OF_SENDER = 2
"""How many are at work at once. Never all places, so that what is slow holds up its own kind alone."""


class _Job(Protocol):
    @property
    def network(self) -> str: ...
    @property
    def host(self) -> str:
        """The host that the file is on, or goes to."""

    @property
    def sender(self) -> str:
        """The person whose file it is."""

    @property
    def since(self) -> float:
        """The time when it was asked for first, by the monotonic clock."""


J = TypeVar("J", bound=_Job)


@dataclass(frozen=True, slots=True)
class HostFiles:
    """How it stands with the files of one host."""

    network: str
    host: str
    at_work: int
    waiting: int
    seconds: float
    """How long the oldest of them has been asked for."""


class WaitingLine(Generic[J]):
    """People take turns: whoever had one is behind all others, however many files are waiting."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], dict[str, deque[J]]] = {}
        """By network and sender, then by host."""
        self._working: dict[J, None] = {}
        self._busy: Counter[tuple[str, ...]] = Counter()
        self._change = asyncio.Event()

    def add(self, job: J) -> None:
        """Let a job wait for its turn."""
        self._waiting.setdefault((job.network, job.sender), {}).setdefault(job.host, deque()).append(job)
        self._change.set()

    async def asked(self) -> None:
        """Wait until somebody ever was in the line."""
        await self._change.wait()

    async def next(self) -> J:
        """Wait for the next job, and return it; it is busy from now on."""
        while (turn := self._turn()) is None:
            self._change.clear()
            await self._change.wait()
        who, host = turn
        hosts = self._waiting.pop(who)
        job = hosts[host].popleft()
        if not hosts[host]:
            del hosts[host]
        if hosts:
            self._waiting[who] = hosts
        self._working[job] = None
        self._busy.update(_counted(job))
        return job

    def _turn(self) -> tuple[tuple[str, str], str] | None:
        busy = self._busy
        for who, hosts in self._waiting.items():
            network, _ = who
            if busy[network,] < _OF_NETWORK and busy[who] < _OF_SENDER:
                for host in hosts:
                    if busy[network, "", host] < _OF_HOST:
                        return who, host
        return None

    def leave(self, job: J) -> None:
        """Note that the job is busy no more."""
        del self._working[job]
        self._busy.subtract(_counted(job))
        for key in _counted(job):
            if not self._busy[key]:
                del self._busy[key]
        self._change.set()

    def leave_undone(self, job: J) -> None:
        """Note that the job is busy no more, and put it first among its sender's again."""
        hosts = self._waiting.setdefault((job.network, job.sender), {})
        hosts.setdefault(job.host, deque()).appendleft(job)
        self.leave(job)

    def standing(self, now: float) -> list[HostFiles]:
        """Return what is at work and what waits, by host, the longest first; `now` is monotonic."""
        found: dict[tuple[str, str], list[J]] = {}
        waiting = [job for hosts in self._waiting.values() for jobs in hosts.values() for job in jobs]
        for job in (*self._working, *waiting):
            found.setdefault((job.network, job.host), []).append(job)
        return sorted(
            (self._stand(*key, jobs, now) for key, jobs in found.items()), key=lambda one: -one.seconds
        )

    def _stand(self, network: str, host: str, jobs: Iterable[J], now: float) -> HostFiles:
        jobs = list(jobs)
        working = sum(job in self._working for job in jobs)
        since = min(job.since for job in jobs)
        return HostFiles(network, host, working, len(jobs) - working, now - since)


def _counted(job: _Job) -> Iterable[tuple[str, ...]]:
    return (job.network,), (job.network, job.sender), (job.network, "", job.host)
