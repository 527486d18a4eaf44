"""Spans to `formatted_body` and to the plain `body` beside it (client-server API, "m.room.message msgtypes").

Everything a person wrote is escaped; nothing of it becomes a tag, an attribute or a link of ours.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote

from adapters.matrix.untrusted import clean
from bridge import PLAIN, Block, Line, Mark, Span, lines, text_of

from .parser import USER, linkable, mentioned

__all__ = ["body", "formatted"]

_TAGS = (
    (Mark.SPOILER, "<span data-mx-spoiler>", "</span>"),
    (Mark.BOLD, "<strong>", "</strong>"),
    (Mark.ITALIC, "<em>", "</em>"),
    (Mark.UNDERLINE, "<u>", "</u>"),
    (Mark.STRIKE, "<del>", "</del>"),
    (Mark.CODE, "<code>", "</code>"),
)
_DEEPEST = 20
"""Levels of quotes in quotes and lists in lists; readers stop at 100 tags."""


def formatted(spans: Sequence[Span], *, plain: bool = False) -> str | None:
    """Return the HTML; None where plain text says it all, unless `plain` words are wanted too. A mention
    becomes a pill.
    """
    if not plain and not any(
        _is_marked(span) or (span.mention is not None and _is_pill(span)) for span in spans
    ):
        return None
    return "".join(_quoted(list(_safe(lines(spans))), 0))


def body(spans: Sequence[Span]) -> str:
    """Return the same as readable plain text."""
    if not any(_is_marked(span) for span in spans):
        return clean(text_of(spans))
    return "\n".join([_lead(block) + "".join(map(_readable, line)) for block, line in _safe(lines(spans))])


def _is_pill(span: Span) -> bool:
    """Whether a span names a Matrix user, and can be shown as the pill that alerts them."""
    return span.mention is not None and USER.fullmatch(span.mention) is not None


def _is_marked(span: Span) -> bool:
    return bool(span.marks or span.href is not None or span.colour is not None or span.block != PLAIN)


def _safe(parts: Iterable[Line]) -> Iterator[Line]:
    for block, line in parts:
        quote, indent = min(block.quote, _DEEPEST), min(block.indent, _DEEPEST)
        yield Block(quote, block.code, block.item, indent), line


def _lead(block: Block) -> str:
    quotes = "> " * block.quote
    if block.item is None:
        return quotes
    return f"{quotes}{'  ' * block.indent}{f'{block.item}. ' if block.item else '• '}"


def _readable(span: Span) -> str:
    text = clean(span.text)
    if span.block.code is None and Mark.SPOILER in span.marks:
        text = f"||{text}||"
    if span.href is None or span.block.code is not None or span.href in (text, f"mailto:{text}"):
        return text
    return f"{text} ({clean(span.href)})"


def _quoted(parts: list[Line], depth: int) -> Iterator[str]:
    for deeper, group in groupby(parts, lambda part: part[0].quote > depth):
        if deeper:
            yield "<blockquote>"
            yield from _quoted(list(group), depth + 1)
            yield "</blockquote>"
        else:
            yield from _unquoted(list(group))


def _unquoted(parts: list[Line]) -> Iterator[str]:
    for listed, group in groupby(parts, lambda part: part[0].item is not None):
        if listed:
            yield from _Lists().render(group)
        else:
            yield from _plain(group)


def _plain(parts: Iterable[Line]) -> Iterator[str]:
    for code, run in groupby(parts, lambda part: part[0].code):
        if code is None:
            yield _flowing(run)
        else:
            yield _coded(code, run)


def _flowing(parts: Iterable[Line]) -> str:
    """Return lines with breaks between them; an empty last line needs a break of its own to be shown."""
    texts = ["".join([_inline(span) for span in line]) for _, line in parts]
    return "<br>".join(texts) + ("" if texts[-1] else "<br>")


def _coded(code: str, parts: Iterable[Line]) -> str:
    text = "\n".join([escape(clean(text_of(line)), quote=False) for _, line in parts])
    language = clean(code).strip()
    name = f' class="language-{escape(language)}"' if language and not any(map(str.isspace, language)) else ""
    return f"<pre><code{name}>{text}\n</code></pre>"


class _Lists:
    """Nests items, one to a line, in lists. The last item of a list stays open: the next may nest in it."""

    def __init__(self) -> None:
        self._open: list[int | None] = []
        """The number that the next item of each open list would have; None: the list has bullets."""

    def render(self, parts: Iterable[Line]) -> Iterator[str]:
        for block, line in parts:
            yield from self._place(block)
            part = (block, line)
            yield _coded(block.code, [part]) if block.code is not None else _flowing([part])
        yield from self._close(0)

    def _place(self, block: Block) -> Iterator[str]:
        """Close and open lists until the item can stand where it should."""
        depth, number = block.indent + 1, block.item or None
        yield from self._close(depth)
        if len(self._open) == depth and self._open[-1] != number:
            yield from self._close(depth - 1)
        if len(self._open) == depth:
            yield "</li>"
        while len(self._open) < depth:
            last = len(self._open) == depth - 1
            self._open.append(number if last else None)
            yield ("<ul>" if not last or number is None else f'<ol start="{number}">') + (
                "" if last else "<li>"
            )
        yield "<li>"
        if number is not None:
            self._open[-1] = number + 1

    def _close(self, depth: int) -> Iterator[str]:
        while len(self._open) > depth:
            yield "</li></ul>" if self._open.pop() is None else "</li></ol>"


def _inline(span: Span) -> str:
    text = escape(clean(span.text), quote=False)
    if not text:
        return ""
    for mark, start, end in reversed(_TAGS):
        if mark in span.marks:
            text = f"{start}{text}{end}"
    if span.colour is not None:
        text = f'<span data-mx-color="#{span.colour & 0xFFFFFF:06x}">{text}</span>'
    if _is_pill(span):
        return f'<a href="https://matrix.to/#/{escape(quote(span.mention or "", safe="@:"))}">{text}</a>'
    if span.href is None:
        return text
    if (
        not linkable(span.href) or mentioned(span.href) is not None
    ):  # a link that names a user would look like a mention
        return f"{text} ({escape(clean(span.href), quote=False)})"
    return f'<a href="{escape(span.href)}">{text}</a>'
