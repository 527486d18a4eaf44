"""`hubbub tail`: what people say and what becomes of it, live."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from bridge.config.words import counted, printable
from bridge.control import follow
from bridge.errors import HubbubError
from bridge.identity import one_line, safe_name

from .room_options import room_options
from .terminal import Terminal
from .words import journal_argument, journal_option, json_option

__all__ = ["tail"]

_AUTHORS = {"message": "<{}>", "action": "* {}", "notice": "-{}-"}
"""As chat clients write them."""
_COLOURS = ("cyan", "green", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@room_options
@click.option("--deliveries", "-d", is_flag=True, help="Also what arrived where, and after how long.")
@json_option
def tail(
    file: Path | None, journal: Path | None, where: dict[str, str], *, deliveries: bool, as_json: bool
) -> None:
    """Show what people say, live.

    And what becomes of it, until Ctrl-C, or until the service ends: then the exit code is 1. What is given up
    is always shown, what two people say alone never. With --json one object on each line, deliveries too.

    \b
    Examples:
      hubbub tail
      hubbub tail --conversation lobby --deliveries
      hubbub tail --network libera --room '#ops' --json | jq -r .text
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    told = follow(journal_argument(file, journal), {"command": "tail", "text": True, **where})
    show = _print_json if as_json else _Lines(deliveries=deliveries).show
    try:
        for one in told:
            show(one)
    except KeyboardInterrupt:
        return
    raise HubbubError("the service has ended: `hubbub tail` shows more once it runs again")


def _print_json(told: dict[str, Any]) -> None:
    if told["what"] != "begun":
        click.echo(json.dumps(told, ensure_ascii=False))


class _Lines(Terminal):
    """What is told as a person reads it."""

    def __init__(self, *, deliveries: bool) -> None:
        super().__init__()
        self._deliveries = deliveries

    def show(self, told: dict[str, Any]) -> None:
        match told["what"]:
            case "begun":
                if sys.stdout.isatty():
                    self.say("Showing what is said from now on: Ctrl-C ends it.", "dim")
            case "taken":
                self._said(told)
            case "ended":
                self._ended(told)
            case "many given up":
                count = counted(told["count"], "message")
                self._outcome(told, f"{count} given up: {printable(told['reason'])}", "red")
            case "missed":
                self.say(f"… {told['count']:,} left out: they came faster than they were shown", "yellow")

    def _said(self, told: dict[str, Any]) -> None:
        """Print who said what, and where; further lines stand below the first."""
        clock = time.strftime("%H:%M:%S", time.localtime(told["at"]))
        head = Text(f"{clock}  ", "dim").append(f"{_place(told)}  ", "not dim bold")
        name = safe_name(told["author"])
        author = Text(
            _AUTHORS.get(told["kind"], "{}").format(name), _COLOURS[sum(name.encode()) % len(_COLOURS)]
        )
        lines = [one_line(line) for line in told["text"].splitlines()] or [""]
        self.say(Text.assemble(author, " ", lines[0]), head=head)
        for line in lines[1:]:
            self.say(line, indent=head.cell_len)

    def _ended(self, told: dict[str, Any]) -> None:
        number, outcome = told["number"], told["outcome"]
        if outcome == "given up":
            self._outcome(told, f"{number} given up: {printable(told['reason'])}", "red")
        elif self._deliveries:
            self._outcome(told, f"{number} {outcome} after {told['seconds']:.2f} s", "dim")

    def _outcome(self, told: dict[str, Any], text: str, style: str) -> None:
        """Print what became of something, below what was said."""
        self.say(Text(f"→ {_place(told)}  {text}", style), indent=len("HH:MM:SS  "))


def _place(told: dict[str, Any]) -> str:
    return f"{printable(told['network'])} {printable(told['room'])}"
