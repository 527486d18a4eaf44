"""Live chat: visitors of a web page, and agents who answer them from the rooms that they are in anyway.

A desk is a room of a network like others, whose adapter shows it to visitors. What is here decides what
becomes of what visitors and agents say, and keeps it; it knows no protocol, and opens no connection.
"""

from .commands import INSTRUCTIONS
from .desk import Desk
from .farewell import Farewell
from .located import desk_file
from .model import (
    Chat,
    ChatFile,
    ChatLine,
    ChatState,
    Denial,
    Denied,
    FeedRow,
    LineBody,
    NewChat,
    OpenedChat,
    Person,
    SaidBy,
    final,
    own_chat,
)
from .reception import Welcome
from .rules import DeskRules
from .seams import Seams
from .store import AgentRow, BanRow, DeskReader, DeskStore, MailKind, MailRow, NoteRow, Outbox

__all__ = [
    "INSTRUCTIONS",
    "AgentRow",
    "BanRow",
    "Chat",
    "ChatFile",
    "ChatLine",
    "ChatState",
    "Denial",
    "Denied",
    "Desk",
    "DeskReader",
    "DeskRules",
    "DeskStore",
    "Farewell",
    "FeedRow",
    "LineBody",
    "MailKind",
    "MailRow",
    "NewChat",
    "NoteRow",
    "OpenedChat",
    "Outbox",
    "Person",
    "SaidBy",
    "Seams",
    "Welcome",
    "desk_file",
    "final",
    "own_chat",
]
