"""Whether what an adapter hands over is an event that can be kept."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import msgspec

from bridge.model import PLAIN, Content, Event, Kind, MessageCreated, Sender, Span
from bridge.model.registry import EVENTS

from .texts import is_text, written

__all__ = ["is_plain", "sound"]

_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[type[Event], msgspec.json.Decoder[Event]] = {
    kind: msgspec.json.Decoder(kind) for kind in EVENTS
}


def is_plain(event: Event) -> bool:  # noqa: PLR0911 the cheapest tests first, and no call more than needed
    """Whether an event is a message as most are, plain words, with nothing wrong in it. This is asked of each
    event, and costs a tenth of a look at everything.
    """
    if type(event) is not MessageCreated or type(event.replayed) is not bool or type(event.kind) is not Kind:
        return False
    if event.unstored is not False:
        return False
    sender, content = event.sender, event.content
    if type(sender) is not Sender or type(content) is not Content or content.attachments or event.aliases:
        return False
    if type(content.spans) is not tuple or len(content.spans) != 1 or type(content.spans[0]) is not Span:
        return False
    if event.reply_to is not None or event.thread is not None or sender.account is not None:
        return False
    if event.at is not None and not (type(event.at) is float and 0 <= event.at < math.inf):
        return False
    span = content.spans[0]
    if span.marks or span.block is not PLAIN:
        return False
    if span.href is not None or span.mention is not None or span.colour is not None:
        return False
    try:  # all at once, and nothing but text can be joined
        words = "".join(  # noqa: FLY002
            (event.id, event.room, event.mark, sender.id, sender.name, sender.proof, span.text)
        )
    except TypeError:
        return False
    return "\0" not in words and (words.isascii() or is_text(words))


def sound(event: Event) -> tuple[Event, str]:
    """Return the event with nothing in it that cannot be kept, and what was taken out; empty: nothing.

    Raises TypeError or ValueError that names what is wrong when it is no event.
    """
    if type(event) not in _DECODERS:
        raise TypeError("that is no event")
    why = ""
    try:
        body = _ENCODER.encode(event)
    except UnicodeEncodeError:
        body = b"\\u0000"
    if b"\\u0000" in body:
        why = next((f"{field} holds half a character, or NUL" for field in _wrong_texts(event)), "")
        body = _ENCODER.encode(written(event))
    found = _DECODERS[type(event)].decode(body)
    at = getattr(event, "at", None)  # JSON has no word for what is no number
    if at is not None and not (isinstance(at, float | int) and 0 <= at < math.inf):
        known = {field.name: getattr(found, field.name) for field in fields(found)}
        found, why = type(found)(**{**known, "at": None}), f"at is {at}"
    return found, why


def _wrong_texts(value: object, path: str = "") -> Iterator[str]:
    """Yield the paths of the texts in a value that cannot be written."""
    if type(value) is str and not is_text(value):
        yield path
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _wrong_texts(item, f"{path}[{number}]")
    elif is_dataclass(value):
        for field in fields(value):
            inner = f"{path}.{field.name}" if path else field.name
            yield from _wrong_texts(getattr(value, field.name), inner)
