"""A room's history tells what was said while we were away, and what became of what we said.

`get_group_msg_history` and `get_friend_msg_history` are no part of OneBot v11; NapCat, LLBot and Lagrange
have them. All three give the newest messages, as many as are asked for, when no message is named; only this
is used, since what names a message there differs. Asked for more and more, they come to where we were.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from bridge import AdapterError, CatchUp, RoomId, Unsupported

from .decode import at
from .encode import address, digest
from .link import Link
from .rooms import DISORDER, Place, Sent
from .wire import identity, segments

__all__ = ["MOST", "Frame", "Meanwhile", "find", "missed", "read"]

Frame = dict[str, Any]
MOST = 2000
"""So many messages of a room are looked at, at most."""
_PAGE = 50
_SLOW = 60.0
"""Seconds that a history may take: the address of each picture in it is made anew."""
_SKEW = 60.0
"""Seconds that our clock and QQ's may be apart."""


class Meanwhile(NamedTuple):
    """The talk since a room's position."""

    frames: list[Frame]
    complete: bool = True
    """Whether it is known what was said."""
    left_out: int | None = 0
    """The number that was left out, as `catch_up` asks for; None: some."""


async def read(
    link: Link, room: RoomId, reached: Callable[[Frame], bool], most: int = MOST
) -> tuple[list[Frame], bool]:
    """Return the last messages of a room, oldest first, so many at most, back to one that `reached` knows;
    and whether there is one. Raises Unsupported where there is no history.
    """
    count, before = min(_PAGE, most), -1
    while True:
        found = await _newest(link, room, count)
        if any(map(reached, found)):
            return found, True
        if len(found) <= before or count >= most:
            return found, False
        count, before = min(count * 2, most), len(found)


async def _newest(link: Link, room: RoomId, count: int) -> list[Frame]:
    kind, where = address(room)
    name = "get_group_msg_history" if kind == "group" else "get_friend_msg_history"
    try:
        data = await link.ask(name, _SLOW, **where, count=count)
    except Unsupported:
        raise
    except AdapterError:
        if not link.alive:
            raise
        return []  # NapCat refuses where nothing was ever said
    found = data.get("messages") if isinstance(data, dict) else None
    listed = found if isinstance(found, list) else []
    frames = [{"post_type": "message", **frame} for frame in listed if isinstance(frame, dict)]
    return sorted(frames, key=_time)


def _time(frame: Frame) -> float:
    return at(frame) or 0.0


async def missed(link: Link, place: Place, own: str, catch_up: CatchUp, now: float) -> Meanwhile:
    """Return what others said since a room's position, as far as the owner wants it."""
    since = int(place.since or 0.0) - DISORDER

    def is_known(frame: Frame) -> bool:
        return _time(frame) < since or identity(frame.get("message_id")) == place.newest

    most = min(catch_up.max_messages, MOST)
    try:
        found, reached = await read(link, place.room, is_known, most + 2)
    except Unsupported:
        return Meanwhile([], complete=False)
    known = max((n for n, frame in enumerate(found) if is_known(frame)), default=-1)
    oldest = max(since, now - catch_up.max_age)
    others = [n for n, frame in enumerate(found) if identity(frame.get("user_id")) != own]
    wanted = [n for n in others if _time(found[n]) >= oldest][-most or len(found) :]
    left_out = sum(n > known for n in others) - sum(n > known for n in wanted)
    full = len(found) >= most + 2  # there may be more
    return Meanwhile(
        [found[n] for n in wanted], reached or full, left_out if reached else None if full else 0
    )


async def find(link: Link, room: RoomId, own: str, sent: Sent) -> tuple[str | None, bool]:
    """Return the message in a history that is what we sent, and whether it is surely not there."""

    def is_before(frame: Frame) -> bool:
        return _time(frame) < sent.at - _SKEW or identity(frame.get("message_id")) == sent.after

    found, reached = await read(link, room, is_before)
    start = max((n + 1 for n, frame in enumerate(found) if is_before(frame)), default=0)
    ours = [frame for frame in found[start:] if identity(frame.get("user_id")) == own]
    for frame in ours:
        if digest(segments(frame.get("message"))) == sent.digest:
            return identity(frame.get("message_id")), False
    return None, reached and not ours
