"""Requests to a network, imperatives."""

from dataclasses import dataclass
from pathlib import Path

from .capabilities import Authorship
from .content import Content, FileKind, Kind
from .ids import Part, RoomId, Txn, UserId

__all__ = [
    "Answered",
    "Byline",
    "Command",
    "DeleteMessage",
    "EditMessage",
    "File",
    "FleetingCommand",
    "MarkRead",
    "Receipt",
    "SendMessage",
    "SetPresent",
    "SetReactions",
    "SetTopic",
    "SetTyping",
    "Speaker",
    "Thumbnail",
    "Whisper",
]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who does in a room what somebody did elsewhere: they themselves, as far as the room can show them, or
    the bridge for them.
    """

    how: Authorship
    name: str
    """What to call them: safe, and nobody else's in the room. With PREFIX it stands in the text already."""
    key: str = ""
    """Who they are, whatever they are called: with PUPPET, whose account is used. Empty with PREFIX."""

    @property
    def account(self) -> str | None:
        """The account that says things here, as `Part.speaker` keeps it."""
        if self.how is Authorship.PREFIX:
            return None
        return self.key if self.how is Authorship.PUPPET else ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that another one answers."""

    part: Part
    """What the network calls it, in the room where the answer goes."""
    name: str
    """Who said it, made safe."""
    text: str
    """Its first words, for clients that show no answers: one line."""
    user: UserId | None = None
    """Who said it, if they are in this very room, so that they can be alerted."""


@dataclass(frozen=True, slots=True)
class Byline:
    """Who said what the bridge's own account says with their name in the text."""

    key: str
    """Who they are, whatever they are called, as `Speaker.key`."""
    name: str
    """What they are called in the room, as `Speaker.name`."""
    start: int = 0
    """Where in the content's text their name stands, with the signs around it, in characters."""
    end: int = 0
    """Behind it, but for a blank. The same as `start`: it cannot be taken out."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture of a larger one, on this machine."""

    path: Path
    type: str
    size: int
    """In bytes."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class File:
    """A file on this machine, whole and checked. What is said of it here was measured, not believed."""

    path: Path
    name: str
    """Safe: one component, no control characters, never empty."""
    kind: FileKind
    type: str
    """The media type, by what is in it."""
    size: int
    """In bytes."""
    digest: str
    """SHA-256, in hex."""
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    """In seconds, by its author's word."""
    voice: bool = False
    thumbnail: Thumbnail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """Say this in the room.

    The content keeps to the room's capabilities: it is short enough, has no mark or feature that the
    record excludes, and holds one line where the record says so. Its text is what a person wrote,
    free of control characters (but newline and tab), lone surrogates and bidi overrides: the adapter
    escapes it.
    """

    room: RoomId
    speaker: Speaker
    txn: Txn
    content: Content
    kind: Kind = Kind.TEXT
    answered: Answered | None = None
    """What it answers, where the record can say that."""
    thread: Part | None = None
    """The message that its thread hangs on, where the record has threads."""
    file: File | None = None
    """A file to send, where the record has files. The content is then its caption where the record has
    captions, and else empty."""
    at: float | None = None
    """When it was said, in seconds since 1970, where that is long ago and the record has `times`."""
    byline: Byline | None = None
    """Whom the text names as its author; None: nobody, as in Hubbub's own words."""
    unstored: bool = False
    """Whether its author asks that nobody keeps it: to be said on where the network knows such a wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMessage:
    """Put these words in place of those of an earlier message of ours."""

    room: RoomId
    speaker: Speaker
    txn: Txn
    target: Part
    """What the network calls the message, with every name that is known of it."""
    content: Content
    kind: Kind = Kind.TEXT
    byline: Byline | None = None
    """As of `SendMessage`."""
    unstored: bool = False
    """As of `SendMessage`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteMessage:
    """Take an earlier message of ours back."""

    room: RoomId
    speaker: Speaker
    txn: Txn
    target: Part
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReactions:
    """Let a speaker's reactions to a message be these. Those of the bridge's own account are the union of
    what all reacted with who have no account there.
    """

    room: RoomId
    speaker: Speaker
    txn: Txn
    target: Part
    emojis: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTopic:
    """Give the room this topic."""

    room: RoomId
    speaker: Speaker
    txn: Txn
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTyping:
    """Show that somebody elsewhere writes, or that nobody does any more."""

    room: RoomId
    typing: bool
    speaker: Speaker | None = None
    """Who it is, where they have an account of their own: shown only if that is in the room already. None:
    anybody, by the bridge's own account.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead:
    """Show that all up to this message has arrived wherever it should."""

    room: RoomId
    target: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPresent:
    """Let a speaker with an account of their own be in the room, or leave it: their author is there where
    they come from, or is there no more.
    """

    room: RoomId
    speaker: Speaker
    """With `present`, under this name; else the key alone counts."""
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """Tell one person something alone, in Hubbub's own words."""

    room: RoomId
    """Where they are, or asked (`Approached.room`)."""
    user: UserId
    text: str
    """Lines."""
    key: str = ""
    """The speaker who tells them, where that can be: whom they wrote to; empty: the bridge's own account."""


Command = SendMessage | EditMessage | DeleteMessage | SetReactions | SetTopic

FleetingCommand = SetTyping | MarkRead | Whisper | SetPresent
"""What is done at once or never: it is neither confirmed nor repeated."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The network's confirmation that a command took effect."""

    part: Part | None
    """What the network calls the message; None where it has no name for it."""
