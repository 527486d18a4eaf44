"""Texts as somebody else made them."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

__all__ = ["is_text", "shown", "written"]


def is_text(text: object) -> bool:
    """Whether a text can be written: it has no lone surrogates and no NUL."""
    if not isinstance(text, str) or "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def written(value: Any) -> Any:
    """Return the same with texts that can be written: halves that belong together are joined, others
    replaced.
    """
    if type(value) is str:
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\ufffd")
    if isinstance(value, tuple):
        return tuple([written(item) for item in value])
    if is_dataclass(value) and not isinstance(value, type):
        known = {field.name: written(getattr(value, field.name)) for field in fields(value)}
        return replace(value, **known)
    return value


def shown(value: object) -> str:
    """Return a value in a few words."""
    try:
        text = ascii(value)
    except Exception:  # noqa: BLE001 anything of anybody's
        text = type(value).__name__
    return text if len(text) <= 80 else f"{text[:80]}..."
