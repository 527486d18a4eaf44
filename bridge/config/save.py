"""bridge.yaml written anew: in one step, with its mode and owner, and only if nobody else has changed it."""

import asyncio
import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.errors import ConfigError
from bridge.new_files import put_in_place

from .loading import read_text
from .models import Config
from .words import printable

__all__ = ["Manuscript", "save"]

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A file as it was when it was read."""

    path: Path
    text: str
    """With plain line ends, whatever the file has."""
    fingerprint: str
    """Tells it from any other state of the file."""

    @classmethod
    def of(cls, path: Path) -> "Manuscript":
        """Read a file. Raises ConfigError."""
        text = read_text(path)
        return cls(path, text.replace("\r\n", "\n"), hashlib.sha256(text.encode()).hexdigest())


async def save(
    old: Manuscript, text: str, check: Callable[[Path], Awaitable[Config]], *, put: bool = True
) -> Config:
    """Put a text in the place of an old one, once `check` has read it, from a file beside the old one, and
    found no mistakes; or only have it checked. Returns what was read. Raises ConfigError, and leaves the file
    alone.
    """
    path = old.path
    _refuse_what_is_mounted(path)
    with _beside(path, text) as new:
        try:
            config = await check(new)
        except ConfigError as error:
            raise ConfigError(_named(path, new, error.problems)) from None
        if put:
            await asyncio.to_thread(_put, new, old)
    return replace(config, remarks=tuple(_named(path, new, config.remarks)))


def _named(path: Path, new: Path, sentences: Iterable[str]) -> list[str]:
    """Return sentences about a new file as ones about the file whose place it takes."""
    return [one.replace(printable(str(new)), printable(str(path))) for one in sentences]


def _refuse_what_is_mounted(path: Path) -> None:
    shown = printable(str(path))
    if path.is_symlink():
        why = (
            "a link, as where a ConfigMap is mounted: what it leads to is written there, and would come again"
        )
        raise ConfigError([f"{shown} is {why}: change the map where it comes from"])
    if path.stat().st_nlink > 1:
        raise ConfigError(
            [f"{shown} has a second name (a hard link), which would keep the old map: remove it"]
        )


@contextlib.contextmanager
def _beside(path: Path, text: str) -> Iterator[Path]:
    """Write a text to a new file beside another, as its owner would have it; it is gone afterwards."""
    with _explained(path):
        content, there = path.read_bytes(), path.stat()
        data = text.replace("\n", "\r\n") if b"\r\n" in content else text
        number, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    new = Path(name)
    try:
        with _explained(path), os.fdopen(number, "wb") as file:
            file.write((_BOM if content.startswith(_BOM) else b"") + data.encode())
            file.flush()
            os.fchmod(number, there.st_mode & 0o7777)
            made = os.fstat(number)
            if (made.st_uid, made.st_gid) != (there.st_uid, there.st_gid):
                os.fchown(number, there.st_uid, there.st_gid)
            os.fsync(number)
        yield new
    finally:
        new.unlink(missing_ok=True)


def _put(new: Path, old: Manuscript) -> None:
    path = old.path
    if Manuscript.of(path).fingerprint != old.fingerprint:
        raise ConfigError([f"{printable(str(path))} was changed meanwhile: look at the map again"])
    with _explained(path):
        put_in_place(new, path)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say of what the system refuses what its owner can do."""
    try:
        yield
    except OSError as error:
        shown, folder = printable(str(path)), printable(str(path.parent))
        why = {
            errno.EROFS: "it is on a file system that is read-only: under systemd, name its folder in "
            "ReadWritePaths=",
            errno.EBUSY: "it is mounted by itself: mount its folder instead",
            errno.EACCES: f"the service may not write into {folder}: let its user, or change it yourself",
            errno.EPERM: "the service may not give it to its owner: change it yourself",
        }.get(error.errno or 0, f"{error.strerror}")
        raise ConfigError([f"{shown} cannot be written: {why}"]) from None
