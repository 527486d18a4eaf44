"""The pace that a network allows."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.clock import SYSTEM, Clock, Timer
from bridge.errors import RateLimited

from .bounded import BoundedDict

__all__ = ["Paces", "TokenBucket", "Turns"]

_CRUMB = 1e-6
"""The part of a token that the clock's grain may keep back."""
_SHORTEST = 0.05
"""Seconds between two tries, where a network limits and names no time to wait."""

T = TypeVar("T")


class TokenBucket:
    """A network's limit on how fast one may talk, on a connection or in a room.

    It holds up to `burst` tokens and gets `per_second` back. A full bucket gives its whole burst at once;
    whoever comes first is served first, and nobody who waits is overtaken.
    """

    def __init__(self, burst: float, per_second: float, clock: Clock = SYSTEM) -> None:
        self._clock = clock
        self._burst = burst
        self._rate = per_second
        self._tokens = burst
        self._at = clock.monotonic()
        """When the tokens were last counted; later than now: there are none before."""
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._timer: Timer | None = None
        self._error: Exception | None = None

    def hold(self, burst: float, per_second: float) -> None:
        """Change what is allowed."""
        self._refill()
        self._burst, self._rate = burst, per_second
        self._serve()

    def limit(self, seconds: float) -> None:
        """Give nothing for so long: the network has said that it was too much. Tokens come back from then on,
        one after another.
        """
        self._refill()
        self._tokens = min(self._tokens, 0.0)
        self._at = max(self._at, self._clock.monotonic() + seconds)
        self._serve()

    def has(self, tokens: float = 1) -> bool:
        """Whether so many tokens are there and nobody waits for them."""
        if self._waiting or self._error:
            return False
        self._refill()
        return self._tokens >= tokens

    def take_now(self, tokens: float = 1) -> bool:
        """Take so many tokens if they are there and nobody waits for them."""
        if not self.has(tokens):
            return False
        self._tokens -= tokens
        return True

    def take_spare(self, tokens: float = 1) -> bool:
        """Take so many tokens if half a burst is left then: for what nobody should have to wait for."""
        self._refill()
        return self._tokens - tokens >= self._burst / 2 and self.take_now(tokens)

    async def take(self, tokens: float = 1) -> None:
        """Wait for so many tokens; more than a burst are had from a full bucket, which owes the rest. Raises
        what the bucket was closed with.
        """
        if self.take_now(tokens):
            return
        if self._error:
            raise self._error
        waiter = asyncio.get_running_loop().create_future()
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
        now = self._clock.monotonic()
        if now > self._at:
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
                missing = min(tokens, self._burst) - self._tokens
                if missing > _CRUMB:
                    wait = missing / self._rate + self._at - self._clock.monotonic()
                    self._timer = self._clock.call_later(wait, self._serve)
                    return
                self._tokens -= tokens
                waiter.set_result(None)
            self._waiting.popleft()


class Turns:
    """Fair turns while a network limits what we say in all rooms together.

    Once limited, one message goes at a time, in the order they came, until nobody waits. If each room tried
    again by itself, a busy room would get through and a quiet one would not.

        asked = clock.monotonic()
        try:
            answer = await (turns.take(request) if turns.limited else request())
        except RateLimited as error:
            turns.limit(error, asked)
            raise
    """

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()
        self._not_before = 0.0
        self._waiting = 0

    @property
    def limited(self) -> bool:
        """Whether a message has to take its turn."""
        return self._waiting > 0 or self._clock.monotonic() < self._not_before

    def limit(self, error: RateLimited, asked: float) -> None:
        """Note that the network wants no message for so long, counted from when it was `asked`, by the
        monotonic clock: it may hold its refusal back.
        """
        shortest = self._clock.monotonic() + _SHORTEST
        self._not_before = max(self._not_before, asked + error.retry_after, shortest)

    async def take(self, request: Callable[[], Awaitable[T]]) -> T:
        """Wait for a turn and make the request, again until the network does not raise RateLimited. Returns
        the answer.
        """
        self._waiting += 1
        try:
            async with self._turn:
                while True:
                    await self._clock.sleep(max(self._not_before - self._clock.monotonic(), 0.0))
                    asked = self._clock.monotonic()
                    try:
                        return await request()
                    except RateLimited as error:
                        self.limit(error, asked)
        finally:
            self._waiting -= 1


class Paces:
    """The pace of each of many people, of whom the newest are remembered."""

    def __init__(self, most: int, burst: float, per_second: float, clock: Clock = SYSTEM) -> None:
        """So many people have a bucket of their own: see `TokenBucket`."""
        self._buckets = BoundedDict[str, TokenBucket](most)
        self._burst, self._rate, self._clock = burst, per_second, clock

    def take_now(self, who: str) -> bool:
        """Take one of somebody's tokens, if there is one."""
        bucket = self._buckets.get(who)
        if bucket is None:
            bucket = self._buckets[who] = TokenBucket(self._burst, self._rate, self._clock)
        return bucket.take_now()
