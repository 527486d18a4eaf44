"""`hubbub desk mail`: what desks could not send, sent again or forgotten."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bridge.config.words import counted, printable
from bridge.control import NotRunning, ask

from .terminal import Terminal
from .words import config_file, json_option, print_json, when

__all__ = ["mail"]

_KINDS = {
    "transcript": "what was said",
    "copy": "a copy of what was said",
    "message": "what was left",
    "unseen": "what was not seen",
}
_DONE = {"retry": "goes again", "forget": "is forgotten"}


@click.command()
@click.argument("desk", required=False, default="")
@click.option(
    "--file", type=click.Path(path_type=Path), help="The configuration, where it is not the usual one."
)
@click.option("--retry", is_flag=True, help="Send it again, and try that for two days.")
@click.option("--forget", is_flag=True, help="Forget it.")
@click.option("--number", "numbers", type=int, multiple=True, help="Of this mail alone; may be repeated.")
@json_option
def mail(  # noqa: PLR0913 each by its name
    desk: str, file: Path | None, *, retry: bool, forget: bool, numbers: tuple[int, ...], as_json: bool
) -> None:
    """List the mail of desks that did not go, or send it again.

    What the mail server refused for good, or did not take for two days: it is given up, and stands here for
    two weeks. What is late stands here too, and is tried again by itself. Without DESK it is that of all.

    \b
    Examples:
      hubbub desk mail
      hubbub desk mail sales --retry
      hubbub desk mail --forget --number 17
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    if retry and forget:
        raise click.UsageError("say either --retry or --forget")
    do = "retry" if retry else "forget" if forget else ""
    answer = _asked(file, {"command": "desk/mail", "desk": desk, "do": do, "numbers": list(numbers)})
    if as_json:
        print_json(answer)
        return
    if do and not answer["done"]:
        click.echo("There is no such mail: `hubbub desk mail` lists what did not go.")
    elif do:
        click.echo(f"{counted(answer['done'], 'mail')}: {_DONE[do]}.")
    else:
        _tell(answer["mails"])


def _asked(file: Path | None, request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the service, or do it where none runs. Raises HubbubError."""
    from bridge.config import load
    from bridge.protocols import find

    config = load(file or config_file(), find)
    try:
        return ask(config.journal, request)
    except NotRunning:
        import msgspec

        from bridge.control.desk import desk_mail
        from bridge.control.desk_requests import DeskMailRequest

        answer = desk_mail(config, msgspec.convert(request, DeskMailRequest), time.time())
        found: dict[str, Any] = msgspec.to_builtins(answer)
        return found


def _tell(mails: list[dict[str, Any]]) -> None:
    terminal = Terminal()
    if not mails:
        terminal.say("All mail of desks went.")
        return
    for one in mails:
        about = f" (chat {one['chat']})" if one["chat"] else ""
        ended = f"given up {when(one['given_up'])}" if one["given_up"] else "tried again"
        said = f"{_KINDS[one['kind']]}{about} at {one['desk']}, to {one['to']}"
        terminal.say(
            printable(f"{said}: asked for {when(one['at'])}, {ended}; {one['reason']}"),
            head=f"{one['number']:>5}  ",
        )
    terminal.say("`--retry` sends them again, `--forget` forgets them; `--number` says which.")
