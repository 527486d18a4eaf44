"""Looks at the homeserver for `hubbub doctor`: its name and certificate, its clock, and what its domain says
of it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp

from bridge import SYSTEM, Finding, Grade, connector, see_certificate, see_clock, see_name, trust

from .config import MatrixNetwork
from .untrusted import mapping, text_of

__all__ = ["examine"]

_PATIENCE = aiohttp.ClientTimeout(total=15.0)
_LONGEST = 64 * 1024


async def examine(config: MatrixNetwork) -> AsyncIterator[Finding]:
    """Yield what is found. Raises ConnectionLost where `ca_file` cannot be read."""
    url = urlsplit(config.homeserver)
    secure, host = url.scheme == "https", url.hostname or ""
    port = url.port or (443 if secure else 80)
    context = await asyncio.to_thread(trust, config.ca_file)
    yield (named := await see_name(host, port, config))
    if named.grade is Grade.WRONG:
        return
    if secure:
        yield await see_certificate(host, port, context, way_out=config)
    async with aiohttp.ClientSession(
        timeout=_PATIENCE, trust_env=False, connector=connector(config)
    ) as session:
        for look in (_clock, _well_known):
            if (finding := await look(session, config, context)) is not None:
                yield finding


async def _clock(
    session: aiohttp.ClientSession, config: MatrixNetwork, context: ssl.SSLContext
) -> Finding | None:
    """Ask for the time, which stands in every answer (RFC 9110 section 6.6.1); None: there is none."""
    asked = SYSTEM.now()
    try:
        async with session.get(f"{config.homeserver}/_matrix/client/versions", ssl=context) as answer:
            told = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
    return see_clock("the homeserver", told.timestamp(), asked)


async def _well_known(
    session: aiohttp.ClientSession, config: MatrixNetwork, context: ssl.SSLContext
) -> Finding | None:
    """See whether the account's domain names the same homeserver ("Well-known URI"); None: it names none,
    and nobody needs it to.
    """
    domain = config.user.partition(":")[2]
    try:
        address = f"https://{domain}/.well-known/matrix/client"
        async with session.get(address, ssl=context) as answer:
            if answer.status != 200 or (answer.content_length or 0) > _LONGEST:
                return None
            told = mapping(mapping(await answer.json(content_type=None)).get("m.homeserver"))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError):
        return None
    base = text_of(told.get("base_url")).rstrip("/")
    if not base:
        return None
    if base == config.homeserver:
        return Finding("well-known", Grade.WELL, f"{domain} names this homeserver")
    said = f"{domain} names {base} as its homeserver, and the map {config.homeserver}: see that both are one"
    return Finding("well-known", Grade.DOUBTFUL, said)
