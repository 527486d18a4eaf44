"""The pictures of people, as rooms and profiles have them ("m.room.member", "Profiles")."""

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.client.errors import NotMatrix, NotThere
from adapters.matrix.untrusted import mapping, text_of
from bridge import AVATAR_LIMIT, Rejected, TemporaryFailure, UserId

from .content import MXC

__all__ = ["avatar_at", "avatar_of"]

_LONGEST = 600
_SMALL = {"width": "320", "height": "240", "method": "scale", "animated": "false"}
"""The smallest thumbnail that servers make anyhow ("Thumbnails") and that is large enough."""


async def avatar_of(client: MatrixClient, wire: str, user: UserId) -> bytes | None:
    """Return the picture that somebody has in a room. See `Adapter.avatar`."""
    member = mapping(await client.state(wire, "m.room.member", user))
    if member.get("membership") != "join":
        raise TemporaryFailure(f"{user} is not in the room")
    return await avatar_at(client, text_of(member.get("avatar_url"), _LONGEST))


async def avatar_at(client: MatrixClient, address: str) -> bytes | None:
    """Return the picture at an mxc address, by preference made smaller; None: that is no address. Raises
    AdapterErrors.
    """
    found = MXC.fullmatch(address)
    if found is None:
        return None
    server, name = found.groups()
    try:
        return await client.fetch(("media", "thumbnail", server, name), _SMALL, AVATAR_LIMIT)
    except (NotThere, Rejected, NotMatrix):  # none is made of some kinds of pictures
        return await client.fetch(("media", "download", server, name), {}, AVATAR_LIMIT)
