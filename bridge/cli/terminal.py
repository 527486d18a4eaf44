"""What a command prints: fitted to its width, and whole where there is none."""

from collections.abc import Sequence
from typing import TypeAlias

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

__all__ = ["Cell", "Terminal", "widths_of"]

Cell: TypeAlias = tuple[str, str]
"""A text and its style."""

_NO_LIMIT = 100_000


def widths_of(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Return how wide the columns are of rows that stand below each other."""
    return [max(cell_len(text) for text, _ in column) for column in zip(*rows, strict=True)]


class Terminal:
    """Prints line by line."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._width = self._console.width if self._console.is_terminal else _NO_LIMIT

    def line(self, line: Text) -> None:
        """Print one line, cut to the width."""
        line.truncate(self._width, overflow="ellipsis")
        self._console.print(line, soft_wrap=True)

    def row(self, row: Sequence[Cell], widths: Sequence[int]) -> None:
        """Print a line of columns as wide as these; one in which nothing stands anywhere is left out."""
        line = Text("  ")
        for (text, style), width in zip(row, widths, strict=True):
            if width:
                line.append(text, style).append(" " * (width - cell_len(text) + 2))
        line.rstrip()
        self.line(line)

    def say(self, text: str | Text = "", style: str = "", *, indent: int = 0, head: str | Text = "") -> None:
        """Print words, wrapped to the width; `head` stands before them in a column of its own."""
        words = Text(text, style) if isinstance(text, str) else text
        before = Text(" " * indent).append(head)
        for line in words.wrap(self._console, self._width - before.cell_len) or [Text()]:
            self._console.print(before + line, soft_wrap=True)
            before = Text(" " * before.cell_len)
