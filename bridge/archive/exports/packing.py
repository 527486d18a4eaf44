"""Many files as one, which is a zip: made while it is read, and the same bytes each time.

Nothing in it is compressed, so that no release of a library decides about its bytes, and no member has a time
of its own.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator

import regex

__all__ = ["FileNames", "zipped"]

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can tell."""
_ODD = regex.compile(r"[^\p{L}\p{M}\p{N}_.-]+")
_LONGEST = 60


def zipped(members: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Return a zip of files by their names, in pieces of a file each."""
    window = _Window()
    with zipfile.ZipFile(window, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            member = zipfile.ZipInfo(name, _EPOCH)
            member.external_attr = 0o600 << 16
            member.create_system = 3  # Unix, wherever it is made
            archive.writestr(member, content)
            yield window.drained()
    yield window.drained()


class FileNames:
    """Makes names of files out of anybody's words, each once."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._taken: dict[str, int] = {}

    def name(self, wanted: str) -> str:
        """Return one that is none yet."""
        stem = _ODD.sub("-", wanted)[:_LONGEST].strip("-.") or "untitled"
        folded = stem.casefold()
        self._taken[folded] = count = self._taken.get(folded, 0) + 1
        return f"{stem}{f'-{count}' if count > 1 else ''}{self._suffix}"


class _Window(io.RawIOBase):
    """A file of which only the end is kept: from the last time that it was read on."""

    def __init__(self) -> None:
        self._begin = 0
        self._kept = io.BytesIO()

    def drained(self) -> bytes:
        """Return what is kept, and keep nothing."""
        found = self._kept.getvalue()
        self._begin += len(found)
        self._kept = io.BytesIO()
        return found

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._begin + self._kept.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset - self._begin if whence == io.SEEK_SET else offset
        return self._begin + self._kept.seek(at, whence)

    def write(self, data: "io.ReadableBuffer") -> int:  # type: ignore[name-defined]
        return self._kept.write(data)
