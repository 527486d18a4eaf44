"""The chain of a conversation's entries: each link is over the one before it and over the entry. Pure.

An entry counts in it by two commitments, one to its header and one to its words, each with a salt of its
own. So words, or the whole entry, can go, with their salts, and the chain is whole without them; and from
what stays nobody can tell by trial what they were.

    commitment = SHA-256("header" or "words", 0, salt, bytes)
    leaf       = SHA-256("entry", 0, position as 8 bytes, commitment of the header, commitment of the words)
    link       = SHA-256("link", 0, link before, leaf)
    link 0     = SHA-256("chain", 0, the chain's random id of 32 bytes)

Many chains are signed at once: their heads are leaves of a tree as in RFC 6962, section 2.1.

    head       = SHA-256(0, id of the chain, position as 8 bytes, link)
    node       = SHA-256(1, left, right)
"""

from collections.abc import Sequence
from hashlib import sha256

__all__ = [
    "SALT",
    "audit_path",
    "first_link",
    "head_of",
    "header_commitment",
    "leaf_of",
    "link_of",
    "root_from_path",
    "root_of",
    "salts",
    "words_commitment",
]

SALT = 16
"""Bytes of a salt."""


def salts(key: bytes, position: int) -> tuple[bytes, bytes]:
    """Return the salts of an entry's header and words, from a key of 32 random bytes for some entries. Where
    one of them goes, its key goes too, and the salts of the others are written down.
    """
    both = sha256(b"salt\0" + key + position.to_bytes(8, "big")).digest()
    return both[:SALT], both[SALT:]


def header_commitment(salt: bytes, raw: bytes) -> bytes:
    """Return what stands for a header."""
    return sha256(b"header\0" + salt + raw).digest()


def words_commitment(salt: bytes, raw: bytes) -> bytes:
    """Return what stands for words."""
    return sha256(b"words\0" + salt + raw).digest()


def leaf_of(position: int, header: bytes, words: bytes) -> bytes:
    """Return what stands for an entry, by its place in the chain (from 1) and its commitments."""
    return sha256(b"entry\0" + position.to_bytes(8, "big") + header + words).digest()


def link_of(before: bytes, leaf: bytes) -> bytes:
    """Return the link of an entry behind another link."""
    return sha256(b"link\0" + before + leaf).digest()


def first_link(chain: bytes) -> bytes:
    """Return the link that stands before the first entry of a chain."""
    return sha256(b"chain\0" + chain).digest()


def head_of(chain: bytes, position: int, link: bytes) -> bytes:
    """Return what stands for a chain up to an entry, in the tree that is signed."""
    return sha256(b"\0" + chain + position.to_bytes(8, "big") + link).digest()


def root_of(heads: Sequence[bytes]) -> bytes:
    """Return the root of the tree over these heads (RFC 6962, 2.1): one at least."""
    if len(heads) == 1:
        return heads[0]
    half = _split(len(heads))
    return _node(root_of(heads[:half]), root_of(heads[half:]))


def audit_path(heads: Sequence[bytes], number: int) -> list[bytes]:
    """Return what one needs beside a head, by its number from 0, to come to the root (RFC 6962, 2.1.1)."""
    if len(heads) == 1:
        return []
    half = _split(len(heads))
    if number < half:
        return [*audit_path(heads[:half], number), root_of(heads[half:])]
    return [*audit_path(heads[half:], number - half), root_of(heads[:half])]


def root_from_path(head: bytes, number: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a head, with its audit path, is under in a tree of `size` heads. Raises ValueError
    where the path is none of such a tree.
    """
    if not 0 <= number < size:
        raise ValueError("the tree has no such head")
    if size == 1:
        if path:
            raise ValueError("the path is too long")
        return head
    if not path:
        raise ValueError("the path is too short")
    half, last = _split(size), path[-1]
    if number < half:
        return _node(root_from_path(head, number, half, path[:-1]), last)
    return _node(last, root_from_path(head, number - half, size - half, path[:-1]))


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _split(size: int) -> int:
    """Return the largest power of two that is smaller than the size."""
    return 1 << (size - 1).bit_length() - 1
