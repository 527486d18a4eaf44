"""Numbers for what has names here, from 1 to 2^53 - 1, which JavaScript reads exactly. Pure."""

import hashlib

__all__ = ["LARGEST", "LARGEST_MESSAGE", "number_of", "read_number"]

LARGEST = 2**53 - 1
LARGEST_MESSAGE = 2**31 - 1
"""A message's number has 31 bits (OneBot v11, "int32")."""
_DIGITS = 18


def number_of(*names: str) -> int:
    """Return the number of what has these names: the same at all times, on all machines."""
    digest = hashlib.sha256("\n".join(names).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) % LARGEST + 1


def read_number(text: str | None) -> int | None:
    """Return the number that a bot names; None: it is none that anything here has."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        return None
    return int(text)
