"""Files of chats, both ways: kept beside the store as long as their chat, since the core keeps its own for a
shorter time.
"""

import asyncio
import hashlib
import logging
import mimetypes
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bridge import N_, File, FileKind

from .refused import VisitRefused

__all__ = ["ChatFiles"]

log = logging.getLogger(__name__)

_MOST = 16
"""So many files are taken in at a time."""
_SECONDS = 120.0
"""For a browser to send one."""
_ROOM = 500_000_000
"""Bytes of the disk that are left to others: the journal among them."""
_UNFINISHED = ".part"
_NOBODYS = "new"
_LONGEST = 120
"""Characters of a name."""


class ChatFiles:
    """A folder for each chat, with files by names that nobody can guess."""

    def __init__(self, folder: Path) -> None:
        """What an earlier process has left unfinished goes. Blocks."""
        self._folder = folder
        shutil.rmtree(folder / _NOBODYS, ignore_errors=True)
        self._taking = 0

    def at(self, chat: int, name: str) -> Path | None:
        """Return where a file of a chat is; None: nowhere."""
        path = self._folder / f"{chat}" / Path(name).name
        return path if path.suffix != _UNFINISHED and path.is_file() else None

    @asynccontextmanager
    async def taking(self, chat: int, pieces: AsyncIterator[bytes], most: int) -> AsyncIterator[Path]:
        """Take a file in, which is dropped at the end unless `keep` has kept it. Raises VisitRefused."""
        if self._taking >= _MOST:
            raise VisitRefused(429, "slow", N_("Too many files come in at the moment: try again."), 5.0)
        path = self._new(f"{chat}").with_suffix(_UNFINISHED)
        if shutil.disk_usage(path.parent).free < _ROOM + most:
            log.error("no file of a visitor is taken: the disk of %s is nearly full", self._folder)
            raise VisitRefused(403, "room", N_("No files can be taken at the moment."))
        self._taking += 1
        try:
            async with asyncio.timeout(_SECONDS):
                await _write(path, pieces, most)
            yield path
        except TimeoutError:
            raise VisitRefused(408, "slow", N_("The file took too long.")) from None
        finally:
            self._taking -= 1
            path.unlink(missing_ok=True)

    def keep(self, taken: Path, name: str, type_: str) -> File:
        """Keep what was taken in, under the name that its author gives it. Blocks."""
        path = taken.rename(taken.with_suffix(""))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        type_ = type_ or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return File(path, _safe(name), _kind(type_), type_, path.stat().st_size, digest)

    def adopt(self, file: File) -> File:
        """Have a file of the core's, for a chat that is to be told with `give`. Blocks."""
        path = self._new(_NOBODYS)
        try:
            os.link(file.path, path)
        except OSError:  # on another disk
            shutil.copyfile(file.path, path)
        return replace(file, path=path, thumbnail=None)

    def give(self, file: File, chat: int | None) -> None:
        """Let a file that was adopted be a chat's; None: nobody's, so that it goes."""
        if chat is None:
            file.path.unlink(missing_ok=True)
        else:
            file.path.rename(self._new(f"{chat}").with_name(file.path.name))

    def forget(self, chat: int) -> None:
        """Delete all files of a chat. Blocks."""
        shutil.rmtree(self._folder / f"{chat}", ignore_errors=True)

    def chats(self) -> Collection[int]:
        """Return the chats that have files. Blocks."""
        if not self._folder.is_dir():
            return ()
        return [int(path.name) for path in self._folder.iterdir() if path.name.isdecimal()]

    def _new(self, folder: str) -> Path:
        place = self._folder / folder
        for one in (self._folder, place):  # the mode is that of the last one alone
            one.mkdir(exist_ok=True, mode=0o700)
        return place / secrets.token_hex(16)


async def _write(path: Path, pieces: AsyncIterator[bytes], most: int) -> None:
    size = 0
    with path.open("xb") as file:
        async for piece in pieces:
            size += len(piece)
            if size > most:
                raise VisitRefused(
                    413, "large", N_("The file is too large: {most} bytes at most."), most=f"{most:,}"
                )
            await asyncio.to_thread(file.write, piece)
    if not size:
        raise VisitRefused(400, "empty", N_("The file is empty."))


def _safe(name: str) -> str:
    """Return the name of a file as one component without control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip(". ")[-_LONGEST:] or "file"


def _kind(type_: str) -> FileKind:
    major = type_.partition("/")[0]
    return FileKind(major) if major in set(FileKind) else FileKind.FILE
