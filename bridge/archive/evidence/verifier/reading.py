"""JSON, times and words, from whoever wrote them. Pure."""

from __future__ import annotations

import json
import re
import time
from typing import Any

__all__ = ["UnreadablePart", "need", "printable", "read_json", "unhex", "when"]


class UnreadablePart(Exception):
    """Something cannot be read as what it should be; the sentence says why."""


def read_json(raw: bytes) -> dict[str, Any]:
    """Return the one object that stands there."""
    try:
        found = json.loads(raw.decode(), object_pairs_hook=without_twins)
    except (ValueError, RecursionError) as error:
        raise UnreadablePart(f"it cannot be read as JSON ({printable(str(error))[:200]})") from None
    if not isinstance(found, dict):
        raise UnreadablePart("it is no JSON object")
    return found


def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers would take another one of two values for one key."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def need(found: dict[str, Any], key: str, kind: type) -> Any:
    """Return a value of some kind, and no other; numbers are from 0 on."""
    value = found.get(key)
    if type(value) is not kind or (type(value) is int and not 0 <= value < 1 << 63):
        raise UnreadablePart(f"it has no proper {key!r}")
    return value


def unhex(found: dict[str, Any], key: str, size: int) -> bytes:
    """Return so many bytes that stand there in hexadecimal."""
    text = need(found, key, str)
    if len(text) != 2 * size or not re.fullmatch("[0-9a-f]*", text):
        raise UnreadablePart(f"its {key!r} is not {size} bytes in hexadecimal")
    return bytes.fromhex(text)


def when(at: Any) -> str:
    """Return a time, in seconds since 1970, for people."""
    if type(at) not in (int, float) or not 0 <= at < 253_402_300_800:
        return "an unknown time"
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def printable(text: str) -> str:
    """Return a text in which nothing acts on a terminal or looks like a line of ours."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
