"""Looks at the listener, for `hubbub check --online`."""

from collections.abc import Mapping
from http import HTTPStatus

import aiohttp

from bridge import ConnectionLost, RoomId, reached, reason

from .config import NetworkConfig, RoomConfig
from .door import HUBBUB, Door

__all__ = ["look_at"]

_PATIENCE = aiohttp.ClientTimeout(total=10.0)


async def look_at(config: NetworkConfig, rooms: Mapping[RoomId, RoomConfig]) -> Mapping[RoomId, str | None]:
    """Return for each desk what is wrong with it. Raises ConnectionLost when the port cannot be used."""
    found: dict[RoomId, str | None] = dict.fromkeys(rooms)
    host, port = config.address
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
        try:
            async with Door(config).serving():
                runs = False
        except ConnectionLost:
            here = await _asked(session, f"http://{reached(host)}:{port}")
            if isinstance(here, str) or here.headers.get("Server") != HUBBUB:
                raise
            runs = True  # it is the service that this is a look for
        if config.public_url is not None and (why := await _unseen(session, config, runs)):
            found[RoomId("")] = why
    return found


async def _unseen(session: aiohttp.ClientSession, config: NetworkConfig, runs: bool) -> str:
    """Return what is wrong with the way that visitors take, as far as it shows: while the service does not
    run, that somebody answers is all; empty: nothing.
    """
    answer = await _asked(session, str(config.public_url))
    if isinstance(answer, str):
        return f"public_url: {config.public_url} cannot be reached ({answer}): check the web server there"
    if runs and (answer.status != HTTPStatus.OK or answer.content_type != "text/javascript"):
        return (
            f"public_url: {config.public_url}/chat.js is no widget ({answer.status}): let the web server"
            f" there pass on what it is asked to {config.listen}"
        )
    return ""


async def _asked(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientResponse | str:
    """Ask for the widget at an address. Returns the answer, or why there is none."""
    try:
        async with session.get(f"{url}/chat.js", allow_redirects=False) as answer:
            return answer
    except aiohttp.ClientConnectorCertificateError:
        return "its certificate does not verify"
    except TimeoutError:
        return "it does not answer"
    except (aiohttp.ClientError, OSError) as error:
        return reason(error) if isinstance(error, OSError) else str(error)
