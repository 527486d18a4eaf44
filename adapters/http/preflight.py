"""Looks at the port and at the addresses of webhooks, for `hubbub check --online`."""

import asyncio
from collections.abc import Mapping

import aiohttp

from bridge import ConnectionLost, ProxyFailed, RoomId, connector

from .config import NetworkConfig, RoomConfig
from .port import HUBBUB, ProgramPort
from .webhooks import host_of

__all__ = ["look_at"]

_PATIENCE = aiohttp.ClientTimeout(total=10.0)


async def look_at(config: NetworkConfig, rooms: Mapping[RoomId, RoomConfig]) -> Mapping[RoomId, str | None]:
    """Return for each room what is wrong with it. Raises ConnectionLost when the port cannot be used."""
    try:
        async with ProgramPort(config).serving():
            pass
    except ConnectionLost:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            if not await _is_ours(session, config):
                raise
    async with aiohttp.ClientSession(timeout=_PATIENCE, connector=connector(config)) as session:
        said = await asyncio.gather(*(_look(session, room) for room in rooms.values()))
    return dict(zip(rooms, said, strict=True))


async def _is_ours(session: aiohttp.ClientSession, config: NetworkConfig) -> bool:
    """Whether the port is taken by a Hubbub, which is the service that this is a look for."""
    try:
        async with session.get(f"http://{config.listen}/api/health") as answer:
            return answer.headers.get("Server") == HUBBUB
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False


async def _look(session: aiohttp.ClientSession, room: RoomConfig) -> str | None:
    """Ask the host of a webhook for something harmless: it is enough that it answers."""
    if room.to is None:
        return None
    try:
        async with session.head(room.to, allow_redirects=False) as answer:
            if 300 <= answer.status < 400:
                return f"{host_of(room)} sends us to another address: write that as to:"
    except ProxyFailed as error:
        return str(error)
    except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of {host_of(room)} does not verify"
    except (aiohttp.ClientError, OSError, TimeoutError):
        return f"{host_of(room)} does not answer: check to: and firewalls"
    return None
