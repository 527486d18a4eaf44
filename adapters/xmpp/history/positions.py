"""The position of a room, as the journal keeps it. Pure."""

from dataclasses import dataclass

from adapters.xmpp.session import Place

__all__ = ["RoomPosition", "read", "write"]

_PERSISTENT = "persistent"


@dataclass(frozen=True, slots=True)
class RoomPosition:
    """How far a room has been heard, and what kind of room it was, should it no longer exist."""

    since: float
    """When something was last heard there, by our own clock."""
    last: str
    """The room's id of the last message that was heard or read; "" when it gave none."""
    persistent: bool
    destroyed: str


def write(place: Place, now: int) -> str:
    """Write a token, a line for each: how far it is heard, what kind of room it is, why it was destroyed."""
    kind = _PERSISTENT if place.persistent else ""
    return f"{now} {place.last}\n{kind}\n{place.destroyed}".rstrip("\n")


def read(token: str) -> RoomPosition:
    """Read a token of ours."""
    heard, kind, destroyed, *_ = (token + "\n\n").split("\n")
    since, _, last = heard.partition(" ")
    return RoomPosition(float(since), last, kind == _PERSISTENT, destroyed)
