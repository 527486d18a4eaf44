"""The blocks of bridge.yaml, as a person writes them, and what loading them gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.model import RoomId

from .words import nearest, quoted

__all__ = [
    "AdapterClass",
    "Config",
    "Conversation",
    "ConversationBlock",
    "Direction",
    "Model",
    "Network",
    "NetworkBlock",
    "RoomBlock",
    "RoomEntry",
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
    for _, field, spec, conversion in pieces:
        if field is None or (field in _FIELDS and not spec and not conversion):
            continue
        if field in _FIELDS:
            raise ValueError(f"takes {{{field}}} as it is, without anything after the word")
        raise ValueError(
            f"knows {{name}}, {{network}} and {{protocol}}, not {quoted(field)}{nearest(field, _FIELDS)}"
        )
    return text


Prefix = Annotated[str, Field(max_length=100), AfterValidator(_template)]
"""The template of the name in front of a message."""
Patterns = tuple[Annotated[str, AfterValidator(_pattern)], ...]


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


class NetworkBlock(Model):
    """What every network has, whatever its protocol."""

    protocol: str = Field(
        description="The kind of network, or package.module:Class for an adapter of your own."
    )
    ignore: Patterns = Field((), description="Whose messages are not relayed: names or ids, * and ? allowed.")
    prefix: Prefix | None = Field(
        None, description="The name in front of a message: {name}, {network}, {protocol}."
    )


class ConversationBlock(Model):
    """What every conversation may have besides its rooms."""

    ignore: Patterns = Field((), description="Whose messages are not relayed: names or ids, * and ? allowed.")
    prefix: Prefix | None = Field(
        None, description="The name in front of a message: {name}, {network}, {protocol}."
    )


class RoomBlock(Model):
    """What every room may have, whatever its protocol."""

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


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """A room's part in one conversation."""

    network: str
    room: RoomId
    direction: Direction
    settings: Any
    """The adapter's RoomConfig."""


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
