"""What the room is called in which somebody of Matrix and somebody from elsewhere talk alone. Pure."""

from adapters.matrix.html import USER
from bridge import RoomId, UserId

from .namespace import escaped, unescaped

__all__ = ["parted", "private_id"]


def private_id(person: UserId, key: str) -> RoomId | None:
    """Return the name of the room of a user and a speaker (`Speaker.key`), whatever it is on the wire; None:
    that is no user.
    """
    return RoomId(f"{person}/{escaped(key)}") if USER.fullmatch(person) and key else None


def parted(room: str) -> tuple[UserId, str] | None:
    """Return whose room this is: the user and the speaker's key; None: it is a room like others."""
    person, slash, key = room.partition("/")
    if not slash or not USER.fullmatch(person):
        return None
    speaker = unescaped(key)
    return (UserId(person), speaker) if speaker and escaped(speaker) == key else None
