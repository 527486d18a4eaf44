"""Files that have their name only when they are whole, so that nobody takes half of one for all of it."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["new_file", "put_in_place", "write_file"]


@contextlib.contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Make an empty file beside this one, for us alone to read; it is gone if it was not put in its place.
    Raises OSError.
    """
    descriptor, name = tempfile.mkstemp(".part", f"{target.name}.", target.parent)
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def put_in_place(part: Path, target: Path) -> None:
    """Give a file, which is on disk, its name for good. Raises OSError."""
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_file(
    target: Path, chunks: Iterable[bytes], *, mode: int = 0o600, beside: Path | None = None
) -> int:
    """Write a file in place of one that is there, for its owner alone unless `mode` says else. Returns its
    size in bytes. Where root writes it, it belongs to the owner of `beside`, or of the folder where that is
    not there. Raises OSError.
    """
    size = 0
    with new_file(target) as part:
        with part.open("wb") as file:
            for chunk in chunks:
                size += file.write(chunk)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        if beside is not None and os.geteuid() == 0:
            there = (beside if beside.exists() else beside.parent).stat()
            if there.st_uid != 0:
                os.chown(part, there.st_uid, there.st_gid)
        put_in_place(part, target)
    return size
