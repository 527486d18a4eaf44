"""Which addresses may be reached: those of the public internet, and what the owner names.

The check stands where a socket is made, so it holds for every address that is really connected to: after
a redirect, for a name that resolves differently the second time, and for any spelling of a number.
"""

import errno
import ipaddress
import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import aiohttp
from yarl import URL

from bridge.config import WayOut
from bridge.kit import connector as connector_to

__all__ = ["ForbiddenAddress", "connector", "is_named", "is_public", "is_web_port", "may_be_asked_for"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NETWORKS = [
    # Global by the registry, yet answered by the machine's own surroundings.
    ipaddress.ip_network("192.0.0.0/24"),  # IETF protocol assignments, RFC 6890; metadata of some clouds
    ipaddress.ip_network("168.63.129.16/32"),  # the virtual host of one cloud
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays, RFC 7526
    ipaddress.ip_network("64:ff9b:1::/48"),  # translation of local use, RFC 8215
    ipaddress.ip_network("2001::/23"),  # Teredo and other protocol assignments, RFC 2928
    ipaddress.ip_network("5f00::/16"),  # segment routing, RFC 9602
]
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_OWN_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".localdomain")
"""What ends a name that leads to the surroundings of whoever looks it up (RFC 6761, 6762, 8375)."""
_WEB_PORTS = frozenset({80, 443})
_RESERVED_PORTS = 1024


class ForbiddenAddress(OSError):
    """The address is not one of the public internet."""


def is_public(text: str) -> bool:
    """Whether the address, as a socket has it, is one of the public internet."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(address)
    if inner is not None:
        return is_public(str(inner))
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    local = any(address in network for network in _NETWORKS)
    return address.is_global and not address.is_multicast and not address.is_reserved and not local


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _TRANSLATED:  # NAT64, RFC 6052
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def is_named(url: URL, hosts: Sequence[str]) -> bool:
    """Whether the owner names the host of this address, and its port unless that is the usual one."""
    host = (url.host_subcomponent or "").casefold()
    names = [f"{host}:{url.port}", *([host, host.strip("[]")] if url.port in _WEB_PORTS else [])]
    wanted = [pattern.casefold() for pattern in hosts]
    # As it stands first: the brackets of an address mean something else in a pattern.
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in wanted for name in names)


def is_web_port(url: URL) -> bool:
    """Whether the web may be at this port of any host: below 1024 are mail, databases and the like."""
    return url.port in _WEB_PORTS or (url.port or 0) >= _RESERVED_PORTS


def _socket(info: Any) -> socket.socket:
    family, kind, protocol, _, address = info
    if family not in (socket.AF_INET, socket.AF_INET6) or not is_public(address[0]):
        raise ForbiddenAddress(errno.EACCES, "the address is not a public one")
    return socket.socket(family=family, type=kind, proto=protocol)


def connector(way_out: WayOut, *, guarded: bool) -> aiohttp.TCPConnector:
    """Return a connector, which connects to public addresses alone if it is guarded. Behind a proxy that
    cannot be seen: `may_be_asked_for` looks at the name.
    """
    return connector_to(way_out, use_dns_cache=False, socket_factory=_socket if guarded else None)


def may_be_asked_for(url: URL) -> bool:
    """Whether a proxy may be asked for this host: a public address, or a name that is not one of its own."""
    host = (url.raw_host or "").casefold().rstrip(".")
    if ":" in host or host.rpartition(".")[2].isdigit():
        return is_public(host)
    return "." in host and not host.endswith(_OWN_NAMES)
