"""The blocks of bridge.yaml, as a person writes them, and what loading them gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from bridge.model import RoomId

from .announce import AnnounceRules
from .archive import Archive, ArchiveRules
from .block import Model
from .claim import Claim
from .filters import EVERYTHING, Filters
from .listen import SHORTEST_TOKEN, ListenAddress, Listening, need_token
from .mail import Mail
from .show import ShowRules
from .values import (
    Count,
    Duration,
    File,
    Language,
    Line,
    Patterns,
    Prefix,
    Size,
    TimeZone,
    WebAddress,
    off,
)

__all__ = [
    "AdapterClass",
    "Archive",
    "ArchiveRules",
    "Backlog",
    "CatchUp",
    "Config",
    "Conversation",
    "ConversationBlock",
    "DeliveryRules",
    "Direction",
    "Keep",
    "Live",
    "Media",
    "Model",
    "Network",
    "NetworkBlock",
    "Prompted",
    "RoomBlock",
    "RoomEntry",
    "ShowRules",
    "TopBlock",
    "Web",
]


class Prompted:
    """Marks a setting that `hubbub init` asks for though it may be left out: `Annotated[str, Prompted()]`."""


class Live:
    """Marks a setting that an adapter follows without a new connection: `Annotated[str, Live()]`."""


class AdapterClass(Protocol):
    """What the configuration needs to know of a protocol."""

    @property
    def NetworkConfig(self) -> type[Model]: ...  # noqa: N802 - named after the class that it returns

    @property
    def RoomConfig(self) -> type[Model]: ...  # noqa: N802

    def room_id(self, text: str) -> RoomId: ...


class Direction(StrEnum):
    """Which way talk flows between a room and its conversation."""

    BOTH = "both"
    FROM = "from"
    """Only out of the room: nothing is ever written into it."""
    TO = "to"
    """Only into the room: what is said there stays there."""


class Keep(Model):
    """How long the journal keeps what has been delivered."""

    text: Annotated[Duration, Field(description="How long the words are kept.")] = 604_800.0
    ids: Annotated[
        Duration,
        Field(description="How long it is known what messages are called: edits and answers need it."),
    ] = 7_776_000.0


class Media(Model):
    """What is done with the files that people send."""

    folder: Annotated[File, Field(description="The folder in which they wait; relative to this file.")] = (
        Path("hubbub-files")
    )
    max_file: Annotated[Size, Field(description="Larger files do not cross: people get the name.")] = (
        100_000_000
    )
    max_folder: Annotated[Size, Field(description="The most that the folder holds: then the oldest go.")] = (
        2_000_000_000
    )
    keep: Annotated[Duration, Field(description="How long a file and its link are kept.")] = 2_592_000.0
    wait: Annotated[Duration, Field(description="How long a message waits for its file.")] = 20.0
    types: Annotated[
        Patterns, Field(min_length=1, description="The media types that cross, such as `image/*`.")
    ] = ("*",)
    hosts: Annotated[
        Patterns, Field(description="Hosts whose files are fetched though their address is not public.")
    ] = ()
    public_url: Annotated[
        WebAddress | None,
        Field(
            description="Where people reach `listen` from outside; links to files begin with it.",
            examples=["https://files.example.org/hubbub"],
        ),
    ] = None
    listen: Annotated[
        ListenAddress, Field(description="Where files are handed out, if there is a `public_url`.")
    ] = "127.0.0.1:8484"

    def claims(self) -> Mapping[str, Claim]:
        return {} if self.public_url is None else {"listen": Listening(self.listen)}


class Web(Model):
    """Pages for the owner and for whoever watches the service: how it stands, and what was counted."""

    listen: Annotated[
        ListenAddress, Field(description="Where they are. Others than this machine need `token`.")
    ]
    token: Annotated[
        SecretStr | None,
        Field(
            description="What a client has to show: `Authorization: Bearer TOKEN`, 16 letters or more. With "
            "it one logs in to the console."
        ),
    ] = None
    console: Annotated[
        bool, Field(description="Whether the pages are there that show the service and change its map.")
    ] = True

    @model_validator(mode="after")
    def _is_guarded(self) -> "Web":
        need_token(self.listen, self.token)
        if self.token is not None and len(self.token.get_secret_value()) < SHORTEST_TOKEN:
            raise ValueError(f"token: {SHORTEST_TOKEN} letters or more (`openssl rand -hex 20` makes one)")
        return self

    def claims(self) -> Mapping[str, Claim]:
        return {"listen": Listening(self.listen)}


class TopBlock(Model):
    """The whole file."""

    networks: dict[str, Any] = Field(
        description="Every network to connect to, each under a name of your choice."
    )
    conversations: dict[str, Any] = Field(description="Which rooms are joined, each group under a name.")
    owner: Annotated[Annotated[Line, Field(max_length=200)] | None, Prompted()] = Field(
        None,
        description="Who runs this bridge: told to people who write to it.",
        examples=["Ada, ada@example.org"],
    )
    journal: File = Field(
        Path("hubbub.sqlite3"),
        description="The journal's file; relative to this one.",
    )
    durability: Annotated[
        Literal["normal", "full"],
        Field(
            description="With `full`, what is taken survives a power failure too, at a cost for each message."
        ),
    ] = "normal"
    keep: Annotated[Keep, Field(description="How long the journal keeps what was delivered.")] = Keep()
    media: Annotated[Media, Field(description="How files that people send cross, if at all.")] = Media()
    web: Annotated[
        Web | None,
        Field(description="The console, health and metrics over HTTP, for whoever watches the service."),
    ] = None
    archive: Annotated[Archive, Field(description="Where what is archived is kept, and who finds it.")] = (
        Archive()
    )
    mail: Annotated[
        Mail | None, Field(description="The server that sends what Hubbub sends by mail. By default nothing.")
    ] = None
    reload: Annotated[
        Literal["asked", "watch"],
        Field(
            description="When a changed file is followed: once the service is `asked` to (`hubbub reload`, "
            "SIGHUP), or with `watch` as soon as it is saved."
        ),
    ] = "asked"


class CatchUp(Model):
    """How much is read of what was said on a network while Hubbub was away; no messages: nothing."""

    max_age: Annotated[Duration, Field(description="What was said longer ago is left out.")] = 86_400.0
    max_messages: Annotated[Count, Field(description="The most messages that are read of one room.")] = 500


class Backlog(Model):
    """How much of what waited for a room is shown there once it can be reached again."""

    max_age: Annotated[
        Duration | None, Field(description="What was said longer ago is not shown. By default all is.")
    ] = None
    max_messages: Annotated[
        Count | None,
        Field(description="Only so many of the last are shown. By default what suits the network."),
    ] = None


class DeliveryRules(Model):
    """How to deliver to a network, above all when it cannot be reached, and whether to people alone."""

    backlog: Annotated[Backlog, Field(description="How much of what had to wait is shown.")] = Backlog()
    doubt: Annotated[
        Literal["resend", "hold"],
        Field(description="What may have arrived and cannot be looked up: send it again, or keep it back."),
    ] = "resend"
    tell_after: Annotated[
        Duration, Field(description="After how long the other rooms are told that messages wait.")
    ] = 120.0
    tell_gap: Annotated[
        Duration,
        Field(description="For how long nothing must have been heard for the other rooms to be told."),
    ] = 60.0
    max_age: Annotated[Duration, Field(description="A message that waits longer is given up.")] = 604_800.0
    max_queue: Annotated[Count, Field(description="The most messages that wait for one room.")] = 500_000
    direct: Annotated[
        Literal["off", "ask", "open"],
        Field(
            description="Whether people of this network and of others can write to each other alone: `ask`, "
            "when who is written to agrees; `open`, at once."
        ),
    ] = "off"


class NetworkBlock(DeliveryRules, ShowRules, Filters):
    """What every network has, whatever its protocol."""

    protocol: str = Field(
        description="The kind of network: one of Hubbub's own, one of an installed package, or "
        "`package.module:Class`."
    )
    was: str | None = Field(
        None,
        description="The name that this network had before, so that all that belongs to it is kept.",
    )
    prefix: Prefix | None = Field(
        None,
        description="Stands before a message: {name}, {id}, {network}, {protocol}. Default: `<{name}> `.",
        examples=["[{network}] <{name}> "],
    )
    catch_up: Annotated[
        CatchUp,
        BeforeValidator(off),
        Field(description="How much is read of what was said while Hubbub was away; or `off`."),
    ] = CatchUp()


class ConversationBlock(Filters):
    """What every conversation may have besides its rooms."""

    prefix: Prefix | None = Field(
        None,
        description="Stands before a message: {name}, {id}, {network}, {protocol}. By default the network's.",
        examples=["[{network}] <{name}> "],
    )
    protect: Annotated[
        Patterns | None,
        Field(description="Names that nobody from elsewhere has as they are. By default the network's."),
    ] = None
    language: Annotated[
        Language | None,
        Field(description="The language of Hubbub's own sentences. By default the network's."),
    ] = None
    time_zone: Annotated[
        TimeZone | None, Field(description="The zone of the times that are told. By default the network's.")
    ] = None
    archive: Annotated[
        ArchiveRules | None, Field(description="What is archived of it. By default nothing is.")
    ] = None
    announce: Annotated[
        AnnounceRules | None,
        Field(
            description="Makes it a list: who subscribes is told alone what is announced in its rooms, of "
            "which one is enough. By default it is none."
        ),
    ] = None


class RoomBlock(ShowRules, Filters):
    """What every room may have, whatever its protocol. What is not said here is as the network says."""

    room: str = Field(description="The room's name or address.")
    direction: Direction = Field(
        Direction.BOTH,
        description="Which way talk flows: `from` is only out of this room, `to` only into it.",
    )


@dataclass(frozen=True, slots=True)
class Network:
    """One configured account on one chat system."""

    name: str
    protocol: str
    settings: Any
    """The adapter's NetworkConfig."""
    filters: Filters = EVERYTHING
    prefix: str | None = None
    catch_up: CatchUp = field(default_factory=CatchUp)
    rules: DeliveryRules = field(default_factory=DeliveryRules)
    show: ShowRules = field(default_factory=ShowRules)
    """The rules for its rooms that have none of their own."""
    was: str | None = None
    """The name that it had before, if it had another."""


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """A room's part in one conversation."""

    network: str
    room: RoomId
    direction: Direction
    settings: Any
    """The adapter's RoomConfig."""
    show: ShowRules = field(default_factory=ShowRules)
    filters: Filters = EVERYTHING
    """For what is said there and goes into this conversation."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Rooms that are joined, in the order of the file."""

    name: str
    rooms: tuple[RoomEntry, ...]
    filters: Filters = EVERYTHING
    prefix: str | None = None
    archive: ArchiveRules | None = None
    announce: AnnounceRules | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A bridge.yaml without mistakes."""

    networks: Mapping[str, Network]
    conversations: Mapping[str, Conversation]
    """In the order of the file: the first that two rooms share decides how a message looks."""
    owner: str | None
    journal: Path
    durability: Literal["normal", "full"] = "normal"
    keep: Keep = field(default_factory=Keep)
    media: Media = field(default_factory=Media)
    web: Web | None = None
    archive: Archive = field(default_factory=Archive)
    """With the whole name of its file, and with the server that sends its mail."""
    mail: Mail | None = None
    reload: Literal["asked", "watch"] = "asked"
    remarks: tuple[str, ...] = ()
    """Complete sentences, each with its place, about things that are no mistakes but perhaps not meant."""

    def rooms(self) -> Mapping[str, Mapping[RoomId, Any]]:
        """Return the rooms to be in, by network, each with its settings."""
        rooms: dict[str, dict[RoomId, Any]] = {}
        for conversation in self.conversations.values():
            for entry in conversation.rooms:
                rooms.setdefault(entry.network, {})[entry.room] = entry.settings
        return rooms
