"""`hubbub muted`: who is not heard in a conversation, since moderators of one of its rooms wanted that."""

from pathlib import Path
from typing import Any

import click

from bridge.config.words import counted, printable
from bridge.control import ask

from .terminal import Terminal
from .words import journal_argument, journal_option, json_option, print_json, when

__all__ = ["muted"]


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@json_option
def muted(file: Path | None, journal: Path | None, *, as_json: bool) -> None:
    """List who is not heard, and since when.

    Moderators of one room wanted that, where a room has `moderators: everywhere`; with `dry-run`, who would
    not be heard. The service must run.

    \b
    Examples:
      hubbub muted
      hubbub muted --json
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    answer = ask(journal_argument(file, journal), {"command": "muted"})
    found = answer["muted"]
    if as_json:
        print_json(found)
        return
    terminal = Terminal()
    if not found:
        terminal.say("Nobody is muted.")
        return
    for mute in found:
        terminal.say(_line(mute))
    terminal.say(f"{counted(len(found), 'decision')} of moderators. Let somebody be heard: hubbub unmute WHO")


def _line(mute: dict[str, Any]) -> str:
    what = "would be muted" if mute["dry_run"] else "is muted"
    until = "until that is lifted" if mute["until"] is None else f"until {when(mute['until'])}"
    by = f" by {mute['by']}" if mute["by"] else ""
    why = f": {mute['reason']}" if mute["reason"] else ""
    return printable(
        f"{mute['name']} ({mute['network']}/{mute['user']}) {what} in {mute['conversation']} {until}, "
        f"since {when(mute['since'])}, in {mute['room']}{by}{why}"
    )
