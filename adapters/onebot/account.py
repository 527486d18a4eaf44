"""Questions about the account: whether it is logged in, which rooms it has, and where it may speak."""

from contextlib import suppress
from typing import Any

from bridge import ConnectionLost, Rejected, RoomId, Unsupported

from .decode import sender_of
from .encode import address
from .link import Link
from .wire import Frame, identity, number, word

__all__ = ["file_url", "friends", "groups", "member", "members", "muted_until", "online", "see", "who"]


async def who(link: Link) -> str:
    """Return the account's number. Raises ConnectionLost where there is none, or QQ has logged it out."""
    own = identity(_object(await link.ask("get_login_info")).get("user_id"))
    if own is None:
        raise ConnectionLost("the implementation has no QQ account yet: log one in there")
    await online(link)
    return own


async def online(link: Link) -> None:
    """Ask whether the account is logged in. Raises ConnectionLost if not."""
    with suppress(Rejected, Unsupported):  # that is an answer, too
        see(await link.ask("get_status"))


def see(status: object) -> None:
    """Look at a status. Raises ConnectionLost where the account is logged out."""
    if _object(status).get("online") is False:
        raise ConnectionLost(
            "QQ has logged the account out: log it in again in the implementation (it may be frozen)"
        )


async def groups(link: Link) -> set[RoomId]:
    """Return the groups that the account is in."""
    return _rooms("group", await link.ask("get_group_list", no_cache=True))


async def friends(link: Link) -> set[RoomId]:
    """Return the friends of the account, as rooms."""
    return _rooms("private", await link.ask("get_friend_list"))


def _rooms(kind: str, found: object) -> set[RoomId]:
    key = "group_id" if kind == "group" else "user_id"
    return {RoomId(f"{kind}:{id_}") for one in _objects(found) if (id_ := identity(one.get(key)))}


async def members(link: Link, room: RoomId) -> dict[str, str]:
    """Return how the members of a group are called there, by their numbers."""
    found = _objects(await link.ask("get_group_member_list", **address(room)[1]))
    people = [sender_of({"user_id": one.get("user_id"), "sender": one}, {}) for one in found]
    return {who.id: who.name for who in people if who is not None}


async def member(link: Link, room: RoomId, user: str) -> Frame:
    """Return what is known of one of them."""
    _, where = address(room)
    return _object(await link.ask("get_group_member_info", **where, user_id=number(user), no_cache=True))


async def muted_until(link: Link, room: RoomId, own: str) -> float:
    """Return until when the account may not speak in a room, in seconds since 1970; 0: it may."""
    if room.startswith("private:"):
        return 0.0
    until = (await member(link, room, own)).get("shut_up_timestamp")
    return float(until) if isinstance(until, int | float) else 0.0


async def file_url(link: Link, room: RoomId, file: str) -> str:
    """Return where a file can be fetched that was sent without an address; empty: nowhere."""
    kind, where = address(room)
    return word(_object(await link.ask(f"get_{kind}_file_url", **where, file_id=file)), "url")


def _object(found: object) -> Frame:
    return found if isinstance(found, dict) else {}


def _objects(found: Any) -> list[Frame]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
