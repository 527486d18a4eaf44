"""Enters the rooms that are policy lists, and reads them."""

import asyncio
import json
import logging
import secrets
from collections.abc import Sequence
from itertools import chain

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.session import Session
from adapters.matrix.untrusted import listed, mapping
from bridge import AdapterError, Clock, RateLimited

from .policies import RULES

__all__ = ["follow"]

log = logging.getLogger(__name__)

_AGAIN = 600.0
"""After so long a list that could not be read is tried again, in seconds."""


async def follow(client: MatrixClient, session: Session, names: Sequence[str], clock: Clock) -> None:
    """Go by these lists, by alias or id: each is entered and read once for a connection, and then heard.

    Until a list is read, what it said before holds.
    """
    left, found = list(names), set[str]()
    while left:
        for name in list(left):
            try:
                found.add(await _begin(client, session, name))
                left.remove(name)
            except RateLimited as error:
                await asyncio.sleep(error.retry_after)
            except AdapterError as error:
                log.warning("the policy list %s cannot be read, and is tried again later: %s", name, error)
        if left:
            await clock.sleep(_AGAIN)
    if session.policies.full:
        log.warning("the policy lists have too many rules: some of them are not followed")
    for wire in session.policies.lists - found:
        session.policies.forget(wire)


async def _begin(client: MatrixClient, session: Session, name: str) -> str:
    wire, servers = await client.resolve(name) if name.startswith("#") else (name, ())
    wire = await client.join(wire, servers)
    session.joined.add(wire)
    session.policies.lists.add(wire)  # what changes from now on is heard
    reply = await client.sync(None, _filter(wire), wait=False)
    part = mapping(mapping(mapping(reply.get("rooms")).get("join")).get(wire))
    found = [listed(mapping(part.get(kind)).get("events")) for kind in ("state", "timeline")]
    session.policies.begin(wire, chain.from_iterable(found))
    return wire


def _filter(wire: str) -> str:
    """Return a filter for the rules of one room. No two are the same: Synapse keeps answers for a while."""
    none: dict[str, list[str]] = {"types": []}
    rules = {"types": list(RULES)}
    room = {
        "rooms": [wire],
        "timeline": {**rules, "limit": 100},
        "state": rules,
        "ephemeral": none,
        "account_data": none,
    }
    nobody = {"types": [], "not_senders": [f"@{secrets.token_hex(8)}:invalid"]}
    return json.dumps({"room": room, "presence": none, "account_data": nobody}, separators=(",", ":"))
