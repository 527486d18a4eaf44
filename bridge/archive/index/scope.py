"""Marks of what an entry belongs to, which stand in the index like words, so that both are found in one go.

Each begins with a letter of Unicode's private use, and no word has one of those: nothing that people write or
look for is such a mark. Pure.
"""

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Belonging", "Place", "mark"]


class Belonging(StrEnum):
    """What an entry belongs to."""

    CONVERSATION = "\ue000"
    ROOM = "\ue001"
    PERSON = "\ue002"
    NETWORK = "\ue003"
    FILE = "\ue004"
    """It has files."""
    KIND = "\ue005"


def mark(of: Belonging, which: int | str = "") -> str:
    """Return the term for something, by its number in the store, or its name in small letters."""
    return f"{of.value}{which}"


class Place(NamedTuple):
    """Where an entry belongs, by numbers of the store; 0: nowhere."""

    conversation: int
    network: int = 0
    room: int = 0
    person: int = 0
