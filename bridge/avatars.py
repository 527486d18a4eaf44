"""The pictures of people, as they are shown elsewhere."""

from dataclasses import dataclass, field
from typing import Protocol

from .model import RoomId

__all__ = ["AVATAR_LIMIT", "Avatar", "Avatars"]

AVATAR_LIMIT = 2**20
"""Bytes of a person's picture as a network has it, at most: what is larger is none."""


@dataclass(frozen=True, slots=True)
class Avatar:
    """A person's picture: a small square one, drawn anew, so that nothing is in it but what is seen."""

    data: bytes = field(repr=False)
    type: str
    """`image/png` or `image/jpeg`."""
    side: int
    """Its width and height, in pixels."""
    sha1: str
    """The digest of `data`, in hexadecimal."""


class Avatars(Protocol):
    """The pictures of people from elsewhere, for where they are in a room as themselves."""

    async def of(self, room: RoomId, key: str) -> Avatar | None:
        """Return the picture of somebody (`Speaker.key`) who is heard in this room; None: they have none.

        That may take minutes, so nothing that is sent waits for it. Raises an AdapterError when it cannot be
        told now: what is shown then stays as it is.
        """
