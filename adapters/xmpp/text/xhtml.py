"""XHTML-IM (XEP-0071) to spans, by an allow-list: of all other elements only the words remain. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from bridge import Mark, Span, lines, of_lines, ours

__all__ = ["has_mute_image", "parse"]

_XHTML = "{http://www.w3.org/1999/xhtml}"
_MARKS = {
    "strong": Mark.BOLD, "b": Mark.BOLD, "em": Mark.ITALIC, "i": Mark.ITALIC, "cite": Mark.ITALIC,
    "u": Mark.UNDERLINE, "ins": Mark.UNDERLINE, "del": Mark.STRIKE, "s": Mark.STRIKE,
    "code": Mark.CODE, "tt": Mark.CODE, "kbd": Mark.CODE, "samp": Mark.CODE,
}  # fmt: skip
_STYLES = (
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)"), Mark.BOLD),
    (re.compile(r"font-style\s*:\s*(?:italic|oblique)"), Mark.ITALIC),
    (re.compile(r"text-decoration\s*:[^;]*underline"), Mark.UNDERLINE),
    (re.compile(r"text-decoration\s*:[^;]*line-through"), Mark.STRIKE),
)
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:\s*#([0-9a-fA-F]{6})\b")
_PARTS = frozenset({"p", "div", "blockquote", "pre", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"})
_SILENT = frozenset({"script", "style", "head", "title"})
_LINK = re.compile(r"(?:https?|mailto|xmpp|ircs?|matrix|geo):[^\s<>\"\x00-\x1f\x7f]+\Z", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r]+")
_DEEPEST = 40
_SENTINEL = Span("\n")
_IMAGE = ours("[picture]")


@dataclass(frozen=True, slots=True)
class _Style:
    """The marks, colour and block that the elements around some text give it."""

    span: Span
    keep_blanks: bool = False
    depth: int = 0
    numbered: bool = False


def parse(body: Element) -> tuple[Span, ...]:
    """Decode an XHTML-IM body to spans in normal form (XEP-0071 section 7)."""
    out: list[Span] = []
    for span in _inside(body, _Style(Span(""))):
        if span is _SENTINEL:
            _end_line(out)
        elif span.text == " " and (not out or out[-1].text.endswith(("\n", " "))):
            continue
        else:
            out.append(span)
    while out and (last := out.pop()):
        if words := last.text.rstrip():
            out.append(replace(last, text=words))
            break
    return of_lines(lines(out))


def has_mute_image(body: Element) -> bool:
    """Whether there is an image that has neither words of its own nor an address to show."""
    return not all(_words_of(image) for image in body.iter(f"{_XHTML}img"))


def _words_of(image: Element) -> str:
    source = image.get("src") or ""
    return image.get("alt") or (source if _LINK.match(source) else "")


def _end_line(out: list[Span]) -> None:
    if out and not out[-1].text.endswith("\n"):
        out.append(Span("\n", block=out[-1].block))


def _inside(element: Element, style: _Style) -> Iterator[Span]:
    """Yield what stands in an element; `_SENTINEL` where a line has to end, unless it ends there already."""
    if style.depth > _DEEPEST:
        yield from _text("".join(element.itertext()), style)
        return
    yield from _text(element.text, style)
    number = 0
    for child in element:
        name = child.tag.removeprefix(_XHTML) if isinstance(child.tag, str) else ""
        inner = _styled(name, child, style)
        if name == "li":
            number += 1
            inner = _item(inner, number if style.numbered else 0)
        if name == "br":
            yield replace(style.span, text="\n", href=None)
        elif name == "img":
            if what := _words_of(child):
                yield replace(style.span, text=_IMAGE.text, ours=True)
                yield from _text(f" {what}", style)
        elif name in _PARTS:
            yield _SENTINEL
            yield from _inside(child, inner)
            yield _SENTINEL
        elif name == "a" and not _is_shown(child):
            yield from _text(inner.span.href, inner)
        elif name not in _SILENT:
            yield from _inside(child, inner)
        yield from _text(child.tail, style)


def _is_shown(link: Element) -> bool:
    """Whether a link has words, or an image."""
    return bool("".join(link.itertext()).strip()) or any(map(_words_of, link.iter(f"{_XHTML}img")))


def _text(text: str | None, style: _Style) -> Iterator[Span]:
    if not text:
        return
    if style.keep_blanks:
        yield replace(style.span, text=text)
        return
    words = _BLANKS.sub(" ", text)
    if words.startswith(" ") and len(words) > 1:
        yield replace(style.span, text=" ")
        words = words[1:]
    yield replace(style.span, text=words)


def _item(style: _Style, number: int) -> _Style:
    block = style.span.block
    return replace(style, span=replace(style.span, block=replace(block, item=number)))


def _styled(name: str, element: Element, style: _Style) -> _Style:
    """Return the style within an element."""
    span = style.span
    marks = span.marks | _marks(name, element)
    colour = _COLOUR.search(element.get("style") or "")
    href = element.get("href") if name == "a" else None
    block = span.block
    if name == "blockquote":
        block = replace(block, quote=block.quote + 1)
    elif name == "pre":
        block = replace(block, code=block.code or "", item=None, indent=0)
    elif name in ("ul", "ol") and block.item is not None:
        block = replace(block, indent=block.indent + 1)
    return _Style(
        replace(
            span,
            marks=frozenset() if block.code is not None else marks,
            colour=int(colour[1], 16) if colour else span.colour,
            href=href if href and _LINK.match(href) else span.href,
            block=block,
        ),
        style.keep_blanks or name == "pre",
        style.depth + 1,
        name == "ol" if name in ("ul", "ol") else style.numbered,
    )


def _marks(name: str, element: Element) -> frozenset[Mark]:
    found = {_MARKS[name]} if name in _MARKS else set()
    style = element.get("style")
    if style:
        found |= {mark for pattern, mark in _STYLES if pattern.search(style)}
    return frozenset(found)
