"""The demo's terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.model import Mark, Span

__all__ = ["Screen"]

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
_STYLES = {
    Mark.BOLD: "bold",
    Mark.ITALIC: "italic",
    Mark.UNDERLINE: "underline",
    Mark.STRIKE: "strike",
    Mark.CODE: "reverse",
    Mark.SPOILER: "dim",
}


class Screen:
    """Shows every line with its network; copies are dimmer than what they are copies of."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._colours: dict[str, str] = {}

    def say(self, text: str = "") -> None:
        """A line of the demo's own."""
        self._console.print(Text(text))

    def talk(self, network: str, who: str, spans: tuple[Span, ...], *, copy: bool) -> None:
        """Something was said in a network's room, or arrived there."""
        colour = self._colours.setdefault(network, _COLOURS[len(self._colours) % len(_COLOURS)])
        body = Text("", "dim" if copy else "")
        if not copy:
            body.append(f"{who}: ", "bold")
        for span in spans:
            code = span.block.code is not None
            body.append(span.text, "reverse" if code else " ".join(_STYLES[mark] for mark in span.marks))
        line = Table.grid(padding=(0, 1))
        line.add_column(width=8, justify="right")
        line.add_row(Text(network, f"bold {colour}"), Text("←" if copy else " ", "dim"), body)
        self._console.print(line)
