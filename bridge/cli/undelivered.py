"""`hubbub undelivered`: what was given up, and a second try for it."""

import sys
import time
from itertools import groupby
from pathlib import Path

import click
import msgspec
import regex
from rich.cells import cell_len
from rich.text import Text

from bridge.config.words import counted, printable
from bridge.control import NotRunning, ask
from bridge.errors import HubbubError
from bridge.identity import safe_name
from bridge.journal.admin.dead_letters import Choice, Letter, Letters, choose, look_at_letters, requeue

from .terminal import Terminal
from .words import journal_argument, journal_option, when

__all__ = ["undelivered"]

_SHOWN = 20
_REASONS = 10
_WORDS = 120
"""The most characters of a message where no terminal sets the width."""
_NAME = 20
"""The width of the longest name that is shown whole."""
_WEEK = 7 * 86400
_ALL = 1_000_000_000
_AT_ONCE = 1000
"""How many are sent again with one request, so that the service is never busy for long."""
_SPACE = regex.compile(r"[\s\p{Z}]+")
_UNSAFE = regex.compile(r"\p{C}+")


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
    """


@undelivered.command("list")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@click.option("--all", "everything", is_flag=True, help="Show the older ones too.")
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON, for machines.")
def show(file: Path | None, journal: Path | None, *, everything: bool, as_json: bool) -> None:
    """List what was given up, the newest last.

    Also while the service runs.
    """
    limit = _ALL if everything or as_json else _SHOWN
    found = look_at_letters(journal_argument(file, journal), limit, time.time() - _WEEK)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        _List().show(found)


@undelivered.command()
@click.argument("words", metavar="[FILE] [NUMBER]...", nargs=-1)
@journal_option
@click.option("--room", help="Those to this room; also: network and room.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
def retry(words: tuple[str, ...], journal: Path | None, room: str | None, *, everything: bool) -> None:
    """Send again what was given up.

    At once, or when the service is started.
    """
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
    for start in range(0, len(letters), _AT_ONCE):
        answer = ask(path, {"command": "retry", "letters": letters[start : start + _AT_ONCE]})
        if not answer["ok"]:
            raise HubbubError(answer["error"])
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


class _List(Terminal):
    """The list as a person reads it."""

    def show(self, found: Letters) -> None:
        if found.count:
            if hidden := found.count - len(found.letters):
                self.say(f"{hidden:,} older ones are not shown: --all shows them.", "dim")
                self.say()
            for (source, target, reason), run in groupby(found.letters, _way):
                self.say(f"{printable(source)} → {printable(target)}", "bold")
                self.say(printable(reason), "yellow", indent=2)
                self._run(list(run))
                self.say()
            self._totals(found)
        else:
            self.say("Nothing is undelivered.")
        if found.repeated:
            total = sum(count for _, count in found.repeated)
            where = ", ".join(f"{count:,} to {printable(room)}" for room, count in found.repeated)
            self.say(f"{counted(total, 'message')} may have come twice in the last 7 days: {where}.")

    def _run(self, letters: list[Letter]) -> None:
        digits = len(str(max(letter.number for letter in letters)))
        names = [safe_name(letter.author.name) if letter.author else "?" for letter in letters]
        width = min(_NAME, max(map(cell_len, names)))
        for letter, name in zip(letters, names, strict=True):
            author = Text(name, "cyan")
            author.truncate(width, overflow="ellipsis", pad=True)
            words = "(its text is not kept any more)" if letter.text is None else _words(letter.text)
            line = Text(f"  {letter.number:>{digits}}  ").append(f"{when(letter.given_up_at)}  ", "dim")
            self.line(line.append_text(author).append(f"  {words}"))

    def _totals(self, found: Letters) -> None:
        are = "message is" if found.count == 1 else "messages are"
        self.say(f"{found.count:,} {are} not delivered:", "bold")
        digits = len(f"{found.count:,}")
        for reason, count in found.reasons[:_REASONS]:
            self.line(Text(f"  {count:>{digits},}  {printable(reason)}"))
        if others := sum(count for _, count in found.reasons[_REASONS:]):
            self.line(Text(f"  {others:>{digits},}  for other reasons"))
        self.say("Send again: hubbub undelivered retry NUMBER... (or --room ROOM, or --all)")


def _way(letter: Letter) -> tuple[str, str, str]:
    return letter.source, letter.target, letter.reason


def _words(text: str) -> str:
    """Return the first words, on one line and without what a terminal might act upon."""
    clean = _SPACE.sub(" ", _UNSAFE.sub("", _SPACE.sub(" ", text[: 4 * _WORDS]))).strip()
    return clean if len(clean) <= _WORDS else f"{clean[: _WORDS - 1]}…"
