"""How long a request may take."""

from typing import NamedTuple

__all__ = ["Timeout"]


class Timeout(NamedTuple):
    """The patience with one request, in seconds."""

    total: float
    read: float | None = None
    """The longest silence in between; None: as long as all of it may take."""
