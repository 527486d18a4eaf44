"""Short codes to be typed, and tokens of links, which only somebody who was shown them can say. None is
kept, each is made anew from a secret.
"""

import base64
import hmac

__all__ = ["APPROVE", "CONFIRM", "LEAVE", "LINK_CONFIRMS", "ListCodes"]

CONFIRM, APPROVE = "confirm", "approve"
"""What a code is for."""
LINK_CONFIRMS, LEAVE = "list-confirm", "list-leave"
"""What a token is for, which stands before it in the link."""

_DIGITS = 6
_TOKEN = 16
"""Bytes: 128 bits."""


class ListCodes:
    """Makes codes and tokens, and knows them. A purpose is part of each, so that none serves for another."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def code(self, purpose: str, number: int) -> str:
        """Return six digits."""
        found = int.from_bytes(self._digest(purpose, number)[:8])
        return f"{found % 10**_DIGITS:0{_DIGITS}}"

    def is_code(self, purpose: str, number: int, said: str) -> bool:
        """Whether somebody says the code."""
        return hmac.compare_digest(self.code(purpose, number).encode(), said.encode())

    def token(self, purpose: str, number: int) -> str:
        """Return what stands in a link: the number, and 128 bits."""
        sign = base64.urlsafe_b64encode(self._digest(purpose, number)[:_TOKEN]).rstrip(b"=").decode()
        return f"{number}-{sign}"

    def number(self, purpose: str, token: str) -> int | None:
        """Return the number of a token; None: it is none of ours."""
        digits = token.partition("-")[0]
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
            return None
        well = hmac.compare_digest(self.token(purpose, int(digits)).encode(), token.encode(errors="replace"))
        return int(digits) if well else None

    def _digest(self, purpose: str, number: int) -> bytes:
        return hmac.digest(self._secret, f"{purpose} {number}".encode(), "sha256")
