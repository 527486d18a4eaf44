"""Marks of what an entry belongs to, which stand in the index like words, so that both are found in one go.

Each begins with a letter of Unicode's private use, and no word has one of those: nothing that people write or
look for is such a mark.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

__all__ = ["Belonging", "mark", "month"]


class Belonging(StrEnum):
    """What an entry belongs to."""

    CONVERSATION = "\ue000"
    ROOM = "\ue001"
    PERSON = "\ue002"
    NETWORK = "\ue003"
    FILE = "\ue004"
    """It has files."""
    MONTH = "\ue005"
    KIND = "\ue006"


def mark(of: Belonging, which: int | str = "") -> str:
    """Return the term for something, by its number in the store, or its name in small letters."""
    return f"{of.value}{which}"


def month(at: float) -> str:
    """Return the term for the month of a point in time, in seconds since 1970, by UTC."""
    return _month(int(at // 86400))


@lru_cache(maxsize=4096)
def _month(day: int) -> str:
    return mark(Belonging.MONTH, datetime.fromtimestamp(day * 86400, UTC).strftime("%Y%m"))
