"""The last lines of the log, for whoever looks at them in the console."""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bridge.secrets import strike
from bridge.whose import keys_of, named

__all__ = ["LogLine", "RecentLog"]

_KEPT = 2000
_LONGEST = 2000
"""Characters of one line."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log."""

    number: int
    at: float
    level: str
    source: str
    """Who wrote it: a module."""
    text: str


class RecentLog(logging.Handler):
    """Keeps what is said from `info` on: what is below may hold what people say."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines = deque[LogLine](maxlen=_KEPT)
        self._numbers = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        self._news: set[asyncio.Event] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; from any thread."""
        try:
            text = strike(named(record, record.getMessage()))[:_LONGEST]
            if (delivery := keys_of(record).get("delivery")) is not None:
                text += f"  delivery={delivery}"
        except Exception:  # noqa: BLE001 -- as logging has it: who logs never fails
            self.handleError(record)
            return
        line = LogLine(next(self._numbers), record.created, record.levelname.lower(), record.name, text)
        self._lines.append(line)
        if self._news and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        for news in self._news:
            news.set()

    def lines(self, after: int = 0) -> Sequence[LogLine]:
        """Return the lines behind this number, the newest last."""
        return [line for line in list(self._lines) if line.number > after]

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """Give an event that is set when there are new lines."""
        news = asyncio.Event()
        self._news.add(news)
        try:
            yield news
        finally:
            self._news.discard(news)
