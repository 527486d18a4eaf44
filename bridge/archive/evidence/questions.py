"""Questions to the archive's process about evidence."""

from typing import Any, ClassVar

import msgspec

from bridge.archive.process.questions import Inquiry

__all__ = ["KeepStamp", "KeepWitness", "LatestCheckpoint", "MakeCheckpoint", "RotateKey", "SignedRound"]


class SignedRound(msgspec.Struct, frozen=True):
    """A checkpoint, and who vouches for it besides the key."""

    number: int
    """From 1."""
    at: float
    digest: str
    """Of its body: SHA-256, in hexadecimal."""
    stamped: bool
    witness: str
    """As JSON; empty: none was told."""


class LatestCheckpoint(Inquiry[SignedRound | None], frozen=True, array_like=True):
    """Which checkpoint was made last; None: none was."""

    answer: ClassVar[Any] = SignedRound | None


class MakeCheckpoint(Inquiry[SignedRound | None], frozen=True, array_like=True):
    """Sign all chains that moved; None: none did."""

    answer: ClassVar[Any] = SignedRound | None

    at: float


class RotateKey(Inquiry[str], frozen=True, array_like=True):
    """Let another key sign; its fingerprint is answered."""

    answer: ClassVar[Any] = str

    at: float


class KeepStamp(Inquiry[None], frozen=True, array_like=True):
    """Keep an authority's reply with a checkpoint, if it is right."""

    number: int
    nonce: int
    reply: bytes
    authority: bytes
    """The certificates that it has to lead to, in PEM."""


class KeepWitness(Inquiry[None], frozen=True, array_like=True):
    """Note where a checkpoint was told."""

    number: int
    witness: str
