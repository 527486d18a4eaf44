"""Messages for programs, which wait until somebody has them, and the programs that read them."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bridge import Clock, RateLimited, Receipt, Settle, TemporaryFailure, Timer

__all__ = ["Board", "Follower", "Notice"]

_LINGER = 15.0
"""Seconds for which a program that fetches messages counts as a reader. A message is confirmed within 30."""
_BEHIND = 100
"""A reader who is so many messages behind others is shown out."""
_SLOWEST = 10.0
"""So long a reader may take for one message, in seconds."""
_FIRST = 0.3
"""So long somebody who fetches for the first time waits for what the journal has, in seconds."""
_AGAIN = 1.0
_KEPT = 100
_KEPT_SIZE = 4_000_000
"""So many messages, and characters, that others have are kept for who fetches, the newest."""


@dataclass(slots=True, eq=False)
class Notice:
    """A message for programs, in one line of JSON. It is confirmed once, when the first one has it."""

    line: str
    receipt: Receipt
    settle: Settle | None = None
    """None: nobody waits for it to be confirmed, any more."""
    tried: bool = False
    """Whether it was written to somebody, who may have it."""

    def had(self) -> None:
        """Note that a program has it."""
        settle, self.settle = self.settle, None
        if settle is not None:
            settle(self.receipt)

    def back(self) -> None:
        """Give it back, since nobody is known to have it."""
        settle, self.settle = self.settle, None
        if settle is not None and self.tried:
            settle(TemporaryFailure("the program that read it is gone"))
        elif settle is not None:
            settle(RateLimited("no program reads what is said", _AGAIN))


class Follower:
    """A program on a connection that stays."""

    def __init__(self, write: Callable[[str], Awaitable[None]]) -> None:
        """`write` returns when the line has left this process. Raises OSError."""
        self._write = write
        self._notices: deque[Notice] = deque()
        self._news = asyncio.Event()
        self._task = asyncio.current_task()

    def offer(self, notice: Notice) -> None:
        """Let the program have this in its turn. One that does not read is shown out.

        What nobody has yet does not count: many rooms have much of it at once, and send no more until then.
        """
        self._notices.append(notice)
        self._news.set()
        if len(self._notices) > _BEHIND and sum(one.settle is None for one in self._notices) > _BEHIND:
            self.show_out()

    def show_out(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()

    async def read(self) -> None:
        """Hand over everything, until the connection ends. Raises OSError, and TimeoutError."""
        while True:
            while not self._notices:
                self._news.clear()
                await self._news.wait()
            notice = self._notices.popleft()
            notice.tried = True
            async with asyncio.timeout(_SLOWEST):
                await self._write(notice.line)
            notice.had()


class Board:
    """Knows what waits, and whether anybody reads: only then messages are asked for, and else they stay in
    the journal.
    """

    def __init__(self, clock: Clock, attended: Callable[[], None]) -> None:
        """`attended` is called when somebody begins to read, and when nobody does any more."""
        self._clock = clock
        self._attended = attended
        self._waiting: deque[Notice] = deque()
        self._readers: set[Follower] = set()
        self._lapse: Timer | None = None
        self.read = False
        """Whether somebody reads."""
        self._news = asyncio.Event()

    def put(self, notice: Notice) -> None:
        """Show this to all who read."""
        self._waiting.append(notice)
        while self._too_much() and self._waiting[0].settle is None:
            self._waiting.popleft()
        self._news.set()
        for reader in tuple(self._readers):
            reader.offer(notice)

    def join(self, reader: Follower) -> None:
        """Let somebody read from now on, and what nobody has had."""
        for notice in self._waiting:
            if notice.settle is not None:
                reader.offer(notice)
        self._readers.add(reader)
        self._begin()

    def part(self, reader: Follower) -> None:
        """Note that somebody reads no more. What nobody was given waits a little for who comes next."""
        self._readers.discard(reader)
        if not self._readers:
            self._doubt()
            self._wind()

    async def fetch(self) -> list[Notice]:
        """Return what waits, for somebody who says with `took` that it was written, or else with `missed`."""
        first = not self.read
        self._begin()
        self._wind()
        if first and not self._waiting:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), _FIRST)
        for notice in self._waiting:
            notice.tried = True
        return list(self._waiting)

    def took(self, notices: list[Notice]) -> None:
        """Note that these were written."""
        for notice in notices:
            notice.had()
            if notice in self._waiting:
                self._waiting.remove(notice)

    def missed(self) -> None:
        """Note that writing failed, unless somebody else reads the same."""
        if not self._readers:
            self._doubt()

    def tell(self, line: str, *, but: Follower) -> None:
        """Show something to all who read but one, if they can take it: nobody waits for that."""
        for reader in self._readers - {but}:
            reader.offer(Notice(line, Receipt(None)))

    def close(self) -> None:
        """Let nobody read any more."""
        if self._lapse is not None:
            self._lapse.cancel()
        for reader in self._readers:
            reader.show_out()
        self._give_back()

    def _doubt(self) -> None:
        """Give back what may have arrived, and all behind it, so that the order is kept."""
        if any(notice.tried and notice.settle is not None for notice in self._waiting):
            self._give_back()

    def _too_much(self) -> bool:
        size = sum(len(notice.line) for notice in self._waiting)
        return len(self._waiting) > _KEPT or size > _KEPT_SIZE

    def _give_back(self) -> None:
        waiting = [notice for notice in self._waiting if notice.settle is not None]
        for notice in waiting:
            self._waiting.remove(notice)
        for notice in waiting:
            notice.back()

    def _begin(self) -> None:
        if not self.read:
            self.read = True
            self._attended()

    def _wind(self) -> None:
        """Wait anew for somebody to read."""
        if self._lapse is not None:
            self._lapse.cancel()
        self._lapse = self._clock.call_later(_LINGER, self._forsake)

    def _forsake(self) -> None:
        self._lapse = None
        if self._readers or not self.read:
            return
        self.read = False
        self._give_back()
        self._attended()
