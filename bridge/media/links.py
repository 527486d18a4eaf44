"""Addresses of our own for files: signed, so that nobody can make one, and with an end."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from bridge.clock import Clock
from bridge.config import Media

from .cache import Note
from .naming import short_quoted

__all__ = ["Linked", "Links"]


@dataclass(frozen=True, slots=True)
class Linked:
    """A file that an address leads to."""

    path: Path
    name: str
    """What it is called, without a path."""
    type: str
    until: int
    """When its address ends, in seconds since 1970."""


class Links:
    """Makes addresses, and knows its own again."""

    def __init__(
        self, config: Media, key: bytes, find: Callable[[str], tuple[Path, Note] | None], clock: Clock
    ) -> None:
        """`find` gives the file and the note under an id."""
        self._config = config
        self._key = blake2b(key, person=b"hubbub links").digest()
        self._find = find
        self._clock = clock

    def make(self, name: str, note: Note) -> str | None:
        """Return the address of the file with this id: always the same. None: we have no public address."""
        if self._config.public_url is None:
            return None
        expiry = f"{int(note.fetched + self._config.keep):x}"
        signature = self._sign(name, expiry)
        return f"{self._config.public_url}/{name}/{expiry}/{signature}/{short_quoted(note.name)}"

    def _sign(self, name: str, expiry: str) -> str:
        digest = blake2b(f"{name}/{expiry}".encode(), key=self._key, digest_size=15).digest()
        return urlsafe_b64encode(digest).decode()

    def follow(self, name: str, expiry: str, signature: str) -> Linked | None:
        """Return the file that an address leads to; None: it is not ours, has ended, or the file is gone."""
        right = self._sign(name, expiry).encode()
        if not hmac.compare_digest(right, signature.encode(errors="replace")):
            return None
        found = self._find(name)
        until = int(expiry, 16)
        if until <= self._clock.now() or found is None:
            return None
        path, note = found
        return Linked(path, note.name, note.type, until)
