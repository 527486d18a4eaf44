"""Writes what was said as HTML: its formatting, and nothing that acts."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from markupsafe import Markup, escape

from bridge.archive.entries import Words
from bridge.language import Locale
from bridge.model import Mark, Span
from bridge.model.content import Line, lines

__all__ = ["bdi", "plain_html", "words_html"]

_TAGS = {
    Mark.BOLD: "strong",
    Mark.ITALIC: "em",
    Mark.UNDERLINE: "u",
    Mark.STRIKE: "s",
    Mark.CODE: "code",
    Mark.SPOILER: "mark",
}
_ADDRESSES = ("http://", "https://", "mailto:")
"""Where a link may lead: whoever prints or forwards a page has no use for others."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
"""What no HTML document may have in it."""


def bdi(text: str) -> Markup:
    """Return somebody's words for one of our lines, whose direction they leave alone."""
    return Markup("<bdi>{}</bdi>").format(_clean(text))


def words_html(words: Words, locale: Locale) -> Markup:
    """Return what was said, with its formatting where that is known."""
    if words.spans is None:
        return plain_html(words.text)
    try:
        spans = msgspec.convert(words.spans, tuple[Span, ...])
    except msgspec.ValidationError:  # of a later release
        return plain_html(words.text)
    return _joined(_line(line, locale) for line in lines(spans))


def plain_html(text: str) -> Markup:
    """Return text as it is, line by line."""
    return _joined(_block("p", escape(_clean(line))) for line in text.split("\n"))


def _line(line: Line, locale: Locale) -> Markup:
    block, spans = line
    said = _joined(_span(span, locale) for span in spans)
    if block.code is not None:
        return _block("pre", said)
    if block.item is not None:
        bullet = f"{block.item}." if block.item else "•"
        said = Markup('<span class="bullet">{}</span> {}').format(bullet, said)
    if block.quote:
        return _block("blockquote", said)
    return _block("p", said)


def _span(span: Span, locale: Locale) -> Markup:
    found = escape(locale.gettext(span.text) if span.ours else _clean(span.text))
    for mark in sorted(span.marks):
        tag = _TAGS[mark]
        found = Markup("<{}>{}</{}>").format(tag, found, tag)
    if span.href is not None and span.href.startswith(_ADDRESSES):
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(_clean(span.href), found)
    return found


def _block(tag: str, said: Markup) -> Markup:
    return Markup('<{} dir="auto">{}</{}>').format(tag, said, tag)


def _joined(parts: Iterable[Any]) -> Markup:
    return Markup("").join(parts)


def _clean(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)
