"""Looks at the service for all who look at the console, so that many of them cost no more than one."""

import asyncio
import logging
from collections.abc import Sequence

from bridge.clock import Clock
from bridge.config import Config
from bridge.control.abilities import Abilities
from bridge.control.answers import StatusAnswer
from bridge.control.requests import StatusRequest
from bridge.errors import HubbubError

from .history import History
from .view import Overview, overview

__all__ = ["Watch"]

log = logging.getLogger(__name__)

_FRESH = 1.0
_FRESH_AT_MOST = 3.0
"""So long a look counts, in seconds."""
_UNWATCHED = 5.0
"""So long is between two while nobody asks."""
_SHARE = 50
"""Looking takes one part in so many of the time, unless the map is very large and somebody watches."""


class Watch:
    """The last look, and what was seen before."""

    def __init__(self, abilities: Abilities, clock: Clock) -> None:
        self._abilities = abilities
        self._clock = clock
        self._history = History(clock.now())
        self._looking = asyncio.Lock()
        self._last: Overview | None = None
        self._fresh_until = 0.0
        self._took = 0.0

    async def look(self) -> Overview:
        """Return how everything stands; a moment ago, if others have just asked."""
        async with self._looking:
            began = self._clock.monotonic()
            if self._last is not None and began < self._fresh_until:
                return self._last
            status = await self._abilities.do(StatusRequest(), "the console")
            bridge = self._abilities.bridge
            delivered = [
                ((one.network, str(one.id)), one.delivered) for one in bridge.rooms() if not one.private
            ]
            # in a thread: a large map takes a while, and the relay goes on
            self._last = await asyncio.to_thread(self._put_together, bridge.config, status, delivered)
            ended = self._clock.monotonic()
            self._took = ended - began
            self._fresh_until = ended + min(max(_FRESH, self._took * _SHARE), _FRESH_AT_MOST)
            return self._last

    def _put_together(
        self, config: Config, status: StatusAnswer, delivered: Sequence[tuple[tuple[str, str], int]]
    ) -> Overview:
        now = self._clock.now()
        states = {name: (str(one.steady), one.reason) for name, one in status.networks.items()}
        self._history.note_networks(states, now)
        self._history.note_rooms(delivered, now)
        return overview(config, status, self._history)

    def undelivered(self) -> int:
        """Return how much was given up, as of the last look."""
        return self._last.status.undelivered if self._last is not None else 0

    def stale(self) -> None:
        """Let the next look be a new one, since something was done."""
        self._fresh_until = 0.0

    async def run(self) -> None:
        """Look every few seconds, so that there is a history, until cancelled."""
        while True:
            try:
                await self.look()
            except HubbubError as error:
                log.debug("the console cannot look at the service now: %s", error)
            await self._clock.sleep(max(_UNWATCHED, self._took * _SHARE))
