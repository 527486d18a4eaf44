"""A room's history tells what was said while we were away, and what became of what we said.

`get_group_msg_history` and `get_friend_msg_history` are no part of OneBot v11; NapCat, LLBot and Lagrange
have them. All three give the newest messages, as many as are asked for, when no message is named; only this
is used, since what names a message there differs. Asked for more and more, they come to where we were.
"""

from collections.abc import Callable

from bridge import CatchUp, Rejected, RoomId

from .decode import at
from .encode import address, digest
from .link import Link
from .rooms import DISORDER, Place, Sent
from .wire import Frame, identity, segments

__all__ = ["find", "missed", "read"]

_MOST = 2000
"""So many messages of a room are looked at, at most."""
_PAGE = 50
_SLOW = 60.0
"""Seconds that a history may take: the address of each picture in it is made anew."""
_SKEW = 60.0
"""Seconds that our clock and QQ's may be apart."""


async def read(
    link: Link, room: RoomId, known: Callable[[Frame], bool], most: int = _MOST
) -> tuple[list[Frame], int]:
    """Return the last messages of a room, oldest first, so many at most, back to one that is known; and the
    number of those up to the last one that is: 0 where there is none. Raises Unsupported where there is no
    history.
    """
    count, before = min(_PAGE, most), -1
    while True:
        found = await _newest(link, room, count)
        start = max((n for n, frame in enumerate(found, 1) if known(frame)), default=0)
        if start or len(found) <= before or count >= most:
            return found, start
        count, before = min(count * 2, most), len(found)


async def _newest(link: Link, room: RoomId, count: int) -> list[Frame]:
    kind, where = address(room)
    name = "get_group_msg_history" if kind == "group" else "get_friend_msg_history"
    try:
        data = await link.ask(name, _SLOW, **where, count=count)
    except Rejected:
        return []  # NapCat refuses where nothing was ever said
    found = data.get("messages") if isinstance(data, dict) else None
    listed = found if isinstance(found, list) else []
    return sorted(
        ({"post_type": "message", **frame} for frame in listed if isinstance(frame, dict)), key=_time
    )


def _time(frame: Frame) -> float:
    return at(frame) or 0.0


async def missed(
    link: Link, place: Place, own: str, catch_up: CatchUp, now: float
) -> tuple[list[Frame], bool, int | None]:
    """Return what others said since a room's position, and what the owner wants of what was heard already,
    but for what is too much to be read; whether that is known; and the number of what was not read (see
    `Missed`). Raises Unsupported where there is no history.
    """
    since = int(place.since or 0.0) - DISORDER

    def is_known(frame: Frame) -> bool:
        return _time(frame) < since or identity(frame.get("message_id")) == place.newest

    most = min(catch_up.max_messages, _MOST)
    found, start = await read(link, place.room, is_known, most + 2)
    others = [n for n, frame in enumerate(found) if identity(frame.get("user_id")) != own]
    new = sum(n >= start for n in others)
    young = sum(_time(found[n]) >= max(since, now - catch_up.max_age) for n in others)
    count = max(new, min(young, most))
    full = len(found) >= most + 2  # there may be more
    left_out = None if full and not start else 0
    return [found[n] for n in others[len(others) - count :]], bool(start) or full, left_out


async def find(link: Link, room: RoomId, own: str, sent: Sent) -> tuple[str | None, bool]:
    """Return the message in a history that is what we sent, and whether it is surely not there. Raises
    Unsupported where there is no history.
    """

    def is_before(frame: Frame) -> bool:
        return _time(frame) < sent.at - _SKEW or identity(frame.get("message_id")) == sent.after

    found, start = await read(link, room, is_before)
    ours = [frame for frame in found[start:] if identity(frame.get("user_id")) == own]
    for frame in ours:
        if digest(segments(frame.get("message"))) == sent.digest:
            return identity(frame.get("message_id")), False
    return None, start > 0 and not ours
