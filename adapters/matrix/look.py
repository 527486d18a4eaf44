"""Looking at a room without entering it, for `hubbub check --online`."""

from bridge import AdapterError, RoomId, RoomUnavailable

from .answers import NotThere
from .client import Client
from .standing import hindrance
from .values import id_of, listed, mapping, text_of

__all__ = ["look_at"]


async def look_at(client: Client, user: str, room: RoomId, joined: frozenset[str]) -> str | None:
    """None when all is well, else a sentence for the owner."""
    try:
        wire = (await client.resolve(room))[0] if room.startswith("#") else str(room)
        if wire not in joined:
            return await _from_outside(client, user, room, wire, joined)
        return await _from_inside(client, user, room, wire)
    except NotThere as error:
        return f"there is no room {room}: check its name ({error})"
    except AdapterError as error:
        return f"{room} cannot be looked at: {error}"


async def _from_inside(client: Client, user: str, room: RoomId, wire: str) -> str | None:
    if await client.state(wire, "m.room.encryption") is not None:
        return _encrypted(room)
    if await client.state(wire, "m.room.tombstone") is not None:
        return None  # It was upgraded, and Hubbub follows.
    return await hindrance(client, user, room, wire)


async def _from_outside(
    client: Client, user: str, room: RoomId, wire: str, joined: frozenset[str]
) -> str | None:
    try:
        seen = await client.from_outside(wire)
    except (RoomUnavailable, NotThere):
        return f"{user} is not in {room} and may not look in: invite it there"
    found = next((part for part in map(mapping, seen) if part.get("room_id") == wire), {})
    if found.get("encryption") is not None:
        return _encrypted(room)
    if text_of(found.get("join_rule")) in ("", "public"):
        return None
    if joined.intersection(map(id_of, listed(found.get("allowed_room_ids")))):
        return None  # Whoever is in one of these rooms may join ("Restricted rooms").
    return f"{user} is not in {room}, which is not open to all: invite it there"


def _encrypted(room: RoomId) -> str:
    return f"{room} is encrypted: Hubbub never writes there; use a room without encryption"
