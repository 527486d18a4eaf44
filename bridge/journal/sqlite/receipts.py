"""Receipts that outlive a kill before they are committed: appended to a small file beside the journal.

A room that has one message on its way at a time sends the next one when the last one's receipt is on record.
A transaction for each would cost more than all the rest of the message's way; a line appended to a file
outlives the process just as well, since the system has it. It is not meant to outlive the system: where each
commit has to (`durability: full`), there is no such file.

The file begins with a hash of the journal's key, so that it is read for no other. A record is its length and
its checksum (four bytes each, little-endian), then msgpack. Eight zero bytes end the last one. A commit holds
all that was noted before it, and begins the file anew.
"""

import contextlib
import hashlib
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec

__all__ = ["Receipt", "Receipts", "file_of", "kept"]

Receipt: TypeAlias = tuple[
    int, int, int, tuple[str, ...], tuple[int, bool, int, bool, bool] | None, str, str | None
]
"""Room, event, place of the part, what that is called there, how far the delivery has come with it (None: all
of it has arrived, or nothing more is tried), why it is given up (empty: it is not), and who said the part.
"""


class _Record(msgspec.Struct, array_like=True):
    """A receipt, also of releases that did not note who said it."""

    room: int
    seq: int
    place: int
    names: tuple[str, ...]
    then: tuple[int, bool, int, bool, bool] | None
    reason: str
    speaker: str | None = None


_HEAD = struct.Struct("<II")
_END = b"\0" * _HEAD.size
_MOST = 1 << 20
"""The most bytes of a file: more is committed."""

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(_Record)


def file_of(journal: Path) -> Path:
    """Return the path of a journal's receipts."""
    return journal.with_name(journal.name + "-receipts")


def kept(path: Path, key: bytes) -> list[Receipt]:
    """Read what a process has noted since its last commit, also one that was killed. Raises OSError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    found: list[Receipt] = []
    whose = _hash(key)
    at = len(whose)
    while content.startswith(whose) and at + _HEAD.size <= len(content):
        length, checksum = _HEAD.unpack_from(content, at)
        record = content[at + _HEAD.size : at + _HEAD.size + length]
        if not length or len(record) < length or zlib.crc32(record) != checksum:
            break
        found.append(msgspec.structs.astuple(_decoder.decode(record)))
        at += _HEAD.size + length
    return found


def _hash(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=16, person=b"receipts").digest()


class Receipts:
    """What was noted since the last commit."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open the file. Raises OSError when it cannot be written. What is in it is overwritten once it is
        cleared.
        """
        self._path = path
        self._whose = _hash(key)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._end = _MOST
        """Where the next record goes; `_MOST`: nowhere, until it is cleared."""

    def note(self, receipts: Iterable[Receipt]) -> bool:
        """Append these. Returns whether they would outlive a kill now."""
        records = [_encode(receipt) for receipt in receipts]
        framed = b"".join([_HEAD.pack(len(record), zlib.crc32(record)) + record for record in records])
        if self._end + len(framed) > _MOST:
            return False
        try:
            whole = os.pwrite(self._file, framed + _END, self._end) == len(framed) + len(_END)
        except OSError:
            return False
        if whole:
            self._end += len(framed)
        return whole

    def clear(self) -> None:
        """Let go of all that was noted: it is committed. Until that can be written too, nothing more is
        noted.
        """
        if self._end == len(self._whose):
            return
        self._end = _MOST
        with contextlib.suppress(OSError):
            os.pwrite(self._file, self._whose + _END, 0)
            self._end = len(self._whose)

    def close(self, *, over: bool) -> None:
        """Let go of the file, and remove it if all is committed."""
        os.close(self._file)
        if over:
            with contextlib.suppress(OSError):
                self._path.unlink()
