"""Finds commands that may have been carried out, by the marks in a room's history.

A homeserver answers a known transaction id with the same event ("Transaction identifiers"), for as long
as it remembers it: Synapse for a day and over its own restarts, others in memory alone, all of them for
one device. So the history is asked first, which depends on none of this, and the transaction id is left to
cover what was still on its way meanwhile, or was redacted. Messages, edits and topics are found; a
removal, or reactions, may have been carried out in part, and to do them again does no harm.
"""

import asyncio
import json
from collections.abc import Collection, Mapping
from typing import Any

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.encode import MARK
from adapters.matrix.session import Session
from adapters.matrix.untrusted import id_of, listed, mapping, seconds, text_of
from bridge import MessageId, Part, RateLimited, Receipt, TemporaryFailure, Txn

__all__ = ["find_sent"]

_CLOCKS = 600.0
"""Seconds that the homeserver's clock may differ from ours."""
_TYPES = ["m.room.message", "m.room.topic", "m.reaction", "m.room.redaction", "m.room.member"]
_PAGES = 50
_PATIENCE = 30.0


async def find_sent(
    client: MatrixClient, session: Session, wire: str, since: float, txns: Collection[Txn]
) -> Mapping[Txn, Receipt | None]:
    """Look for events of ours with these marks, back to before `since`.

    Raises TemporaryFailure when that takes longer than half a minute.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            found, all_read = await _search(client, session, wire, since - _CLOCKS, frozenset(txns))
    except TimeoutError:
        raise TemporaryFailure(f"the homeserver takes too long to show what was said in {wire}") from None
    return {txn: found.get(txn) for txn in txns} if all_read else found


async def _search(
    client: MatrixClient, session: Session, wire: str, before: float, txns: frozenset[str]
) -> tuple[dict[Txn, Receipt | None], bool]:
    """Return what is known of those found, and whether all was read that could hold the others.

    Only our own events count, and so only our own server's clock: other services date theirs as they like.
    Who of ours may have spoken, a filter cannot name.
    """
    found: dict[Txn, Receipt | None] = {}
    wanted: dict[str, Any] = {"types": _TYPES}
    if session.speakers is None:
        wanted["senders"] = [session.own]
    only = json.dumps(wanted)
    start: str | None = None
    for _ in range(_PAGES):
        page = await _page(client, wire, start, only)
        for event in map(mapping, listed(page.get("chunk"))):
            key = session.key_of(sender := id_of(event.get("sender")))
            if key is None and sender != session.own:
                continue
            name, txn = id_of(event.get("event_id")), _txn(event)
            if name and txn in txns:
                said = event.get("type") in ("m.room.message", "m.room.topic")
                found[Txn(txn)] = Receipt(Part(MessageId(name), speaker=key)) if said else None
            if (at := seconds(event.get("origin_server_ts"))) is not None and at < before:
                return found, True
        following = text_of(page.get("end"))
        if not following or following == start or len(found) == len(txns):
            return found, True
        start = following
    return found, False


async def _page(client: MatrixClient, wire: str, start: str | None, only: str) -> Mapping[str, Any]:
    while True:
        try:
            return await client.messages(wire, start, None, only)
        except RateLimited as error:
            await asyncio.sleep(max(error.retry_after, 1.0))


def _txn(event: Mapping[str, Any]) -> str:
    """Return the mark of an event; a redacted one has only the txn that the homeserver itself remembers."""
    marked = text_of(mapping(event.get("content")).get(MARK))
    return marked or text_of(mapping(event.get("unsigned")).get("transaction_id"))
