"""Whose a database's file is, and whether it still is where it was."""

import errno
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from .errors import HubbubError

__all__ = ["Advice", "OwnedFile"]

_FILES = ("", "-wal", "-shm")
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True, slots=True)
class Advice:
    """What is raised where a file of some kind cannot be had, and what to do then."""

    error: type[HubbubError]
    busy: str
    """When another process has it."""
    copies: str
    """What makes copies of it."""
    gone: str
    """What becomes of it when its file is gone."""
    no_room: str
    """When its disk is full or read-only."""


class OwnedFile:
    """A database that is ours, by its name and by the file itself, whatever other names that has.

    The locks go with the process, however that ends. Raises what `advice` says when somebody else has one.
    """

    def __init__(self, path: Path, advice: Advice) -> None:
        """`path` may be no file yet: then only the name is ours until `hold`."""
        self.path = path.resolve()  # as SQLite does, when it names the log
        self._advice = advice
        self._beside = self._opened(self._named(".lock"))
        self._file: IO[str] | None = None
        self._known: dict[str, tuple[int, int] | None] = {}
        try:
            self._take()
        except BaseException:
            self.close()
            raise

    def _take(self) -> None:
        beside = self._beside
        if not _locked(beside):
            beside.seek(0)
            owner = beside.read(20).strip() or "unknown"
            raise self._advice.error(
                f"{self.path} is in use by another Hubbub (process {owner}): {self._advice.busy}"
            )
        beside.truncate(0)
        try:
            os.write(beside.fileno(), str(os.getpid()).encode())
        except OSError as error:
            raise self._trouble(error) from error
        if self.path.exists():
            self.hold()

    def hold(self) -> None:
        """Own the file too, which is made if there is none: for us alone, since it holds what people say."""
        if self._file is None:  # not before its name is ours: closing it would take our own SQLite's locks
            self._file = self._opened(self.path)
        if not _locked(self._file):
            raise self._advice.error(
                f"{self.path} is in use by another Hubbub, which knows the file by another name (a link): "
                f"{self._advice.busy}"
            )
        links = os.fstat(self._file.fileno()).st_nlink
        if links > 1 and not self._named("-wal").exists():
            raise self._advice.error(
                f"{self.path} has {links} names (hard links), and a part of it would belong to one of them "
                f"alone: remove the others; {self._advice.copies} makes copies"
            )

    def remember(self) -> None:
        """Remember its files: it is open."""
        self._known = {end: _identity(self._named(end)) for end in _FILES}

    def _named(self, end: str) -> Path:
        return self.path.with_name(self.path.name + end)

    def guard(self) -> None:
        """Raise an error when its files are not what they were: nobody would find what is written now."""
        for end, known in self._known.items():
            try:
                if (now := _identity(self._named(end))) == known:
                    continue
            except OSError:
                continue  # the disk does not answer: whoever writes meets that as well, and tells
            what = "deleted or moved" if now is None else "replaced"
            raise self._advice.error(
                f"{self._named(end)} was {what} while the service was using it: {self._advice.gone}"
            )

    @property
    def lost(self) -> bool:
        """Whether the file that is ours has no name any more: it ends when it is closed."""
        return self._file is not None and os.fstat(self._file.fileno()).st_nlink == 0

    def _opened(self, file: Path) -> IO[str]:
        try:
            return open(file, "a+", opener=lambda name, flags: os.open(name, flags, 0o600))
        except OSError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: OSError) -> HubbubError:
        what_to_do = (
            self._advice.no_room if error.errno in _OF_THE_DISK else "check the folder and its rights"
        )
        return self._advice.error(f"{self.path}: {error.strerror}: {what_to_do}")

    def close(self) -> None:
        """Own it no more. SQLite must have closed it: its locks go too."""
        for held in (self._file, self._beside):
            if held is not None:
                held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def beside(self) -> Path:
        """The file beside it that says whose it is."""
        return Path(self._beside.name)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
