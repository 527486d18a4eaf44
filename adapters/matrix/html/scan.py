"""HTML taken apart into tags and text, in one pass, in linear time.

A tree builder must mend misnested formatting as browsers do (HTML standard, "the adoption agency
algorithm"), by which a hostile event of 40 kB becomes 4 million nodes: 6 s and 1.4 GB, measured.
Spans need no tree, so the tags are read as they come.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

__all__ = ["Tag", "scan"]

_OPENING = re.compile(r"<(?:[a-zA-Z!?]|/[a-zA-Z])")
"""A `<` that begins markup."""
_SPACE = " \t\n\r\f"
_SILENT = frozenset(
    {"script", "style", "template", "textarea", "title", "iframe", "noembed", "noframes", "xmp"}
)
"""Elements whose contents are not for reading; they end at their own end tag only."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag, its name in lower case."""

    name: str
    end: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def scan(source: str) -> Iterator[Tag | str]:
    """Yield tags and texts in their order; in texts, character references are resolved."""
    at = 0
    size = len(source)
    while at < size:
        opening = _OPENING.search(source, at)
        if opening is None:
            yield _resolved(source[at:])
            return
        if (start := opening.start()) > at:
            yield _resolved(source[at:start])
        at, tag = _markup(source, start)
        if tag is not None and tag.name in _SILENT and not tag.end:
            at = _after_end(source, tag.name, at)
        elif tag is not None:
            yield tag


def _markup(source: str, start: int) -> tuple[int, Tag | None]:
    """Read the markup that begins with the `<` at `start`.

    Returns it and where to go on; None: nothing to show.
    """
    following = source[start + 1 : start + 2]
    if following == "!" and source.startswith("<!--", start):
        return _after(source, "-->", start + 4), None
    if following in ("!", "?"):
        return _after(source, ">", start), None
    end = following == "/"
    first = start + 2 if end else start + 1
    at = first
    while at < len(source) and source[at] not in _SPACE + "/>":
        at += 1
    name = source[first:at].lower()
    at, attributes = _attributes(source, at)
    return at, Tag(name, end, attributes)


def _attributes(source: str, at: int) -> tuple[int, dict[str, str]]:
    found: dict[str, str] = {}
    size = len(source)
    while at < size and source[at] != ">":
        if source[at] in _SPACE + "/":
            at += 1
            continue
        begin = at
        at += 1
        while at < size and source[at] not in _SPACE + "/>=":
            at += 1
        name = source[begin:at].lower()
        at = _skip(source, at)
        value = ""
        if at < size and source[at] == "=":
            at, value = _value(source, _skip(source, at + 1))
        found.setdefault(name, value)
    return at + 1, found


def _value(source: str, at: int) -> tuple[int, str]:
    quote = source[at : at + 1]
    if quote in {'"', "'"}:
        end = source.find(quote, at + 1)
        end = len(source) if end < 0 else end
        return end + 1, _resolved(source[at + 1 : end])
    begin = at
    while at < len(source) and source[at] not in _SPACE + ">":
        at += 1
    return at, _resolved(source[begin:at])


def _skip(source: str, at: int) -> int:
    while at < len(source) and source[at] in _SPACE:
        at += 1
    return at


def _after(source: str, text: str, at: int) -> int:
    """Return the place behind the next `text`; the end where there is none."""
    found = source.find(text, at)
    return len(source) if found < 0 else found + len(text)


def _after_end(source: str, name: str, at: int) -> int:
    """Return the place behind the end tag of a silent element."""
    while (at := source.find("</", at)) >= 0:
        at += 2
        if source[at : at + len(name)].lower() == name:
            return _after(source, ">", at)
    return len(source)


def _resolved(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # a reference of more digits than Python takes for a number
        return text
