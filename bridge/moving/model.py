"""What was found in another bridge's configuration, in Hubbub's own words: every format becomes this."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from bridge.config import Direction

__all__ = [
    "Blank",
    "Findings",
    "FoundConversation",
    "FoundNetwork",
    "FoundRoom",
    "HiddenText",
    "Inherited",
    "Remark",
    "Value",
    "blanks_in",
    "secrets_in",
]


@dataclass(frozen=True, slots=True)
class HiddenText:
    """A secret: it is written into bridge.yaml, and shown nowhere."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a variable of the environment gave, and goes on giving: `${NAME}` is written."""

    name: str
    text: str = field(repr=False)
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Blank:
    """What Hubbub needs and the other bridge had no counterpart for: a variable is written, for the owner to
    set.
    """

    name: str
    """Of the variable."""
    what: str
    """What to set it to: the end of a sentence."""
    sample: str
    """Something that `check` accepts there."""
    before: str = ""
    """What stands before the variable in the value."""


Value: TypeAlias = (
    "str | bool | int | float | HiddenText | Inherited | Blank | tuple[Value, ...] | Mapping[str, Value]"
)


@dataclass(frozen=True, slots=True)
class Remark:
    """A complete sentence for the owner about something that is not as it was."""

    sentence: str
    line: int | None = None
    """Of the other bridge's file, counted from 1."""
    kind: Literal["lost", "do"] = "lost"
    """Whether something could not be carried, or something is to be done."""


@dataclass(frozen=True, slots=True)
class FoundNetwork:
    """One account, or server, of the other bridge."""

    name: str
    protocol: str
    origin: str
    """What the other bridge calls it."""
    settings: Mapping[str, Value]
    remarks: tuple[Remark, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class FoundRoom:
    """A room's part in a conversation."""

    network: str
    room: str | Blank
    direction: Direction = Direction.BOTH
    settings: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        room = self.room if isinstance(self.room, str) else f"{self.room.before}..."
        return f"{self.network} {room}"


@dataclass(frozen=True, slots=True)
class FoundConversation:
    """Rooms that the other bridge joined."""

    name: str
    origin: str
    rooms: tuple[FoundRoom, ...]
    remarks: tuple[Remark, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything."""

    product: str
    networks: tuple[FoundNetwork, ...] = ()
    conversations: tuple[FoundConversation, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """What belongs to no network and no conversation."""
    top: Mapping[str, Value] = field(default_factory=dict)
    """Keys of the file besides."""
    concealed: tuple[str, ...] = field(default=(), repr=False)
    """Secrets that were seen and are not carried."""

    def noting(self, *remarks: Remark) -> "Findings":
        """Return the same with more remarks."""
        return replace(self, remarks=(*self.remarks, *remarks))


def _leaves(part: object) -> Iterator[object]:
    """Yield every value below networks, rooms, conversations, mappings and lists."""
    match part:
        case Findings():
            yield from _leaves((part.networks, part.conversations, part.top))
        case FoundNetwork():
            yield from _leaves(part.settings)
        case FoundConversation():
            yield from _leaves(part.rooms)
        case FoundRoom():
            yield from _leaves((part.room, part.settings))
        case Mapping():
            yield from _leaves(tuple(part.values()))
        case tuple():
            for one in part:
                yield from _leaves(one)
        case _:
            yield part


def blanks_in(part: object) -> list[Blank]:
    """Return what is to be set, each variable once."""
    found = [leaf for leaf in _leaves(part) if isinstance(leaf, Blank)]
    return list({blank.name: blank for blank in found}.values())


def secrets_in(findings: Findings) -> list[str]:
    """Return all that must not be shown, but for what stands there in the clear as well: to strike that out
    wherever it stands would tell it.
    """
    leaves = list(_leaves(findings))
    shown = "\n".join(leaf for leaf in leaves if isinstance(leaf, str)).lower()
    hidden = [leaf.text for leaf in leaves if isinstance(leaf, HiddenText)]
    hidden += [leaf.text for leaf in leaves if isinstance(leaf, Inherited) and leaf.secret]
    return [secret for secret in (*hidden, *findings.concealed) if secret and secret.lower() not in shown]
