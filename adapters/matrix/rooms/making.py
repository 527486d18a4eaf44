"""Rooms that are made for some people: private, invited into one by one ("Creation", "Inviting users")."""

import contextlib
from collections.abc import Collection

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.session import Session
from adapters.matrix.untrusted import id_of, listed, mapping
from bridge import AdapterError, Rejected, RoomId, RoomUnavailable, TemporaryFailure, UserId

__all__ = ["destroy", "invite", "make"]

_WHY = "it is closed"
_SETTINGS = {
    "preset": "private_chat",
    "is_direct": False,
    "initial_state": [
        {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": "shared"}},
        {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}},
    ],
    "power_level_content_override": {"invite": 50},
}
"""Whoever is let in later reads what was said before, and lets in nobody else."""


async def make(
    client: MatrixClient, session: Session, name: str, topic: str, invited: Collection[UserId]
) -> RoomId:
    """Make a room. See `Adapter.make_room`."""
    told = {"name": name, "invite": list(invited), **({"topic": topic} if topic else {})}
    room = id_of((await client.call("POST", ("createRoom",), body={**_SETTINGS, **told})).get("room_id"))
    if not room:
        raise TemporaryFailure("the homeserver made a room but did not name it")
    if await client.state(room, "m.room.encryption") is not None:
        await destroy(client, session, room)
        raise Rejected("the homeserver encrypts every private room, and Hubbub cannot read those")
    return RoomId(room)


async def invite(client: MatrixClient, wire: str, users: Collection[UserId]) -> None:
    """Let people in. See `Adapter.invite`."""
    refused: AdapterError | None = None
    for user in users:
        if await _is_in(client, wire, user):
            continue
        try:
            await client.call("POST", ("rooms", wire, "invite"), body={"user_id": user})
        except RoomUnavailable as error:
            refused = Rejected(f"{user} cannot be invited: {error}")
        except Rejected as error:
            refused = error
    if refused is not None:
        raise refused


async def destroy(client: MatrixClient, session: Session, wire: str) -> None:
    """Send everybody out, leave and forget a room: where nobody is left, servers drop it."""
    try:
        found = listed((await client.call("GET", ("rooms", wire, "members"))).get("chunk"))
    except RoomUnavailable:
        return  # we are out of it already
    for event in map(mapping, found):
        user, membership = id_of(event.get("state_key")), mapping(event.get("content")).get("membership")
        if user != session.own and membership in {"join", "invite"}:
            body = {"user_id": user, "reason": _WHY}
            with contextlib.suppress(RoomUnavailable):  # of a rank above ours, or gone by now
                await client.call("POST", ("rooms", wire, "kick"), body=body)
    await client.leave(wire)
    session.left(wire)
    await client.call("POST", ("rooms", wire, "forget"), body={})


async def _is_in(client: MatrixClient, wire: str, user: UserId) -> bool:
    member = await client.state(wire, "m.room.member", user)
    return member is not None and member.get("membership") in {"join", "invite"}
