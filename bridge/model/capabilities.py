"""What a network can do in one room: data, and the only truth about it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from .content import Feature, Mark

__all__ = ["Authorship", "Capabilities", "Support", "Unit"]


class Unit(StrEnum):
    """What a text limit counts."""

    BYTES = "bytes"
    """Bytes of UTF-8."""
    CODE_POINTS = "code points"
    UTF16 = "UTF-16 code units"


class Support(IntEnum):
    """How far a network can do something."""

    NO = 0
    PARTIAL = 1
    """In some rooms, for some clients or for some time."""
    FULL = 2


class Authorship(StrEnum):
    """How a message shows whom it is from, best first."""

    PUPPET = "puppet"
    """An account of the author's own says it."""
    MASQUERADE = "masquerade"
    """The bridge's account says it under the author's name."""
    PREFIX = "prefix"
    """The bridge's account says it, and the text begins with the author's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The record that `fit` degrades a command to; the contract suite proves each record honest."""

    text_limit: int
    """The longest text of one message, in `unit`."""
    unit: Unit = Unit.BYTES
    lines: bool = True
    """Whether one message can hold several lines."""
    marks: frozenset[Mark] = frozenset()
    features: frozenset[Feature] = frozenset()
    mark_cost: int = 0
    """What a change of marks, colour or link between two spans costs of the limit at most, in `unit`."""
    reply: Support = Support.NO
    """Whether a message can say which one it answers."""
    thread: Support = Support.NO
    """Whether a message can belong to a thread."""
    edit: Support = Support.NO
    """Whether our own messages can be given other words."""
    delete: Support = Support.NO
    """Whether our own messages can be taken back."""
    reaction: Support = Support.NO
    """Whether we can react to a message."""
    file: Support = Support.NO
    """Whether we can send a file itself, rather than tell where it is."""
    file_limit: int | None = None
    """The largest file that the network takes, in bytes; None: no limit is known."""
    captions: bool = False
    """Whether a file can have words with it in one message."""
    topic: Support = Support.NO
    """Whether we may set the room's topic."""
    mention: Support = Support.NO
    """Whether a span's mention alerts the person, beyond their name in the text."""
    doubt: Support = Support.NO
    """Whether it can be found out what became of a message when the connection was lost (`find_sent`)."""
    typing: Support = Support.NO
    """Whether we can show that somebody writes."""
    read: Support = Support.NO
    """Whether we can show that a message has arrived."""
    whisper: Support = Support.NO
    """Whether one person of the room can be told something alone (`Whisper`)."""
    away: Support = Support.NO
    """Whether it is known which of the room's people are away (`Adapter.is_away`)."""
    rooms: Support = Support.NO
    """Whether a room for some people alone can be made on this network (`Adapter.make_room`)."""
    authorship: Authorship = Authorship.PREFIX
    """How a speaker appears; in the record of the bridge's own account, the best that there is here."""
    own_connection: bool = False
    """Whether a speaker's words go by a connection of their own, so that the network may show them before or
    behind what others say at the same time: they then wait until that is confirmed. In the record of the
    bridge's own account, whether anybody here has one.
    """
    abreast: int = 1
    """How many speakers may have something on the way at once, each one message, where they spoke within a
    second. Above 1 only for puppets, where the network orders nobody's words against another's and the owner
    does not mind; in the record of the bridge's own account too.
    """
    name_pings: bool = False
    """Whether a person's name in plain text alerts its owner, as it does in most IRC and XMPP clients."""
    times: bool = False
    """Whether a message can carry when it was said, quietly (`SendMessage.at`)."""
    backlog: int | None = None
    """How many old messages at once the manners of the network allow; None: as many as there are."""
    window: int = 1
    """How many commands may be unconfirmed in this room at once, as a queue builds. Above 1 only where
    the network takes commands in order or fails all that follow. Of speakers with connections of their
    own, each has the window of their record, which is no larger than that of the bridge's own account."""
