"""What is done for a journal whose file was deleted under a running service: it goes on living until it is
closed, and what it holds is written down again before that.
"""

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path

from bridge.clock import SYSTEM

__all__ = ["put_back", "save"]

log = logging.getLogger(__name__)


def save(database: sqlite3.Connection, path: Path) -> Path | None:
    """Copy the journal that is open and was at `path` to a new file beside; None: it cannot be written."""
    when = time.strftime("%Y%m%d-%H%M%S", time.localtime(SYSTEM.now()))
    aside = path.with_name(f"{path.name}.saved-{when}")
    try:
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL, 0o600))
        with contextlib.closing(sqlite3.connect(aside)) as copy:
            database.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except (OSError, sqlite3.Error) as error:
        log.critical("what was taken could not be saved to %s (%s): it is lost", aside, error)
        return None
    return aside


def put_back(aside: Path, path: Path) -> None:
    """Give what was saved the journal's name, if nothing else has it."""
    log_of_another = path.with_name(path.name + "-wal")
    if not log_of_another.exists() or not log_of_another.stat().st_size:
        with contextlib.suppress(OSError):
            os.link(aside, path)
            aside.unlink()
            log.error("the journal is %s again, with all that was taken: start the service", path)
            return
    log.error("all that was taken is in %s: to go on with it, move it to %s, then start", aside, path)
