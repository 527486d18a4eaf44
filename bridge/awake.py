"""Whether this process could hear: one that was stopped could not, and judges nobody's silence by that.

A signal, a paused container, a debugger or a lid that is shut stops it for seconds or hours. What the
networks sent meanwhile waits in its sockets, and is read before anybody counts as dead.
"""

import asyncio
from typing import TypeVar

__all__ = ["Awake", "within"]

T = TypeVar("T")

_LATE = 1.0
"""So many seconds after its time nobody wakes up in a process that runs."""


class Awake:
    """Sleeps between two looks at something, and knows since when the process has run without a stop."""

    def __init__(self) -> None:
        self._now = asyncio.get_running_loop().time
        self.since = self._now()
        """By the loop's clock."""

    async def sleep(self, seconds: float) -> float:
        """Sleep; returns the time by the loop's clock."""
        due = self._now() + seconds
        await asyncio.sleep(seconds)
        now = self._now()
        if now > due + _LATE:
            self.since = now
        return now


async def within(asked: "asyncio.Future[T]", seconds: float) -> T:
    """What is answered within so many seconds in which the process runs. Raises TimeoutError."""
    now = asyncio.get_running_loop().time
    while True:
        due = now() + seconds
        await asyncio.wait({asked}, timeout=seconds)
        if asked.done():
            return asked.result()
        if now() < due + _LATE:
            raise TimeoutError
