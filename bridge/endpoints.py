"""What is at the other end: who we are connected to, and where a file can be fetched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext

from .config import WayOut

__all__ = ["Endpoint", "Source"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The other end of a connection, as we see it."""

    server: str
    """Host and port, as connected to."""
    tls: str = ""
    """The version of TLS (`TLSv1.3`); empty: none."""
    certificate: str = ""
    """The SHA-256 digest of its certificate, in hexadecimal; empty: it showed none."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file can be fetched."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What to ask with, secrets too: goes to the host of `url` alone, never on with a redirect."""
    own: bool = False
    """Whether the host is the owner's choice, from the configuration, and so may have a private address."""
    ssl: SSLContext | None = field(default=None, repr=False)
    """What to verify that host with; None: as the web does."""
    way_out: WayOut | None = None
    """The way to it; None: the system's own. The core fills it in."""
