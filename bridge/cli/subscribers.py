"""`hubbub subscribers`: the ledger of a list."""

import contextlib
import csv
import io
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.config.words import counted, printable
from bridge.errors import HubbubError

from .filing import place_options
from .suggestions import conversations
from .terminal import Terminal
from .words import journal_argument, json_option, print_json, when

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.announce.ledger import Subscription
    from bridge.announce.store import ListsFile

__all__ = ["opened", "subscribers"]

_TIMES = ("asked_at", "confirmed_at", "ended_at")


@click.command()
@click.argument("list_", metavar="LIST", required=False, shell_complete=conversations)
@place_options
@click.option("--csv", "as_csv", is_flag=True, help="All of it as a table, for spreadsheets.")
@json_option
def subscribers(
    list_: str | None, file: Path | None, journal: Path | None, *, as_csv: bool, as_json: bool
) -> None:
    """Show who subscribes to LIST, and how they said so.

    When each asked, confirmed and ended it, where and by which words. Without LIST, say which lists there
    are. The service need not run. It is about people: keep what you export as you keep the journal.

    \b
    Examples:
      hubbub subscribers
      hubbub subscribers news
      hubbub subscribers news --csv > news.csv
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.announce.ledger import SubscriptionLedger

    with opened(journal_argument(file, journal)) as found:
        ledger = SubscriptionLedger(found)
        names = ledger.lists()
        entries = {name: ledger.all(name) for name in names if list_ in {None, name}}
    if list_ is None:
        for name, some in entries.items():
            active = sum(entry.is_active for entry in some)
            click.echo(f"{printable(name)}: {counted(active, 'subscriber')}")
        return
    if list_ not in entries:
        raise HubbubError(f"nobody ever asked for {printable(list_)}; there is: {', '.join(names) or 'none'}")
    if as_json:
        print_json([{f.name: getattr(one, f.name) for f in fields(one)} for one in entries[list_]])
    elif as_csv:
        click.echo(_table(entries[list_]), nl=False)
    else:
        _tell(list_, entries[list_])


@contextlib.contextmanager
def opened(journal: Path) -> "Iterator[ListsFile]":
    """Give the file of lists that belongs to a journal, to be read. Raises HubbubError."""
    from bridge.announce.store import ListsFile, lists_file

    path = lists_file(journal)
    if not path.exists():
        raise HubbubError(
            f"there is no {path}: nobody ever subscribed, or the service was never run with a list"
        )
    file = ListsFile(path, read_only=True)
    try:
        yield file
    finally:
        file.close()


def _tell(name: str, entries: "list[Subscription]") -> None:
    terminal = Terminal()
    for one in entries:
        if one.erased:
            terminal.say(printable(f"○ {_erased(one)}"))
            continue
        who = f"{one.name} ({one.network}/{one.user})" if one.network else f"{one.user} (by mail)"
        said = [f"asked {when(one.asked_at)} in {one.asked_where} by “{one.asked_words}”"]
        if one.confirmed_at is not None:
            said.append(
                f"confirmed {when(one.confirmed_at)} ({one.confirmed_where}) by “{one.confirmed_words}”"
            )
        if one.ended_at is not None:
            said.append(f"ended {when(one.ended_at)} ({one.ended_where}) by “{one.ended_words}”")
        terminal.say(printable(f"{'●' if one.is_active else '○'} {who}: {'; '.join(said)}"))
    active = sum(entry.is_active for entry in entries)
    terminal.say(f"{counted(active, 'subscriber')} of {printable(name)} now.")


def _erased(one: "Subscription") -> str:
    """Say what is left of somebody who was erased."""
    said = [
        f"{what} {when(at)}"
        for what, at in (("asked", one.asked_at), ("confirmed", one.confirmed_at), ("ended", one.ended_at))
        if at is not None
    ]
    return f"somebody who was erased: {'; '.join(said)}"


def _table(entries: "list[Subscription]") -> str:
    from bridge.announce.ledger import Subscription
    from bridge.archive.exports.dates import Dates
    from bridge.archive.exports.table import safe_cell

    dates, buffer = Dates("UTC"), io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    names = [field.name for field in fields(Subscription)]
    writer.writerow(names)
    for one in entries:
        cells = zip(names, astuple(one), strict=True)
        writer.writerow(
            dates.iso(value)
            if name in _TIMES and value is not None
            else safe_cell(str("" if value is None else value))
            for name, value in cells
        )
    return buffer.getvalue()
