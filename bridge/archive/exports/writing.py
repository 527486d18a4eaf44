"""An export as a file: there whole, or not at all."""

from collections.abc import Iterable
from pathlib import Path

from bridge.errors import HubbubError
from bridge.new_files import write_file

__all__ = ["write_whole"]


def write_whole(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a file for its owner alone, in place of one that is there; return its size in bytes. Raises
    HubbubError.
    """
    try:
        return write_file(path, chunks)
    except OSError as error:
        raise HubbubError(f"{path} cannot be written: {error.strerror}") from error
