"""The settings of an XMPP account and of its rooms."""

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import unquote

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from slixmpp import JID, InvalidJID

from bridge import Duration, Host, Live, Model, RoomId, WayOut, is_loopback

__all__ = ["NetworkConfig", "RoomConfig", "room_id"]

_LINKED = re.compile(r"([^\s/@?#]+@[^\s/@?#]+)(?:\?.*)?$")
"""The room in an address of the web, such as https://xmpp.link/#room@conference.example.org?join."""
_BOT = "hubbub"
"""What stands before the @ of a component's own address: nobody's address there has this form."""
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


class NetworkConfig(WayOut):
    """One XMPP (Jabber) account, or a component of one's own server."""

    jid: Annotated[str, Field(examples=["hubbub@example.org"])]
    """The account's address. Without an @ it is a component (XEP-0114), such as `hubbub.example.org`: then
    people from elsewhere are in the rooms as themselves.
    """
    password: Secret
    """The account's password; the secret of a component."""
    server: Host | None = None
    """The host to connect to. By default the one that the domain's DNS records name; a component needs it."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The server's port; only with `server`. Default: `5222`, or `5223` with `tls: direct`; a component's
    `5347`.
    """
    tls: Literal["starttls", "direct", "none"] = "starttls"
    """How the connection is encrypted: after it is made, or from the start; `none` only on this machine."""
    ca_file: Path | None = None
    """Certificates to trust, in PEM, for a server that has one of its own. By default the system's."""
    resource: Part = "hubbub"
    """The name that tells this connection from others of the same account."""
    nick: Annotated[Part | None, Live()] = None
    """The bot's name in rooms. By default what stands before the @ of the `jid`."""
    idle: Annotated[Duration, Live()] = 86_400.0
    """After so long without a word people from elsewhere leave a room; only for a component."""

    @field_validator("jid")
    @classmethod
    def _is_account(cls, text: str) -> str:
        try:
            jid = JID(text.strip().removeprefix("xmpp:"))
        except InvalidJID:
            raise ValueError("jid must be an address such as hubbub@example.org") from None
        if jid.resource:
            raise ValueError(f'jid must be the address alone: write "{jid.bare}", and resource: beside it')
        return str(jid.bare)

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.port is not None and self.server is None:
            raise ValueError("port goes with server: give both, or neither")
        if self.proxy is not None and self.server is None:
            raise ValueError(
                "proxy goes with server: behind a proxy nobody here asks the DNS which host serves"
                f" {self.domain}; where no other is known, it is {self.domain} itself"
            )
        if self.is_component and self.server is None:
            raise ValueError(
                "jid must be an address such as hubbub@example.org; without an @ it is a component, and needs"
                " server"
            )
        if self.tls == "none" and self.ca_file is not None:
            raise ValueError("ca_file goes with TLS: remove it, or remove tls: none")
        if self.is_component and self.tls != "direct" and not _is_loopback(self.server or ""):
            raise ValueError(
                "a component's connection is not encrypted: server must be this machine, or tls: direct"
            )
        if self.tls == "none" and not _is_loopback(self.server or self.domain):
            raise ValueError("tls: none is only for a server on this machine: others could read all")
        return self

    @property
    def is_component(self) -> bool:
        """Whether we are a component, and everybody has an address there, instead of one account."""
        return "@" not in self.jid

    @property
    def domain(self) -> str:
        """The server's name, as its certificate has it; of a component what its own name is below."""
        return self.jid.partition("." if self.is_component else "@")[2]

    @property
    def bot(self) -> str:
        """The address that the bridge speaks from for all who have none."""
        return f"{_BOT}@{self.jid}" if self.is_component else self.jid

    @property
    def name(self) -> str:
        """The nick that we want in rooms."""
        return self.nick or self.bot.partition("@")[0]

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
        if self.is_component:
            return 5347
        return 5223 if self.tls == "direct" else 5222


class RoomConfig(Model):
    """The settings of one room."""

    example: ClassVar[str] = "lobby@conference.example.org"

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
    if text and text.split() != [text]:
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
