"""People from elsewhere who come before they say anything, and go: one after the other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bridge.errors import AdapterError, RateLimited
from bridge.model import SetPresent

__all__ = ["Comings"]

log = logging.getLogger(__name__)

_MOST = 5000
"""So many may wait for their turn: more are left out."""


class Comings:
    """Lets them come and go in the order in which that is wanted, and never while a message waits for it.

    self.comings = Comings(self.move)       what lets somebody come or go; it may take its time
    self.comings.give(command)              in `hint`
    self.comings.close()                    when the connection ends
    """

    def __init__(self, move: Callable[[SetPresent], Awaitable[None]]) -> None:
        """`move` raises an AdapterError where somebody cannot come."""
        self._move = move
        self._wanted: dict[tuple[str, str], SetPresent] = {}
        """By room and key: what is wanted of them last."""
        self._task: asyncio.Task[None] | None = None

    def give(self, command: SetPresent) -> None:
        """Do this in its turn."""
        whom = (command.room, command.speaker.key)
        self._wanted.pop(whom, None)
        if len(self._wanted) >= _MOST:
            return
        self._wanted[whom] = command
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._work())

    def close(self) -> None:
        """Leave what is not done yet."""
        self._wanted.clear()
        if self._task is not None:
            self._task.cancel()

    async def _work(self) -> None:
        while self._wanted:
            command = self._wanted.pop(next(iter(self._wanted)))
            try:
                await self._move(command)
            except RateLimited as error:
                self._wanted.setdefault((command.room, command.speaker.key), command)
                await asyncio.sleep(error.retry_after)
            except AdapterError as error:
                log.debug("%s neither comes nor goes: %s", command.speaker.key, error)
