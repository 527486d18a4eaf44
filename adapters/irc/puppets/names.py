"""What somebody from elsewhere is called on IRC. Pure.

RFC 2812 section 2.3.1 says which nicks there are; servers differ in what else they take.
"""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

__all__ = ["address_of", "host_of", "ident_of", "network_of", "nicks", "realname_of"]

_NOT_IN_NICKS = re.compile(r"[^A-Za-z0-9\-\[\]\\`_^{|}]+")
_NOT_IN_IDENTS = re.compile(r"[^a-z0-9]+")
_NOT_IN_HOSTS = re.compile(r"[^a-z0-9-]+")
_SHORTEST = 9
"""The length of a nick that every server takes (RFC 2812 section 1.2.1)."""
_LONGEST = 30
_LONGEST_IDENT = 9
"""Servers that take ten put a ~ before it."""
_TELLING = 5
"""So many of them at least tell those apart whose names begin alike."""
_LONGEST_REALNAME = 100
_MOST = 4


def network_of(key: str) -> str:
    """Return the network that somebody is from, given who they are (`Speaker.key`)."""
    return key.partition("/")[0]


def nicks(name: str, key: str, most: int) -> Iterator[str]:
    """Yield the nick for a name, and what to take instead while it is somebody else's: where they come from
    tells them apart. None has more than `most` characters, as the server's NICKLEN says; 0: unknown.
    """
    most = min(most or _SHORTEST, _LONGEST)
    base = _nick(name) or _nick(_local(key)) or f"guest{_digest(key)[:4]}"
    yield base[:most]
    tail = f"[{_nick(network_of(key))[: most // 2]}]"
    yield base[: most - len(tail)] + tail
    for number in range(2, _MOST):
        yield base[: most - len(tail) - 1] + tail + str(number)
    yield f"g{_digest(key)}"[: max(most, _SHORTEST)]


def ident_of(key: str) -> str:
    """Return what stands before the @ in somebody's mask: it is the same on each day, and hardly anybody
    else's, so that who bans it bans one person.
    """
    letters = _NOT_IN_IDENTS.sub("", _plain(_local(key)).lower()) or "guest"
    return (letters[: _LONGEST_IDENT - _TELLING] + _digest(key))[:_LONGEST_IDENT]


def realname_of(name: str, key: str) -> str:
    """Return the text that `/whois` shows: who somebody is and where, by which operators can find them, and
    then what they are called. Where it has to be cut, what they are called goes first.
    """
    network, _, user = key.partition("/")
    said = "".join(letter for letter in f"{user} on {network} (Hubbub): {name}" if letter.isprintable())
    return said.encode()[:_LONGEST_REALNAME].decode("utf-8", "ignore")


def host_of(key: str) -> str:
    """Return a host's name for somebody, by which operators can tell them from others of their network."""
    return f"{_digest(key)}.{_NOT_IN_HOSTS.sub('-', network_of(key).lower()).strip('-') or 'net'}.hubbub"


def address_of(key: str, prefix: IPv4Network | IPv6Network) -> IPv4Address | IPv6Address:
    """Return an address for somebody below a prefix: the same on each day, and hardly anybody else's."""
    number = int.from_bytes(blake2b(key.encode(), digest_size=16).digest())
    # the first and the last address of a network are nobody's
    return prefix[1 + number % max(prefix.num_addresses - 2, 1)] if prefix.num_addresses > 1 else prefix[0]


def _local(key: str) -> str:
    """Return what people would call somebody who is named by an address only; empty: they are not."""
    user = key.partition("/")[2]
    if ":" in user and not user.startswith("@"):
        return ""
    return user.lstrip("@").partition("!")[0].partition("@")[0].partition(":")[0]


def _nick(text: str) -> str:
    nick = _NOT_IN_NICKS.sub("_", _plain(text)).strip("_")
    return f"_{nick}" if nick[:1].isdigit() or nick[:1] == "-" else nick


def _plain(text: str) -> str:
    """Return a text without the accents of its letters."""
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


def _digest(key: str) -> str:
    return blake2b(key.encode(), digest_size=4).hexdigest()
