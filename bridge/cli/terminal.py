"""What a command prints: fitted to its width, and whole where there is none."""

from rich.console import Console
from rich.text import Text

__all__ = ["Terminal"]

_NO_LIMIT = 100_000


class Terminal:
    """Prints line by line."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._width = self._console.width if self._console.is_terminal else _NO_LIMIT

    def line(self, line: Text) -> None:
        """One line, cut to the width."""
        line.truncate(self._width, overflow="ellipsis")
        self._console.print(line, soft_wrap=True)

    def say(self, text: str = "", style: str = "", *, indent: int = 0) -> None:
        """Words, wrapped to the width."""
        for line in Text(text, style).wrap(self._console, self._width - indent) or [Text()]:
            self._console.print(Text(" " * indent) + line, soft_wrap=True)
