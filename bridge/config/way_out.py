"""How a network is reached from this machine, as a person writes it."""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from .block import Model

__all__ = ["Proxy", "WayOut"]

_WRITTEN = re.compile(
    r"(socks5|http)://(?P<host>[^\s:/@#\[\]]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})/?", re.ASCII
)
_PLAIN = "socks5://127.0.0.1:9050 or http://proxy.example.org:3128"


def _address(text: str) -> str:
    if "@" in text:
        raise ValueError("must hold no user and no password: write them beside it, as user: and password:")
    if text.startswith("socks5h:"):
        raise ValueError("must begin with socks5: names are always left to the proxy")
    found = _WRITTEN.fullmatch(text)
    if found is None or not 0 < int(found["port"]) <= 65535:
        raise ValueError(f"must be the address of a proxy, such as {_PLAIN}")
    return text.rstrip("/")


def _word(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text or not text.isprintable() or len(text.encode()) > 255:
        raise ValueError("must be one line of at most 255 bytes, and not empty")
    return secret


def _user(text: str) -> str:
    if not text.isprintable() or ":" in text or len(text.encode()) > 255:
        raise ValueError("must be one line of at most 255 bytes, without a colon")
    return text


def _short(value: object) -> object:
    """Take an address alone for a proxy that asks for no password."""
    return {"address": value} if isinstance(value, str) else value


class Proxy(Model):
    """What stands between us and a network."""

    address: Annotated[str, AfterValidator(_address), Field(examples=["socks5://127.0.0.1:9050"])]
    """Its kind, host and port: `socks5://` or `http://` (by CONNECT)."""
    user: Annotated[str, Field(min_length=1), AfterValidator(_user)] | None = None
    """The name that it asks for. By default none is given."""
    password: Annotated[SecretStr, AfterValidator(_word)] | None = None
    """The password that goes with the name. By default none is given."""

    @property
    def kind(self) -> str:
        """`socks5` or `http`."""
        return self.address.partition(":")[0]

    @property
    def there(self) -> tuple[str, int]:
        """Host, without brackets, and port."""
        host, _, port = self.address.partition("://")[2].rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def login(self) -> tuple[str, str] | None:
        """Name and password, if it asks for them."""
        if self.user is None:
            return None
        return self.user, self.password.get_secret_value() if self.password is not None else ""


class WayOut(Model):
    """What a network may have whose adapter connects to it: a class to be derived from."""

    proxy: Annotated[
        Proxy | None,
        BeforeValidator(_short),
        Field(
            json_schema_extra={"anyOf": [{"type": "string"}, {"type": "object"}]},
            examples=["socks5://127.0.0.1:9050"],
        ),
    ] = None
    """The proxy through which all of this network goes, names too: SOCKS5 (Tor) or HTTP. Its address, or a
    mapping with `user` and `password` beside. By default we connect ourselves.
    """
    source: IPv4Address | IPv6Address | None = None
    """The address of this machine from which we connect. By default the system chooses."""

    @property
    def is_direct(self) -> bool:
        """Whether the system's own way is taken."""
        return self.proxy is None and self.source is None

    @property
    def way(self) -> "WayOut":
        """The same without what else is said of the network."""
        return WayOut(proxy=self.proxy, source=self.source)
