"""Addresses of this machine at which Hubbub listens: as they are written, whether others reach them, and
whether two of them are one port.
"""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from bridge.loopback import is_loopback

from .claim import Claim

__all__ = ["SHORTEST_TOKEN", "ListenAddress", "Listening", "address_of", "need_token"]

_WRITTEN = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})", re.ASCII)
SHORTEST_TOKEN = 16
_LOCAL = ("127.0.0.1", "::1")


def _listen(text: str) -> str:
    found = _WRITTEN.fullmatch(text)
    if found is None or not 0 < int(found[1]) <= 65535:
        raise ValueError("must be an address and a port of this machine, such as 127.0.0.1:4242")
    return text


ListenAddress = Annotated[str, AfterValidator(_listen)]
"""HOST:PORT, where IPv6 stands in brackets."""


def address_of(listen: str) -> tuple[str, int]:
    """Return the host, without brackets, and the port of a ListenAddress."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def need_token(listen: str, token: SecretStr | None) -> None:
    """See that nobody on other machines can come in by a ListenAddress without a token of 16 letters or more.
    Raises ValueError.
    """
    length = len(token.get_secret_value()) if token is not None else 0
    if length < SHORTEST_TOKEN and not is_loopback(address_of(listen)[0]):
        raise ValueError(
            f"listen: {listen} can be reached from other machines: it needs a token: of "
            f"{SHORTEST_TOKEN} letters or more (`openssl rand -hex 20` makes one); or listen on 127.0.0.1"
        )


@dataclass(frozen=True, slots=True)
class Listening(Claim):
    """Listening at a ListenAddress."""

    listen: str

    def meets(self, other: Claim) -> bool:
        """Whether both want one port: at the same host, or one of them at every host."""
        if not isinstance(other, Listening):
            return False
        (ours, port), (theirs, its) = address_of(self.listen), address_of(other.listen)
        pairs = [(one, two) for one in _hosts(ours) for two in _hosts(theirs)]
        return port == its and any(one == two or _covers(one, two) or _covers(two, one) for one, two in pairs)

    def __str__(self) -> str:
        return f"listening at {self.listen}"


def _hosts(host: str) -> tuple[str, ...]:
    return _LOCAL if host == "localhost" else (host,)


def _covers(every: str, host: str) -> bool:
    """Whether the first means all addresses of this machine, and the second is one of them."""
    return (every == "0.0.0.0" and ":" not in host) or (every == "::" and "." not in host)
