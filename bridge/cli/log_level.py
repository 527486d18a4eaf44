"""`hubbub log-level`: how much a running service logs."""

from pathlib import Path

import click

from bridge.control import ask
from bridge.levels import LEVELS, START

from .words import journal_argument, journal_option, print_json

__all__ = ["log_level"]


@click.command()
@click.argument("level", required=False, metavar=f"[{'|'.join((*LEVELS, START))}]")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@click.option(
    "--logger",
    default="",
    metavar="NAME",
    help="Only there and below, such as adapters, bridge.relay, or a library.",
)
@click.option("--json", "as_json", is_flag=True, help="What counts now as JSON, for machines.")
def log_level(
    level: str | None, file: Path | None, journal: Path | None, logger: str, *, as_json: bool
) -> None:
    """Let the running service log more, or less.

    From LEVEL on, until it ends; without LEVEL, say what it logs. `debug` tells the way of
    every message, without its words; `start` is as it was at the start. What a library says
    may hold what people said.

    \b
    Examples:
      hubbub log-level debug
      hubbub log-level debug --logger bridge.relay
      hubbub log-level start
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    if level is not None and level not in (*LEVELS, START):
        if file is not None or not Path(level).exists():
            raise click.UsageError(f"there is no level {level!r}: say {', '.join(LEVELS)} or {START}")
        file, level = Path(level), None  # the file alone: whoever asks what is logged names it
    answer = ask(
        journal_argument(file, journal), {"command": "log-level", "level": level or "", "logger": logger}
    )
    if as_json:
        print_json(answer["levels"])
        return
    width = max(map(len, answer["levels"]))
    for name, from_on in answer["levels"].items():
        click.echo(f"{name:{width}}  {from_on}")
