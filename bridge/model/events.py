"""Facts from a network, in the past tense."""

from dataclasses import dataclass
from enum import StrEnum

from .content import Content, Kind
from .ids import MessageId, RoomId, Sender, UserId

__all__ = [
    "Approached",
    "Change",
    "Event",
    "FleetingEvent",
    "MemberChanged",
    "MessageCreated",
    "MessageEdited",
    "NameChanged",
    "ReactionsChanged",
    "Removed",
    "RoomState",
    "RoomStateChanged",
    "TalkEvent",
    "TopicChanged",
    "TypingChanged",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCreated:
    """Somebody said something."""

    id: MessageId
    """What the network calls it, unique in its room; where the network has no names, one that we made."""
    aliases: tuple[MessageId, ...] = ()
    room: RoomId
    sender: Sender
    content: Content
    kind: Kind = Kind.TEXT
    reply_to: MessageId | None = None
    quoted: str = ""
    """What it says of the message that it answers, for where nobody knows that any more."""
    thread: MessageId | None = None
    """The thread that it belongs to: the message that the thread hangs on, or the network's own name for
    the thread, whose root is then the first message that bears it."""
    at: float | None = None
    """When, by the network's word, in seconds since 1970; shown only, never used to decide."""
    replayed: bool = False
    """Read from the network's history, not heard live."""
    mark: str = ""
    """The txn that it bears: some Hubbub's copy of another message, and so not relayed."""
    unstored: bool = False
    """Whether its author asks that nobody keeps it for longer than it takes to deliver it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited:
    """Somebody put other words in place of an earlier message of theirs."""

    id: MessageId
    aliases: tuple[MessageId, ...] = ()
    room: RoomId
    sender: Sender
    target: MessageId
    content: Content
    kind: Kind = Kind.TEXT
    at: float | None = None
    replayed: bool = False
    mark: str = ""
    unstored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Somebody took back what was said: a message, an edit of one, or a reaction."""

    id: MessageId
    aliases: tuple[MessageId, ...] = ()
    room: RoomId
    sender: Sender
    target: MessageId
    reason: str = ""
    by_moderator: bool = False
    """Whether the network vouches that the sender may remove what others said."""
    at: float | None = None
    replayed: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionsChanged:
    """Somebody's reactions to a message changed: to these, or by these."""

    id: MessageId
    aliases: tuple[MessageId, ...] = ()
    room: RoomId
    sender: Sender
    target: MessageId
    emojis: tuple[str, ...] | None = None
    """All that they are now; None: only what was added and removed is known."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    at: float | None = None
    replayed: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChanged:
    """Somebody gave the room another topic, while we were there or listening in its history."""

    id: MessageId
    aliases: tuple[MessageId, ...] = ()
    room: RoomId
    sender: Sender
    topic: str
    """Empty: it has none any more."""
    at: float | None = None
    replayed: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChanged:
    """Somebody gave the room another name to show, which is not its address."""

    id: MessageId
    aliases: tuple[MessageId, ...] = ()
    room: RoomId
    sender: Sender
    name: str
    at: float | None = None
    replayed: bool = False
    mark: str = ""


class Change(StrEnum):
    """What became of somebody's being in a room."""

    JOINED = "joined"
    LEFT = "left"
    KICKED = "kicked"
    BANNED = "banned"
    UNBANNED = "unbanned"
    """May come back, whether they do or not."""
    RENAMED = "renamed"
    PICTURED = "pictured"
    """They have another picture (`Adapter.avatar`), or none any more. Nobody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChanged:
    """Somebody else came, went, goes by another name, or has another picture. Only what is seen live.

    Of one of our speakers only this is told: that somebody kicked or banned them, or took that back.
    """

    room: RoomId
    sender: Sender
    """Whom it is about, by the name that people knew until now."""
    speaker: str = ""
    """The key of the speaker whom it is about (`Speaker.key`); empty: it is about a person of the network."""
    change: Change
    reason: str = ""
    """In the words of whoever gave it; a split of the network gives all who leave the same one."""
    by: Sender | None = None
    """Who did it, where somebody else did."""
    name: str = ""
    """For RENAMED: the new name."""
    id: UserId | None = None
    """For RENAMED: the new id, where that changes with the name."""
    takes_back: bool = False
    """For KICKED and BANNED: what they said is taken back as well, by the network's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingChanged:
    """Somebody began to write, still writes, or stopped."""

    room: RoomId
    sender: Sender
    typing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Approached:
    """Somebody wrote to one of our accounts alone, where nothing is relayed. It is not taken: whoever is
    listened to asks for it again.
    """

    room: RoomId
    """The room of those two, as `Adapter.private_room` names it; of who wrote to the bridge's own account, a
    room of the map that both are in, or such a name as the adapter can whisper to.
    """
    sender: Sender
    text: str
    to: str = ""
    """To whom from elsewhere, by their key (`Speaker.key`); empty: to the bridge's own account."""


class RoomState(StrEnum):
    """Where we stand in a room."""

    JOINING = "joining"
    JOINED = "joined"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomStateChanged:
    """Our own standing in a room changed. Deliveries flow only while it is joined."""

    room: RoomId
    state: RoomState
    reason: str = ""
    """For REFUSED: a sentence for the owner that says what to do."""
    caught_up: bool = False
    """For JOINED: what was said since the room's position has been emitted. False: nobody can tell what
    was said while we were out."""
    left_out: int | None = 0
    """For JOINED: so many of the first messages since the position were left out, as `catch_up` asks for;
    None: some, and nobody counted them."""


TalkEvent = MessageCreated | MessageEdited | Removed | ReactionsChanged | TopicChanged | NameChanged
"""What people did: taken into the journal and relayed."""

FleetingEvent = MemberChanged | TypingChanged | Approached
"""What counts only now: never in the journal."""

Event = TalkEvent | FleetingEvent | RoomStateChanged
