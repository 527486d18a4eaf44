"""The chain of entries, and the tree over the heads of many chains (RFC 6962, section 2.1). Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from .reading import UnreadablePart, need, unhex

__all__ = ["digest", "first_link", "head_of", "leaf_of", "link_of", "root_from_path"]


def digest(*parts: bytes) -> bytes:
    """Return the SHA-256 digest of bytes one behind the other."""
    return sha256(b"".join(parts)).digest()


def first_link(chain: bytes) -> bytes:
    """Return what stands before the first entry of a chain."""
    return digest(b"chain\0", chain)


def link_of(before: bytes, leaf: bytes) -> bytes:
    """Return the link of an entry behind the link before it."""
    return digest(b"link\0", before, leaf)


def leaf_of(position: int, entry: dict[str, Any]) -> bytes:
    """Return what stands for an entry in its chain: made of what is disclosed, or as it is given."""
    if "leaf" in entry:
        return unhex(entry, "leaf", 32)
    header = digest(b"header\0", unhex(entry, "header_salt", 16), need(entry, "header", str).encode())
    if "words" in entry:
        words = digest(b"words\0", unhex(entry, "words_salt", 16), need(entry, "words", str).encode())
    else:
        words = unhex(entry, "words_commitment", 32)
    return digest(b"entry\0", position.to_bytes(8, "big"), header, words)


def head_of(chain: bytes, position: int, link: bytes) -> bytes:
    """Return what stands for a chain up to an entry, in the tree whose root is signed."""
    return digest(b"\0", chain, position.to_bytes(8, "big"), link)


def root_from_path(head: bytes, number: int, size: int, path: list[bytes]) -> bytes:
    """Return the root above a head, which is one of `size`, by what stands beside the way up (RFC 9162,
    section 2.1.3.2).
    """
    last = size - 1
    for beside in path:
        if last == 0:
            raise UnreadablePart("the way to the signed root is too long")
        if number & 1 or number == last:
            head = digest(b"\1", beside, head)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            head = digest(b"\1", head, beside)
        number, last = number >> 1, last >> 1
    if last or number:
        raise UnreadablePart("the way to the signed root is too short")
    return head
