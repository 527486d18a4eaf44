"""What a journal keeps beside events, and writes at once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from .records import Opened

__all__ = ["PRIVATE_ROOM", "Notes", "OpenedConversations"]

PRIVATE_ROOM = "private room"
"""The kind of the notes that tell which rooms are, or were once, those of two people, by their names: what is
left of these is never shown.
"""


class OpenedConversations(ABC):
    """The conversations that adapters opened at run time, by network and name."""

    @abstractmethod
    def all(self) -> list[Opened]:
        """Return all that is kept."""

    @abstractmethod
    def keep(self, opened: Opened) -> None:
        """Keep this at once, in place of what had its name. Raises JournalError when that cannot be."""

    @abstractmethod
    def drop(self, opened: Opened) -> None:
        """Keep this no more."""


class Notes(ABC):
    """What features keep beside events, such as what somebody asked for: short texts by their kind, the
    network that they belong to, and a key.
    """

    @abstractmethod
    def all(self, kind: str) -> Mapping[tuple[str, str], str]:
        """Return all of one kind, by network and key."""

    @abstractmethod
    def keep(self, kind: str, network: str, key: str, text: str) -> None:
        """Keep this at once, in place of what had its key. Raises JournalError when that cannot be."""

    @abstractmethod
    def drop(self, kind: str, network: str, key: str) -> None:
        """Keep this no more. Raises JournalError when that cannot be."""
