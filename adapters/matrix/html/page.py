"""Lays text out in lines: flowing or preformatted, with the beginnings and ends of lines and items."""

from dataclasses import dataclass, replace

from bridge import PLAIN, Block, Line, Span, of_lines

__all__ = ["Formatting", "Item", "Page"]


class Item:
    """An open list item; its bullet or number belongs to its first line."""

    __slots__ = ("shown",)

    def __init__(self) -> None:
        self.shown = False


_PLAIN = Span("")


@dataclass(frozen=True, slots=True)
class Formatting:
    """The style of text at one place."""

    span: Span = _PLAIN
    item: Item | None = None
    lists: int = 0
    pre: bool = False
    hidden: bool = False


class Page:
    """The lines so far. `state` is the style of what comes next."""

    def __init__(self) -> None:
        self.state = Formatting()
        self.lines: list[Line] = []
        self.line: list[Span] = []
        self._block: Block = PLAIN
        self._item: Item | None = None
        self._space = False

    def finish(self) -> tuple[Span, ...]:
        self.end_line()
        return of_lines(self.lines)

    def preformatted(self, text: str) -> None:
        first, *rest = text.split("\n")
        self.append(first)
        for line in rest:
            self.break_line()
            self.append(line)

    def flow(self, text: str) -> None:
        """Add text in which a line break is no more than a space."""
        if "\n" in text:
            parts = text.split("\n")
            stripped = (parts[0].rstrip(), *map(str.strip, parts[1:-1]), parts[-1].lstrip())
            text = " ".join(filter(None, stripped))
            leading, trailing = not parts[0].strip(), not parts[-1].strip()
        else:
            leading = trailing = False
        if text:
            if (leading or self._space) and self.line:
                self.append(" ")
            self.append(text)
            self._space = trailing
        else:
            self._space = self._space or leading

    def append(self, text: str) -> None:
        if not text or self.state.hidden:
            return
        if not self.line:
            self._begin_line()
        self.line.append(replace(self.state.span, text=text, block=self._block))

    def separate(self, text: str) -> None:
        """Add text without a style between two parts of a line."""
        self._space = False
        if not self.state.hidden:
            self.line.append(Span(text, block=self._block))

    def _begin_line(self) -> None:
        """Begin a line. Only the first line of an item has its bullet or number."""
        self._item = self.state.item
        self._block = self.state.span.block
        if self._item is not None and self._item.shown:
            self._block = replace(self._block, item=None, indent=0)

    def break_line(self) -> None:
        """End the line here, empty or not."""
        if not self.line:
            self._begin_line()
        if self._item is not None:
            self._item.shown = True
        self.lines.append((self._block, tuple(self.line)))
        self.line = []
        self._space = False

    def end_line(self) -> None:
        """End the line where a block begins or ends, unless it is only the white space between two blocks."""
        if self.line and (self._block.code is not None or any(span.text.strip() for span in self.line)):
            self.break_line()
        self.line = []
        self._space = False
