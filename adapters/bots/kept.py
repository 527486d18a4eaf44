"""Records that are kept for bots to ask for again. Pure."""

from dataclasses import dataclass

__all__ = ["KeptFile", "KeptMessage", "KeptPerson"]


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message as it can be asked for again."""

    id: int
    txn: str | None
    """The txn by which the core sent it; None: a bot said it."""
    room: str
    person: int
    name: str
    at: int
    """In seconds since 1970."""
    body: str
    """Its segments, as JSON."""
    heard: bool = False
    """Whether all bots that were there have read it."""


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """Somebody who has spoken in a room."""

    id: int
    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that has an address for a while."""

    name: str
    type: str
    path: str | None = None
    data: bytes | None = None
