"""A clock that a test moves."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["HandClock"]

_BREATH = 0.001
"""How long others have for a second that flies by, in seconds."""

T = TypeVar("T")


class HandClock:
    """Goes as the machine's clock does, and can be moved ahead: what is due by then is done at once."""

    def __init__(self, now: float | None = None) -> None:
        """Show `now` to begin with, in seconds since 1970; None: the machine's time."""
        self._set = 0.0 if now is None else now - time.time()
        self._moved = 0.0
        self._timers: set[_Timer] = set()

    def now(self) -> float:
        return time.time() + self._set + self._moved

    def monotonic(self) -> float:
        return time.monotonic() + self._moved

    def move(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self._moved += seconds
        for timer in sorted(self._timers, key=lambda timer: timer.due):
            timer.wind()

    async def hurry(self, done: Awaitable[T]) -> T:
        """Wait for this, while time flies: a second lasts a thousandth of one."""
        waited = asyncio.ensure_future(done)
        while not waited.done():
            await asyncio.sleep(_BREATH)
            self.move(1.0)
        return waited.result()

    def call_later(self, seconds: float, do: Callable[[], object]) -> "_Timer":
        return _Timer(self, self._timers, self.monotonic() + seconds, do)

    async def sleep(self, seconds: float) -> None:
        over = asyncio.Event()
        timer = self.call_later(seconds, over.set)
        try:
            await over.wait()
        finally:
            timer.cancel()


class _Timer:
    def __init__(self, clock: HandClock, timers: "set[_Timer]", due: float, do: Callable[[], object]) -> None:
        self._clock = clock
        self._timers = timers
        self.due = due
        self._do = do
        self._handle: asyncio.TimerHandle | None = None
        timers.add(self)
        self.wind()

    def wind(self) -> None:
        """Look at the clock again."""
        if self._handle is not None:
            self._handle.cancel()
        left = max(self.due - self._clock.monotonic(), 0.0)
        self._handle = asyncio.get_running_loop().call_later(left, self._ring)

    def _ring(self) -> None:
        self._timers.discard(self)
        self._do()

    def cancel(self) -> None:
        self._timers.discard(self)
        if self._handle is not None:
            self._handle.cancel()
