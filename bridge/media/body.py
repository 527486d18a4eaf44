"""Writes what arrives, and measures it on the way: the size, the digest, whether it is text."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import BinaryIO

from bridge.kit import Sniffer
from bridge.language import N_
from bridge.model import Attachment

__all__ = ["TOO_LARGE", "Body", "NotYet", "RefusedFile", "shown_size"]

TOO_LARGE = N_("larger than {limit}")


class RefusedFile(Exception):
    """The file does not cross; the reason is a short phrase for people, with {limit} for a limit in it."""

    def __init__(self, reason: str, limit: str = "") -> None:
        super().__init__(reason.format(limit=limit))
        self.reason, self.limit = reason, limit


class NotYet(Exception):
    """The network can tell where the file is only when it is connected."""


def shown_size(size: int) -> str:
    """Return a size as people write it: 100 MB."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} B"


class Body:
    """One file that is being written. Its methods block: they are called from a thread, one at a time."""

    def __init__(
        self, create: Callable[[], BinaryIO], attachment: Attachment, limit: int, types: Sequence[str]
    ) -> None:
        self._file = create()
        self._attachment = attachment
        self._limit = limit
        self._types = types
        self._lock = threading.Lock()
        """A cancelled wait leaves its thread running: nothing is closed under a write."""
        self._closed = False
        self._start_anew()

    def _start_anew(self) -> None:
        self._hash = hashlib.sha256()
        self._sniffer = Sniffer()
        self._looked = False
        self.size = 0

    def again(self) -> None:
        """Begin from nothing, for another try."""
        with self._lock:
            if not self._closed:
                self._file.seek(0)
                self._file.truncate()
                self._start_anew()

    def expect(self, size: int | None) -> None:
        """Refuse a file that says that it is too large."""
        if size is not None and size > self._limit:
            raise RefusedFile(TOO_LARGE, shown_size(self._limit))

    def take(self, chunk: bytes) -> None:
        """Write the next bytes."""
        with self._lock:
            if self._closed:
                return
            self.size += len(chunk)
            self.expect(self.size)
            self._sniffer.take(chunk)
            self._hash.update(chunk)
            self._file.write(chunk)
            if not self._looked and self._sniffer.sure:
                self._looked = True
                self._check(self._sniffer.type(self._attachment))

    def _check(self, media_type: str) -> str:
        if not any(fnmatchcase(media_type, pattern.casefold()) for pattern in self._types):
            raise RefusedFile(N_("its type is not passed on"))
        return media_type

    def finish(self) -> tuple[str, str]:
        """Return the media type and the digest: all has arrived."""
        with self._lock:
            self._file.flush()
            return self._check(self._sniffer.type(self._attachment)), self._hash.hexdigest()

    def close(self) -> None:
        """Write no more, whatever a thread still has in hand."""
        with self._lock:
            self._closed = True
            self._file.close()
