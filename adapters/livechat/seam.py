"""Who is asked before a visitor may do something, and what is known of a visitor then."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .asked import NewVisit

__all__ = ["Admitted", "Caller", "Guarding", "Unguarded"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: what the connection and its headers tell."""

    address: str
    """Their own address, as the proxy before us saw it."""
    desk: str
    chat: int | None = None
    """The chat that they have; None: they have none yet."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A chat that may begin, as it may."""

    asked: NewVisit
    """What was asked, without what may not be said."""
    customer: str = ""
    """Who it is by the word of the shop; empty: nobody said."""
    address: str = ""
    """Their address, hashed with a key: the same for the same one."""


class Guarding(Protocol):
    """Lets visitors do what they ask for, or raises VisitRefused."""

    async def opening(self, caller: Caller, asked: NewVisit) -> Admitted:
        """Let somebody begin a chat, or leave a message."""

    async def saying(self, caller: Caller, text: str) -> str:
        """Let somebody say something. Returns what of it may be said."""

    async def bringing(self, caller: Caller, name: str, file: Path) -> str:
        """Let somebody send a file. Returns its media type, by what is in it."""

    def proof(self, desk: str) -> dict[str, object] | None:
        """Return what a browser has to work for before it may begin; None: nothing."""


class Unguarded:
    """Lets everybody in."""

    async def opening(self, caller: Caller, asked: NewVisit) -> Admitted:
        return Admitted(asked)

    async def saying(self, caller: Caller, text: str) -> str:
        return text

    async def bringing(self, caller: Caller, name: str, file: Path) -> str:
        return ""

    def proof(self, desk: str) -> dict[str, object] | None:
        return None
