"""What a room's position says, for the journal. Pure."""

from dataclasses import dataclass

from .session import Place

__all__ = ["RoomPosition", "read", "write"]

_PERSISTENT = "persistent"


@dataclass(frozen=True, slots=True)
class RoomPosition:
    """How far a room has been heard, and what we know of it should it not be there."""

    since: float
    """When something was last heard there, by our own clock."""
    last: str
    """What the room calls the last message that was heard or read; "" when it named none."""
    persistent: bool
    destroyed: str


def write(place: Place, now: int) -> str:
    """A position's token, a line for each: what was heard, what kind of room it is, what became of it."""
    kind = _PERSISTENT if place.persistent else ""
    return f"{now} {place.last}\n{kind}\n{place.destroyed}".rstrip("\n")


def read(token: str) -> RoomPosition:
    """What a token of ours says."""
    heard, kind, destroyed, *_ = (token + "\n\n").split("\n")
    since, _, last = heard.partition(" ")
    return RoomPosition(float(since), last, kind == _PERSISTENT, destroyed)
