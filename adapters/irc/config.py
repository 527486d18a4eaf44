"""The settings of an IRC network and of its rooms."""

import codecs
import hashlib
import re
import ssl
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from bridge import Duration, Host, ListenAddress, Live, Model, Prompted, WayOut

__all__ = [
    "Flood",
    "NetworkConfig",
    "NickServ",
    "Ping",
    "PuppetRules",
    "RoomConfig",
    "Sasl",
    "WebIrc",
    "expansion",
]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UMODES = re.compile(r"^([+-][A-Za-z]+)*$")
_ASCII = "".join(map(chr, range(32, 127)))


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must be one line without control characters")
    return text


def _one_word(text: str) -> str:
    if " " in text.strip(" "):
        raise ValueError(f'must be one word: write "{text.strip(" ").replace(" ", "_")}"')
    if not text or _CONTROL.search(text) or " " in text or text.startswith(":"):
        raise ValueError("must be one word: no spaces, no control characters, not starting with a colon")
    return text


def _secret_line(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value() or _CONTROL.search(secret.get_secret_value()):
        raise ValueError("must be one line of text, and not empty")
    return secret


def _secret_word(secret: SecretStr) -> SecretStr:
    text = _secret_line(secret).get_secret_value()
    if " " in text or "," in text or text.startswith(":"):
        raise ValueError("must hold no spaces and no commas, and not start with a colon")
    return secret


Words = Annotated[str, AfterValidator(_one_line)]
Word = Annotated[str, AfterValidator(_one_word)]
Secret = Annotated[SecretStr, AfterValidator(_secret_line)]
Key = Annotated[SecretStr, AfterValidator(_secret_word)]


def expansion(encoding: str) -> int:
    """Return how many bytes of this encoding stand for one byte of UTF-8 at most (measured by the tests)."""
    name = codecs.lookup(encoding).name
    if name == "utf-8" or len("é\u20ac\u4e00\U0001f600".encode(encoding, "replace")) <= len("é€一😀"):
        return 1
    return 4 if name.startswith(("iso2022", "hz")) else 2


class Sasl(Model):
    """Log in before joining (IRCv3 SASL)."""

    mechanism: Literal["plain", "external"] = "plain"
    """`plain` logs in with user and password, `external` with the certificate in `cert_file`."""
    user: Annotated[Words | None, Prompted()] = None
    """The account's name. With `plain` there is no default."""
    password: Annotated[Secret | None, Prompted()] = None
    """The account's password. With `plain` there is no default."""

    @field_validator("mechanism", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.mechanism == "plain" and (not self.user or self.password is None):
            raise ValueError("mechanism plain needs user and password")
        return self


class NickServ(Model):
    """Identify with the services where there is no SASL."""

    user: Word | None = None
    """The account's name. By default none is sent, and the services go by the nick."""
    password: Secret
    """The account's password."""


class Flood(Model):
    """How much may be sent, in lines."""

    burst: Annotated[float, Field(ge=2, le=1e9)] = 10
    """So many lines at once, after a silence."""
    per_second: Annotated[float, Field(gt=0, le=1e9)] = 1
    """So many lines per second from then on."""

    def at(self, pace: float) -> tuple[float, float]:
        """Return burst and lines per second at this part of the speed: at least a message and its PING."""
        return max(self.burst * pace, 2.0), self.per_second * pace


class Ping(Model):
    """How to find out whether the server is still there, in seconds."""

    after: Annotated[float, Field(gt=0)] = 15
    """Seconds between two questions: what was said up to one that is answered was surely heard."""
    timeout: Annotated[float, Field(gt=0)] = 60
    """Seconds without an answer after which the connection counts as dead."""


class WebIrc(Model):
    """Tell the server where each of them is from (WEBIRC), so that operators can ban one and not all."""

    password: Key
    """What the server's operators gave us for it."""
    gateway: Word = "hubbub"
    """The name by which they know this bridge."""
    ipv6_prefix: IPv6Network = IPv6Network("fd68:7562:6275:6200::/64")
    """Below this prefix everybody has an address of their own, always the same. Nothing listens there."""


class PuppetRules(Model):
    """People from elsewhere are on the network as themselves, each by a connection of their own."""

    max: Annotated[int, Field(ge=1, le=500)] = 30
    """So many connections at most. Who has been silent for longest leaves first."""
    per_room: Annotated[int, Field(ge=1, le=500)] = 20
    """So many of them in a room at most."""
    idle: Annotated[Duration, Field(gt=0)] = 86_400.0
    """After so long without a word they leave."""
    burst: Annotated[float, Field(ge=1, le=1000)] = 1
    """So many connect at once, after a while in which nobody did."""
    per_second: Annotated[float, Field(gt=0, le=1000)] = 1
    """So many connect per second from then on."""
    webirc: WebIrc | None = None
    """Where the server's operators have agreed to it: who each of them is, instead of this machine."""
    source: IPv4Network | IPv6Network | None = None
    """A network all of whose addresses this machine has, such as `2001:db8:1:2::/64`: each of them connects
    from one of their own, always the same, so that operators can ban one and not all.
    """
    ident: Annotated[ListenAddress | None, Field(examples=["0.0.0.0:113"])] = None
    """Where to answer servers that ask who is behind a connection (RFC 1413), and nobody else. They ask at
    port 113.
    """


class NetworkConfig(WayOut):
    """One IRC network."""

    server: Annotated[Host, Field(examples=["irc.libera.chat"])]
    """The server's name or address, without a port."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The server's port. Default: `6697`, or `6667` without TLS."""
    tls: Annotated[bool, Prompted()] = True
    """Whether the connection is encrypted. Without, everybody on the way reads along."""
    ca_file: Path | None = None
    """Certificates to trust, in PEM, for a server that has one of its own. By default the system's."""
    cert_file: Path | None = None
    """Our own certificate, in PEM, to log in with (`sasl: {mechanism: external}`)."""
    key_file: Path | None = None
    """The key of our certificate. By default it stands in `cert_file`."""
    nick: Annotated[Word, Field(examples=["hubbub"]), Live()]
    """The bot's name. Where it is taken, one like it is used until it is free."""
    username: Word | None = None
    """The part before the @ in the bot's mask. Default: the nick."""
    realname: Words = "Hubbub, a bot that relays this conversation to other chat networks"
    """The text that `/whois` shows of the bot."""
    password: Secret | None = None
    """The server's own password; most have none."""
    sasl: Annotated[Sasl | None, Prompted()] = None
    """Log in before joining (IRCv3 SASL): the better way, where the network has it."""
    nickserv: NickServ | None = None
    """Log in by a message to the services, where there is no SASL."""
    encoding: str = "utf-8"
    """The encoding of what is sent. What comes in is read as UTF-8 first, then as this, or as Windows-1252
    where this is UTF-8 itself.
    """
    flood: Annotated[Flood, Live()] = Flood()
    """How fast to send, in lines. A message is two: itself and the PING that confirms it. The default is what
    public networks take without delay: five messages at once, then one every two seconds."""
    ping: Annotated[Ping, Live()] = Ping()
    """How to find out that the server is gone."""
    replies: Annotated[Literal["words", "tag"], Live()] = "tag"
    """How a reply says what it replies to. `tag`: IRCv3 `+draft/reply`, where the server lets it through,
    else it quotes. `words`: it always quotes, for people whose clients show nothing of the tag.
    """
    code: Literal["mirc", "backticks", "plain"] = "mirc"
    """How code is marked. `mirc`: by the formatting code for monospace, which some clients show as something
    else (irssi: a Q). `backticks`: as people type it. `plain`: not at all.
    """
    puppets: PuppetRules | None = None
    """Let people from elsewhere be here as themselves, where the network's operators allow it: most want to
    be asked. By default the bot says everything, with the names in the text.
    """
    bot_mode: bool = True
    """Tell the server that this is a bot, where it has a mode for that."""
    umodes: Annotated[str, Field(json_schema_extra={"pattern": _UMODES.pattern})] = ""
    """User modes to set after login, such as `+i`."""

    @field_validator("nick")
    @classmethod
    def _nick(cls, nick: str) -> str:
        if re.search(r"[!@*?,.#&:$%~]", nick) or nick[0] in "-0123456789":
            raise ValueError(
                "is not a nick: letters, digits, - and []\\`_^{|} are, not starting with a digit or -"
            )
        return nick

    @field_validator("username")
    @classmethod
    def _username(cls, name: str | None) -> str | None:
        if name is not None and re.search(r"[!@]", name):
            raise ValueError("must hold no ! and no @")
        return name

    @field_validator("umodes")
    @classmethod
    def _umodes(cls, modes: str) -> str:
        if not _UMODES.fullmatch(modes):
            raise ValueError("must be modes with their signs, such as +i or +i-x")
        return modes

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, name: str) -> str:
        try:
            same = _ASCII.encode(name) == _ASCII.encode("ascii")
        except (LookupError, UnicodeError):
            raise ValueError(
                f"there is no encoding {name!r}; utf-8, cp1252, iso-8859-15, koi8-r are some"
            ) from None
        if not same:
            raise ValueError(f"{name} cannot be used on IRC: plain letters must be plain bytes in it")
        return codecs.lookup(name).name

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.sasl and self.sasl.mechanism == "external" and not (self.tls and self.cert_file):
            raise ValueError("sasl mechanism external needs tls and cert_file")
        if self.key_file and not self.cert_file:
            raise ValueError("key_file needs cert_file")
        if self.proxy and self.puppets and (self.puppets.source or self.puppets.ident):
            raise ValueError(
                "puppets: source and ident are about connections from this machine; behind a proxy they come"
                " from there, so take them out"
            )
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.server, self.port or (6697 if self.tls else 6667)

    def fingerprint(self) -> str:
        """Return the SHA-256 of our certificate, by which most networks know it.

        Raises OSError or ValueError.
        """
        pem = self.cert_file.read_text("ascii", "replace") if self.cert_file else ""
        pem = pem[pem.index(ssl.PEM_HEADER) : pem.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)]
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


class RoomConfig(Model):
    """One channel."""

    example: ClassVar[str] = "#lobby"

    key: Key | None = None
    """The channel's key (mode `+k`)."""


def no_answer(config: NetworkConfig) -> str:
    """Return the sentence for a server that does not answer: nobody is there, or it expects plain text."""
    server, port = config.address
    how = " in TLS" if config.tls else ""
    return f"{server} does not answer{how} on port {port}: check server, port, tls and firewalls"
