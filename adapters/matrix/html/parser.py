"""`formatted_body` (org.matrix.custom.html) to spans (client-server API, "m.room.message msgtypes")."""

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from adapters.matrix.untrusted import clean
from bridge import Mark, Span, UserId

from .page import Formatting, Item, Page
from .scan import Tag, scan

__all__ = ["USER", "has_mute_image", "linkable", "mentioned", "parse"]

USER = re.compile(r"@[^\s:/?#<>\"'&\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}:[A-Za-z0-9.:\[\]-]{1,230}")
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
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "caption",
            "center",
            "details",
            "div",
            "fieldset",
            "figure",
            "footer",
        ),
        *("form", "header", "hr", "main", "nav", "p", "pre", "section", "summary", "blockquote", *_HEADINGS),
        *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr"),
    )
)
_VOID = frozenset({"br", "hr", "img", "wbr", "input", "meta", "link", "col", "area", "embed", "source"})


def linkable(href: str) -> bool:
    """Whether an address is of a kind that spans may link to."""
    scheme, colon, rest = href.partition(":")
    fine = bool(colon and rest) and scheme.lower() in _SCHEMES and len(href) <= _LONGEST_LINK
    return fine and not any(sign.isspace() or not sign.isprintable() for sign in href)


def mentioned(href: str) -> UserId | None:
    """Return the user that a link names (appendices, "matrix.to navigation" and "Matrix URI scheme")."""
    for prefix, sigil in (("https://matrix.to/#/", ""), ("matrix:u/", "@")):
        if href.startswith(prefix):
            user = sigil + unquote(href.removeprefix(prefix).partition("?")[0])
            return UserId(user) if USER.fullmatch(user) else None
    return None


def parse(source: str, leave_out: str = "") -> tuple[Span, ...]:
    """Decode formatted text. Unknown tags are ignored, and their text is kept, but that of the first element
    with the attribute `leave_out`.
    """
    reader = _Reader(leave_out)
    for token in scan(clean(source)):
        if isinstance(token, str):
            reader.text(clean(token))
        elif token.end:
            reader.close(token.name)
        else:
            reader.open(token)
    return reader.finish()


def has_mute_image(source: str) -> bool:
    """Whether there is an image that has no words of its own."""
    images = (token for token in scan(clean(source)) if isinstance(token, Tag) and token.name == "img")
    return any(not _words_of(image) for image in images)


def _words_of(image: Tag) -> str:
    return clean(image.attributes.get("alt") or image.attributes.get("title") or "").strip()


class _Reader(Page):
    """Applies tags to the state."""

    def __init__(self, leave_out: str) -> None:
        super().__init__()
        self._leave_out = leave_out
        self._opened: list[tuple[str, Formatting]] = []
        self._too_deep = 0
        self._numbers: list[int | None] = []
        self._fresh_pre = False
        self._paragraph_ended = False
        self._mute_link: str | None = None
        """The target of a link, or the user that it names, until the words of the link have come."""

    def text(self, text: str) -> None:
        if self.state.hidden:
            return
        if text.strip():
            self._mute_link = None
        if self.state.pre:
            self.preformatted(text.removeprefix("\n") if self._fresh_pre else text)
        else:
            self.flow(text)
            self._paragraph_ended = self._paragraph_ended and not text.strip()
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
        self._opened.append((name, self.state))
        if mark := _MARKS.get(name):
            self._mark(mark)
        if effect := _EFFECTS.get(name):
            effect(self, tag)
        if self._leave_out in tag.attributes:
            self._hide(tag)
            self._leave_out = ""

    def close(self, name: str) -> None:
        if name == "br":
            self.break_line()
        elif name in _VOID:
            return
        elif self._too_deep:
            self._too_deep -= 1
        elif any(name == opened for opened, _ in self._opened):
            while self._close_last() != name:
                pass

    def _close_last(self) -> str:
        if self._opened[-1][0] == "a":
            self.text(self._mute_link or "")
            self._mute_link = None
        name, self.state = self._opened.pop()
        if name in _BLOCKS:
            self.end_line()
        if name in ("ul", "ol") and self._numbers:
            self._numbers.pop()
        self._paragraph_ended = name == "p"
        return name

    def _begin_block(self, name: str) -> None:
        if self._opened and self._opened[-1][0] == "p":
            self._close_last()
        if name == "li":
            self._close_item()
        self.end_line()
        if name == "p" and self._paragraph_ended and self.state.item is None and not self.state.hidden:
            self.break_line()
        self._paragraph_ended = False

    def _close_item(self) -> None:
        """End the open item where the next one of its list begins (HTML standard, "Optional tags")."""
        for name, _ in reversed(self._opened):
            if name in ("ul", "ol"):
                return
            if name == "li":
                self.close("li")
                return

    def _void(self, tag: Tag) -> None:
        if self.state.hidden:
            return
        if tag.name == "br":
            self.break_line()
        elif tag.name == "img":
            self.text(_words_of(tag))
        elif tag.name == "hr":
            self._begin_block("hr")
            self.flow("---")
            self.end_line()

    def _restyle(self, span: Span) -> None:
        self.state = replace(self.state, span=span)

    def _mark(self, mark: Mark) -> None:
        if not self.state.pre:
            self._restyle(replace(self.state.span, marks=self.state.span.marks | {mark}))

    def _pre(self, _: Tag) -> None:
        block = replace(self.state.span.block, code="")
        self.state = replace(self.state, pre=True, span=Span("", block=block))
        self._fresh_pre = True

    def _code(self, tag: Tag) -> None:
        """Take the language of a code block from the class of its `code`."""
        if self.state.pre:
            classes = [
                name for name in tag.attributes.get("class", "").split() if name.startswith("language-")
            ]
            language = clean(classes[0].removeprefix("language-")) if classes else ""
            self._restyle(replace(self.state.span, block=replace(self.state.span.block, code=language[:50])))

    def _quote(self, _: Tag) -> None:
        block = self.state.span.block
        self._restyle(replace(self.state.span, block=replace(block, quote=block.quote + 1)))

    def _list(self, tag: Tag) -> None:
        start = tag.attributes.get("start", "1")
        known = start.isascii() and start.isdigit() and len(start) < 10
        number = max(1, int(start)) if known else 1
        self._numbers.append(number if tag.name == "ol" else None)
        self.state = replace(self.state, lists=self.state.lists + 1)

    def _list_item(self, _: Tag) -> None:
        item = 0
        if self._numbers and (number := self._numbers[-1]) is not None:
            item = number
            self._numbers[-1] = min(number + 1, _LONGEST_LIST)
        block = replace(self.state.span.block, item=item, indent=max(0, self.state.lists - 1))
        self.state = replace(self.state, item=Item(), span=replace(self.state.span, block=block))

    def _link(self, tag: Tag) -> None:
        href = tag.attributes.get("href", "")
        if self.state.pre or not linkable(href):
            return
        user = mentioned(href)
        self._mute_link = user or href
        self._restyle(replace(self.state.span, mention=user, href=None if user else href))

    def _span(self, tag: Tag) -> None:
        colour = tag.attributes.get("data-mx-color") or tag.attributes.get("color") or ""
        if self.state.pre:
            return
        if len(colour) == 7 and colour[0] == "#" and set(colour[1:].lower()) <= set("0123456789abcdef"):
            self._restyle(replace(self.state.span, colour=int(colour[1:], 16)))
        if (reason := tag.attributes.get("data-mx-spoiler")) is not None:
            if reason:
                self.flow(f"({clean(reason)}) ")
            self._mark(Mark.SPOILER)

    def _cell(self, _: Tag) -> None:
        if self.line:
            self.separate(" | ")

    def _raise(self, _: Tag) -> None:
        """Put a sign before a superscript: 10 to the power of 6 is not 106."""
        self.text("^")

    def _hide(self, _: Tag) -> None:
        self.state = replace(self.state, hidden=True)


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
    "sup": _Reader._raise,  # noqa: SLF001
    "td": _Reader._cell,  # noqa: SLF001
    "th": _Reader._cell,  # noqa: SLF001
    "ul": _Reader._list,  # noqa: SLF001
}
