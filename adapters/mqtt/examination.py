"""Looks at the broker for `hubbub doctor`, before any login."""

import asyncio
from collections.abc import AsyncIterator

from bridge import Finding, Grade, see_certificate, see_name, trust

from .config import NetworkConfig

__all__ = ["examine"]


async def examine(config: NetworkConfig) -> AsyncIterator[Finding]:
    """Yield what is found. Raises ConnectionLost where `ca_file` cannot be read."""
    host, port = config.address
    yield (named := await see_name(host, port, config))
    if config.tls and named.grade is not Grade.WRONG:
        context = await asyncio.to_thread(trust, config.ca_file, alone=True)
        yield await see_certificate(host, port, context, way_out=config)
