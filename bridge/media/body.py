"""Writes what arrives, and measures it on the way: the size, the digest, whether it is text."""

import codecs
import hashlib
import threading
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import BinaryIO

from bridge.language import N_
from bridge.model import Attachment

from .sniff import HEAD, UNKNOWN, binary_type, text_type

__all__ = ["TOO_LARGE", "Body", "NotYet", "RefusedFile", "shown_size"]

TOO_LARGE = N_("larger than {limit}")
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 27})


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
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = True
        self._head = b""
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
            if len(self._head) < HEAD:
                self._head += chunk[: HEAD - len(self._head)]
            self._text = self._text and self._is_text(chunk)
            self._hash.update(chunk)
            self._file.write(chunk)
            if not self._looked and not self._text and len(self._head) == HEAD:
                self._looked = True
                self._check(binary_type(self._head, self._attachment))

    def _is_text(self, chunk: bytes, *, last: bool = False) -> bool:
        try:
            self._decoder.decode(chunk, last)
        except UnicodeDecodeError:
            return False
        return len(chunk.translate(None, _CONTROLS)) == len(chunk)

    def _check(self, media_type: str) -> str:
        if not any(fnmatchcase(media_type, pattern.casefold()) for pattern in self._types):
            raise RefusedFile(N_("its type is not passed on"))
        return media_type

    def finish(self) -> tuple[str, str]:
        """Return the media type and the digest: all has arrived."""
        with self._lock:
            self._file.flush()
            text = self._text and self.size > 0 and self._is_text(b"", last=True)
            find = text_type if text else binary_type
            media_type = find(self._head, self._attachment) if self.size else UNKNOWN
            return self._check(media_type), self._hash.hexdigest()

    def close(self) -> None:
        """Write no more, whatever a thread still has in hand."""
        with self._lock:
            self._closed = True
            self._file.close()
