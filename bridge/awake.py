"""Whether this process could hear: one that was stopped could not, and judges nobody's silence by that.

A signal, a paused container, a debugger or a lid that is shut stops it for seconds or hours. What the
networks sent meanwhile waits in its sockets, and is read before anybody counts as dead.
"""

import asyncio
from typing import TypeVar

from .clock import SYSTEM, Clock

__all__ = ["Awake", "within"]

T = TypeVar("T")

_LATE = 1.0
"""So many seconds after its time nobody wakes up in a process that runs."""


class Awake:
    """Sleeps between two looks at something, and knows since when the process has run without a stop."""

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self._clock = clock
        self.since = clock.monotonic()
        """By the monotonic clock."""

    async def sleep(self, seconds: float) -> float:
        """Sleep. Returns the time by the monotonic clock."""
        due = self._clock.monotonic() + seconds
        await self._clock.sleep(seconds)
        now = self._clock.monotonic()
        if now > due + _LATE:
            self.since = now
        return now


async def within(asked: "asyncio.Future[T]", seconds: float) -> T:
    """Return what is answered within so many seconds in which the process runs. Raises TimeoutError."""
    now = SYSTEM.monotonic
    while True:
        due = now() + seconds
        await asyncio.wait({asked}, timeout=seconds)
        if asked.done():
            return asked.result()
        if now() < due + _LATE:
            raise TimeoutError
