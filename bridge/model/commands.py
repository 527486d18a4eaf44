"""Requests to a network, imperatives."""

from dataclasses import dataclass

from .content import Content, Kind
from .ids import Part, RoomId, Txn, UserId

__all__ = [
    "Answered",
    "Author",
    "Command",
    "DeleteMessage",
    "EditMessage",
    "Receipt",
    "SendMessage",
    "SetReactions",
]


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a command speaks for: a person on another network. Their name is already made safe."""

    network: str
    id: UserId
    name: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that another one answers."""

    part: Part
    """What the network calls it, in the room where the answer goes."""
    name: str
    """Who said it, made safe."""
    text: str
    """Its first words, for clients that show no answers: one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """Say this in the room.

    The content keeps to the room's capabilities: it is short enough, has no mark or feature that the
    record excludes, and holds one line where the record says so. Its text is what a person wrote,
    free of control characters (but newline and tab), lone surrogates and bidi overrides: the adapter
    escapes it.
    """

    room: RoomId
    author: Author
    txn: Txn
    content: Content
    kind: Kind = Kind.TEXT
    answered: Answered | None = None
    """What it answers, where the record can say that."""
    at: float | None = None
    """When it was said, in seconds since 1970, where that is long ago and the record has `times`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMessage:
    """Put these words in place of those of an earlier message of ours."""

    room: RoomId
    author: Author
    txn: Txn
    target: Part
    """What the network calls the message, with every name that is known of it."""
    content: Content
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteMessage:
    """Take an earlier message of ours back."""

    room: RoomId
    author: Author
    txn: Txn
    target: Part
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReactions:
    """Let our reactions to a message be these: the union of what people elsewhere reacted with."""

    room: RoomId
    author: Author
    """Who changed theirs last."""
    txn: Txn
    target: Part
    emojis: tuple[str, ...]


Command = SendMessage | EditMessage | DeleteMessage | SetReactions


@dataclass(frozen=True, slots=True)
class Receipt:
    """The network's confirmation that a command took effect."""

    part: Part | None
    """What the network calls the message; None where it has no name for it."""
    by: UserId | None = None
    """Who spoke on our behalf, where that is not the adapter's own identity."""
