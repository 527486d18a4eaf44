"""The log: one line per fact, to stderr, with what is ours and no library's chatter."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from enum import StrEnum

from bridge.levels import is_shown, start_with

from .log_forms import ForJournald, ForPeople, ForPrograms, WordsAlone

__all__ = ["LogForm", "gathered", "log_to", "quietly"]

_MINUTE = 60.0
_CHATTY = 2
"""With so many -v the libraries' lines are shown too."""


class LogForm(StrEnum):
    """How a line looks."""

    TEXT = "text"
    """For people."""
    JSON = "json"
    """For programs."""
    JOURNALD = "journald"
    """For systemd's journal, which knows a line's level by a number before it, and its time by itself."""


def log_to(descriptor: int, verbose: int = 0, level: int = logging.INFO, form: LogForm | None = None) -> None:
    """Write the log to a file descriptor, from this level on; with `verbose`, also the way of every message,
    and from 2 on, what the libraries say. Without a form it has the one that suits whoever reads there.
    """
    stream = os.fdopen(os.dup(descriptor), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    handler = logging.StreamHandler(stream)
    if verbose < _CHATTY:
        handler.addFilter(is_shown)
    handler.addFilter(_Folded())
    handler.setFormatter(_formatter(form or _suitable(descriptor), descriptor))
    own = logging.DEBUG if verbose else level
    logging.basicConfig(level=own if verbose >= _CHATTY else logging.WARNING, handlers=[handler], force=True)
    start_with(own)


def _suitable(descriptor: int) -> LogForm:
    """Return the form for whoever reads there."""
    if os.isatty(descriptor):
        return LogForm.TEXT
    found = os.fstat(descriptor)
    if os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}":  # systemd.exec(5)
        return LogForm.JOURNALD
    return LogForm.JSON


def _formatter(form: LogForm, descriptor: int) -> logging.Formatter:
    if form is LogForm.JSON:
        return ForPrograms()
    if form is LogForm.JOURNALD:
        return ForJournald()
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return ForPeople(colours=os.isatty(descriptor) and not plain)


def quietly() -> None:
    """Show what is worth a warning in our own words alone: for commands that write no log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(is_shown)
    handler.setFormatter(WordsAlone())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


@contextlib.contextmanager
def gathered() -> Iterator[list[str]]:
    """Keep for later what is worth a warning, each sentence once: for a command that shows it itself."""
    root, handler = logging.getLogger(), _Gathering()
    before, root.handlers = root.handlers, [handler]
    try:
        yield handler.said
    finally:
        root.handlers = before


class _Gathering(logging.Handler):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self.addFilter(is_shown)
        self.setFormatter(WordsAlone())

    def emit(self, record: logging.LogRecord) -> None:
        if (sentence := self.format(record)) not in self.said:
            self.said.append(sentence)


class _Folded(logging.Filter):
    """Passes what asyncio itself complains of once a minute: without descriptors it does so without end."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ("", 0.0)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name != "asyncio":
            return True
        what, now = record.getMessage().partition("\n")[0], record.created
        if what == self._last[0] and now - self._last[1] < _MINUTE:
            return False
        self._last = (what, now)
        return True
