"""Names in the log what keeps the loop from going on: an adapter or a disk that blocks serves nobody
meanwhile, and cannot say so itself.
"""

import asyncio
import contextlib
import logging
import sys
import threading
import traceback
from collections.abc import Iterator

from .clock import SYSTEM

__all__ = ["watched"]

log = logging.getLogger(__name__)

_EVERY = 1.0
"""Seconds between two looks."""
_LIMIT = 5.0
"""Seconds for which the loop may do one thing."""
_DEPTH = 8
"""So many calls are shown, the innermost last."""
_LATE = 1.0
"""So many seconds later nobody wakes up in a process that was not stopped."""


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Watch the running loop, from a thread."""
    over = threading.Event()
    args = asyncio.get_running_loop(), threading.get_ident(), over
    threading.Thread(target=_watch, args=args, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(loop: asyncio.AbstractEventLoop, thread: int, over: threading.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed
        while not over.wait(_EVERY):
            answered, asked = threading.Event(), SYSTEM.monotonic()
            loop.call_soon_threadsafe(answered.set)
            if answered.wait(_LIMIT) or over.is_set() or SYSTEM.monotonic() - asked > _LIMIT + _LATE:
                continue
            frame = sys._current_frames()[thread]  # noqa: SLF001 nothing else shows what another thread does
            stack = "".join(traceback.format_stack(frame)[-_DEPTH:]).rstrip()
            log.error("nothing has gone on for %g s because of this:\n%s", _LIMIT, stack)
            answered.wait()
            log.warning("that is over after %.1f s", SYSTEM.monotonic() - asked)
