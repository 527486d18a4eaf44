"""Reads who a customer is by the word of the shop, which knows it from the login and has signed it. Pure."""

import hashlib
import hmac
from collections.abc import Sequence

__all__ = ["FRESH", "identity_signature", "is_vouched_for"]

FRESH = 43_200.0
"""Seconds for which a signature is good: somebody reads the shop's pages for as long."""
_AHEAD = 300.0
"""Seconds by which the shop's clock may be before ours."""
_FORM = "hubbub-identity-1"


def identity_signature(secret: str, user: str, name: str, mail: str, time: int) -> str:
    """Return what the shop signs with: HMAC-SHA256, in hexadecimal, of five lines of UTF-8 with a line feed
    between them: `hubbub-identity-1`, the customer's id, name and mail address (the latter two may be empty),
    and the time in whole seconds since 1970.
    """
    form = "\n".join((_FORM, user, name, mail, str(time))).encode(errors="replace")
    return hmac.digest(secret.encode(), form, hashlib.sha256).hex()


def is_vouched_for(  # noqa: PLR0913 what is signed, and by whom
    secrets: Sequence[str], *, user: str, name: str, mail: str, time: float, signature: str, now: float
) -> bool:
    """Whether the shop has signed this with one of its secrets, and not too long ago."""
    if not user or "\n" in user + name + mail:  # with a line more it would be another customer's form
        return False
    if not -_AHEAD <= now - time <= FRESH or not float(time).is_integer():
        return False
    given = signature.lower().encode(errors="replace")
    wanted = (identity_signature(secret, user, name, mail, int(time)).encode() for secret in secrets)
    return any(hmac.compare_digest(given, one) for one in wanted)
