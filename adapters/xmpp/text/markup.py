"""Message markup (XEP-0394): marks for the characters of the body, told beside it. Pure."""

from itertools import pairwise
from xml.etree.ElementTree import Element

from bridge import PLAIN, Block, Mark, Span, normal

__all__ = ["MARKUP", "parse"]

_NS = "{urn:xmpp:markup:0}"
MARKUP = f"{_NS}markup"
_MARKS = {
    f"{_NS}emphasis": Mark.ITALIC,
    f"{_NS}strong": Mark.BOLD,
    f"{_NS}code": Mark.CODE,
    f"{_NS}deleted": Mark.STRIKE,
}
_QUOTE, _CODE = Block(quote=1), Block(code="")
_BLOCKS = {f"{_NS}bquote": _QUOTE, f"{_NS}bcode": _CODE}
_MOST = 200
"""Marks in one text; further ones are ignored."""


def parse(text: str, markup: Element) -> tuple[Span, ...]:
    """Decode a text with its marks, in normal form. A client that counts otherwise than we do marks other
    words, and loses none.
    """
    marks: list[tuple[int, int, frozenset[Mark]]] = []
    blocks: list[tuple[int, int, Block]] = []
    for child in list(markup)[:_MOST]:
        start, end = _offset(child.get("start")), _offset(child.get("end"))
        if child.tag == f"{_NS}span":
            marks.append((start, end, frozenset(_MARKS[one.tag] for one in child if one.tag in _MARKS)))
        elif child.tag in _BLOCKS:
            blocks.append((start, end, _BLOCKS[child.tag]))
    edges = {edge for start, end, _ in (*marks, *blocks) for edge in (start, end) if edge < len(text)}
    cuts = sorted(edges | {0, len(text)})
    return normal(_span(text, left, right, marks, blocks) for left, right in pairwise(cuts))


def _span(
    text: str,
    left: int,
    right: int,
    marks: list[tuple[int, int, frozenset[Mark]]],
    blocks: list[tuple[int, int, Block]],
) -> Span:
    """Return a run of text that is marked alike."""
    block = next((block for start, end, block in blocks if start <= left < end), PLAIN)
    if block == _CODE:
        return Span(text[left:right], block=block)
    found = frozenset[Mark]().union(*(some for start, end, some in marks if start <= left < end))
    return Span(text[left:right], found, block=block)


def _offset(text: str | None) -> int:
    """Return where a mark begins or ends, in characters."""
    return int(text) if text is not None and text.isdecimal() and len(text) < 7 else 0
