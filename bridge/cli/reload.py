"""`hubbub reload`: let a running service follow a changed configuration."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bridge.config.words import counted, printable
from bridge.control import ask
from bridge.errors import HubbubError

from . import EX_CONFIG
from .terminal import Terminal
from .words import config_file, journal_argument, journal_option

__all__ = ["reload"]

_MOST = 50
"""Settings that are shown."""
_LISTS = {
    "renamed": "renames",
    "started": "starts",
    "stopped": "stops",
    "connected_anew": "connects anew",
    "kept": "keeps",
    "joined": "joins",
}


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def reload(file: Path | None, journal: Path | None, *, dry_run: bool) -> None:
    """Let the running service read FILE again.

    As SIGHUP does; and say what changed and which rooms it got into, or with --dry-run what would change.

    \b
    Examples:
      hubbub reload --dry-run
      hubbub reload

    Exit codes: 0 it follows the file, 1 no service did, 2 wrong usage, 78 the file has mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    request: dict[str, Any] = {"command": "reload", "dry_run": dry_run}
    if journal is None:
        request["file"] = str((file or config_file()).absolute())
    answer = ask(journal_argument(file, journal), request)
    if mistakes := answer.get("mistakes"):
        for mistake in mistakes:
            click.echo(mistake, err=True)
        click.secho(answer["error"], fg="red", err=True)
        sys.exit(EX_CONFIG)
    if not answer["ok"]:
        raise HubbubError(answer["error"])
    lines = list(_changes(answer))
    if not any(what != "keeps" for what, _ in lines):
        click.echo("Nothing would change." if dry_run else "Nothing has changed.")
        return
    terminal = Terminal()
    terminal.say("The service would change:" if dry_run else "The service has changed:")
    for what, which in lines:
        terminal.say(printable(which), indent=2, head=f"{what:<16} ")


def _changes(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    settings = answer["settings"]
    for setting in settings[:_MOST]:
        where = f"{setting['place']}: " if setting["place"] else ""
        yield "sets", f"{where}{setting['key']}: {setting['old']} → {setting['new']}"
    if len(settings) > _MOST:
        yield "sets", f"{len(settings) - _MOST:,} more"
    for key, word in _LISTS.items():
        if answer[key]:
            yield word, ", ".join(answer[key])
    for left in answer["left"]:
        lost = left["given_up"]
        end = f", giving up {counted(lost, 'message')} that waited for it" if lost else ""
        note = f" ({left['note']})" if left["note"] else ""
        yield "leaves", f"{left['room']}{end}{note}"
    for room, reason in answer["arrived"].items():
        if reason:
            yield "is not in", f"{room}: {reason}"
    if answer["restart_for"]:
        yield "needs a restart", f"for {', '.join(answer['restart_for'])}"
