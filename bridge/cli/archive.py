"""`hubbub archive`: what is archived, for how long, how it is filed, and what is held."""

from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal
from rich.text import Text

from bridge.config.words import counted, printable

from .archive_backup import backup
from .archive_import import import_
from .filing import done, place_options, times_options
from .suggestions import conversations
from .terminal import Cell, Terminal, widths_of
from .words import journal_option, json_option, print_json, when

__all__ = ["archive"]


class _Standing(click.Group):
    """Tells how it stands where no other command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["status", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Standing)
def archive() -> None:
    """Say what is archived, file it, hold it.

    Without a command it says what there is of each conversation, for how long, and what is wrong. Commands
    ask the running service; where none runs they do it themselves.

    \b
    Examples:
      hubbub archive
      hubbub archive tag offer 1204
      hubbub archive hold add case-7 --conversation sales --reason 'dispute with Ann'
    """  # noqa: D301 - the sign is click's, for lines that stay as they are


@archive.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@json_option
def status(file: Path | None, journal: Path | None, *, as_json: bool) -> None:
    """Say what is archived of each conversation, and for how long.

    \b
    Examples:
      hubbub archive
      hubbub archive status --json
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    answer = done(file, journal, "archive/filing")
    if as_json:
        print_json(answer)
    else:
        _Overview(answer).show()


class _Overview(Terminal):
    """Prints what the owner sees."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self._answer = answer

    def show(self) -> None:
        answer = self._answer
        self.say(
            f"{answer['file']}: {counted(answer['entries'], 'entry', 'entries')}, {decimal(answer['bytes'])}"
        )
        for sentence in answer["wrong"]:
            self.say(printable(sentence), "bold red")
        self.say()
        rows = [self._row(one) for one in answer["conversations"]]
        widths = widths_of(rows) if rows else []
        for row in rows:
            self.row(row, widths)
        self._notes()

    def _row(self, one: dict[str, Any]) -> list[Cell]:
        kept = f"kept for {_span(one['keep'])}" if one["keep"] else "kept for ever"
        since = f"since {when(one['oldest'])}" if one["oldest"] else ""
        goes = f"the oldest goes {when(one['expires'])}" if one["expires"] else ""
        state = ("", "") if one["archived"] else ("no longer archived", "yellow")
        return [
            (printable(one["name"]), "bold"),
            (counted(one["entries"], "entry", "entries"), ""),
            (decimal(one["bytes"]), "dim"),
            (since, ""),
            (kept, ""),
            (goes, "dim"),
            state,
        ]

    def _notes(self) -> None:
        answer = self._answer
        if tags := answer["tags"]:
            shown = ", ".join(f"{tag} ({count:,})" for tag, count in tags.items())
            self.say()
            self.say(printable(f"tags: {shown}"))
        if answer["digest"]:
            self.say(printable(f"digest: {answer['digest']}"))
        if answer["opted_out"]:
            self.say(f"{counted(len(answer['opted_out']), 'person', 'people')} opted out")
        if answer["waiting"]:
            self.say(f"{counted(answer['waiting'], 'erasure')} to be ended once a hold is released", "yellow")
        if answer["holds"]:
            self.say()
            _show_holds(self, answer["holds"])


@archive.command()
@click.argument("tag")
@click.argument("numbers", nargs=-1, type=int, metavar="[FIRST [LAST]]")
@click.option("--conversation", default="", shell_complete=conversations, help="What was said there.")
@times_options
@place_options
def tag(tag: str, numbers: tuple[int, ...], **more: Any) -> None:
    """Tag what was said.

    By the numbers that a search shows: one entry, or all from FIRST to LAST of its conversation; or what was
    said in a conversation in some time.

    \b
    Examples:
      hubbub archive tag offer 1204
      hubbub archive tag offer 1204 1260
      hubbub archive tag audit --conversation sales --since 2026-01 --until 2026-03
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    answer = _tagging("archive/tag", tag, numbers, **more)
    stretches = [f"{one['conversation']} {_numbers(one)}" for one in answer["tagged"]]
    if not stretches:
        click.echo("That has the tag already.")
        return
    shown = f"{counted(answer['messages'], 'message')}, {when(answer['since'])} to {when(answer['until'])}"
    click.echo(printable(f"Tagged {answer['tag']}: {', '.join(stretches)} ({shown})."))


@archive.command()
@click.argument("tag")
@click.argument("numbers", nargs=-1, type=int, metavar="[FIRST [LAST]]")
@click.option("--conversation", default="", shell_complete=conversations, help="What was said there.")
@times_options
@place_options
def untag(tag: str, numbers: tuple[int, ...], **more: Any) -> None:
    """Take a tag off.

    Whole stretches lose it that touch what is named, whoever gave it. What was kept longer for the tag alone
    goes soon.

    \b
    Examples:
      hubbub archive untag offer 1204
      hubbub archive untag audit --conversation sales --since 2026-01-01
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    answer = _tagging("archive/untag", tag, numbers, **more)
    stretches = [f"{one['conversation']} {_numbers(one)}" for one in answer["tagged"]]
    click.echo(
        printable(f"No longer tagged {answer['tag']}: {', '.join(stretches) or 'nothing had the tag'}.")
    )


def _tagging(command: str, tag: str, numbers: tuple[int, ...], **more: Any) -> dict[str, Any]:
    if len(numbers) > 2:
        raise click.UsageError("FIRST and LAST are all: for several stretches call it several times")
    file, journal = more.pop("file"), more.pop("journal")
    asked = dict(zip(("first", "last"), numbers, strict=False)) | more
    return done(file, journal, command, tag=tag, **asked)


@archive.command()
@click.argument("tag", required=False, default="")
@click.option("--conversation", default="", shell_complete=conversations, help="Only there.")
@place_options
@json_option
def tags(tag: str, conversation: str, file: Path | None, journal: Path | None, *, as_json: bool) -> None:
    """List what is tagged.

    \b
    Examples:
      hubbub archive tags
      hubbub archive tags offer --conversation sales
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    found = done(file, journal, "archive/tags", tag=tag, conversation=conversation)["tags"]
    if as_json:
        print_json(found)
        return
    terminal = Terminal()
    rows: list[list[Cell]] = [
        [
            (printable(one["tag"]), "bold"),
            (printable(one["conversation"]), ""),
            (_numbers(one), ""),
            (when(one["at"]), "dim"),
            (printable(f"by {one['name']} ({one['by']})") if one["by"] else "", ""),
        ]
        for one in found
    ]
    for row in rows:
        terminal.row(row, widths_of(rows))
    if not rows:
        terminal.say("Nothing is tagged.")


def _numbers(one: dict[str, Any]) -> str:
    return f"{one['first']}" if one["first"] == one["last"] else f"{one['first']}-{one['last']}"


@archive.group()
def hold() -> None:
    """Legal holds: what they cover stays, whatever else would have it go.

    \b
    Examples:
      hubbub archive hold add case-7 --conversation sales --reason 'dispute with Ann'
      hubbub archive hold list
      hubbub archive hold release case-7
    """  # noqa: D301 - the sign is click's, for lines that stay as they are


@hold.command()
@click.argument("name")
@click.option("--reason", required=True, help="Why, for whoever asks later.")
@click.option(
    "--conversation", "conversations", multiple=True, shell_complete=conversations, help="What is said there."
)
@click.option("--person", "people", multiple=True, help="What they say: network/id, or a name.")
@click.option("--tag", "tags", multiple=True, help="What has it, now or later.")
@times_options
@place_options
def add(name: str, file: Path | None, journal: Path | None, **more: Any) -> None:
    """Begin a hold.

    What is all of that which is named is held: with a conversation and a person, what that person says there.
    Several of one kind add up. Neither retention takes it, nor its author's removal, nor an erasure.

    \b
    Examples:
      hubbub archive hold add case-7 --conversation sales --since 2026-01-01 --reason 'dispute with Ann'
      hubbub archive hold add ann --person libera/ann!a@b --person matrix/@ann:example.org --reason 'case 7'
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    answer = done(file, journal, "archive/hold", name=name, **more)
    _show_holds(Terminal(), [one for one in answer["holds"] if one["name"] == name])


@hold.command("list")
@place_options
@json_option
def list_(file: Path | None, journal: Path | None, *, as_json: bool) -> None:
    """List the holds.

    \b
    Examples:
      hubbub archive hold list
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    found = done(file, journal, "archive/holds")["holds"]
    if as_json:
        print_json(found)
    elif found:
        _show_holds(Terminal(), found)
    else:
        click.echo("Nothing is held.")


@hold.command()
@click.argument("name")
@place_options
def release(name: str, file: Path | None, journal: Path | None) -> None:
    """End a hold.

    What had to stay for it alone goes soon: by retention, because its author took it back, or by an erasure.

    \b
    Examples:
      hubbub archive hold release case-7
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    done(file, journal, "archive/release", name=name)
    click.echo(printable(f"{name} is released: what had to stay for it alone goes soon."))


def _show_holds(terminal: Terminal, holds: list[dict[str, Any]]) -> None:
    for one in holds:
        head = Text(f"hold {printable(one['name'])}", "bold yellow")
        terminal.say(head.append(f" since {when(one['at'])}: {printable(one['reason'])}", "not bold"))
        what = [
            f"in {', '.join(one['conversations'])}" if one.get("conversations") else "",
            f"by {', '.join(one['people'])}" if one.get("people") else "",
            f"tagged {', '.join(one['tags'])}" if one.get("tags") else "",
            f"said since {when(one['since'])}" if one.get("since") is not None else "",
            f"until {when(one['until'])}" if one.get("until") is not None else "",
        ]
        terminal.say(printable("what is " + " and ".join(filter(None, what))), indent=2)


def _span(seconds: float) -> str:
    """Return a length of time as people in the rooms are told it."""
    from bridge.language import ENGLISH
    from bridge.language.spans import span

    return span(seconds, ENGLISH)


archive.add_command(backup)
archive.add_command(import_)
