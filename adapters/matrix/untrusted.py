"""Checks values in events before they are used: they come from anybody on any server. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["clean", "count", "id_of", "listed", "mapping", "name_of", "seconds", "text_of"]

_LONGEST_ID = 255
_LATEST = 1e15
"""Milliseconds since 1970, in the year 33658: what is later is no time."""
_UNWANTED = dict.fromkeys((*range(32), *range(127, 160), *range(0xD800, 0xE000)))
del _UNWANTED[9], _UNWANTED[10]


def clean(text: str) -> str:
    """Return the text without control characters but newline and tab, and without lone surrogates."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNWANTED)


def mapping(value: object) -> Mapping[str, Any]:
    """Return the value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> Sequence[Any]:
    """Return the value when it is an array, else an empty one."""
    return value if isinstance(value, list) else ()


def text_of(value: object, longest: int = 0) -> str:
    """Return the value when it is text, made safe, else empty text."""
    if not isinstance(value, str):
        return ""
    return clean(value)[: longest or None]


def id_of(value: object) -> str:
    """Return the value when it is a sound identifier, else empty text: mended, it would be another's."""
    if not isinstance(value, str) or len(value) > _LONGEST_ID or not value.isprintable():
        return ""
    return value


def name_of(user: str, names: Mapping[str, str]) -> str:
    """Return a person's name in a room; without a display name, the first part of their id."""
    return names.get(user) or user[1:].partition(":")[0]


def seconds(stamp: object) -> float | None:
    """Return when something happened, in seconds since 1970, by the clock of its sender's server."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not 0 < stamp < _LATEST:
        return None
    return stamp / 1000


def count(value: object, most: int) -> int | None:
    """Return the value when it is a whole number from 0 to `most`, else None."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        return None
    return value
