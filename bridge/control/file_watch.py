"""Follows the map's file whenever it is saved, where the owner chose that (`reload: watch`).

It asks once a second how the file stands, in a thread, since a network's disk may be slow to answer. The
kernel would tell half a second sooner (tried: watchfiles). But of a ConfigMap's swap it names other files
than this one, and of an edit behind a symbolic link or on a network's disk it says nothing, so that one has
to ask all the same; and it takes 5 MB and a thread for what costs a few microseconds a second.
"""

import asyncio
import fcntl
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from bridge.clock import SYSTEM, Clock
from bridge.config.regular import opener

__all__ = ["FileWatch", "Seen", "is_being_written", "look_at"]

log = logging.getLogger(__name__)

_EVERY = 1.0
"""Seconds between two looks: a file is followed when it was the same twice."""

Seen: TypeAlias = tuple[int, ...] | None
"""What tells one version of a file from another; None: there is no file now."""


class FileWatch:
    """Watches one file."""

    def __init__(
        self, file: Path, followed: Seen, reload: Callable[[], Awaitable[None]], clock: Clock = SYSTEM
    ) -> None:
        """`followed` is how the file stood before it was read; `reload` reads it again and raises nothing."""
        self._file = file
        self._followed = self._last = followed
        self._reload = reload
        self._clock = clock

    async def run(self, is_wanted: Callable[[], bool]) -> None:
        """Reload after each change, for as long as this is wanted."""
        while True:
            await self._clock.sleep(_EVERY)
            if is_wanted() and await self.is_changed():
                await self._reload()

    async def is_changed(self) -> bool:
        """Whether the file is another than the one that was followed, and nobody is at it any more."""
        seen = await asyncio.to_thread(look_at, self._file)
        before, self._last = self._last, seen
        if seen is None or seen == self._followed or seen != before:
            return False
        if await asyncio.to_thread(is_being_written, self._file):
            return False
        self._followed = seen
        log.info("%s was saved: it is read again", self._file)
        return True


def look_at(file: Path) -> Seen:
    """Return how a file stands, behind all links."""
    try:
        found = os.stat(file)  # noqa: PTH116 - which names what it asks for
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def is_being_written(file: Path) -> bool:
    """Whether some program of this machine has it open for writing, as far as the system tells: of the files
    of our own user (fcntl(2), "Leases").
    """
    with suppress(OSError), open(file, "rb", opener=opener) as opened:
        # Whoever opens it meanwhile would have us sent SIGIO, which ends a process.
        fcntl.fcntl(opened, fcntl.F_SETSIG, signal.SIGURG)
        try:
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return True
        fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
