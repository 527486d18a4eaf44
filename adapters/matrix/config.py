"""The settings of a Matrix network and of its rooms."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from adapters.matrix.puppets.pairs import parted
from bridge import Claim, ListenAddress, Listening, Live, Model, Prompted, RoomId, WayOut, is_loopback

__all__ = ["MatrixNetwork", "MatrixRoom", "room_id"]

_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")
"""A server name: host or address, with an optional port (appendices, "Server name")."""

_HOST_ALONE = re.compile(r"(?!https?:)[A-Za-z0-9.-]+\.[A-Za-z0-9.-]+(:\d{1,5})?|localhost(:\d{1,5})?")
"""A host without a scheme, as people write it in place of an address."""

_LINKED = re.compile(r"(?:/#/(?:room/)?(?P<sign>[#!])|^matrix:(?P<kind>r|roomid)/)(?P<name>[^/\s]+)")
"""The room in a link: https://matrix.to/#/#alias:server, matrix:r/alias:server."""

_LONGEST_ID = 255
"""Bytes in any Matrix identifier (appendices, "Common identifier format")."""


class MatrixNetwork(WayOut):
    """One Matrix account, or an application service of one's own homeserver."""

    homeserver: Annotated[str, Field(examples=["https://matrix.example.org"])]
    """The base address of the homeserver's client-server API."""
    user: Annotated[str, Field(examples=["@hubbub:example.org"])]
    """The account's full id."""
    token: SecretStr | None = None
    """An access token of the account: this or `password` must stand here."""
    password: Annotated[SecretStr | None, Prompted()] = None
    """The account's password: this or `token` must stand here. The login is kept and used again."""
    device_id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """The session's id, with a password. By default one that stays the same for this network and user."""
    display_name: Annotated[str | None, Live()] = None
    """The bot's name as people see it. By default it stays as it is."""
    registration: Path | None = None
    """The file of an application service that the homeserver knows (`hubbub generate-registration`): then
    people from elsewhere are in the rooms as themselves."""
    listen: Annotated[ListenAddress, Field(examples=["127.0.0.1:9009"])] | None = None
    """Where the homeserver tells what is written to people from elsewhere alone; with a `registration` made
    after this. By default nowhere: then nobody can."""
    order: Annotated[Literal["room", "person"], Live()] = "room"
    """What stays in order, with a `registration`: all that is said in a room; or the words of each person, so
    that people who speak within a second of each other do not wait for each other."""
    ca_file: Path | None = None
    """Certificates to trust beside the system's, in PEM, for a server that has one of its own."""
    insecure: bool = False
    """Allow `http` to a server that is not this machine: then all, the password too, crosses in the clear."""
    leave: Annotated[Literal["never", "public", "always"], Live()] = "public"
    """Which rooms the bot leaves when they leave the map. To come back into one that is not public takes an
    invitation."""
    invites_from: Annotated[tuple[str, ...], Live()] = ()
    """People whose invitations are accepted, besides those into rooms of the map: ids with `*` and `?`."""

    policy_lists: Annotated[tuple[str, ...], Field(examples=[["#bans:example.org"]])] = ()
    """Rooms whose rules say who is not heard ("moderation policy lists"): aliases or ids."""

    @field_validator("policy_lists")
    @classmethod
    def _are_rooms(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(room_id, names))

    @field_validator("homeserver")
    @classmethod
    def _is_address(cls, text: str) -> str:
        url = urlsplit(text)
        if _HOST_ALONE.fullmatch(text):
            raise ValueError(f'homeserver must be an address: write "https://{text}"')
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise ValueError("homeserver must be an address such as https://matrix.example.org")
        if url.username is not None or url.password is not None:
            raise ValueError("homeserver must not hold a user or password: use user and password")
        _ = url.port
        base, found, _ = text.partition("/_matrix")
        if found:
            raise ValueError(f'homeserver must be the address without what follows: write "{base}"')
        return text.rstrip("/")

    @field_validator("user")
    @classmethod
    def _is_user(cls, text: str) -> str:
        local, at, server = text.removeprefix("@").partition("@")
        if at and _names_server(f"@{local}:{server}"):
            raise ValueError(f'user must be a full Matrix id: write "@{local}:{server}"')
        if not text.startswith("@") or not _names_server(text):
            raise ValueError("user must be a full Matrix id such as @hubbub:example.org")
        return text

    @field_validator("invites_from")
    @classmethod
    def _are_users(cls, globs: tuple[str, ...]) -> tuple[str, ...]:
        for glob in globs:
            if not glob.startswith("@") or ":" not in glob:
                raise ValueError("invites_from takes Matrix ids such as @alice:example.org or @*:example.org")
        return globs

    def claims(self) -> Mapping[str, Claim]:
        return {"listen": Listening(self.listen)} if self.listen is not None else {}

    @model_validator(mode="after")
    def _is_complete(self) -> "MatrixNetwork":
        if (self.token is None) == (self.password is None):
            raise ValueError("give either token or password")
        if self.token is not None and self.device_id is not None:
            raise ValueError("device_id goes with password: a token has its device")
        if self.listen is not None and self.registration is None:
            raise ValueError("listen goes with registration: hubbub generate-registration makes one")
        url = urlsplit(self.homeserver)
        if url.scheme == "http" and not self.insecure and not _is_loopback(url.hostname or ""):
            raise ValueError(
                "homeserver must be https (or set insecure: true, and the password crosses in the clear)"
            )
        return self


class MatrixRoom(Model):
    """The settings of one room."""

    example: ClassVar[str] = "#lobby:example.org"

    via: tuple[str, ...] = ()
    """Servers that are in the room, to join it by an id that names none."""

    @field_validator("via")
    @classmethod
    def _are_servers(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _SERVER.fullmatch(name):
                raise ValueError("via takes server names such as example.org")
        return names


def room_id(text: str) -> RoomId:
    """Normalise a room alias or id: its server in lower case; what stands before the server keeps its case.

    An id without a server (room version 12) is taken as it is. Raises ValueError with a sentence.
    """
    text = text.strip()
    if text.startswith(("https://", "http://", "matrix:")):
        raise ValueError(_not_a_link(text))
    if parted(text) is not None:
        return RoomId(text)
    if text.startswith("@"):
        raise ValueError(f"{text} is a user: a Matrix room is #alias:server or !id:server")
    if not text.startswith(("#", "!")):
        if _names_server(f"#{text}"):
            raise ValueError(f'{text} is not a Matrix room: write "#{text}"')
        raise ValueError("a Matrix room is #alias:server or !id:server, in quotes")
    if not text.isprintable() or " " in text or len(text.encode()) > _LONGEST_ID:
        raise ValueError("a Matrix room has no spaces and at most 255 bytes")
    if text[0] == "!" and ":" not in text and len(text) > 1:
        return RoomId(text)
    if not _names_server(text):
        raise ValueError(f"{text} names no server: write it as {text.partition(':')[0]}:example.org")
    local, _, server = text.partition(":")
    return RoomId(f"{local}:{server.lower()}")


def _not_a_link(text: str) -> str:
    """Return the sentence that says what to write in place of a link to a room (appendices, "URIs")."""
    text, _, query = unquote(text).partition("?")
    found = _LINKED.search(text)
    if found is None:
        return "a link is not a Matrix room: write #alias:server or !id:server, in quotes"
    sign = found["sign"] or {"r": "#", "roomid": "!"}[found["kind"]]
    servers = [value for key, value in parse_qsl(query) if key == "via"]
    via = f", and via: [{', '.join(servers)}] beside it" if servers and sign == "!" else ""
    return f'a link is not a Matrix room: write room: "{sign}{found["name"]}"{via}'


def _names_server(text: str) -> bool:
    local, _, server = text.partition(":")
    return len(local) > 1 and _SERVER.fullmatch(server) is not None


def _is_loopback(host: str) -> bool:
    return is_loopback(host) or host.endswith(".localhost")
