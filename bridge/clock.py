"""The one clock: whoever needs the time, or waits, has it from who made them, so that a test can move it."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["SYSTEM", "Clock", "Timer", "computed"]

computed = time.thread_time
"""Returns for how many seconds this thread has computed, however busy others keep the machine."""


class Timer(Protocol):
    """Something that is to be done later."""

    def cancel(self) -> None:
        """Leave it, if it was not done yet."""


class Clock(Protocol):
    """What time it is, and what is to be done when it has passed."""

    def now(self) -> float:
        """Return the time in seconds since 1970."""

    def monotonic(self) -> float:
        """Return seconds since nobody knows when: they go on whatever becomes of the machine's clock, and
        lengths of time are measured by them.
        """

    def call_later(self, seconds: float, do: Callable[[], object]) -> Timer:
        """Do this after so many seconds, from the running loop."""

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""


class _System:
    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(asyncio.sleep)

    @staticmethod
    def call_later(seconds: float, do: Callable[[], object]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, do)


SYSTEM: Clock = _System()
"""The machine's."""
