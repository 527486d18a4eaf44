"""The ids of people from elsewhere, below a prefix that is ours alone. Pure."""

from dataclasses import dataclass

from bridge import Escaping

__all__ = ["Namespace", "escaped", "unescaped"]

_ESCAPING = Escaping("=", "._-")
_LONGEST_ID = 255
"""Bytes (appendices, "User Identifiers")."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """The users of one application service on its homeserver."""

    prefix: str
    """What the first part of each id begins with, such as `_hubbub_matrix_`."""
    server: str

    def user_of(self, key: str) -> str | None:
        """Return the id of somebody by their key (`Speaker.key`); None: it would be too long."""
        user = f"@{self.prefix}{escaped(key)}:{self.server}"
        return user if len(user) <= _LONGEST_ID else None

    def key_of(self, user: str) -> str | None:
        """Return whose id this is; None: nobody's from elsewhere."""
        if not (user.startswith(f"@{self.prefix}") and user.endswith(f":{self.server}")):
            return None
        local = user[len(self.prefix) + 1 : -len(self.server) - 1]
        return _ESCAPING.unescape(local) or None


def escaped(text: str) -> str:
    """Return a text with each byte that a new id may not have, or that would be ambiguous, as `=` and two hex
    digits: so the specification maps other ids ("Mapping from other character sets"). What remains is lower
    case, so that no two people have one id.
    """
    return _ESCAPING.escape(text)


def unescaped(text: str) -> str:
    """Return what was escaped so."""
    return _ESCAPING.unescape(text)
