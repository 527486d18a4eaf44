"""`formatted_body` (org.matrix.custom.html) to spans (client-server API 11.2.1.7)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from bridge import PLAIN, Block, Line, Mark, Span, UserId, of_lines

from .scan import Tag, clean, scan

__all__ = ["USER", "linkable", "mentioned", "parse"]

USER = re.compile(r"@[^\s:/?#<>\"'&]{1,200}:[A-Za-z0-9.:\[\]-]{1,230}")
"""A user id, as wide as historical ids are (appendices, "User identifiers")."""

_DEEPEST = 100
"""Tags within tags; the specification asks for this limit."""
_LONGEST_LINK = 2000
_LONGEST_LIST = 1_000_000_000
_SCHEMES = frozenset({"http", "https", "mailto", "xmpp", "irc", "ircs", "matrix", "geo"})
_MARKS = {
    **dict.fromkeys(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"), Mark.BOLD),
    **dict.fromkeys(("i", "em"), Mark.ITALIC),
    **dict.fromkeys(("s", "del", "strike"), Mark.STRIKE),
    "u": Mark.UNDERLINE,
    "code": Mark.CODE,
}
_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "caption", "center", "details", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"]
)
_VOID = frozenset({"br", "hr", "img", "wbr", "input", "meta", "link", "col", "area", "embed", "source"})


class _Item:
    """A list item that is open; its mark belongs to its first line."""

    __slots__ = ("shown",)

    def __init__(self) -> None:
        self.shown = False


@dataclass(frozen=True, slots=True)
class _State:
    """What holds for text at one place."""

    span: Span = Span("")  # noqa: RUF009 -- frozen, so one is as good as many
    item: _Item | None = None
    lists: int = 0
    pre: bool = False
    hidden: bool = False


def linkable(href: str) -> bool:
    """Whether an address is of a kind that spans may link to."""
    scheme, colon, rest = href.partition(":")
    fine = bool(colon and rest) and scheme.lower() in _SCHEMES and len(href) <= _LONGEST_LINK
    return fine and not any(sign.isspace() or not sign.isprintable() for sign in href)


def mentioned(href: str) -> UserId | None:
    """Whom a link names (appendices, "matrix.to navigation" and "Matrix URI scheme")."""
    for prefix, sigil in (("https://matrix.to/#/", ""), ("matrix:u/", "@")):
        if href.startswith(prefix):
            user = sigil + unquote(href.removeprefix(prefix).partition("?")[0])
            return UserId(user) if USER.fullmatch(user) else None
    return None


def parse(source: str) -> tuple[Span, ...]:
    """What formatted text says. Tags that are not known count for nothing, their text for all."""
    reader = _Reader()
    for token in scan(clean(source)):
        if isinstance(token, str):
            reader.text(clean(token))
        elif token.end:
            reader.close(token.name)
        else:
            reader.open(token)
    return reader.finish()


class _Reader:
    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._line: list[Span] = []
        self._block: Block = PLAIN
        self._item: _Item | None = None
        self._state = _State()
        self._opened: list[tuple[str, _State]] = []
        self._too_deep = 0
        self._numbers: list[int | None] = []
        self._space = False
        self._fresh_pre = False
        self._paragraph_ended = False

    def finish(self) -> tuple[Span, ...]:
        self._end_line()
        return of_lines(self._lines)

    def text(self, text: str) -> None:
        if self._state.hidden:
            return
        if self._state.pre:
            self._preformatted(text.removeprefix("\n") if self._fresh_pre else text)
        else:
            self._flowing(text)
        self._fresh_pre = False

    def open(self, tag: Tag) -> None:
        self._fresh_pre = False
        name = tag.name
        if name in _VOID:
            self._void(tag)
            return
        if len(self._opened) >= _DEEPEST:
            self._too_deep += 1
            return
        if name in _BLOCKS:
            self._begin_block(name)
        self._opened.append((name, self._state))
        if mark := _MARKS.get(name):
            self._mark(mark)
        if effect := _EFFECTS.get(name):
            effect(self, tag)

    def close(self, name: str) -> None:
        if name == "br":
            self._break()
        elif name in _VOID:
            return
        elif self._too_deep:
            self._too_deep -= 1
        elif any(name == opened for opened, _ in self._opened):
            while self._close_last() != name:
                pass

    def _close_last(self) -> str:
        name, self._state = self._opened.pop()
        if name in _BLOCKS:
            self._end_line()
        if name in ("ul", "ol") and self._numbers:
            self._numbers.pop()
        self._paragraph_ended = name == "p"
        return name

    def _begin_block(self, name: str) -> None:
        if self._opened and self._opened[-1][0] == "p":
            self._close_last()
        if name == "li":
            self._close_item()
        self._end_line()
        if name == "p" and self._paragraph_ended and self._state.item is None and not self._state.hidden:
            self._break()
        self._paragraph_ended = False

    def _close_item(self) -> None:
        """An item ends where the next of its list begins (HTML standard, "Optional tags")."""
        for name, _ in reversed(self._opened):
            if name in ("ul", "ol"):
                return
            if name == "li":
                self.close("li")
                return

    def _void(self, tag: Tag) -> None:
        if self._state.hidden:
            return
        if tag.name == "br":
            self._break()
        elif tag.name == "img":
            self._flowing(clean(tag.attributes.get("alt") or tag.attributes.get("title") or ""))
        elif tag.name == "hr":
            self._begin_block("hr")
            self._flowing("---")
            self._end_line()

    def _preformatted(self, text: str) -> None:
        first, *rest = text.split("\n")
        self._append(first)
        for line in rest:
            self._break()
            self._append(line)

    def _flowing(self, text: str) -> None:
        """Text in which a line's end is no more than a space."""
        if "\n" in text:
            parts = text.split("\n")
            text = " ".join(
                [
                    part
                    for part in (parts[0].rstrip(), *map(str.strip, parts[1:-1]), parts[-1].lstrip())
                    if part
                ]
            )
            leading, trailing = not parts[0].strip(), not parts[-1].strip()
        else:
            leading = trailing = False
        if text:
            self._paragraph_ended = False
            if (leading or self._space) and self._line:
                self._append(" ")
            self._append(text)
            self._space = trailing
        else:
            self._space = self._space or leading

    def _append(self, text: str) -> None:
        if not text or self._state.hidden:
            return
        if not self._line:
            self._begin_line()
        self._line.append(replace(self._state.span, text=text, block=self._block))

    def _begin_line(self) -> None:
        """An item's mark is for its first line, the others follow as plain lines."""
        self._item = self._state.item
        self._block = self._state.span.block
        if self._item is not None and self._item.shown:
            self._block = replace(self._block, item=None, indent=0)

    def _break(self) -> None:
        """The line ends here, empty or not."""
        if not self._line:
            self._begin_line()
        if self._item is not None:
            self._item.shown = True
        self._lines.append((self._block, tuple(self._line)))
        self._line = []
        self._space = False

    def _end_line(self) -> None:
        """A block begins or ends: so does the line, unless it is the white space between two blocks."""
        if self._line and (self._block.code is not None or any(span.text.strip() for span in self._line)):
            self._break()
        self._line = []
        self._space = False

    def _restyle(self, span: Span) -> None:
        self._state = replace(self._state, span=span)

    def _mark(self, mark: Mark) -> None:
        if not self._state.pre:
            self._restyle(replace(self._state.span, marks=self._state.span.marks | {mark}))

    def _pre(self, _: Tag) -> None:
        block = replace(self._state.span.block, code="")
        self._state = replace(self._state, pre=True, span=Span("", block=block))
        self._fresh_pre = True

    def _code(self, tag: Tag) -> None:
        """The language of a code block stands in the class of its `code`."""
        if self._state.pre:
            classes = [
                name for name in tag.attributes.get("class", "").split() if name.startswith("language-")
            ]
            language = clean(classes[0].removeprefix("language-")) if classes else ""
            self._restyle(
                replace(self._state.span, block=replace(self._state.span.block, code=language[:50]))
            )

    def _quote(self, _: Tag) -> None:
        block = self._state.span.block
        self._restyle(replace(self._state.span, block=replace(block, quote=block.quote + 1)))

    def _list(self, tag: Tag) -> None:
        start = tag.attributes.get("start", "1")
        known = start.isascii() and start.isdigit() and len(start) < 10
        number = max(1, int(start)) if known else 1
        self._numbers.append(number if tag.name == "ol" else None)
        self._state = replace(self._state, lists=self._state.lists + 1)

    def _list_item(self, _: Tag) -> None:
        item = 0
        if self._numbers and (number := self._numbers[-1]) is not None:
            item = number
            self._numbers[-1] = min(number + 1, _LONGEST_LIST)
        block = replace(self._state.span.block, item=item, indent=max(0, self._state.lists - 1))
        self._state = replace(self._state, item=_Item(), span=replace(self._state.span, block=block))

    def _link(self, tag: Tag) -> None:
        href = tag.attributes.get("href", "")
        if self._state.pre or not linkable(href):
            return
        user = mentioned(href)
        self._restyle(replace(self._state.span, mention=user, href=None if user else href))

    def _span(self, tag: Tag) -> None:
        colour = tag.attributes.get("data-mx-color") or tag.attributes.get("color") or ""
        if self._state.pre:
            return
        if len(colour) == 7 and colour[0] == "#" and set(colour[1:].lower()) <= set("0123456789abcdef"):
            self._restyle(replace(self._state.span, colour=int(colour[1:], 16)))
        if (reason := tag.attributes.get("data-mx-spoiler")) is not None:
            if reason:
                self._flowing(f"({clean(reason)}) ")
            self._mark(Mark.SPOILER)

    def _cell(self, _: Tag) -> None:
        if self._line:
            self._append(" | ")

    def _hide(self, _: Tag) -> None:
        self._state = replace(self._state, hidden=True)


_EFFECTS: dict[str, Callable[[_Reader, Tag], None]] = {
    "a": _Reader._link,  # noqa: SLF001 -- its own table
    "blockquote": _Reader._quote,  # noqa: SLF001
    "code": _Reader._code,  # noqa: SLF001
    "font": _Reader._span,  # noqa: SLF001
    "li": _Reader._list_item,  # noqa: SLF001
    "mx-reply": _Reader._hide,  # noqa: SLF001
    "ol": _Reader._list,  # noqa: SLF001
    "pre": _Reader._pre,  # noqa: SLF001
    "span": _Reader._span,  # noqa: SLF001
    "td": _Reader._cell,  # noqa: SLF001
    "th": _Reader._cell,  # noqa: SLF001
    "ul": _Reader._list,  # noqa: SLF001
}
