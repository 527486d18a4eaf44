"""What the owner of a server has to put into it before it knows us."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

__all__ = ["Registered", "RegistrationFile"]


@dataclass(frozen=True, slots=True)
class RegistrationFile:
    """A file for a server."""

    file: Path
    text: str = field(repr=False)
    """What stands in it: secrets too."""
    advice: str
    """What to do with it, in words for the owner."""


@runtime_checkable
class Registered(Protocol):
    """An adapter whose network can be told of us by a file."""

    def registration(self) -> RegistrationFile:
        """Return a new file: each call makes new secrets."""
