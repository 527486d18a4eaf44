"""The demo's terminal."""

from rich.console import Console
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
        head = Text.assemble((f"{network:>8} ", f"bold {colour}"), ("← " if copy else "  ", "dim"))
        body = Text("", "dim" if copy else "")
        if not copy:
            body.append(f"{who}: ", "bold")
        for span in spans:
            code = span.block.code is not None
            body.append(span.text, "reverse" if code else " ".join(_STYLES[mark] for mark in span.marks))
        first, *rest = body.split("\n")
        self._console.print(head + first)
        for line in rest:
            self._console.print(Text(" " * len(head.plain)) + line)
