"""Events as rows: versioned JSON."""

import msgspec

from bridge.model import (
    MessageCreated,
    MessageEdited,
    NameChanged,
    ReactionsChanged,
    Removed,
    TalkEvent,
    TopicChanged,
)

__all__ = ["ERASED", "decode", "encode"]

ERASED = "Erased/1"
"""The type of what was erased: of its body, only the sender's id is left."""

_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[TalkEvent]] = {
    "MessageCreated/1": msgspec.json.Decoder(MessageCreated),
    "MessageEdited/1": msgspec.json.Decoder(MessageEdited),
    "NameChanged/1": msgspec.json.Decoder(NameChanged),
    "ReactionsChanged/1": msgspec.json.Decoder(ReactionsChanged),
    "Removed/1": msgspec.json.Decoder(Removed),
    "TopicChanged/1": msgspec.json.Decoder(TopicChanged),
}
_types = {
    MessageCreated: "MessageCreated/1",
    MessageEdited: "MessageEdited/1",
    Removed: "Removed/1",
    ReactionsChanged: "ReactionsChanged/1",
    TopicChanged: "TopicChanged/1",
    NameChanged: "NameChanged/1",
}


def encode(event: TalkEvent) -> tuple[str, bytes]:
    """The type, with its version, and the body of an event."""
    return _types[type(event)], _encoder.encode(event)


def decode(kind: str, body: bytes) -> TalkEvent:
    """The event of a row."""
    return _decoders[kind].decode(body)
