"""The time that a request may take."""

from typing import NamedTuple

__all__ = ["Timeout"]


class Timeout(NamedTuple):
    """The longest that one request may take, in seconds."""

    total: float
    read: float | None = None
    """The longest silence in between; None: as long as `total`."""
