"""The file of a network's desks: the one who writes it, and those who read it."""

from .left import LeftMessage
from .outbox import MailKind, MailRow, Outbox
from .questions import AgentRow, BanRow, DeskQuestions, NoteRow
from .reader import DeskReader
from .writer import DeskStore

__all__ = [
    "AgentRow",
    "BanRow",
    "DeskQuestions",
    "DeskReader",
    "DeskStore",
    "LeftMessage",
    "MailKind",
    "MailRow",
    "NoteRow",
    "Outbox",
]
