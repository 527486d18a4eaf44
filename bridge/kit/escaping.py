"""Ids as networks can carry them: reversible, and the same whatever a server makes of letters. Pure."""

import re
import string

__all__ = ["Escaping"]

_KEPT = string.ascii_lowercase + string.digits


class Escaping:
    """Writes each byte of UTF-8 that is not kept as a sign and two hex digits."""

    def __init__(self, sign: str, kept: str) -> None:
        """`kept`: what stays besides lower-case letters and digits of ASCII; never the sign."""
        self._sign = sign.encode()
        self._changed = re.compile(b"[^" + re.escape(_KEPT + kept).encode() + b"]")
        self._escaped = re.compile(re.escape(sign) + "([0-9a-f]{2})")

    def escape(self, text: str) -> str:
        """Return a text in ASCII without capitals."""
        return self._changed.sub(lambda found: b"%b%02x" % (self._sign, found[0][0]), text.encode()).decode()

    def unescape(self, text: str) -> str:
        """Return what was escaped; what never was is read as well as can be."""
        raw = self._escaped.sub(lambda found: chr(int(found[1], 16)), text)
        return raw.encode("latin-1", "replace").decode("utf-8", "replace")
