"""Whose journal it is."""

import fcntl
import os
from pathlib import Path
from typing import IO

from bridge.errors import JournalError

__all__ = ["own"]


def own(path: Path) -> IO[str]:
    """Take the lock that says whose journal this is; it goes with the process, however that ends."""
    try:
        lock = path.with_name(path.name + ".lock").open("a+")
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}: check the folder and its rights") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read(20).strip() or "unknown"
        lock.close()
        raise JournalError(
            f"{path} is in use by another Hubbub (process {owner}): stop that one, or name another journal"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
