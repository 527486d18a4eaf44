"""Callers at the door, and those of them who may begin a chat."""

from dataclasses import dataclass

from .asked import NewVisit

__all__ = ["Admitted", "Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks at the door, by what the connection and its headers tell."""

    address: str
    """Their own address, as the proxy before us saw it."""
    desk: str
    chat: int | None = None
    """The chat that they have; None: they have none yet."""
    language: str = "en"
    """What they are spoken to in, by BCP 47."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A chat that may begin, as it may."""

    asked: NewVisit
    """What was asked, without what may not be said."""
    customer: str = ""
    """Who it is by the word of the shop; empty: nobody said."""
    address: str = ""
    """Their address, hashed with a key: the same for the same one."""
