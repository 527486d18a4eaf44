"""The demo's terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.model import Mark, MessageCreated, MessageEdited, ReactionsChanged, Removed, Sender

__all__ = ["Screen"]

_Shown = MessageCreated | MessageEdited | Removed | ReactionsChanged
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
        self._last: tuple[str, Sender] | None = None
        """The network and author of the last removal, if nothing came after it."""

    def say(self, text: str = "") -> None:
        """Show a line of the demo's own."""
        self._console.print(Text(text))

    def talk(self, network: str, event: _Shown, *, copy: bool) -> None:
        """Show what was said or done in a network's room, or arrived there."""
        colour = self._colours.setdefault(network, _COLOURS[len(self._colours) % len(_COLOURS)])
        body = Text("", "dim" if copy else "")
        if not copy:
            body.append(f"{event.sender.name}: ", "bold")
        if isinstance(event, MessageCreated | MessageEdited):
            self._said(body, event)
        elif isinstance(event, ReactionsChanged):
            emojis = " ".join(event.emojis or event.added)
            body.append(f"reacts {emojis}" if emojis else "takes a reaction back", "italic")
        else:
            body.append("takes a message back", "italic")
            if self._last == (network, event.sender):  # some clients say it in two ways
                return
        self._last = (network, event.sender) if isinstance(event, Removed) else None
        line = Table.grid(padding=(0, 1))
        line.add_column(width=8, justify="right")
        line.add_row(Text(network, f"bold {colour}"), Text("←" if copy else " ", "dim"), body)
        self._console.print(line)

    def _said(self, body: Text, event: MessageCreated | MessageEdited) -> None:
        if isinstance(event, MessageEdited):
            body.append("edits: ", "italic")
        elif event.reply_to is not None:
            body.append("answers: ", "italic")
        for span in event.content.spans:
            code = span.block.code is not None
            body.append(span.text, "reverse" if code else " ".join(_STYLES[mark] for mark in span.marks))
        for file in event.content.attachments:
            body.append(f" [{file.kind} {file.name}]", "italic")
