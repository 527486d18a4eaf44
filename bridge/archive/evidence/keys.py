"""The key that signs: beside the archive, for its owner alone, and never said anywhere."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import ArchiveError
from bridge.new_files import write_file

from .verifier.signatures import fingerprint

if TYPE_CHECKING:  # it takes a while to load
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["KeyFile", "SigningKey"]


class SigningKey:
    """An Ed25519 key (RFC 8032)."""

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        self._private = private
        self.public: bytes = private.public_key().public_bytes_raw()
        """Its public half: 32 bytes."""

    @classmethod
    def made(cls) -> "SigningKey":
        """Return a new one."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @property
    def fingerprint(self) -> str:
        """The SHA-256 digest of its public half, as openssl has it in DER: what its owner publishes."""
        return fingerprint(self.public)

    def sign(self, data: bytes) -> bytes:
        """Return the signature over these bytes: 64 bytes."""
        return self._private.sign(data)

    def pem(self) -> bytes:
        """Return the whole key, to be kept. It is a secret."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class KeyFile:
    """Where the key of an archive is kept. Raises ArchiveError."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive.resolve()
        self.path = self.archive.with_name(f"{self.archive.name}.key")
        self._next = self.path.with_name(f"{self.path.name}.next")
        """A key that is to follow, until the one before has signed it."""

    def key(self, expected: bytes | None) -> SigningKey:
        """Return the key, which is made where there is none and nothing was signed yet. `expected`: the
        public half of the one that has to sign next; None: nothing was signed yet.
        """
        found = self._read(self.path)
        if expected is not None and (found is None or found.public != expected):
            follower = self._read(self._next)
            if follower is not None and follower.public == expected:
                self._next.replace(self.path)
                return follower
            raise ArchiveError(
                f"{self.path} {'is missing' if found is None else 'is another key'}: the checkpoints were "
                f"signed by the one with the fingerprint {fingerprint(expected)}: put it back from a backup; "
                "without it no checkpoint is made"
            )
        return found or self._write(self.path, SigningKey.made())

    def follower(self) -> SigningKey:
        """Return a new key, which is kept beside the old one until `follow`."""
        return self._write(self._next, SigningKey.made())

    def follow(self) -> None:
        """Take the new key in place of the old one."""
        with self._telling(self.path):
            self._next.replace(self.path)

    def _read(self, path: Path) -> SigningKey | None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        with self._telling(path):
            try:
                raw, mode = path.read_bytes(), path.stat().st_mode
            except FileNotFoundError:
                return None
        if mode & 0o077:
            raise ArchiveError(
                f"{path} can be read by others: `chmod 600 {path}`, then `hubbub evidence rotate`"
            )
        with contextlib.suppress(ValueError, TypeError):
            private = load_pem_private_key(raw, None)
            if isinstance(private, Ed25519PrivateKey):
                return SigningKey(private)
        raise ArchiveError(f"{path} is no Ed25519 key: put it back from a backup")

    def _write(self, path: Path, key: SigningKey) -> SigningKey:
        """Write a key so that it is whole, and its owner's alone, before it has its name."""
        with self._telling(path):
            write_file(path, [key.pem()], beside=self.archive)
        return key

    @contextlib.contextmanager
    def _telling(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArchiveError(
                f"{path}: {error.strerror}: ask as the service's user, and see to its folder"
            ) from error
