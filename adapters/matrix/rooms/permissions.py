"""Finds out from a room's state whether we may speak there: a refusal does not tell."""

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.client.errors import Forbidden
from adapters.matrix.untrusted import mapping
from bridge import AdapterError, Rejected, RoomId, RoomUnavailable

from .power_levels import creators_of, level_of, needed_for_talk

__all__ = ["hindrance", "verdict"]


async def hindrance(client: MatrixClient, user: str, room: RoomId, wire: str) -> str | None:
    """Return, for the owner, what keeps a user from speaking who can see the room's state; None: nothing."""
    member = mapping(await client.state(wire, "m.room.member", user))
    if member.get("membership") != "join":
        return f"{user} is not in {room}: invite it there"
    levels = await client.state(wire, "m.room.power_levels")
    if levels is None:
        return None
    needed = needed_for_talk(levels)
    if level_of(levels, user) >= needed:
        return None
    if user in creators_of(mapping(await client.state_event(wire, "m.room.create"))):
        return None
    return f"{user} may not write in {room}: raise its power level to {needed}"


async def verdict(client: MatrixClient, user: str, room: RoomId, wire: str, error: Forbidden) -> AdapterError:
    """Return the error for a refusal: RoomUnavailable where we may not speak, else Rejected.

    Servers answer both alike, with 403. Raises AdapterErrors when the room's state cannot be learnt.
    """
    if (reason := await hindrance(client, user, room, wire)) is not None:
        return RoomUnavailable(f"{reason} ({error})", error.retry_after)
    return Rejected(str(error), alone=True)
