"""`hubbub catch-up`: read once more what was said in a room, and relay what was missed."""

import time
from pathlib import Path
from typing import Any

import click

from bridge.config.words import counted
from bridge.control import ask

from .suggestions import networks, rooms
from .words import journal_argument, journal_option

__all__ = ["catch_up"]

_PATIENCE = 600.0
"""Seconds that reading may take: a long history comes in pages, at the speed that the network allows."""


class _Span(click.ParamType[float]):
    """A length of time such as 30m or 24h, in seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from pydantic import TypeAdapter, ValidationError

        from bridge.config.values import Duration

        try:
            return TypeAdapter(Duration).validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is no time with its unit: 30m, 24h or 7d", param, ctx)


@click.command("catch-up")
@click.argument("network", shell_complete=networks)
@click.argument("room", shell_complete=rooms)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@click.option("--since", type=_Span(), default="24h", show_default=True, help="How far back to read.")
def catch_up(network: str, room: str, file: Path | None, journal: Path | None, *, since: float) -> None:
    """Relay what was missed in a ROOM of a NETWORK.

    For what `catch_up` in the map leaves out, as far as the network still has it. What was relayed before is
    not relayed again; the rest comes with its time, behind what was said since.

    \b
    Examples:
      hubbub catch-up libera '#lobby'
      hubbub catch-up home '#lobby:example.org' --since 7d
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    request = {"command": "catch-up", "network": network, "room": room, "since": time.time() - since}
    answer = ask(journal_argument(file, journal), request, _PATIENCE)
    click.echo(f"{counted(answer['taken'], 'message')} had been missed in {room} and will be relayed.")
