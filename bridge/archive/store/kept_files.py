"""The files that people sent, kept beside the archive: each once, under its digest."""

import logging
import os
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from bridge.archive.entries import EntryKind
from bridge.archive.store import Reader, Store

__all__ = ["KeptFiles", "Message", "folder_of"]

_CHUNK = 1 << 20
_NOTE = "file"
"""The kind of the notes that say which messages have which file, a line feed between the parts."""

log = logging.getLogger(__name__)


def folder_of(archive: Path) -> Path:
    """Return the folder with the files of an archive."""
    return archive.with_name(f"{archive.stem}-files")


class Message(NamedTuple):
    """A message in the archive, by what its network calls it."""

    conversation: str
    network: str
    room: str
    name: str


class KeptFiles:
    """The folder."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = folder_of(store.file)

    def keep(self, path: Path, digest: str, message: Message) -> bool:
        """Copy a file of a message, whose digest is known. Returns whether it is kept: it may be gone, or
        there may be no room.
        """
        place = self._place(digest)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            if not place.exists() and not _copied(path, place, digest):
                return False
        except OSError as error:
            log.warning("a file cannot be kept in %s: %s", self._folder, error.strerror)
            return False
        self._store.put_note(_NOTE, "\n".join((digest, *message)), b"")
        return True

    def tidy(self) -> None:
        """Delete the files that no entry has any more."""
        notes = self._store.notes(_NOTE)
        if not notes:
            return
        wanted: set[str] = set()
        with self._store.reader() as reader:
            for key in notes:
                digest, *message = key.split("\n")
                if _has(reader, Message(*message), digest):
                    wanted.add(digest)
                else:
                    self._store.put_note(_NOTE, key, None)
        for digest in {key.partition("\n")[0] for key in notes} - wanted:
            self._place(digest).unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _has(reader: Reader, message: Message, digest: str) -> bool:
    """Whether a message in the archive has a file, still with its words."""
    found = reader.named(*message)
    return found is not None and any(
        file.sha256 == digest and file.kept
        for entry in reader.versions(found)
        if entry.header is not None and entry.header.kind is EntryKind.FILE and entry.words is not None
        for file in entry.words.files
    )


def _copied(path: Path, place: Path, digest: str) -> bool:
    """Copy a file, and put it in its place if it has this digest."""
    new = place.with_name(f"{place.name}.new")
    found = sha256()
    try:
        with path.open("rb") as source, new.open("wb") as target:
            os.fchmod(target.fileno(), 0o600)
            while chunk := source.read(_CHUNK):
                found.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        if found.hexdigest() != digest:
            return False
        new.replace(place)
    finally:
        new.unlink(missing_ok=True)
    return True
