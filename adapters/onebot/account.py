"""Questions about the account: who it is, which rooms it has, and where it may speak."""

from typing import Any

from bridge import ConnectionLost, RoomId

from .decode import sender_of, word
from .encode import address
from .link import Link
from .wire import identity, number

__all__ = ["file_url", "friends", "groups", "member", "members", "muted_until", "who"]


async def who(link: Link) -> str:
    """Return the account's number."""
    own = identity(_object(await link.ask("get_login_info")).get("user_id"))
    if own is None:
        raise ConnectionLost("the implementation has no QQ account yet: log one in there")
    return own


async def groups(link: Link) -> set[RoomId]:
    """Return the groups that the account is in."""
    found = _objects(await link.ask("get_group_list", no_cache=True))
    return {RoomId(f"group:{id_}") for group in found if (id_ := identity(group.get("group_id")))}


async def friends(link: Link) -> set[RoomId]:
    """Return the friends of the account, as rooms."""
    found = _objects(await link.ask("get_friend_list"))
    return {RoomId(f"private:{id_}") for friend in found if (id_ := identity(friend.get("user_id")))}


async def members(link: Link, room: RoomId) -> dict[str, str]:
    """Return how the members of a group are called there, by their numbers."""
    found = _objects(await link.ask("get_group_member_list", **address(room)[1]))
    people = [sender_of({"user_id": one.get("user_id"), "sender": one}, {}) for one in found]
    return {who.id: who.name for who in people if who is not None}


async def member(link: Link, room: RoomId, user: str) -> dict[str, Any]:
    """Return what is known of one of them."""
    return _object(
        await link.ask("get_group_member_info", **address(room)[1], user_id=number(user), no_cache=True)
    )


async def muted_until(link: Link, room: RoomId, own: str) -> float:
    """Return until when the account may not speak in a group, in seconds since 1970; 0: it may."""
    until = (await member(link, room, own)).get("shut_up_timestamp")
    return float(until) if isinstance(until, int | float) else 0.0


async def file_url(link: Link, room: RoomId, file: str) -> str:
    """Return where a file can be fetched that was sent without an address; empty: nowhere."""
    kind, where = address(room)
    return word(_object(await link.ask(f"get_{kind}_file_url", **where, file_id=file)), "url")


def _object(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _objects(found: object) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
