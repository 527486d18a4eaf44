"""`hubbub check --online`: what an account and its rooms look like, without relaying."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Any

from bridge import AdapterError, Clock, ConnectionLost, RoomId

from .account import friends, groups, muted_until, who
from .config import NetworkConfig
from .link import Link, beside

__all__ = ["look_at"]

log = logging.getLogger(__name__)


async def look_at(
    config: NetworkConfig, rooms: Mapping[RoomId, Any], only_read: Collection[RoomId], clock: Clock
) -> Mapping[RoomId, str | None]:
    """Say of each room what keeps us out, or from speaking. Raises an AdapterError when we cannot get in."""
    async with beside(config) as link:
        reading = asyncio.ensure_future(link.read(_nothing))
        try:
            return await _look(link, rooms, only_read, clock)
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def _nothing(_: Mapping[str, Any]) -> None:
    """Take an event that nobody wants."""


async def _look(
    link: Link, rooms: Mapping[RoomId, Any], only_read: Collection[RoomId], clock: Clock
) -> dict[RoomId, str | None]:
    own = await who(link)
    listed = await groups(link)
    known = await friends(link) if any(room.startswith("private:") for room in rooms) else ()
    found: dict[RoomId, str | None] = {}
    for room in rooms:
        found[room] = None
        if room.startswith("private:"):
            if room not in known:
                found[room] = f"is no friend of QQ account {own}: one of them has to add the other"
        elif room not in listed:
            found[room] = f"QQ account {own} is not in it: invite the account to the group"
        elif room not in only_read:
            found[room] = await _silenced(link, room, own, clock)
    return found


async def _silenced(link: Link, room: RoomId, own: str, clock: Clock) -> str | None:
    try:
        left = await muted_until(link, room, own) - clock.now()
    except ConnectionLost:
        raise
    except AdapterError as error:
        log.warning("%s: nobody can tell whether the account may speak there: %s", room, error)
        return None
    if left <= 0:
        return None
    return f"the account is muted there for {left / 60:.0f} more minutes: ask an administrator of the group"
