"""Stamps of RFC 3161: what they say. Who made one is for `openssl ts -verify`. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from .reading import UnreadablePart

__all__ = ["Place", "inside", "parts", "read_stamp"]

Place = tuple[int, int, int]
"""An element of DER: its tag, and where its content starts and ends."""
SEQUENCE, OCTETS, INTEGER, CONTEXT = 0x30, 0x04, 0x02, 0xA0
SHA256 = bytes.fromhex("608648016503040201")
NO_STAMP = "it is no stamp of RFC 3161"


def parts(data: bytes, start: int, end: int) -> list[Place]:
    """Return the elements that stand there, one behind the other. They may be in any order: authorities do
    not sort their certificates as DER asks for.
    """
    found = []
    while start < end:
        if start + 2 > end:
            raise UnreadablePart(NO_STAMP)
        tag, length, at = data[start], data[start + 1], start + 2
        if length >= 128:
            size = length - 128
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
            if not 1 <= size <= 4:
                raise UnreadablePart(NO_STAMP)
        if at + length > end:
            raise UnreadablePart(NO_STAMP)
        found.append((tag, at, at + length))
        start = at + length
    return found


def inside(data: bytes, place: Place, tag: int = SEQUENCE) -> list[Place]:
    """Return the elements of an element."""
    if place[0] != tag:
        raise UnreadablePart(NO_STAMP)
    return parts(data, place[1], place[2])


def read_stamp(reply: bytes) -> dict[str, Any]:
    """Return what a reply says (section 2.4.2): its `time` for people, `at` the same in seconds since 1970,
    the digest that it is over, its serial number and its nonce; and where in it are what was signed, and what
    belongs to the signature.
    """
    try:
        (whole,) = parts(reply, 0, len(reply))
        status, *tokens = inside(reply, whole)
        if reply[slice(*inside(reply, status)[0][1:])] not in (b"\0", b"\1"):
            raise UnreadablePart("the authority did not stamp it")
        signed = inside(reply, inside(reply, inside(reply, tokens[0])[1], CONTEXT)[0])
        octets = inside(reply, inside(reply, signed[2])[1], CONTEXT)[0]
        (info,) = inside(reply, octets, OCTETS)
        fields = inside(reply, info)
        kind, imprint = inside(reply, fields[2])
        if reply[slice(*inside(reply, kind)[0][1:])] != SHA256:
            raise UnreadablePart("the stamp is over another kind of digest than SHA-256")
        content = [reply[start:end] for _, start, end in fields]
        made = re.fullmatch(rb"(\d{14})(\.\d+)?Z", content[4])
        said = datetime.strptime(f"{made[1].decode()}+0000" if made else "", "%Y%m%d%H%M%S%z")
    except (IndexError, ValueError):
        raise UnreadablePart(NO_STAMP) from None
    nonces = [value for (tag, *_), value in zip(fields[5:], content[5:]) if tag == INTEGER]  # noqa: B905
    return {
        "time": f"{said:%Y-%m-%d %H:%M:%S} UTC",
        "at": int(said.timestamp()),
        "imprint": reply[imprint[1] : imprint[2]],
        "serial": int.from_bytes(content[3], "big"),
        "nonce": int.from_bytes(nonces[0], "big") if nonces else None,
        "octets": octets,
        "signed": signed,
    }
