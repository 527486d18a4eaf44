"""The common event model: ids, content, events, commands, capabilities.

One word per idea: a *network* is one configured account on one chat system and speaks a
*protocol*; a *room* is one room on one network; a *conversation* is a named set of rooms that are
joined; an *event* is a fact from a network, a *command* a request to one; a *delivery* is one
event owed to one room; a *copy* is a message's counterpart in another room; an *author* is whom a
command speaks for; a *txn* is a delivery part's id.
"""

from .capabilities import Authorship, Capabilities, Support, Unit
from .commands import (
    Answered,
    Author,
    Command,
    DeleteMessage,
    EditMessage,
    Receipt,
    SendMessage,
    SetReactions,
)
from .content import (
    PLAIN,
    Block,
    Content,
    Feature,
    Kind,
    Line,
    Mark,
    Span,
    cut,
    lines,
    normal,
    of_lines,
    plain,
)
from .events import (
    Event,
    MessageCreated,
    MessageEdited,
    ReactionsChanged,
    Removed,
    RoomState,
    RoomStateChanged,
    TalkEvent,
)
from .ids import MessageId, Part, RoomId, Sender, Txn, UserId, by_author

__all__ = [
    "PLAIN",
    "Answered",
    "Author",
    "Authorship",
    "Block",
    "Capabilities",
    "Command",
    "Content",
    "DeleteMessage",
    "EditMessage",
    "Event",
    "Feature",
    "Kind",
    "Line",
    "Mark",
    "MessageCreated",
    "MessageEdited",
    "MessageId",
    "Part",
    "ReactionsChanged",
    "Receipt",
    "Removed",
    "RoomId",
    "RoomState",
    "RoomStateChanged",
    "SendMessage",
    "Sender",
    "SetReactions",
    "Span",
    "Support",
    "TalkEvent",
    "Txn",
    "Unit",
    "UserId",
    "by_author",
    "cut",
    "lines",
    "normal",
    "of_lines",
    "plain",
]
