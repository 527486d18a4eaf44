"""Makes rooms speak in turn while the homeserver limits the account (client-server API, "Rate limiting").

Limits count what a user says anywhere. If each room tried again by itself, a busy room would get through
and a quiet one would not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge import RateLimited

__all__ = ["Turns"]

_Answer = TypeVar("_Answer")
_SHORTEST = 0.05
"""Seconds between two tries, where a server limits and names no time to wait."""


class Turns:
    """Once limited, lets one message through at a time, in the order they came, until nobody waits."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._not_before = 0.0
        self._waiting = 0

    @property
    def limited(self) -> bool:
        """Whether a message has to take its turn."""
        return self._waiting > 0 or _now() < self._not_before

    def limit(self, error: RateLimited, asked: float) -> None:
        """Note that the homeserver wants no message for so long, counted from when it was `asked`.

        It may hold its refusal back, and Synapse does for half a second.
        """
        self._not_before = max(self._not_before, asked + error.retry_after, _now() + _SHORTEST)

    async def take(self, request: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Wait for a turn and make the request, until the homeserver takes it. Returns the answer."""
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
