"""Moves what the write-ahead log holds into the database, off the loop.

A checkpoint takes 4 to 20 ms: on the writer's own connection it would be the loop's longest stall.
"""

import contextlib
import sqlite3
import threading
from pathlib import Path

__all__ = ["Checkpointer"]

_PAUSE = 0.5
_WORTH_IT = 4 * 1024 * 1024
_ENDLESS = 16_000
"""So many pages (64 MB) has a log that was written whenever it was looked at, so that it never began anew."""


class Checkpointer:
    """A thread with a connection of its own that keeps the log small."""

    def __init__(self, path: Path) -> None:
        # Opened here and now: a little later, something else might stand there.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._log = path.with_name(path.name + "-wal")
        self._endless = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpointer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and wait for it."""
        self._stop.set()
        self._thread.join()

    def finish(self, database: sqlite3.Connection) -> None:
        """Move what is left of an endless log, which is what was written since the thread last did, so that
        the next commit begins it anew. Called by the writer between two commits.
        """
        if self._endless:
            self._endless = False
            with contextlib.suppress(sqlite3.Error):
                database.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _run(self) -> None:
        with contextlib.closing(self._database) as database:
            while not self._stop.wait(_PAUSE):
                # Whatever is wrong with the disk, the writer meets it as well, and tells.
                with contextlib.suppress(OSError, sqlite3.Error):
                    if self._log.stat().st_size > _WORTH_IT:
                        _, pages, _ = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                        self._endless = pages > _ENDLESS
