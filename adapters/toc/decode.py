"""Sentences of a TOC server, and HTML as AIM's clients write it; pure. Strangers' words are read once."""

import html
import re

from bridge import Content, Kind, Mark, Span, cut, normal

__all__ = ["content", "fields", "said"]

_TAGS = re.compile(r"(<[^<>]{0,2000}>)")
_TAG = re.compile(r"<\s{0,9}(/?)\s{0,9}(\w+)")
_HREF = re.compile(r"href\s*=\s*[\"']?\s*(https?://[^\"'\s>]+)", re.IGNORECASE)
_MARKS = {
    "b": Mark.BOLD,
    "strong": Mark.BOLD,
    "i": Mark.ITALIC,
    "em": Mark.ITALIC,
    "u": Mark.UNDERLINE,
    "s": Mark.STRIKE,
    "strike": Mark.STRIKE,
}
_COLONS = {"CHAT_JOIN": 2, "CHAT_IN": 4, "CHAT_IN_ENC": 6, "IM_IN": 3, "IM_IN2": 4, "IM_IN_ENC2": 9}
"""The number of fields behind the name; the last may hold colons. All others are taken apart at each."""


def fields(payload: bytes) -> list[str]:
    """Return the name of what a server says, and its fields; as many as there should be, if known."""
    line = payload.rstrip(b"\0").decode(errors="replace")
    name, _, rest = line.partition(":")
    count = _COLONS.get(name)
    found = rest.split(":", count - 1 if count else -1)
    return [name, *found, *[""] * ((count or 0) - len(found))]


def content(text: str) -> Content:
    """Return formatted text."""
    spans: list[Span] = []
    open_: dict[Mark, int] = {}
    href: str | None = None
    for at, part in enumerate(_TAGS.split(text)):
        if at % 2 == 0:
            marks = frozenset(mark for mark, depth in open_.items() if depth > 0)
            spans.append(Span(html.unescape(part), marks, href=href))
        elif tag := _TAG.match(part):
            end, name = tag[1], tag[2].lower()
            if name in {"br", "hr"}:
                spans.append(Span("\n"))
            elif name == "a":
                found = None if end else _HREF.search(part)
                href = found[1] if found else None
            elif (mark := _MARKS.get(name)) is not None:
                open_[mark] = max(0, open_.get(mark, 0) + (-1 if end else 1))
    return Content(normal(spans))


def said(text: str) -> tuple[Content, Kind]:
    """Return what somebody said, and how."""
    found = content(text)
    if found.text.startswith("/me "):
        return Content(cut(found.spans, len("/me "))), Kind.EMOTE
    return found, Kind.TEXT
