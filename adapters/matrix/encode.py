"""Commands to the content of events (client-server API, "Instant Messaging"). Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bridge import Byline, Content, EditMessage, Kind, SendMessage, Txn, UserId

from .html import USER, body, formatted
from .profile import PROFILE, marked, profile_to
from .untrusted import clean

__all__ = [
    "LARGEST",
    "MARK",
    "TEXT_LIMIT",
    "content_of",
    "encode",
    "is_key",
    "reaction_of",
    "redaction_of",
    "size",
    "topic_of",
]

MARK = "hubbub.txn"
"""The key of our txn in an event's content."""

LARGEST = 60_000
"""Bytes of content: an event has 65,536 (client-server API, "Size limits"), of which the server
needs up to 4 kB for its hashes, signatures and references."""

TEXT_LIMIT = 29_000
"""Bytes of text. JSON writes quotation marks, backslashes and newlines in two bytes, so that any text
of this length fits as a plain body."""

_MOST_MENTIONS = 50
_LONGEST_KEY = 64
"""Characters of a reaction: families of emoji are long, and words are reactions too."""
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\n\t]")
"""Characters that would change how the text around a reaction is read."""
_LONGEST_REASON = 500
_AROUND_EDIT = 2000
"""Bytes of an edit's content beside the new content, when its fallback is cut."""
_LONGEST_FALLBACK = 100
"""Characters of the fallback of an edit that is too large otherwise."""
_TYPES = {Kind.TEXT: "m.text", Kind.EMOTE: "m.emote", Kind.NOTICE: "m.notice"}


_NO_FILE: Mapping[str, Any] = {}


def encode(command: SendMessage | EditMessage, file: Mapping[str, Any] = _NO_FILE) -> dict[str, Any]:
    """Return the content of an m.room.message. `file`: the fields of a file, whose caption the words are.

    A reply has no fallback ("Rich replies"): since v1.13 clients take none off and would show it twice, and
    those that know no replies at all are older than most rooms.
    """
    if isinstance(command, EditMessage):
        return _edit(command, file)
    answered = command.answered
    alerted = (answered.user,) if answered is not None and answered.user is not None else ()
    if answered is not None or command.thread is not None:
        file = {**file, "m.relates_to": _relation(command)}
    return content_of(
        command.content, command.kind, txn=command.txn, alerted=alerted, more=file, byline=command.byline
    )


def topic_of(topic: str, txn: Txn) -> dict[str, Any]:
    """Return the content of an m.room.topic."""
    return {"topic": clean(topic), MARK: txn}


def is_key(text: str) -> bool:
    """Whether this can be the key of a reaction: an emoji or a word, not the address of an image."""
    if not text.strip() or len(text) > _LONGEST_KEY or text.startswith("mxc://"):
        return False
    return clean(text) == text and not _TURNING.search(text)


def reaction_of(target: str, key: str, txn: Txn) -> dict[str, Any]:
    """Return the content of an m.reaction ("Event annotations and reactions")."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": key}, MARK: txn}


def redaction_of(reason: str, txn: Txn) -> dict[str, Any]:
    """Return the content of an m.room.redaction ("Redactions"); the request's address names the event."""
    words = clean(reason)[:_LONGEST_REASON]
    return {**({"reason": words} if words else {}), MARK: txn}


def _relation(command: SendMessage) -> dict[str, Any]:
    """Return what a message replies to, and its thread ("Rich replies", "Threading").

    Clients that know no threads show a message in one as a reply: to its root, where it replies to nothing.
    """
    answered, thread = command.answered, command.thread
    if thread is None:
        return {"m.in_reply_to": {"event_id": answered.part.id}} if answered is not None else {}
    return {
        "rel_type": "m.thread",
        "event_id": thread.id,
        "is_falling_back": answered is None,
        "m.in_reply_to": {"event_id": thread.id if answered is None else answered.part.id},
    }


def _edit(command: EditMessage, file: Mapping[str, Any]) -> dict[str, Any]:
    """Return new words for a message ("Event replacements"), and the same for clients that know no edits.

    The outer m.mentions are who is alerted by the edit itself. Nobody is: whom the message alerted before
    is not known, and to be alerted twice is worse than not to be alerted by an edit.
    """
    most = LARGEST - _AROUND_EDIT - size(file)
    new = content_of(command.content, command.kind, most=most, more=file, byline=command.byline)
    event: dict[str, Any] = {
        "msgtype": new["msgtype"],
        "body": "* " + new["body"],
        "m.mentions": {},
        MARK: command.txn,
        **file,
        **{key: new[key] for key in (PROFILE,) if key in new},
        "m.new_content": new,
        "m.relates_to": {"rel_type": "m.replace", "event_id": command.target.id},
    }
    html = new.get("formatted_body")
    if html is not None:
        rich = {**event, "format": new["format"], "formatted_body": "* " + html}
        if size(rich) <= LARGEST:
            return rich
    if size(event) > LARGEST:
        event["body"] = event["body"][:_LONGEST_FALLBACK] + "…"
    return event


def content_of(  # noqa: PLR0913 -- all but the first by name
    content: Content,
    kind: Kind = Kind.TEXT,
    *,
    txn: Txn | None = None,
    alerted: Iterable[UserId] = (),
    more: Mapping[str, Any] = _NO_FILE,
    most: int = LARGEST,
    byline: Byline | None = None,
) -> dict[str, Any]:
    """Say this. What would make the event larger than `most` bytes goes: first the formatting, then the
    signs for it. `alerted` are people beside those who are mentioned, `more` is what else the event holds,
    `byline` is who has said it where the text tells that.
    """
    spans = content.spans
    users = {span.mention for span in spans if span.mention is not None}.union(alerted)
    users = {user for user in users if USER.fullmatch(user)}
    # without m.mentions clients would alert everybody whose name, or "@room", stands in the text
    mentions = {"user_ids": sorted(users)[:_MOST_MENTIONS]} if users else {}
    event: dict[str, Any] = {"msgtype": _TYPES[kind], "body": body(spans), "m.mentions": mentions}
    if txn is not None:
        event[MARK] = txn
    if more:
        event |= more
        event["body"] = event["body"] or more.get("filename", "")
    html = formatted(spans)
    profile = profile_to(byline, content.text) if byline is not None else None
    if byline is not None and profile is not None:
        named = marked(formatted(spans, plain=True) or "", byline, content.text)
        event[PROFILE] = profile if named is None else {**profile, "has_fallback": True}
        html = named or html
    if html is not None:
        rich = {**event, "format": "org.matrix.custom.html", "formatted_body": html}
        if size(rich) <= most:
            return rich
    if profile is not None and not event["body"].startswith(f"{profile['displayname']}: "):
        event[PROFILE] = profile
    if size(event) > most:
        event |= {"body": clean(content.text) or event["body"], "m.mentions": {}}
    return event


def size(content: Mapping[str, Any]) -> int:
    """Count the bytes of canonical JSON (appendices, "Canonical JSON"): UTF-8, escaped only where needed."""
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
