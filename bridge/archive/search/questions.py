"""A search in a room, as the archive's process is asked for it, and the answer."""

from typing import Any, ClassVar

import msgspec

from bridge.archive.process.questions import Inquiry

__all__ = ["FoundInRoom", "FoundThere", "RoomSearch"]


class FoundThere(msgspec.Struct, frozen=True, array_like=True):
    """Something that was found."""

    at: float
    """When it was said, in seconds since 1970."""
    name: str
    """Who said it."""
    text: str
    newest: str | None
    """What it says now, where that is something else."""


class FoundInRoom(msgspec.Struct, frozen=True, array_like=True):
    """What somebody in a room finds."""

    hits: tuple[FoundThere, ...] = ()
    more: bool = False
    """Whether there are more than these."""
    known: bool = True
    """Whether they are known to be in the room."""
    remarks: tuple[str, ...] = ()
    """What is to be said beside it, in their language; of a question that cannot be understood only that."""
    since: float = 0.0
    """What was said since then was looked through, in seconds since 1970; 0: all."""


class RoomSearch(Inquiry[FoundInRoom], frozen=True, array_like=True):
    """What somebody in a room looks for."""

    answer: ClassVar[Any] = FoundInRoom

    conversations: tuple[str, ...]
    network: str
    room: str
    person: str
    """By their network's name for them."""
    whole: bool
    """Whether they may read what was said before they came."""
    text: str
    language: str
    zone: str | None
