"""Keeps one adapter running, whatever its network does."""

import asyncio
import logging
import math
import random
import re
from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from bridge.adapter import Adapter, Emit
from bridge.boundary import failure
from bridge.complaints import Complaints
from bridge.errors import AdapterError, AuthenticationFailed, RateLimited, Replaced, Unsupported
from bridge.secrets import strike
from bridge.whose import about, log_for

__all__ = ["NetworkState", "Supervisor"]

log = logging.getLogger(__name__)

_FIRST = 1.0
_LONGEST = 60.0
_STEADY = 60.0
"""A connection that held so long, in seconds, starts the backoff anew."""
_AT_ONCE = 0.5
"""Seconds that nobody would call a pause."""
_TRIES = 3
_HOUR = 3600.0
_LEAVE = 5.0
"""How long a connection may take to end when it has to, in seconds."""


class NetworkState(StrEnum):
    """Where we stand with a network."""

    CONNECTED = "connected"
    """As its rooms show: who keeps it running cannot tell."""
    CONNECTING = "connecting"
    WAITING = "waiting"
    STOPPED = "stopped"


class Supervisor:
    """Runs an adapter again and again, with full-jitter backoff."""

    def __init__(self, adapter: Adapter, emit: Emit, offline: Callable[[str, str], None]) -> None:
        """`offline` is called with the network's name and the reason whenever a connection has ended."""
        self._adapter = adapter
        self._emit = emit
        self._offline = offline
        self._run: asyncio.Task[None] | None = None
        self._behind: set[asyncio.Task[None]] = set()
        """Connections that did not end when they had to."""
        self._complaints = Complaints(log, adapter.clock)
        self._refused = 0
        self._failures = 0
        self._over = asyncio.Event()
        self.state = NetworkState.CONNECTING
        self.reason = ""
        """Why the last connection ended."""
        self.ended = Counter[str]()
        """How many connections ended, by the kind of error."""
        self.began = 0.0
        """When the last connection was begun, in seconds since 1970."""
        self.failing_since = 0.0
        """Since when no connection has held for a minute, in seconds since 1970."""

    def restart(self, reason: str) -> None:
        """End the connection, which is taken for dead, and make a new one."""
        if self._run is not None and not self._run.done():
            network = self._adapter.network
            log.warning("%s: %s; connecting anew", network, reason, extra=about(network))
            self._over.set()

    def puppets(self) -> int:
        """Return how many people from elsewhere are there by accounts of their own."""
        return self._adapter.puppets()

    async def run(self) -> None:
        """Keep the network connected until cancelled, or until another session has taken over."""
        log_for(self._adapter.network)
        clock = self._adapter.clock
        self.failing_since = clock.now()
        while True:
            self.state, started = NetworkState.CONNECTING, clock.monotonic()
            self.began = clock.now()
            error = await self._connect()
            if clock.monotonic() - started > _STEADY:
                self._failures = 0
                self.failing_since = clock.now()
                self._complaints.over("")
            self.reason = strike(str(error)) if error else "the connection ended"
            self.ended[type(error).__name__ if error is not None else "over"] += 1
            self._offline(self._adapter.network, self.reason)
            if isinstance(error, Replaced):
                self.state = NetworkState.STOPPED
                network = self._adapter.network
                log.error(
                    "%s: %s; not connecting again until restarted", network, error, extra=about(network)
                )
                return
            pause = self._pause(error)
            self.state = NetworkState.WAITING
            await clock.sleep(pause)

    async def _connect(self) -> AdapterError | None:
        """Make one connection. Returns why it ended."""
        self._over.clear()
        task = self._run = asyncio.ensure_future(self._adapter.run(self._emit))
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            if not task.done():
                await self._leave(task)
        if not task.done() or task.cancelled():
            return None
        error = task.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        cause = _cause(error)
        return failure("run", cause) if cause is not None else None

    async def _leave(self, task: "asyncio.Task[None]") -> None:
        """End a connection, which cannot keep us from going on if it does not end."""
        task.cancel()
        await asyncio.wait({task}, timeout=_LEAVE)
        if not task.done():
            network = self._adapter.network
            behind = "%s: its adapter does not end its connection: it is left behind as it is"
            log.error(behind, network, extra=about(network))
            self._behind.add(task)
            task.add_done_callback(self._behind.discard)

    def _pause(self, error: AdapterError | None) -> float:
        """Return how long to wait before the next connection, in seconds; tell the owner."""
        if isinstance(error, AuthenticationFailed):
            self._refused += 1
            if self._refused >= _TRIES:
                self._tell("; trying again in an hour", logging.ERROR)
                return _HOUR
        else:
            self._refused = 0
        ceiling = min(_FIRST * 2.0**self._failures, _LONGEST)
        self._failures = min(self._failures + 1, 10)
        pause = random.uniform(0, ceiling)  # noqa: S311 spreads load, guards nothing
        if isinstance(error, RateLimited):
            pause = max(pause, error.retry_after)
        then = f"; trying again in {math.ceil(pause)} s" if pause > _AT_ONCE else "; trying again at once"
        if isinstance(error, Unsupported):
            self._tell(then, logging.ERROR, error.__cause__)
        else:
            self._tell(then, logging.WARNING)
        return pause

    def _tell(self, then: str, level: int, error: BaseException | None = None) -> None:
        sentence = f"{self._adapter.network}: {self.reason}{then}"
        same = re.sub(r"\d+", "0", self.reason)  # how long to wait, for how long it has been silent
        self._complaints.tell(f"{same} {level}", sentence, error, level, about(self._adapter.network))


def _cause(error: BaseException | None) -> Exception | None:
    """Return what an adapter's task group wraps: the one thing, or an AdapterError among several."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, ExceptionGroup):
        known, _ = error.split(AdapterError)
        if known is not None:
            return _cause(known.exceptions[0])
    return error if isinstance(error, Exception) else None
