"""The log: one line per fact, to stderr, with what is ours and no library's chatter."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator

from bridge.secrets import strike
from bridge.whose import named

__all__ = ["gathered", "listen_to", "log_to", "quietly"]

_MINUTE = 60.0
_CHATTY = 2
"""With so many -v the libraries' lines are shown too."""

_ours = {"bridge", "adapters"}
"""The packages that log for the owner. What libraries say is not, and may hold what people say."""


def log_to(descriptor: int, verbose: int = 0, level: int = logging.INFO) -> None:
    """Write the log to a file descriptor, from this level on; with `verbose`, also the way of every message,
    and from 2 on, what the libraries say.
    """
    stream = os.fdopen(os.dup(descriptor), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    handler = logging.StreamHandler(stream)
    if verbose < _CHATTY:
        handler.addFilter(_is_ours)
    handler.addFilter(_Folded())
    handler.setFormatter(_Discreet("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S"))
    own = logging.DEBUG if verbose else level
    logging.basicConfig(level=own if verbose >= _CHATTY else logging.WARNING, handlers=[handler], force=True)
    for package in _ours:
        logging.getLogger(package).setLevel(own)


def quietly() -> None:
    """Show what is worth a warning in our own words alone: for commands that write no log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_ours)
    handler.setFormatter(_Discreet())
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


def listen_to(module: str) -> None:
    """Count the package of an adapter that is not among Hubbub's own as ours."""
    package = module.partition(".")[0]
    _ours.add(package)
    logging.getLogger(package).setLevel(logging.getLogger("adapters").level)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether the owner needs to see a line: our own, or asyncio's about a task that failed."""
    return record.name.partition(".")[0] in _ours or (
        record.name == "asyncio" and record.levelno >= logging.ERROR
    )


class _Gathering(logging.Handler):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self.addFilter(_is_ours)
        self.setFormatter(_Discreet())

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


class _Discreet(logging.Formatter):
    """Names the network, and writes no secret, wherever a record has it from."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        record.message = named(record, record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return strike(super().format(record))
