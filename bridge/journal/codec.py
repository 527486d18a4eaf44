"""Events as rows: versioned JSON."""

import msgspec

from bridge.model import (
    MessageCreated,
    MessageEdited,
    NameChanged,
    ReactionsChanged,
    Removed,
    Sender,
    TalkEvent,
    TopicChanged,
)

__all__ = ["EDIT", "ERASED", "MESSAGE", "decode", "encode", "sender"]

MESSAGE = "MessageCreated/1"
EDIT = "MessageEdited/1"
ERASED = "Erased/1"
"""The type of what was erased: of its body, only the sender is left."""

_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[TalkEvent]] = {
    MESSAGE: msgspec.json.Decoder(MessageCreated),
    EDIT: msgspec.json.Decoder(MessageEdited),
    "NameChanged/1": msgspec.json.Decoder(NameChanged),
    "ReactionsChanged/1": msgspec.json.Decoder(ReactionsChanged),
    "Removed/1": msgspec.json.Decoder(Removed),
    "TopicChanged/1": msgspec.json.Decoder(TopicChanged),
}
_senders = msgspec.json.Decoder(Sender)
_types = {
    MessageCreated: MESSAGE,
    MessageEdited: EDIT,
    Removed: "Removed/1",
    ReactionsChanged: "ReactionsChanged/1",
    TopicChanged: "TopicChanged/1",
    NameChanged: "NameChanged/1",
}


def sender(kind: str, body: bytes) -> Sender:
    """Who said what stands in a row, also in one that was erased."""
    return _senders.decode(body) if kind == ERASED else decode(kind, body).sender


def encode(event: TalkEvent) -> tuple[str, bytes]:
    """The type, with its version, and the body of an event."""
    return _types[type(event)], _encoder.encode(event)


def decode(kind: str, body: bytes) -> TalkEvent:
    """The event of a row."""
    return _decoders[kind].decode(body)
