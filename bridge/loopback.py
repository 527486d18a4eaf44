"""Names and addresses that lead to this machine."""

import ipaddress
import re

__all__ = ["is_loopback", "is_own_name", "reached"]

_OWN = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?")
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def is_loopback(host: str) -> bool:
    """Whether a name or an address leads nowhere but to this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_own_name(host: str) -> bool:
    """Whether a client on this machine calls us so by itself (`Host`, with a port or without). One that uses
    another name may be a browser that somebody's page leads here.
    """
    return _OWN.fullmatch(host) is not None


def reached(host: str) -> str:
    """Return how this machine reaches who listens at an address, as it stands in a URL."""
    host = _ANY.get(host, host)
    return f"[{host}]" if ":" in host else host
