"""Proxies as other bridges have them, in one address."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from .model import HiddenText, Value

__all__ = ["NO_PROXY", "proxy_of"]

NO_PROXY = "the proxy is not carried: proxy: knows socks5:// and http://, a host and a port"
_PORTS = {"http": 80, "socks5": 1080}


def proxy_of(address: str) -> str | Mapping[str, Value] | None:
    """Return what stands below `proxy:` for an address, which may hold a user and a password; None: nothing
    can.
    """
    try:
        url = urlsplit(address if "://" in address else f"http://{address}")
        host, port = url.hostname, url.port
    except ValueError:
        return None
    scheme = url.scheme.replace("socks5h", "socks5")
    if scheme not in _PORTS or not host or not host.isascii():
        return None
    there = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or _PORTS[scheme]}"
    if not url.username:
        return there
    found: dict[str, Value] = {"address": there, "user": unquote(url.username)}
    return found | ({"password": HiddenText(unquote(url.password))} if url.password else {})
