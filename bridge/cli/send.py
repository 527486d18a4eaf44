"""`hubbub send`: the owner says something as the bridge."""

import json
import sys
from pathlib import Path

import click

from bridge.config.words import counted, printable
from bridge.control import ask
from bridge.errors import HubbubError

from .room_options import room_options
from .words import journal_argument, journal_option, json_option

__all__ = ["send"]

_MOST = 20_000


@click.command()
@click.argument("text", required=False)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@room_options
@json_option
def send(
    text: str | None, file: Path | None, journal: Path | None, where: dict[str, str], *, as_json: bool
) -> None:
    """Say TEXT as the bridge.

    In one room, or in all rooms of a conversation. Without TEXT, or with -, it is read from stdin. It is on
    record before this ends: a room that cannot be reached gets it later. The service must run.

    \b
    Examples:
      hubbub send --conversation lobby 'We move to another server at 20:00 UTC.'
      hubbub send --network libera --room '#ops' 'Back again.'
      uptime | hubbub send --network libera --room '#ops' - /etc/hubbub/bridge.yaml
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    if not (where["conversation"] or where["room"]):
        raise click.UsageError("say where: --conversation NAME, or --room ROOM with its --network NAME")
    if text is not None and file is None and Path(text).is_file():
        raise click.UsageError(
            f"{text} is a file: say what is to be said before it, or - to read it from stdin"
        )
    if text is None or text == "-":
        if sys.stdin.isatty():
            raise click.UsageError('say what: "TEXT", or by stdin')
        text = sys.stdin.buffer.read(4 * _MOST + 1).decode(errors="replace")
    text = text.strip("\r\n")
    if len(text) > _MOST:
        raise HubbubError(f"this is too long: at most {_MOST:,} characters")
    if not text.strip():
        raise HubbubError("there is nothing to say: the text is empty")
    answer = ask(journal_argument(file, journal), {"command": "send", "text": text, **where})
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    rooms = ", ".join(printable(" ".join(place)) for place in answer["rooms"])
    click.echo(f"Said in {counted(len(answer['rooms']), 'room')}, as message {answer['number']}: {rooms}")
