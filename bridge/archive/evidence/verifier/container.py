"""The bundle: a folder, or a zip in which files stand as they are, in the order of their names."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from .reading import UnreadablePart

__all__ = ["LONGEST_LINE", "MOST_FILES", "Bundle", "ZipMember", "is_name", "zip_end", "zip_local"]

LONGEST_LINE, LONGEST_FILE = 1 << 23, 1 << 24
"""Bytes of a line, and of a file that is read as a whole."""
MOST_FILES = 60_000
WAY_OUT = "It was changed, or not written by Hubbub: unpack it, and verify the folder"


class ZipMember(NamedTuple):
    """A file of the bundle: where it starts, its size, and the CRC that a zip has for it."""

    at: int
    size: int
    crc: Any = None


def is_name(name: str) -> bool:
    """Whether a file of a bundle can be called this: nothing that leads elsewhere."""
    return bool(re.fullmatch(r"[\w-]+(\.[\w-]+)*(/[\w-]+(\.[\w-]+)*)?", name, re.ASCII))


def zip_local(name: str, crc: int, size: int) -> bytes:
    """Return what stands before a file in the zip (APPNOTE 4.3.7): stored, of 1980, and nothing more."""
    sizes = (crc, size, size, len(name), 0)
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, *sizes) + name.encode()


def zip_end(files: dict[str, ZipMember]) -> bytes:
    """Return what stands behind all files (4.3.12 and 4.3.16)."""
    listed, start = b"", 0
    for name, (at, size, crc) in files.items():
        sizes, rest = (crc, size, size, len(name), 0, 0, 0, 0), (0o100644 << 16, start)
        listed += struct.pack("<4s6H3I5H2I", b"PK\1\2", 788, 20, 0, 0, 0, 33, *sizes, *rest) + name.encode()
        start = at + size
    count = len(files)
    return listed + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(listed), start, 0)


class Bundle:
    """The files of a bundle, by their names. Raises UnreadablePart, and OSError."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.is_folder = self.path.is_dir()
        self.files: dict[str, ZipMember] = {}
        if self.is_folder:
            self._read_folder()
        else:
            with self.path.open("rb") as file:
                self._read_zip(file, os.fstat(file.fileno()).st_size)

    def _read_folder(self) -> None:
        for folder, _, names in os.walk(self.path):
            for full in [Path(folder, name) for name in names]:
                if full.is_file() and not full.is_symlink():
                    self.files[full.relative_to(self.path).as_posix()] = ZipMember(0, full.stat().st_size)
            if len(self.files) > MOST_FILES:
                raise UnreadablePart(
                    "the folder has too many files: name the one that the bundle was unpacked into"
                )

    def _read_zip(self, file: BinaryIO, size: int) -> None:
        at, last = 0, ""
        while (head := file.read(30))[:4] == b"PK\3\4" and len(head) == 30:
            crc, length, long = struct.unpack("<14xI4xIH2x", head)
            raw = file.read(long)
            name, end = raw.decode("ascii", "replace"), at + 30 + long + length
            if end > size or not is_name(name) or head + raw != zip_local(name, crc, length):
                raise UnreadablePart(f"the zip has no file at byte {at} as it should be. {WAY_OUT}")
            if name <= last or len(self.files) == MOST_FILES:
                raise UnreadablePart(f"the zip has a file too many, or out of order, at byte {at}. {WAY_OUT}")
            self.files[name], last, at = ZipMember(at + 30 + long, length, crc), name, end
            file.seek(at)
        if not self.files:
            raise UnreadablePart("it is no bundle of evidence: no zip that Hubbub wrote, and no folder")
        expected = zip_end(self.files)
        file.seek(at)
        found = file.read(len(expected) + 1)
        if found != expected:
            same = next(
                (n for n, sign in enumerate(expected) if found[n : n + 1] != bytes([sign])), len(expected)
            )
            raise UnreadablePart(f"the zip is changed, or ends too early, at byte {at + same}. {WAY_OUT}")

    def pieces(self, name: str, *, lines: bool = False) -> Iterator[bytes]:
        """Yield the content of a file, by lines or by pieces of some size."""
        if name not in self.files:
            raise UnreadablePart(f"{name} is missing")
        at, left, _ = self.files[name]
        with (self.path / name if self.is_folder else self.path).open("rb") as file:
            file.seek(at)
            while left and (piece := (file.readline if lines else file.read)(min(left, LONGEST_LINE))):
                left -= len(piece)
                yield piece

    def read(self, name: str) -> bytes:
        """Return the content of a small file."""
        if name in self.files and self.files[name].size > LONGEST_FILE:
            raise UnreadablePart(f"{name} is too long")
        return b"".join(self.pieces(name))
