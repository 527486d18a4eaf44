"""The settings of an XMPP account and of its rooms."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from slixmpp import JID, InvalidJID

from bridge import Host, Live, Model, RoomId, is_loopback

__all__ = ["NetworkConfig", "RoomConfig", "room_id"]

_LINKED = re.compile(r"([^\s/@?#]+@[^\s/@?#]+)(?:\?.*)?$")
"""The room in an address of the web, such as https://xmpp.link/#room@conference.example.org?join."""
_LONGEST_ROOM = 1000
"""Characters; the specification allows 3071 bytes, which no server's stanza limit was made for."""


def _part(text: str) -> str:
    """Check a nick or resource: the part of an address behind the slash (RFC 7622 section 3.4)."""
    if not text.strip() or not text.isprintable() or len(text.encode()) > 255:
        raise ValueError("must be one line of at most 255 bytes, and not empty")
    try:
        return str(JID(f"x@example.org/{text}").resource)
    except InvalidJID:
        raise ValueError("holds a character that an XMPP address cannot have") from None


def _secret(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value() or not secret.get_secret_value().isprintable():
        raise ValueError("must be one line of text, and not empty")
    return secret


Part = Annotated[str, AfterValidator(_part)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]


class NetworkConfig(Model):
    """`networks: NAME:` for `protocol: xmpp`: one account."""

    jid: Annotated[str, Field(examples=["hubbub@example.org"])]
    """The account's address."""
    password: Secret
    """The account's password."""
    server: Host | None = None
    """The host to connect to. By default the one that the domain's DNS records name."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The server's port; only with `server`. Default: `5222`, or `5223` with `tls: direct`."""
    tls: Literal["starttls", "direct", "none"] = "starttls"
    """How the connection is encrypted: after it is made, or from the start; `none` only on this machine."""
    ca_file: Path | None = None
    """Certificates to trust, in PEM, for a server that has one of its own. By default the system's."""
    resource: Part = "hubbub"
    """The name that tells this connection from others of the same account."""
    nick: Annotated[Part | None, Live()] = None
    """The bot's name in rooms. By default what stands before the @ of the `jid`."""

    @field_validator("jid")
    @classmethod
    def _is_account(cls, text: str) -> str:
        try:
            jid = JID(text.strip().removeprefix("xmpp:"))
        except InvalidJID:
            raise ValueError("jid must be an address such as hubbub@example.org") from None
        if not jid.local:
            raise ValueError("jid must be an address such as hubbub@example.org")
        if jid.resource:
            raise ValueError(f'jid must be the address alone: write "{jid.bare}", and resource: beside it')
        return str(jid.bare)

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.port is not None and self.server is None:
            raise ValueError("port goes with server: give both, or neither")
        if self.tls == "none":
            if self.ca_file is not None:
                raise ValueError("ca_file goes with TLS: remove it, or remove tls: none")
            if not _is_loopback(self.server or self.domain):
                raise ValueError("tls: none is only for a server on this machine: others could read all")
        return self

    @property
    def domain(self) -> str:
        """The server's name, as its certificate has it."""
        return self.jid.partition("@")[2]

    @property
    def name(self) -> str:
        """The nick that we want in rooms."""
        return self.nick or self.jid.partition("@")[0]

    @property
    def where(self) -> str:
        """The server, as sentences for the owner name it."""
        return f"{self.address[0]} port {self.address[1]}" if self.address else self.domain

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port to connect to; None: ask the DNS."""
        return (self.server, self.port or self.default_port) if self.server else None

    @property
    def default_port(self) -> int:
        """The usual port of this kind of connection (RFC 6120 section 14.7, XEP-0368)."""
        return 5223 if self.tls == "direct" else 5222


class RoomConfig(Model):
    """The settings of one room."""

    password: Secret | None = None
    """The room's password, if it has one."""
    nick: Part | None = None
    """The bot's name in this room. By default the network's `nick`."""
    create: bool = False
    """Make the room when it does not exist, unless its owner destroyed it."""


def room_id(text: str) -> RoomId:
    """Normalise a room's address. Raises ValueError with a sentence when it is none."""
    text = text.strip()
    if "://" in text and (found := _LINKED.search(unquote(text))):
        raise ValueError(f'{text[:60]!r} is not an XMPP room: write "{found[1]}"')
    if text[:5].lower() == "xmpp:":  # RFC 5122 section 2.2
        text = unquote(text[5:])
    text, _, query = text.partition("?")
    if query not in ("", "join"):
        beside = ", and password: beside it" if "password=" in query else ""
        raise ValueError(f'a link is not an XMPP room: write "{text[:60]}"{beside}')
    if text.startswith("#") and "@" not in text:  # gateways have such: #channel%irc.example.org@gateway
        raise ValueError(f"{text[:60]!r} is not an XMPP room: those look like room@conference.example.org")
    if len(text) > _LONGEST_ROOM:
        raise ValueError(
            f"{text[:40]!r}... is not an XMPP room: it is longer than {_LONGEST_ROOM} characters"
        )
    if any(letter.isspace() for letter in text):
        raise ValueError(f"{text[:60]!r} is not an XMPP room: it holds a space")
    if "/" in text:
        raise ValueError(f"{text[:60]!r} is not an XMPP room: remove the slash and what follows, use `nick`")
    if not all(text.partition("@")):
        raise ValueError(
            f"{text[:60]!r} is not an XMPP room: write room and server, as in room@conference.example.org"
        )
    try:
        jid = JID(text)
    except InvalidJID:
        raise ValueError(
            f"{text[:60]!r} is not an XMPP room: it holds a sign that an address cannot have"
        ) from None
    return RoomId(str(jid.bare))


def _is_loopback(host: str) -> bool:
    return is_loopback(host.strip("[]")) or host.endswith(".localhost")
