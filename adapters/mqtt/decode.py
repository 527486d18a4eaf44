"""Messages of topics, as events; pure."""

import json
from typing import Any, NamedTuple, Protocol

from bridge import Kind, MessageCreated, MessageId, RoomId, Sender, Txn, UserId, by_author, plain

__all__ = ["MARK", "Stamp", "TopicForm", "account", "event", "mark"]

MARK = "hubbub"
"""The key in JSON, or the user property of MQTT 5, that holds the mark of a message of some Hubbub."""
_LONGEST = 100_000


class TopicForm(Protocol):
    """The look of messages of a topic: the room's configuration."""

    @property
    def payload(self) -> str: ...
    @property
    def name_key(self) -> str: ...
    @property
    def text_key(self) -> str: ...


class Stamp(NamedTuple):
    """The mark that each message of a Hubbub bears."""

    client: str
    number: int
    """One more with each message to the topic, so that whoever reads along sees what is missing."""
    txn: Txn

    def __str__(self) -> str:
        return "/".join(map(str, self))


def mark(payload: bytes, properties: list[tuple[str, str]]) -> Stamp | None:
    """Return the mark that a message bears; None: a Hubbub has not said it."""
    found = dict(properties).get(MARK) or _object(payload).get(MARK)
    match found.split("/") if isinstance(found, str) else ():
        case [client, number, txn] if number.isascii() and number.isdigit() and len(number) < 20:
            return Stamp(client, int(number), Txn(txn))
    return None


def account(payload: bytes, config: TopicForm) -> str | None:
    """Return which account said a message of ours (`Part.speaker`)."""
    return "" if config.payload == "json" and config.name_key in _object(payload) else None


def event(
    room: RoomId, topic: str, payload: bytes, config: TopicForm, name: MessageId
) -> MessageCreated | None:
    """Return what was said; None: nothing that is text. `name`: what to call it if its author does not."""
    body = _object(payload) if config.payload == "json" else {}
    text, who, given, kind, at = (body.get(k) for k in (config.text_key, config.name_key, "id", "kind", "at"))
    if not isinstance(text, str):
        try:
            text, who, given, kind = payload.decode(), None, None, None
        except UnicodeDecodeError:
            return None
        if config.payload == "text" and text.startswith("/me "):
            text, kind = text[4:], Kind.EMOTE
    if not text.strip():
        return None
    sender = Sender(UserId(who), who) if isinstance(who, str) and who else Sender(UserId(topic), topic)
    return MessageCreated(
        id=by_author(sender.id, given) if isinstance(given, str) and given else name,
        room=room,
        sender=sender,
        content=plain(text[:_LONGEST]),
        kind=Kind(kind) if kind in list(Kind) else Kind.TEXT,
        at=at if isinstance(at, int | float) else None,
    )


def _object(payload: bytes) -> dict[str, Any]:
    """Return what JSON holds; nothing where it is none."""
    if not payload.lstrip().startswith(b"{"):
        return {}
    try:
        found: dict[str, Any] = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found
