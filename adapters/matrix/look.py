"""Looking at a room without entering it, for `hubbub check --online`."""

from typing import Any

from bridge import AdapterError, RoomId, RoomUnavailable

from .answers import NotThere
from .client import Client
from .decode import mapping, text_of

__all__ = ["look_at"]


async def look_at(client: Client, user: str, room: RoomId, joined: frozenset[str]) -> str | None:
    """None when all is well, else a sentence for the owner."""
    try:
        wire = (await client.resolve(room))[0] if room.startswith("#") else str(room)
        if wire not in joined:
            return await _from_outside(client, user, room, wire)
        return await _from_inside(client, user, room, wire)
    except NotThere as error:
        return f"there is no room {room}: check its name ({error})"
    except AdapterError as error:
        return f"{room} cannot be looked at: {error}"


async def _from_inside(client: Client, user: str, room: RoomId, wire: str) -> str | None:
    if await client.state(wire, "m.room.encryption") is not None:
        return f"{room} is encrypted: Hubbub never writes there; use a room without encryption"
    if await client.state(wire, "m.room.tombstone") is not None:
        return None  # It was upgraded, and Hubbub follows.
    levels = await client.state(wire, "m.room.power_levels")
    if levels is not None and _level(levels, user) < _needed(levels):
        return f"{user} may not write in {room}: raise its power level to {_needed(levels)}"
    return None


async def _from_outside(client: Client, user: str, room: RoomId, wire: str) -> str | None:
    try:
        seen = await client.from_outside(wire)
    except (RoomUnavailable, NotThere):
        return f"{user} is not in {room} and may not look in: invite it there"
    found = next((part for part in map(mapping, seen) if part.get("room_id") == wire), {})
    if text_of(found.get("join_rule")) in ("", "public"):
        return None
    return f"{user} is not in {room}, which is not open to all: invite it there"


def _level(levels: Any, user: str) -> int:
    """A user's power level ("m.room.power_levels")."""
    return _number(mapping(levels.get("users")).get(user, levels.get("users_default")), 0)


def _needed(levels: Any) -> int:
    return _number(mapping(levels.get("events")).get("m.room.message", levels.get("events_default")), 0)


def _number(value: object, default: int) -> int:
    """A level is a number, in old rooms also as text."""
    if isinstance(value, str) and value.lstrip("-").isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) else default
