"""`hubbub reload`: let a running service follow a changed configuration."""

import sys
from pathlib import Path
from typing import Any

import click

from bridge.config.words import printable
from bridge.control import exchange
from bridge.errors import HubbubError

from . import EX_CONFIG
from .difference import sentences
from .terminal import Terminal
from .words import config_file, journal_argument, journal_option, print_json

__all__ = ["reload"]


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON, for machines; mistakes as well.")
def reload(file: Path | None, journal: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Let the running service read FILE again.

    As SIGHUP does; and say what changed and which rooms it got into, or with --dry-run what would change.

    \b
    Examples:
      hubbub reload --dry-run
      hubbub reload
      hubbub reload --dry-run --json

    Exit codes: 0 it follows the file, 1 no service did, 2 wrong usage, 78 the file has mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    request: dict[str, Any] = {"command": "reload", "dry_run": dry_run}
    if journal is None:
        request["file"] = str((file or config_file()).absolute())
    answer = exchange(journal_argument(file, journal), request)
    if as_json:
        print_json(answer)
    mistakes = answer.get("mistakes", [])
    for mistake in mistakes:
        click.echo(mistake, err=True)
    if mistakes:
        click.secho(answer["error"], fg="red", err=True)
        sys.exit(EX_CONFIG)
    if not answer["ok"]:
        raise HubbubError(answer["error"])
    if not as_json:
        _show(answer)


def _show(answer: dict[str, Any]) -> None:
    told = list(sentences(answer))
    if not told:
        click.echo("Nothing would change." if answer["dry_run"] else "Nothing has changed.")
        return
    terminal = Terminal()
    for sentence, style in told:
        terminal.say(printable(sentence), style)
