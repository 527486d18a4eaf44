"""Requests of browsers, as JSON: read with limits, and refused with a sentence that names the field."""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from .refused import VisitRefused

__all__ = [
    "LONGEST",
    "Identity",
    "Mailing",
    "NewVisit",
    "PageEvent",
    "PageSeen",
    "Rating",
    "Saying",
    "SubscribeForm",
    "Writes",
    "read",
]

LONGEST = 4000
"""Characters of what a visitor says at once."""

T = TypeVar("T")
Short = Annotated[str, Meta(max_length=200)]
Address = Annotated[str, Meta(max_length=2000)]
Text = Annotated[str, Meta(max_length=LONGEST)]


class Identity(Struct, frozen=True):
    """A visitor's identity by the word of the shop, which has signed it."""

    user: Short
    time: float
    """When it was signed, in seconds since 1970."""
    signature: Short
    name: Short = ""
    mail: Short = ""


class NewVisit(Struct, frozen=True):
    """Begins a chat or, while nobody is there, leaves a message."""

    text: Text
    name: Short = ""
    mail: Short = ""
    fields: Annotated[dict[Short, Annotated[str, Meta(max_length=1000)]], Meta(max_length=30)] = {}
    page: Address = ""
    title: Short = ""
    language: Annotated[str, Meta(max_length=35)] = ""
    consent: bool = False
    identity: Identity | None = None
    website: Address = ""
    """What no person sees, so that whoever fills it in is none."""
    proof: dict[str, Any] | None = None
    """That the browser has worked for it, where the desk asks for that."""
    key: Annotated[str, Meta(max_length=64)] = ""
    """The browser's own name for it: the same again is the same chat."""


class Saying(Struct, frozen=True):
    """Says something in a chat."""

    key: Annotated[str, Meta(min_length=1, max_length=64)]
    """The browser's own name for it: the same again is the same line."""
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class Writes(Struct, frozen=True):
    """Writes, or stopped."""

    typing: bool


class PageSeen(Struct, frozen=True):
    """Is on this page now."""

    page: Address
    title: Short = ""


class PageEvent(Struct, frozen=True):
    """The page tells what its visitor did there, or has."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    data: str | bool | int | float | list[Any] | dict[str, Any] | None = True


class Rating(Struct, frozen=True):
    """Says how it was."""

    stars: Annotated[int, Meta(ge=1, le=5)]
    words: Annotated[str, Meta(max_length=1000)] = ""


class Mailing(Struct, frozen=True):
    """Wants the transcript by mail."""

    to: Annotated[str, Meta(min_length=3, max_length=200)]


class SubscribeForm(Struct, frozen=True):
    """Wants to hear of what a list announces."""

    list: Short
    mail: Short
    consent: bool = False


def read(body: bytes, kind: type[T]) -> T:
    """Read what was asked. Raises VisitRefused."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VisitRefused(400, "unclear", f"this cannot be read: {error}") from None
