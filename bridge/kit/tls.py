"""Whom to believe who they are."""

import ssl
from hashlib import sha256
from pathlib import Path
from typing import Any

from bridge.endpoints import Endpoint
from bridge.errors import ConnectionLost
from bridge.faults import reason

__all__ = ["endpoint", "trust"]


def trust(ca_file: Path | None = None, *, alone: bool = False) -> ssl.SSLContext:
    """Return a context that verifies servers by the system's authorities and those of the owner's `ca_file`,
    or by these `alone`. It takes long: to be run in a thread.

    Raises ConnectionLost with a sentence for the owner.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file if alone else None)
        if ca_file is not None and not alone:
            context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        why = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else reason(error)
        raise ConnectionLost(f"ca_file {ca_file} cannot be read: {why}") from None
    return context


def endpoint(host: str, port: int, link: Any) -> Endpoint:
    """Return who is at the other end of a connection. `link` is what carries TLS there, an SSLObject or
    SSLSocket, such as a transport's extra `ssl_object`; anything else: no TLS.
    """
    server = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not isinstance(link, ssl.SSLObject | ssl.SSLSocket):
        return Endpoint(server)
    shown = link.getpeercert(binary_form=True)
    return Endpoint(server, link.version() or "", sha256(shown).hexdigest() if shown else "")
