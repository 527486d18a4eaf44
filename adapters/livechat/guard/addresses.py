"""Finds the address that a request comes from, by what connections and proxies tell. Pure."""

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence

__all__ = ["Address", "IPNetwork", "address_key", "address_of_client", "forwarded_for", "seat"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_SUBSCRIBER = 8
"""Bytes of an IPv6 address that a provider gives; the rest, 64 bits, its customer chooses (RFC 4291 section
2.5.4, RFC 6177).
"""


def forwarded_for(headers: Sequence[str]) -> list[str]:
    """Return the addresses that values of `X-Forwarded-For` name, in their order: each proxy adds one behind
    the others.
    """
    return [one.strip() for one in ",".join(headers).split(",")] if headers else []


def address_of_client(peer: str, named: Sequence[str], proxies: Sequence[IPNetwork]) -> Address | None:
    """Return whose request it is: who stands at the other end or, where that is a proxy of ours, whom it
    names, and so on. None: nobody can tell.

    `named` is what the request says, the nearest proxy's word last. Words further left may be the client's
    own invention, so the first that is no proxy of ours ends the search.
    """
    found = _read(peer)
    for text in reversed(named):
        if found is None or not any(found in network for network in proxies):
            break
        further = _read(text)
        if further is None:
            break
        found = further
    return found


def _read(text: str) -> Address | None:
    """Read an address as proxies write it: some with a port, IPv6 then in brackets."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found


def seat(address: Address) -> bytes:
    """Return what one customer of a provider has: an IPv4 address, or the first half of an IPv6 one."""
    return address.packed if address.version == 4 else address.packed[:_SUBSCRIBER]


def address_key(key: bytes, address: Address) -> str:
    """Return the hash under which an address is known: the same for all that one customer has, and nothing by
    which somebody without the key could find the address by trying all.
    """
    return hmac.digest(key, b"address\0" + seat(address), hashlib.sha256)[:16].hex()
