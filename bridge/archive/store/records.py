"""Records that the store takes and gives."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from bridge.archive.entries import Header, Words

__all__ = ["ChainRow", "ConversationInfo", "Entry", "NewEntry", "ScopeKind", "State", "Subject"]


class State(IntEnum):
    """What is left of an entry. The numbers are part of the format."""

    FULL = 0
    WORDLESS = 1
    """Its words went; what stands for them in the chain is here."""
    BARE = 2
    """Header and words went; what stands for both is here."""
    GONE = 3
    """Nothing is left: the chain begins behind it."""


class NewEntry(NamedTuple):
    """What is to be filed. `Words()`, where `header.left_out` says why they are not kept."""

    conversation: str
    header: Header
    words: Words


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in the archive."""

    number: int
    """Its place among all entries, from 1, in the order in which they were filed."""
    conversation: str
    position: int
    """Its place in the chain of its conversation, from 1."""
    header: Header | None
    """None: it is bare."""
    words: Words | None
    """None: it is wordless or bare."""
    raw_header: bytes
    """As the chain is over it; empty where it went."""
    raw_words: bytes
    state: State


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """How a conversation stands in the archive."""

    number: int
    name: str
    chain: bytes
    """The random id of its chain."""
    position: int
    """Of its last entry; 0: it has none."""
    link: bytes
    """Of its last entry."""
    start: int
    """Up to this position nothing is left; 0: all is there."""
    start_link: bytes
    """The link of that position."""
    first_at: float | None
    """When the oldest that is left was said, in seconds since 1970; None: nobody knows."""
    last_at: float | None

    @property
    def count(self) -> int:
        """How many entries are left of it, whole or in part."""
        return self.position - self.start


class ChainRow(NamedTuple):
    """An entry as its chain sees it: what is empty went, or is not known for what went."""

    position: int
    state: State
    header: bytes
    header_salt: bytes
    words: bytes
    words_salt: bytes
    words_commitment: bytes
    """Of a wordless entry; empty: follows from its words."""
    leaf: bytes
    """Of a bare entry; empty: follows from the rest."""
    check: bytes
    """How the link of the entry begins."""


class ScopeKind(IntEnum):
    """Of what kind something is that entries are found by. The numbers are part of the format."""

    NETWORK = 0
    ROOM = 1
    PERSON = 2


class Subject(NamedTuple):
    """A network, a room or a person that entries are found by."""

    number: int
    kind: ScopeKind
    network: str
    id: str
    """What the network calls the room or person; empty: it is the network itself."""
    names: tuple[str, ...]
    """All names that a person went by, the newest last."""
