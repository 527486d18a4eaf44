"""Opens files, and nothing that would keep us waiting."""

import errno
import os
import stat

__all__ = ["opener"]


def opener(name: str, flags: int) -> int:
    """Open a file as `open` wants it. Raises OSError for a pipe, which may never end, and the like."""
    number = os.open(name, flags | os.O_NONBLOCK)
    mode = os.fstat(number).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # of a folder, `open` itself says so
        os.close(number)
        raise OSError(errno.EINVAL, "it is a pipe or a device: name a regular file")
    return number
