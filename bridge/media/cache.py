"""The folder: a directory for each message, and for each file its bytes and a note that is written last.

FOLDER/<message>/<file>          the bytes
FOLDER/<message>/<file>.thumb    a small picture of it
FOLDER/<message>/<file>.json     the note; without it the rest counts as half-fetched
FOLDER/<message>/gone            the message was taken back
Names are keyed hashes: a restored backup, which has a new key, takes no file for that of another message.
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import msgspec

from bridge.model import File, FileKind, Thumbnail

__all__ = ["Cache", "Kept", "Note", "Picture", "space"]

_NAME = re.compile(r"[0-9a-f]{16}")
_OURS = re.compile(r"([0-9a-f]{16})(?:\.(?:json|new|part|thumb))?")
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Picture:
    """The measures of a picture, in pixels, and what its thumbnail is, if it has one."""

    width: int
    height: int
    thumbnail: tuple[str, int, int] | None = None
    """Media type, width, height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is remembered of a file."""

    seq: int
    number: int | None
    """The place of the attachment in the message; None: a text of our own."""
    name: str
    kind: FileKind
    type: str
    size: int
    digest: str
    fetched: float
    """Seconds since 1970."""
    picture: Picture | None = None
    duration: float | None = None
    voice: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the folder, as a look around finds it."""

    since: float
    space: int
    """Bytes on the disk, nearly."""
    path: Path


_decoder = msgspec.json.Decoder(Note)


class Cache:
    """The folder. Methods may be called from several threads."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self._key = blake2b(key, person=b"hubbub names").digest()
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        """The names of files that are being written."""

    def _hash(self, words: str) -> str:
        return blake2b(words.encode(), key=self._key, digest_size=8).hexdigest()

    def place(self, seq: int, number: int | str) -> Path:
        """Return the path where a file of a message lies, or would."""
        return self.folder / self._hash(str(seq)) / self._hash(f"{seq}.{number}")

    def at(self, name: str) -> Path | None:
        """Return the path where the file of this id lies, or would; None: that is no id."""
        message, file = name[:16], name[16:]
        return self.folder / message / file if _NAME.fullmatch(message) and _NAME.fullmatch(file) else None

    def id(self, path: Path) -> str:
        """Return the file's id in links: the inverse of `at`."""
        return path.parent.name + path.name

    def create(self, path: Path) -> BinaryIO:
        """Begin a file; the folder is made when it is not there."""
        with self._lock:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            return os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb")

    @contextmanager
    def writing(self, path: Path) -> Iterator[None]:
        """Write a file while in this context. If it does not come to be whole, nothing of it stays."""
        self._busy.add(path.name)
        try:
            yield
        except BaseException:
            self.drop(path)
            raise
        finally:
            self._busy.discard(path.name)

    def keep(self, path: Path, note: Note) -> File:
        """Give a file its name and its note: its bytes are there, as PATH.part. From now on it counts."""
        path.with_suffix(".part").replace(path)
        with self.create(path.with_suffix(".new")) as file:
            file.write(msgspec.json.encode(note))
        path.with_suffix(".new").replace(path.with_suffix(".json"))
        return _file(path, note)

    def note(self, path: Path) -> Note | None:
        """Return the file's note; None: the file is not here, or not whole."""
        try:
            note = _decoder.decode(path.with_suffix(".json").read_bytes())
            return note if path.stat().st_size == note.size else None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def find(self, path: Path) -> File | None:
        """Return the file that lies there; None: it is not here, or not whole."""
        note = self.note(path)
        return None if note is None else _file(path, note)

    def drop(self, path: Path) -> None:
        """Delete a file and all that belongs to it, the note first."""
        for suffix in (".json", "", ".thumb", ".part", ".new"):
            path.with_suffix(suffix).unlink(missing_ok=True)

    def forget(self, seq: int, *, mark: bool) -> None:
        """Delete what there is of a message; `mark`, or that there was something, makes it known as gone."""
        folder = self.place(seq, 0).parent
        names = [entry.name for entry in _entries(folder)]
        for name in names:
            if (found := _OURS.fullmatch(name)) is not None:
                self.drop(folder / found[1])
        if names or mark:
            self.create(folder / "gone").close()

    def is_gone(self, seq: int) -> bool:
        """Whether the message was taken back."""
        return (self.place(seq, 0).parent / "gone").exists()

    def look_around(self, horizon: float) -> list[Kept]:
        """Return all whole files, the oldest first. Removes what was half-fetched, and old marks."""
        if not self.folder.is_dir():
            return []
        found: list[Kept] = []
        for message in _entries(self.folder):
            if _NAME.fullmatch(message.name) and message.is_dir(follow_symlinks=False):
                found.extend(self._tidy(Path(message.path), horizon))
        return sorted(found, key=lambda kept: kept.since)

    def _tidy(self, folder: Path, horizon: float) -> Iterator[Kept]:
        names = {entry.name for entry in _entries(folder)}
        for path in {folder / found[1] for name in names if (found := _OURS.fullmatch(name))}:
            noted = _stat(path.with_suffix(".json")) if path.name in names else None
            whole = _stat(path)
            if noted is not None and whole is not None:
                small = _stat(path.with_suffix(".thumb"))
                yield Kept(noted.st_mtime, space(whole.st_size + (small.st_size if small else 0)), path)
            elif path.name not in self._busy and not path.with_suffix(".json").exists():
                # In this order: what was written meanwhile has its note once it is no longer busy.
                self.drop(path)
        if "gone" in names and (mark := _stat(folder / "gone")) and mark.st_mtime < horizon:
            (folder / "gone").unlink(missing_ok=True)
        with self._lock:
            try:
                folder.rmdir()
            except OSError:
                return  # not empty


def space(size: int) -> int:
    """Return the bytes that a file takes on the disk, nearly: whole blocks, with its note and directory."""
    return -(-size // _BLOCK) * _BLOCK + 2 * _BLOCK


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _file(path: Path, note: Note) -> File:
    picture = note.picture
    thumbnail = None
    if picture is not None and picture.thumbnail is not None:
        media_type, width, height = picture.thumbnail
        small = path.with_suffix(".thumb")
        if (found := _stat(small)) is not None:
            thumbnail = Thumbnail(small, media_type, found.st_size, width, height)
    return File(
        path=path,
        name=note.name,
        kind=note.kind,
        type=note.type,
        size=note.size,
        digest=note.digest,
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        duration=note.duration,
        voice=note.voice,
        thumbnail=thumbnail,
    )
