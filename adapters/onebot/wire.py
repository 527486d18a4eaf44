"""Segments, of which OneBot v11 makes messages, as arrays and as CQ strings, and ids. Pure.

OneBot v11, "message": a message is an array of segments, `{"type": ..., "data": {...}}`, or a string with
CQ codes, `[CQ:at,qq=123]`. In the string alone some characters are escaped; in an array all stands as it is.

Ids are numbers of up to 64 bits on the wire, or the same as strings: inside they are opaque strings.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Frame",
    "Segment",
    "from_cq",
    "identity",
    "number",
    "segments",
    "text",
    "to_array",
    "to_cq",
    "word",
]

Frame = dict[str, Any]
"""What is sent: an event, an answer, or a message of a history."""

_CODE = re.compile(r"\[CQ:([A-Za-z0-9_.-]+)((?:,[^,\[\]]*)*)\]")
_TEXT = (("&", "&amp;"), ("[", "&#91;"), ("]", "&#93;"))
_VALUE = (*_TEXT, (",", "&#44;"))
_ENTITY = re.compile("&(amp|#91|#93|#44);")
_CHARACTER = {"amp": "&", "#91": "[", "#93": "]", "#44": ","}
_EXACT = 2**53
"""JavaScript and others may not read a number from here on as it was sent."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a message: words, a picture, a name that is called, the message that is answered."""

    type: str
    data: Mapping[str, str] = field(default_factory=dict)
    """Its fields. Values that are no strings on the wire are strings here: a number its digits, a truth
    value 1 or 0, what is nested its JSON; what is null is left out."""


def text(words: str) -> Segment:
    """Return a segment of words."""
    return Segment("text", {"text": words})


def segments(message: object) -> tuple[Segment, ...]:
    """Return the segments of a message in any of its forms: an array, a single segment, a CQ string.

    What has no such form is left out.
    """
    if isinstance(message, str):
        return from_cq(message)
    if isinstance(message, Mapping):
        message = [message]
    if not isinstance(message, Sequence):
        return ()
    return tuple(segment for item in message if (segment := _segment(item)) is not None)


def _segment(item: object) -> Segment | None:
    if isinstance(item, str):
        return text(item)
    if not isinstance(item, Mapping) or not isinstance(kind := item.get("type"), str):
        return None
    data = item.get("data")
    if not isinstance(data, Mapping):
        return Segment(kind)
    return Segment(kind, {str(key): _value(value) for key, value in data.items() if value is not None})


def _value(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(int(value))
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # nobody means that
        return ""


def to_array(message: Iterable[Segment]) -> list[dict[str, Any]]:
    """Return a message as an array, in which nothing is escaped."""
    return [{"type": segment.type, "data": dict(segment.data)} for segment in message]


def to_cq(message: Iterable[Segment]) -> str:
    """Return a message as a string with CQ codes."""
    return "".join(map(_code, message))


def _code(segment: Segment) -> str:
    if segment.type == "text":
        return _escape(segment.data.get("text", ""), _TEXT)
    data = "".join(f",{key}={_escape(value, _VALUE)}" for key, value in segment.data.items())
    return f"[CQ:{segment.type}{data}]"


def _escape(value: str, characters: Iterable[tuple[str, str]]) -> str:
    for character, entity in characters:  # & first
        value = value.replace(character, entity)
    return value


def from_cq(message: str) -> tuple[Segment, ...]:
    """Return the segments of a string with CQ codes. What is not quite a code is words."""
    found: list[Segment] = []
    end = 0
    for code in _CODE.finditer(message):
        if before := message[end : code.start()]:
            found.append(text(_unescape(before)))
        pairs = (pair.partition("=") for pair in code[2].split(",")[1:])
        found.append(Segment(code[1], {key: _unescape(value) for key, _, value in pairs}))
        end = code.end()
    if rest := message[end:]:
        found.append(text(_unescape(rest)))
    return tuple(found)


def _unescape(value: str) -> str:
    return _ENTITY.sub(lambda entity: _CHARACTER[entity[1]], value) if "&" in value else value


def word(frame: Mapping[str, Any], key: str) -> str:
    """Return a text of a frame; empty where there is none."""
    value = frame.get(key)
    return value if isinstance(value, str) else ""


def identity(value: object) -> str | None:
    """Return an id as it is inside; None: there is none. Zero is none, too."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    found = str(value).strip()
    return None if found in ("", "0") else found


def number(id_: str) -> int | str:
    """Return an id as it goes out: a number, as specified, where it is one that arrives exactly."""
    if re.fullmatch(r"-?[1-9][0-9]{0,15}", id_, re.ASCII) and abs(int(id_)) < _EXACT:
        return int(id_)
    return id_
