"""Events as rows: versioned JSON."""

import msgspec

from bridge.model import MessageCreated, MessageEdited, Sender, TalkEvent
from bridge.model.registry import KINDS

__all__ = ["EDIT", "ERASED", "MESSAGE", "decode", "encode", "erased", "event", "opening", "sender"]

ERASED = "Erased/1"
"""The type of what was erased: of its body, only the sender is left."""

_encoder = msgspec.json.Encoder()
_types = {kind: f"{kind.__name__}/{row.version}" for kind, row in KINDS.items()}
_decoders = {name: msgspec.json.Decoder(kind) for kind, name in _types.items()}
_senders = msgspec.json.Decoder(Sender)

MESSAGE = _types[MessageCreated]
EDIT = _types[MessageEdited]


def sender(kind: str, body: bytes) -> Sender:
    """Return the sender of the event in a row, also of one that was erased."""
    return _senders.decode(body) if kind == ERASED else decode(kind, body).sender


def event(kind: str, body: bytes | None) -> TalkEvent | None:
    """Return the event in a row; None: it was erased."""
    return None if body is None or kind == ERASED else decode(kind, body)


def opening(sign: str) -> bytes:
    """Return what stands in the body of every event whose words begin with this letter or sign, and in few
    others: to read a body costs far more than to look for it.
    """
    return f'"{sign}'.encode()


def encode(event: TalkEvent) -> tuple[str, bytes]:
    """Return the type of an event, with its version, and its body."""
    return _types[type(event)], _encoder.encode(event)


def erased(by: Sender) -> tuple[str, bytes]:
    """Return the type and body of an event that was erased."""
    return ERASED, _encoder.encode(by)


def decode(kind: str, body: bytes) -> TalkEvent:
    """Return the event of a row that was not erased."""
    return _decoders[kind].decode(body)
