"""The blocks of bridge.yaml, as a person writes them, and what loading them gives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from bridge.language import LANGUAGES
from bridge.model import RoomId

from .words import nearest, quoted

__all__ = [
    "AdapterClass",
    "Backlog",
    "CatchUp",
    "Config",
    "Conversation",
    "ConversationBlock",
    "DeliveryRules",
    "Direction",
    "Keep",
    "Media",
    "Model",
    "Network",
    "NetworkBlock",
    "RoomBlock",
    "RoomEntry",
    "ShowRules",
    "TopBlock",
]

_FIELDS = ("name", "network", "protocol")


class Model(BaseModel):
    """A block of the configuration: strict about keys, immutable once read, secrets never printed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


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


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


def _file(path: Path) -> Path:
    if not path.name:
        raise ValueError("must name a file")
    return path


def _pattern(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty: it would match nobody")
    return text


def _template(text: str) -> str:
    """A name template: literal text and bare fields, nothing that format() could do besides."""
    _one_line(text.replace("\N{ZERO WIDTH JOINER}", ""))
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("has a { or } too many: a brace that is meant as text is written twice") from None
    for _, word, spec, conversion in pieces:
        if word is None or (word in _FIELDS and not spec and not conversion):
            continue
        if word in _FIELDS:
            raise ValueError(f"takes {{{word}}} as it is, without anything after the word")
        raise ValueError(
            f"knows {{name}}, {{network}} and {{protocol}}, not {quoted(word)}{nearest(word, _FIELDS)}"
        )
    return text


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: object) -> object:
    """A time such as 90s, 2m, 24h or 7d in seconds."""
    if isinstance(value, float):
        return value
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be a time with its unit: 30s, 2m, 24h or 7d")
    return float(found[1]) * _UNITS[found[2]]


_BYTES = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}


def _bytes(value: object) -> object:
    """A size such as 500kB, 100MB or 2GB in bytes."""
    if isinstance(value, int):
        return value
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*(B|kB|MB|GB)", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be a size with its unit: 500kB, 100MB or 2GB")
    return int(float(found[1]) * _BYTES[found[2]])


def _web_address(text: str) -> str:
    parts = urlsplit(_one_line(text))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://files.example.org/hubbub")
    return text.rstrip("/")


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}{nearest(text, LANGUAGES)}")
    return text


def _time_zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError(
            f"must be a time zone such as Europe/Berlin or UTC{nearest(text, available_timezones())}"
        )
    return text


def _listen(text: str) -> str:
    found = re.fullmatch(r"(?:[\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})", text, re.ASCII)
    if found is None or int(found[1]) > 65535:
        raise ValueError("must be an address and a port of this machine: 127.0.0.1:8484")
    return text


def _off(value: object) -> object:
    return {"max_messages": "0"} if value == "off" else value


Duration = Annotated[
    float,
    BeforeValidator(_seconds),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*[smhd]$|\$\{"}),
]
"""A time in seconds, written with its unit."""
Size = Annotated[
    int,
    BeforeValidator(_bytes),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*(B|kB|MB|GB)$|\$\{"}),
]
"""A size in bytes, written with its unit."""
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]

Prefix = Annotated[str, Field(max_length=100), AfterValidator(_template)]
"""The template of the name in front of a message."""
Patterns = tuple[Annotated[str, AfterValidator(_pattern)], ...]


class Keep(Model):
    """How long the journal keeps what has been delivered."""

    text: Annotated[Duration, Field(description="What was said.")] = 604_800.0
    ids: Annotated[Duration, Field(description="What messages are called, for edits and answers.")] = (
        7_776_000.0
    )


class Media(Model):
    """What is done with the files that people send."""

    folder: Annotated[
        Path, AfterValidator(_file), Field(description="Where they wait; relative to this file.")
    ] = Path("hubbub-files")
    max_file: Annotated[Size, Field(description="Larger files do not cross.")] = 100_000_000
    max_folder: Annotated[Size, Field(description="More is not kept: the oldest goes first.")] = 2_000_000_000
    keep: Annotated[Duration, Field(description="How long a file and its link are kept.")] = 2_592_000.0
    wait: Annotated[Duration, Field(description="How long a message waits for its file.")] = 20.0
    types: Annotated[Patterns, Field(min_length=1, description="The media types that cross: image/*.")] = (
        "*",
    )
    hosts: Annotated[
        Patterns, Field(description="Whose files are fetched though their address is not public.")
    ] = ()
    public_url: Annotated[
        Annotated[str, AfterValidator(_web_address)] | None,
        Field(description="Where people reach `listen` from outside; links to files begin with it."),
    ] = None
    listen: Annotated[
        str, AfterValidator(_listen), Field(description="Where files are handed out, if at all.")
    ] = "127.0.0.1:8484"


class TopBlock(Model):
    """The whole file."""

    networks: dict[str, Any] = Field(
        description="Every network to connect to, each under a name of your choice."
    )
    conversations: dict[str, Any] = Field(description="Which rooms are joined, each group under a name.")
    owner: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)] | None = Field(
        None, description="Who runs this bridge: told to people who write to it."
    )
    journal: Annotated[Path, AfterValidator(_file)] = Field(
        Path("hubbub.sqlite3"),
        description="The journal's file; relative to this one.",
    )
    durability: Annotated[
        Literal["normal", "full"],
        Field(description="full: what is taken survives a power failure too, at a cost for each message."),
    ] = "normal"
    keep: Annotated[Keep, Field(description="How long the journal keeps what was delivered.")] = Keep()
    media: Annotated[Media, Field(description="What is done with the files that people send.")] = Media()


class CatchUp(Model):
    """How much is read of what was said on a network while Hubbub was away; no messages: nothing."""

    max_age: Annotated[Duration, Field(description="What was said longer ago is left out.")] = 86_400.0
    max_messages: Annotated[Count, Field(description="The most messages of one room.")] = 500


class Backlog(Model):
    """How much of what waited for a room is shown there once it can be reached again."""

    max_age: Annotated[Duration | None, Field(description="What was said longer ago is not shown.")] = None
    max_messages: Annotated[Count | None, Field(description="Only so many of the last are shown.")] = None


class DeliveryRules(Model):
    """How to deliver to a network, above all when it cannot be reached."""

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


_Language = Annotated[
    str,
    AfterValidator(_language),
    WithJsonSchema({"type": "string", "enum": list(LANGUAGES)}),
    Field(description="The language of Hubbub's own sentences."),
]
_Zone = Annotated[
    Annotated[str, AfterValidator(_time_zone)] | None,
    Field(description="The zone of the times that are told, such as Europe/Berlin; else UTC."),
]


class ShowRules(Model):
    """What a room is shown of what it cannot do itself, and how it is spoken to."""

    edits: Annotated[
        Literal["diff", "full", "off"],
        Field(description="Of an edit: the words that changed, all of them, or nothing."),
    ] = "diff"
    removals: Annotated[
        Literal["note", "off"], Field(description="Whether it is said that somebody took a message back.")
    ] = "off"
    reactions: Annotated[
        Literal["summary", "off"], Field(description="Whether it is said who reacted with what.")
    ] = "off"
    topics: Annotated[
        Literal["note", "sync", "off"],
        Field(description="A new topic elsewhere: say so, set it here too, or neither."),
    ] = "note"
    members: Annotated[
        Literal["note", "off"], Field(description="Whether it is said who came and went elsewhere.")
    ] = "off"
    long: Annotated[
        Literal["split", "link", "clip"],
        Field(description="A long text: in several messages, as a link to all of it, or only its beginning."),
    ] = "split"
    language: _Language = "en"
    time_zone: _Zone = None


class NetworkBlock(DeliveryRules, ShowRules):
    """What every network has, whatever its protocol."""

    protocol: str = Field(
        description="The kind of network, or package.module:Class for an adapter of your own."
    )
    ignore: Patterns = Field((), description="Whose messages are not relayed: names or ids, * and ? allowed.")
    prefix: Prefix | None = Field(
        None, description="The name in front of a message: {name}, {network}, {protocol}."
    )
    catch_up: Annotated[
        CatchUp,
        BeforeValidator(_off),
        Field(description="How much is read of what was said while Hubbub was away; or off."),
    ] = CatchUp()


class ConversationBlock(Model):
    """What every conversation may have besides its rooms."""

    ignore: Patterns = Field((), description="Whose messages are not relayed: names or ids, * and ? allowed.")
    prefix: Prefix | None = Field(
        None, description="The name in front of a message: {name}, {network}, {protocol}."
    )
    language: Annotated[_Language | None, Field(description="The language of Hubbub's own sentences.")] = None
    time_zone: _Zone = None


class RoomBlock(ShowRules):
    """What every room may have, whatever its protocol. What is not said here is as the network says."""

    room: str = Field(description="The room's name or address.")
    direction: Direction = Field(
        Direction.BOTH, description="both; from: only out of this room; to: only into it."
    )


@dataclass(frozen=True, slots=True)
class Network:
    """One configured account on one chat system."""

    name: str
    protocol: str
    settings: Any
    """The adapter's NetworkConfig."""
    ignore: tuple[str, ...] = ()
    prefix: str | None = None
    catch_up: CatchUp = field(default_factory=CatchUp)
    rules: DeliveryRules = field(default_factory=DeliveryRules)


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """A room's part in one conversation."""

    network: str
    room: RoomId
    direction: Direction
    settings: Any
    """The adapter's RoomConfig."""
    show: ShowRules = field(default_factory=ShowRules)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Rooms that are joined, in the order of the file."""

    name: str
    rooms: tuple[RoomEntry, ...]
    ignore: tuple[str, ...] = ()
    prefix: str | None = None


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
