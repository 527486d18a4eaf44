"""The archive on disk: one SQLite file, one who writes it, many who read it."""

from .opening import size_of
from .reader import Reader
from .records import (
    ChainRow,
    ConversationInfo,
    Entry,
    NewEntry,
    ScopeKind,
    State,
    Subject,
)
from .rounds import Head, Round
from .writer import Store

__all__ = [
    "ChainRow",
    "ConversationInfo",
    "Entry",
    "Head",
    "NewEntry",
    "Reader",
    "Round",
    "ScopeKind",
    "State",
    "Store",
    "Subject",
    "size_of",
]
