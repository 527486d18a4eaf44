"""Signatures of webhooks, by the specification Standard Webhooks 1.0 (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

__all__ = ["ID", "SIGNATURE", "TIMESTAMP", "is_signed", "key_of", "signed"]

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
_PREFIX = "whsec_"
_TOLERANCE = 300
"""So many seconds may the sender's clock and its way here be apart from ours: what is older is a replay."""
_SIZES = range(24, 65)


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for. Raises ValueError with a sentence."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or len(key) not in _SIZES:
        raise ValueError(
            f"must be {_PREFIX} and 24 to 64 bytes in base64: "
            f'`echo "{_PREFIX}$(openssl rand -base64 32)"` makes one'
        )
    return key


def signed(secrets: Iterable[str], name: str, at: float, body: bytes) -> dict[str, str]:
    """Return the headers that go with a body: its name, when it is sent, and a signature for each secret."""
    timestamp = str(int(at))
    signatures = [_signature(secret, name, timestamp, body) for secret in secrets]
    return {ID: name, TIMESTAMP: timestamp, SIGNATURE: " ".join(signatures)}


def is_signed(secrets: Iterable[str], headers: Mapping[str, str], now: float, body: bytes) -> bool:
    """Whether somebody signed this who knows one of the secrets, and not too long ago."""
    name, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not name or not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > _TOLERANCE:
        return False
    given = [word.encode(errors="replace") for word in headers.get(SIGNATURE, "").split(" ")]
    wanted = [_signature(secret, name, timestamp, body).encode() for secret in secrets]
    return any(hmac.compare_digest(one, other) for one in given for other in wanted)


def _signature(secret: str, name: str, timestamp: str, body: bytes) -> str:
    content = f"{name}.{timestamp}.".encode(errors="replace") + body
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), content, hashlib.sha256)).decode()
