"""The demo's terminal."""

import asyncio
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.model import Kind, Mark, MessageCreated, MessageEdited, ReactionsChanged, Removed, Sender

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
_INVISIBLE = str.maketrans("", "", "\u200b\u2060")
_MARGIN = 13
"""Columns for the names of networks: more than one stands there."""
_MOMENT = 1.0
"""Seconds that a copy waits for others that look the same."""


@dataclass(slots=True)
class _Copies:
    """Copies that look the same, and who brought them, by network."""

    body: Text
    senders: dict[str, str] = field(default_factory=dict)


class Screen:
    """Shows what is said with its network; below it, dimmer, how it looks on which of the others."""

    def __init__(self) -> None:
        self.networks: tuple[str, ...] = ()
        self._console = Console(highlight=False)
        self._last: dict[str, Sender] = {}
        """By network, the author of the last removal, if nothing came after it."""
        self._at_home: set[tuple[str, str]] = set()
        """Network and name of all who spoke there themselves: their neighbours see no copy."""
        self._waiting: list[_Copies] = []
        self._timer: asyncio.TimerHandle | None = None

    def say(self, text: str = "") -> None:
        """Show a line of the demo's own."""
        self._console.print(Text(text))

    def talk(self, network: str, event: _Shown) -> None:
        """Show what was said or done in a network's room."""
        self._at_home.add((network, event.sender.name))
        if self._is_repeated(network, event):
            return
        emote = isinstance(event, MessageCreated) and event.kind is Kind.EMOTE
        body = Text(f"* {event.sender.name} " if emote else f"{event.sender.name}: ", "bold")
        self._print((network,), " ", Text().append_text(body).append_text(_what(event)))

    def hear(self, network: str, event: _Shown, *, named: bool) -> None:
        """Show what arrived in a network's room, together with all that looks the same elsewhere.

        `named`: its sender is who said it; else the words tell that.
        """
        if (network, event.sender.name) in self._at_home or self._is_repeated(network, event):
            return
        body = _what(event, event.sender.name if named else "")
        body.style = "dim"
        latest = max((n for n, one in enumerate(self._waiting) if network in one.senders), default=-1)
        alike = next((one for one in self._waiting[latest + 1 :] if one.body == body), None)
        if alike is None:
            alike = _Copies(body)
            self._waiting.append(alike)
        alike.senders[network] = event.sender.name
        while self._waiting and len(self._waiting[0].senders) >= len(self.networks) - 1:
            self._show(self._waiting.pop(0))
        if self._waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_MOMENT, self.flush)

    def flush(self) -> None:
        """Show what waits for copies that look the same; what follows on the same networks together."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        last: set[str] = set()
        while waiting:
            following = next((one for one in waiting if last & one.senders.keys()), None)
            copies = following if following and following.senders.keys() == last else waiting[0]
            waiting.remove(copies)
            self._show(copies)
            last = set(copies.senders)

    def _is_repeated(self, network: str, event: _Shown) -> bool:
        """Whether it is a removal that a client says in a second way."""
        before = self._last.pop(network, None)
        if isinstance(event, Removed):
            self._last[network] = event.sender
        return isinstance(event, Removed) and before == event.sender

    def _show(self, copies: _Copies) -> None:
        networks = [n for n in self.networks if copies.senders.get(n) is not None]
        networks = [n for n in networks if (n, copies.senders[n]) not in self._at_home]
        if networks:
            self._print(networks, "←", copies.body)

    def _print(self, networks: tuple[str, ...] | list[str], sign: str, body: Text) -> None:
        names = Text(" ").join(
            Text(name, f"bold {_COLOURS[self.networks.index(name) % len(_COLOURS)]}") for name in networks
        )
        if 1 < len(networks) == len(self.networks) - 1:
            names = Text("all others", "bold dim")
        line = Table.grid(padding=(0, 1))
        line.add_column(width=_MARGIN, justify="right")
        line.add_column(width=1)
        line.add_column(overflow="fold")
        line.add_row(names, Text(sign, "dim"), body)
        self._console.print(line)


def _what(event: _Shown, author: str = "") -> Text:
    """Return what was said or done, with its author's name where one is given."""
    body = Text()
    if isinstance(event, ReactionsChanged):
        emojis = " ".join(event.emojis or event.added)
        return body.append(f"reacts {emojis}" if emojis else "takes a reaction back", "italic")
    if isinstance(event, Removed):
        return body.append("takes a message back", "italic")
    if isinstance(event, MessageEdited):
        body.append("edits: ", "italic")
    elif event.reply_to is not None:
        body.append("answers: ", "italic")
    if author:
        emote = isinstance(event, MessageCreated) and event.kind is Kind.EMOTE
        body.append(f"* {author} " if emote else f"<{author}> ")
    for span in event.content.spans:
        code = span.block.code is not None
        style = "reverse" if code else " ".join(_STYLES[mark] for mark in span.marks)
        body.append(span.text.translate(_INVISIBLE), style)
    for file in event.content.attachments:
        body.append(f" [{file.kind} {file.name}]", "italic")
    return body
