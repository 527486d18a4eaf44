"""Commands to the content of events (client-server API, "Instant Messaging"). Pure."""

import json
from typing import Any

from bridge import Content, Kind, SendMessage, Txn

from .render import body, formatted, is_pill
from .scan import clean

__all__ = ["LARGEST", "MARK", "TEXT_LIMIT", "content_of", "encode", "size"]

MARK = "hubbub.txn"
"""The key of our txn in an event's content."""

LARGEST = 60_000
"""Bytes of content: an event has 65,536 (client-server API, "Size limits"), of which the server
needs up to 4 kB for its hashes, signatures and references."""

TEXT_LIMIT = 29_000
"""Bytes of text. JSON writes quotation marks, backslashes and newlines in two bytes, so that any text
of this length fits as a plain body."""

_MOST_MENTIONS = 50
_TYPES = {Kind.TEXT: "m.text", Kind.EMOTE: "m.emote", Kind.NOTICE: "m.notice"}


def encode(command: SendMessage, network: str) -> dict[str, Any]:
    """The content of an m.room.message. Mentions alert only people of this very network."""
    return content_of(command.content, command.kind, txn=command.txn, pings=command.author.network == network)


def content_of(
    content: Content, kind: Kind = Kind.TEXT, *, txn: Txn | None = None, pings: bool = False
) -> dict[str, Any]:
    """Say this. What would make the event too large goes: first the formatting, then the signs for it."""
    spans = content.spans
    users = {span.mention for span in spans if is_pill(span)} if pings else set()
    # Without m.mentions clients would alert everybody whose name, or "@room", stands in the text.
    mentions = {"user_ids": sorted(filter(None, users))[:_MOST_MENTIONS]} if users else {}
    event: dict[str, Any] = {"msgtype": _TYPES[kind], "body": body(spans), "m.mentions": mentions}
    if txn is not None:
        event[MARK] = txn
    html = formatted(spans, pings=pings)
    if html is not None:
        rich = {**event, "format": "org.matrix.custom.html", "formatted_body": html}
        if size(rich) <= LARGEST:
            return rich
    if size(event) > LARGEST:
        event["body"] = clean(content.text)
    return event


def size(content: dict[str, Any]) -> int:
    """Bytes of canonical JSON (appendices, "Canonical JSON"): UTF-8, nothing escaped but what must be."""
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
