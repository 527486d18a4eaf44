"""The flood control of a server, as a token bucket."""

import asyncio
from collections import deque

from .config import Flood

__all__ = ["Bucket"]

_LEAST = 2.0
"""Tokens for a message and the PING that confirms it."""


class Bucket:
    """Holds up to `burst` tokens, one per line, and gets `per_second` back. First come, first served.

    A full bucket gives its whole burst at once; nobody who waits is overtaken.
    """

    def __init__(self, burst: float, per_second: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._burst = burst
        self._rate = per_second
        self._tokens = burst
        self._at = self._loop.time()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None

    @classmethod
    def of(cls, flood: Flood, pace: float = 1.0) -> "Bucket":
        """Make a bucket of what the owner allows; `pace` is the part of it that the server takes."""
        return cls(*_allowed(flood, pace))

    def hold(self, flood: Flood, pace: float) -> None:
        """Change what is allowed."""
        self._refill()
        self._burst, self._rate = _allowed(flood, pace)
        self._serve()

    def take_now(self, tokens: int) -> bool:
        """Take so many tokens if they are there and nobody waits for them."""
        if self._waiting or self._error:
            return False
        self._refill()
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True

    def take_spare(self, tokens: int) -> bool:
        """Take so many tokens if half a burst is left then: for lines that nobody should have to wait for."""
        self._refill()
        return self._tokens - tokens >= self._burst / 2 and self.take_now(tokens)

    async def take(self, tokens: int) -> None:
        """Wait for so many tokens, at most a burst. Raises what the bucket was closed with."""
        if self.take_now(tokens):
            return
        if self._error:
            raise self._error
        waiter = self._loop.create_future()
        self._waiting.append((tokens, waiter))
        self._serve()
        await waiter

    def close(self, error: Exception) -> None:
        """Fail everybody who waits, now and later."""
        self._error = error
        if self._timer:
            self._timer.cancel()
            self._timer = None
        for _, waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(error)
        self._waiting.clear()

    def _refill(self) -> None:
        now = self._loop.time()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now

    def _serve(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._refill()
        while self._waiting:
            tokens, waiter = self._waiting[0]
            if not waiter.done():
                # the clock's grain must not keep the last crumb of a token back
                if self._tokens + 1e-6 < tokens:
                    self._timer = self._loop.call_later((tokens - self._tokens) / self._rate, self._serve)
                    return
                self._tokens -= tokens
                waiter.set_result(None)
            self._waiting.popleft()


def _allowed(flood: Flood, pace: float) -> tuple[float, float]:
    """Return how many lines may go at once, and how many per second."""
    return max(flood.burst * pace, _LEAST), flood.per_second * pace
