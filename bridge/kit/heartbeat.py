"""Whether the other side is still there."""

import asyncio
from collections.abc import Awaitable, Callable

from bridge.awake import Awake
from bridge.clock import SYSTEM, Clock
from bridge.errors import ConnectionLost

__all__ = ["Heartbeat"]


class Heartbeat:
    """Asks when the network is quiet, and ends a connection that is silent for too long.

        heartbeat = Heartbeat("chat.example.org", ping)
        group.create_task(heartbeat.run())
        heartbeat.hear()                  whenever something came in, whatever it was

    A process that was stopped, or that did not read, judges nobody's silence by that: see `awake`, `paused`.
    """

    def __init__(
        self,
        who: str,
        ask: Callable[[], Awaitable[object]],
        *,
        quiet: float = 30.0,
        patience: float = 60.0,
        clock: Clock = SYSTEM,
    ) -> None:
        """`who` is on the other side, for the sentence. `ask` is done when it has answered: after `quiet`
        seconds without an answer it is asked; what is silent for `patience` seconds more is dead.
        """
        self._who = who
        self._ask = ask
        self._quiet = quiet
        self._patience = patience
        self._clock = clock
        self._heard = self._answered = clock.monotonic()
        self.paused = False
        """Whether we do not read, since what was read is not durable yet."""
        self.proven = clock.now()
        """All that the other side said until then was surely heard, in seconds since 1970 (`Adapter.heard`):
        then we asked what it has answered since.
        """

    def hear(self) -> None:
        """Note that something came in."""
        self._heard = self._clock.monotonic()

    async def run(self) -> None:
        """Watch, for ever. Raises ConnectionLost, and what `ask` raises but TimeoutError."""
        awake, asking = Awake(self._clock), None
        try:
            while True:
                now = await awake.sleep(min(self._quiet, self._patience) / 4)
                if self.paused:
                    self._heard = now
                silent = now - max(self._heard, awake.since)
                if silent > self._quiet + self._patience:
                    raise ConnectionLost(f"{self._who} has been silent for {silent:.0f} s: it counts as dead")
                if asking is not None and asking.done():
                    asking = asking.result()
                if asking is None and now - self._answered > self._quiet:
                    asking = asyncio.ensure_future(self._question())
        finally:
            if asking is not None:
                asking.cancel()

    async def _question(self) -> None:
        asked = self._clock.now()
        try:
            await self._ask()
        except TimeoutError:
            return
        self.proven = asked
        self._heard = self._answered = self._clock.monotonic()
