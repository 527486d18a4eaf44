"""Signatures: Ed25519, RFC 8032, section 5.1. Pure."""

from __future__ import annotations

import base64
from hashlib import sha256, sha512

__all__ = ["SPKI", "fingerprint", "is_signed", "pem_of"]

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]
"""X, Y, Z, T with x = X/Z, y = Y/Z and xy = T/Z."""
SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before a key in DER (RFC 8410)."""


def decoded(raw: bytes) -> Point | None:
    """Return the point that 32 bytes stand for, if they do (section 5.1.3)."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def encoded(point: Point) -> bytes:
    """Return the bytes of a point (section 5.1.2)."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def added(p: Point, q: Point) -> Point:
    """Return the sum of two points (section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


BASE = decoded((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 0, 0, 0)


def is_signed(key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the holder of the key signed the data (section 5.1.7). `key`: its 32 bytes."""
    public, s = decoded(key), int.from_bytes(signature[32:], "little")
    if public is None or len(key) != 32 or len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(sha512(signature[:32] + key + data).digest(), "little") % ORDER
    minus = (P - public[0], public[1], 1, P - public[3])
    sums = ((0, 1, 1, 0), BASE, minus, added(BASE, minus))
    found = sums[0]
    for bit in range(252, -1, -1):  # s times the base minus h times the key, both on one way
        found = added(added(found, found), sums[(s >> bit & 1) | (h >> bit & 1) << 1])
    return encoded(found) == signature[:32]


def fingerprint(key: bytes) -> str:
    """Return what `openssl pkey -pubin -in public-key.pem -outform DER | sha256sum` says."""
    return sha256(SPKI + key).hexdigest()


def pem_of(key: bytes) -> bytes:
    """Return the file that openssl reads."""
    text = base64.b64encode(SPKI + key).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n".encode()
