"""`hubbub undelivered`: what was given up, and a second try for it."""

import sys
import time
from pathlib import Path

import click

from bridge.config.words import counted
from bridge.control import NotRunning, ask
from bridge.errors import HubbubError

from .progress import progress
from .suggestions import rooms
from .words import journal_argument, journal_option, json_option

__all__ = ["undelivered"]

_SHOWN = 20
_WEEK = 7 * 86400
_ALL = 1_000_000_000
_AT_ONCE = 1000
"""How many are sent again with one request, so that the service is never busy for long."""


class _Listing(click.Group):
    """Lists where no other command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Listing)
def undelivered() -> None:
    """List what was given up, or send it again.

    Without a command it lists; `hubbub undelivered list --help` tells how.

    \b
    Examples:
      hubbub undelivered
      hubbub undelivered retry --all
    """  # noqa: D301 - the sign is click's, for lines that stay as they are


@undelivered.command("list")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@click.option("--all", "everything", is_flag=True, help="Show the older ones too.")
@json_option
def show(file: Path | None, journal: Path | None, *, everything: bool, as_json: bool) -> None:
    """List what was given up, the newest last.

    Also while the service runs.

    \b
    Examples:
      hubbub undelivered
      hubbub undelivered list --all
      hubbub undelivered --json
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.journal.admin.dead_letters import look_at_letters

    limit = _ALL if everything or as_json else _SHOWN
    found = look_at_letters(journal_argument(file, journal), limit, time.time() - _WEEK)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        from .letters import LetterList

        LetterList().show(found)


@undelivered.command()
@click.argument("words", metavar="[FILE] [NUMBER]...", nargs=-1)
@journal_option
@click.option("--room", shell_complete=rooms, help="Those to this room; also: network and room.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
def retry(words: tuple[str, ...], journal: Path | None, room: str | None, *, everything: bool) -> None:
    """Send again what was given up.

    At once, or when the service is started.

    \b
    Examples:
      hubbub undelivered retry 17 18
      hubbub undelivered retry --room '#lobby'
      hubbub undelivered retry /etc/hubbub/bridge.yaml --all
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.journal.admin.dead_letters import Choice, choose, requeue

    files = [word for word in words if not word.isdecimal()]
    choice = Choice({int(word) for word in words if word.isdecimal()}, room)
    if len(files) > 1:
        raise click.UsageError(f"{files[1]} is no number")
    if bool(choice.numbers or room) == everything:
        raise click.UsageError("say which: numbers from the list, --room ROOM, or --all")
    path = journal_argument(Path(files[0]) if files else None, journal)
    letters = choose(path, choice)
    if not letters:
        click.echo("There is nothing to send again.")
        return
    try:
        _ask_to_retry(path, letters)
    except NotRunning:
        count = requeue(path, letters)
        click.echo(f"{_are_queued(count)}; what the rooms take goes out when the service is started.")


def _ask_to_retry(path: Path, letters: list[tuple[int, int]]) -> None:
    queued = unmapped = 0
    with progress() as tell:
        for start in range(0, len(letters), _AT_ONCE):
            tell("queueing", start, len(letters))
            answer = ask(path, {"command": "retry", "letters": letters[start : start + _AT_ONCE]})
            queued, unmapped = queued + answer["queued"], unmapped + answer["unmapped"]
    if queued:
        order = ", in their old order" if queued > 1 else ""
        click.echo(f"{_are_queued(queued)}{order}, before what is newer.")
    elif not unmapped:
        raise HubbubError("the service queued none of them: look at its log, and list them again")
    if unmapped:
        rooms = "a room" if unmapped == 1 else "rooms"
        click.echo(f"{counted(unmapped, 'message')} to {rooms} in no conversation: still undelivered.")
        sys.exit(1)


def _are_queued(count: int) -> str:
    return f"{counted(count, 'message')} {'is' if count == 1 else 'are'} queued again"
