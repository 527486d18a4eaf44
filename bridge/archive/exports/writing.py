"""An export as a file: there whole, or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bridge.errors import HubbubError

__all__ = ["write_whole"]


def write_whole(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a file for its owner alone, in place of one that is there; return its size in bytes.

    It has another name until it is whole, so that nobody takes half of it for all. Raises HubbubError.
    """
    size = 0
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    size += file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise HubbubError(f"{path} cannot be written: {error.strerror}") from error
    return size
