"""Formatting codes to spans (modern.ircdocs.horse/formatting). Pure."""

import re

from bridge import Content, Mark, Span, normal, plain

from .colours import PALETTE

__all__ = ["content"]

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CODE = re.compile(
    r"\x03(?:(?P<fore>[0-9]{1,2})(?:,(?P<back>[0-9]{1,2}))?)?"
    r"|\x04(?:(?P<hexfore>[0-9A-Fa-f]{6})(?:,(?P<hexback>[0-9A-Fa-f]{6}))?)?"
    r"|[\x00-\x08\x0a-\x1f\x7f]"
)
_TOGGLES = {
    "\x02": Mark.BOLD,
    "\x1d": Mark.ITALIC,
    "\x1f": Mark.UNDERLINE,
    "\x1e": Mark.STRIKE,
    "\x11": Mark.CODE,
}


def content(text: str) -> Content:
    """Decode text with formatting codes (modern.ircdocs.horse/formatting), in normal form.

    Background colours are left out, but for text on its own colour, which hides it: a spoiler.
    Reverse and unknown control characters are left out too.
    """
    if not _CONTROL.search(text):
        return plain(text) if text else Content()
    pen = _Pen()
    out: list[Span] = []
    at = 0
    for code in _CODE.finditer(text):
        if code.start() > at:
            out.append(pen.span(text[at : code.start()]))
        pen.take(code)
        at = code.end()
    out.append(pen.span(text[at:]))
    return Content(normal(out))


class _Pen:
    """The marks and colours of the text that follows."""

    def __init__(self) -> None:
        self.marks: set[Mark] = set()
        self.fore: int | None = None
        self.back: int | None = None

    def take(self, code: re.Match[str]) -> None:
        """Change the pen as a formatting code says."""
        sign = code[0][0]
        if sign == "\x03":
            self._colour(_palette(code["fore"]), _palette(code["back"]), bare=code["fore"] is None)
        elif sign == "\x04":
            self._colour(_hex(code["hexfore"]), _hex(code["hexback"]), bare=code["hexfore"] is None)
        elif sign == "\x0f":
            self.marks.clear()
            self.fore = self.back = None
        elif sign in _TOGGLES:
            self.marks ^= {_TOGGLES[sign]}

    def _colour(self, fore: int | None, back: int | None, *, bare: bool) -> None:
        self.fore = fore
        if bare or back is not None:
            self.back = back

    def span(self, text: str) -> Span:
        """Return text written with this pen."""
        if self.fore is not None and self.fore == self.back:
            return Span(text, frozenset(self.marks | {Mark.SPOILER}))
        return Span(text, frozenset(self.marks), colour=self.fore)


def _palette(number: str | None) -> int | None:
    return PALETTE[int(number)] if number is not None and int(number) < len(PALETTE) else None


def _hex(digits: str | None) -> int | None:
    return int(digits, 16) if digits is not None else None
