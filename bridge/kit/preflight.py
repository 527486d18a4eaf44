"""Looking at rooms for `hubbub check --online`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from bridge.errors import RateLimited, Rejected, RoomUnavailable, TemporaryFailure, Unsupported
from bridge.model import RoomId

__all__ = ["preflight"]

C = TypeVar("C")


async def preflight(
    rooms: Mapping[RoomId, C], look: Callable[[RoomId, C], Awaitable[str | None]], *, at_once: int = 8
) -> dict[RoomId, str | None]:
    """Look at each room, so many at once. Returns what `Adapter.look` does: None where all is well, or a
    sentence for the owner: what `look` returns, or the error that it raises about this room. What it raises
    about the connection is raised.
    """
    gate = asyncio.Semaphore(at_once)

    async def sentence(room: RoomId, config: C) -> str | None:
        async with gate:
            try:
                return await look(room, config)
            except (RoomUnavailable, TemporaryFailure, RateLimited, Rejected, Unsupported) as error:
                return str(error)
            except TimeoutError:
                return f"{room} does not answer"

    found = await asyncio.gather(*(sentence(room, config) for room, config in rooms.items()))
    return dict(zip(rooms, found, strict=True))
