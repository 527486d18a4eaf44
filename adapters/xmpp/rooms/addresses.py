"""The addresses of people from elsewhere below a component's name, and their nicks."""

from collections.abc import Iterator
from functools import lru_cache

from slixmpp import JID, InvalidJID

from bridge import Escaping

__all__ = ["address_of", "key_of", "nick_of", "nicks_of"]

_ESCAPING = Escaping("\\", "._+-")
_LONGEST_LOCAL = 1023
"""Bytes (RFC 7622 section 3.3.1)."""
_LONGEST_NICK = 120
"""Bytes: far more than a name has, and an eighth of what is allowed."""
_NOBODY = "somebody"
_MOST_NICKS = 4


def address_of(key: str, component: str) -> str | None:
    r"""Return the address of somebody by their key; None: it would be too long.

    Each byte that servers change, or that an address cannot have, is written as `\` and two hex digits: so
    XEP-0106 writes ten of them, and people read those. What remains is the same under stringprep (RFC 6122)
    and PRECIS (RFC 7622), so that no two people have one address.
    """
    local = _ESCAPING.escape(key)
    return f"{local}@{component}" if len(local) <= _LONGEST_LOCAL else None


def key_of(address: str) -> str:
    """Return whose address this is."""
    return _ESCAPING.unescape(address.partition("@")[0])


@lru_cache(4096)
def nick_of(name: str) -> str:
    """Return a name as a nick, without what servers refuse there (RFC 7622 section 3.4)."""
    kept = "".join(sign for sign in name if _fits(sign)).strip()
    while len(kept.encode()) > _LONGEST_NICK:
        kept = kept[:-1].rstrip()
    return kept if kept and _fits(kept) else _NOBODY


def nicks_of(name: str, key: str) -> Iterator[str]:
    """Yield a nick, and what to take instead while it is somebody else's: where they come from tells them
    apart.
    """
    yield name
    elsewhere = nick_of(f"{name} ({key.partition('/')[0]})")
    yield elsewhere
    yield from (f"{elsewhere} {number}" for number in range(2, _MOST_NICKS))


def _fits(text: str) -> bool:
    if text == " ":
        return True
    try:
        return bool(JID(f"x@example.org/{text}").resource)
    except InvalidJID:
        return False
