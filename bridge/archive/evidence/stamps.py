"""Stamps of a time-stamping authority over checkpoints (RFC 3161): asked for, and verified when they come.

What is kept is the reply as it came, since others verify that.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography.x509 import Certificate, load_pem_x509_certificates

from bridge.errors import ArchiveError
from bridge.faults import reason

from .cms import check_signed
from .verifier.reading import UnreadablePart
from .verifier.stamps import read_stamp

__all__ = ["StampQuestion", "ask", "check_stamp", "read_authority"]

_PATIENCE = 30.0
_LARGEST = 256 * 1024
"""Bytes of a reply: certificates are most of it."""
_SEQUENCE, _OCTETS, _INTEGER = 0x30, 0x04, 0x02
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
"""The algorithm, in DER."""


class StampQuestion(NamedTuple):
    """What an authority is asked to stamp."""

    digest: bytes
    """SHA-256."""
    nonce: int

    @classmethod
    def about(cls, digest: bytes) -> "StampQuestion":
        """Return a question that was never asked."""
        return cls(digest, secrets.randbits(63) | 1 << 62)

    def encoded(self) -> bytes:
        """Return the request (section 2.4.1), which asks for the signer's certificate too."""
        imprint = _element(_SEQUENCE, _SHA256 + _element(_OCTETS, self.digest))
        nonce = _element(_INTEGER, self.nonce.to_bytes(8))
        return _element(_SEQUENCE, _element(_INTEGER, b"\1") + imprint + nonce + b"\1\1\xff")


def _element(tag: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


async def ask(url: str, question: StampQuestion) -> bytes:
    """Return an authority's reply, as it came. Raises ArchiveError where there is none."""
    import aiohttp

    kind = {"Content-Type": "application/timestamp-query"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_PATIENCE)) as session,
            session.post(url, data=question.encoded(), headers=kind, allow_redirects=False) as answer,
        ):
            if answer.status != 200 or answer.content_type != "application/timestamp-reply":
                raise ArchiveError(
                    f"{url} answered {answer.status} with {answer.content_type}: it is no time-stamping "
                    "authority that speaks RFC 3161 over HTTP; see to `archive.stamps.url`"
                )
            reply = b""
            while len(reply) <= _LARGEST and (piece := await answer.content.readany()):
                reply += piece
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise ArchiveError(f"{url} cannot be reached ({why}): it is asked again") from error
    if len(reply) > _LARGEST:
        raise ArchiveError(f"{url} answered with too much")
    return reply


def read_authority(pem: bytes) -> list[Certificate]:
    """Return the certificates that stamps have to lead to. Raises ArchiveError."""
    try:
        return load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ArchiveError(f"`archive.stamps.ca` has no certificate in PEM: {error}") from error


def check_stamp(reply: bytes, question: StampQuestion, authority: Sequence[Certificate]) -> float:
    """Check that a reply stamps what was asked, and that the authority made it. Returns its time, in seconds
    since 1970. Raises ArchiveError.
    """
    try:
        stamp = read_stamp(reply)
        at = datetime.fromtimestamp(stamp["at"], UTC)
        check_signed(reply, stamp["signed"], stamp["octets"], authority, at)
    except UnreadablePart as error:
        raise ArchiveError(f"the authority's stamp is not kept: {error}") from error
    if (stamp["imprint"], stamp["nonce"]) != question:
        raise ArchiveError("the authority's stamp is not kept: it answers another question")
    return float(stamp["at"])
