"""Speaking in turn while the homeserver limits the account (client-server API, "Rate limiting").

Limits count what a user says anywhere. If each room tried again by itself, whoever came at the right
moment would get what there is, and a busy room comes more often than a quiet one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge import RateLimited

__all__ = ["Turns"]

_Answer = TypeVar("_Answer")
_SHORTEST = 0.05
"""Seconds between two tries, where a server limits and says that there is nothing to wait for."""


class Turns:
    """Once limited, one message at a time, in the order they came, until nobody waits any more."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._not_before = 0.0
        self._waiting = 0

    @property
    def limited(self) -> bool:
        """Whether one has to take one's turn."""
        return self._waiting > 0 or _now() < self._not_before

    def limit(self, error: RateLimited, asked: float) -> None:
        """The homeserver wants nobody to speak for so long, counted from when it was asked.

        It may hold its refusal back, and Synapse does for half a second.
        """
        self._not_before = max(self._not_before, asked + error.retry_after, _now() + _SHORTEST)

    async def take(self, request: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The answer, when it is one's turn and the homeserver takes it; a turn is kept until it does."""
        self._waiting += 1
        try:
            async with self._turn:
                while True:
                    await asyncio.sleep(self._not_before - _now())
                    asked = _now()
                    try:
                        return await request()
                    except RateLimited as error:
                        self.limit(error, asked)
        finally:
            self._waiting -= 1


def _now() -> float:
    return asyncio.get_running_loop().time()
