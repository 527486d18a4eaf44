"""What a room is told later, in one line with others."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Digest", "Reaction"]


@dataclass(frozen=True, slots=True)
class Reaction:
    """Somebody's reactions to a message changed."""

    who: str
    to: str
    """What the message says, in a few words."""
    now: tuple[str, ...]
    gone: tuple[str, ...] | None
    """None: all others."""


class Digest(Protocol):
    """Collects what a room is told later."""

    def reacted(self, room: int, reaction: Reaction) -> None:
        """Note that somebody reacted to something, and this room cannot show it otherwise."""

    def repeated(self, room: int, source: int, seq: int, who: str, phrase: str) -> bool:
        """Whether no more than this phrase can be shown of what somebody said, and that is told later, with
        others.
        """
