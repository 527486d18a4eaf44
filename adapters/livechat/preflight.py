"""Looks at the listener, for `hubbub check --online`."""

from collections.abc import Mapping

import aiohttp

from bridge import ConnectionLost, RoomId, reached

from .config import NetworkConfig, RoomConfig
from .door import HUBBUB, Door

__all__ = ["look_at"]

_PATIENCE = aiohttp.ClientTimeout(total=10.0)


async def look_at(config: NetworkConfig, rooms: Mapping[RoomId, RoomConfig]) -> Mapping[RoomId, str | None]:
    """Return for each desk what is wrong with it. Raises ConnectionLost when the port cannot be used."""
    found: dict[RoomId, str | None] = dict.fromkeys(rooms)
    try:
        async with Door(config).serving():
            pass
    except ConnectionLost:
        if not await _is_ours(config):
            raise
    if config.public_url is not None and (why := await _unseen(config.public_url)):
        found[RoomId("")] = why
    return found


async def _is_ours(config: NetworkConfig) -> bool:
    """Whether the port is taken by a Hubbub, which is the service that this is a look for."""
    host, port = config.address
    return await _server(f"http://{reached(host)}:{port}/chat.js") == HUBBUB


async def _unseen(url: str) -> str:
    """Return what is wrong with the way that visitors take; empty: nothing."""
    if await _server(f"{url}/chat.js") is not None:
        return ""
    return f"nothing answers at {url}/chat.js: see that the web server there passes on to `listen`"


async def _server(url: str) -> str | None:
    """Return who answers at an address; None: nobody."""
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session, session.get(url) as answer:
            return answer.headers.get("Server")
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None
