"""`hubbub announce`: the owner tells the subscribers of a list something."""

import sys
from pathlib import Path
from typing import Any

import click

from bridge.config.words import counted, printable
from bridge.control import ask
from bridge.errors import HubbubError

from .filing import place_options
from .suggestions import conversations
from .words import journal_argument, json_option, print_json, when

__all__ = ["announce"]

_MOST = 2000
_AT_ONCE = 10


@click.command()
@click.argument("list_", metavar="LIST", shell_complete=conversations)
@click.argument("text", required=False)
@place_options
@click.option("--dry-run", is_flag=True, help="Only say how many are told, on which networks, and when.")
@click.option("--last", is_flag=True, help="Say how the last ten went.")
@json_option
def announce(  # noqa: PLR0913 -- each is an option
    list_: str,
    text: str | None,
    file: Path | None,
    journal: Path | None,
    *,
    dry_run: bool,
    last: bool,
    as_json: bool,
) -> None:
    """Tell the subscribers of LIST what TEXT says.

    LIST is a conversation with `announce:` in the map. Who has not subscribed and confirmed it is told
    nothing, and cannot be named here. Without TEXT, or with -, it is read from stdin. The service must run,
    but for --last.

    \b
    Examples:
      hubbub announce news --dry-run
      hubbub announce news 'We open at ten on Sunday.'
      hubbub announce news --last
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    where = journal_argument(file, journal)
    if last:
        _tell_last(where, list_, as_json=as_json)
        return
    words = "" if dry_run else _words(text)
    request = {"command": "announce", "list": list_, "text": words, "dry_run": dry_run}
    answer = ask(where, request)
    if as_json:
        print_json(answer)
    else:
        for line in _lines(answer):
            click.echo(printable(line))


def _words(text: str | None) -> str:
    if text is None or text == "-":
        if sys.stdin.isatty():
            raise click.UsageError('say what: "TEXT", or by stdin')
        text = sys.stdin.buffer.read(4 * _MOST + 1).decode(errors="replace")
    text = text.strip()
    if not text:
        raise HubbubError("there is nothing to announce: the text is empty")
    return text


def _lines(answer: dict[str, Any]) -> list[str]:
    lines = [f"{answer['list']}: {counted(answer['people'], 'person', 'people')}"]
    for network, one in sorted(answer["networks"].items()):
        more = [
            f"{one[key]:,} {word}"
            for key, word in (("away", "not reachable now"), ("asleep", "asleep"))
            if one[key]
        ]
        lines.append(
            f"  {network or 'by mail'}: {one['people']:,}" + (f" ({', '.join(more)})" if more else "")
        )
    if answer["seconds"] >= 60:
        lines.append(f"It takes about {counted(round(answer['seconds'] / 60), 'minute')}.")
    if answer["last_wakes"] is not None:
        lines.append(f"The last quiet hours end at {when(answer['last_wakes'])}.")
    if answer["code"]:
        lines.append(
            f"It waits: somebody who may announce agrees in a room of the list: !approve {answer['code']}"
        )
    elif answer["needs_approval"]:
        lines.append("So many that somebody else has to agree (`approve_above:`).")
    elif answer["number"]:
        lines.append(f"It goes out, as announcement {answer['number']}.")
    return lines


def _tell_last(journal: Path, name: str, *, as_json: bool) -> None:
    from bridge.announce.book import AnnouncementBook

    from .subscribers import opened

    with opened(journal) as file:
        book = AnnouncementBook(file)
        found: list[dict[str, Any]] = [
            {
                "number": one.id, "at": one.at, "state": one.state, "by": one.by_name,
                "approved_by": one.approved_by, "text": one.text, "people": book.counts(one.id),
            }
            for one in book.last(name, _AT_ONCE)
        ]  # fmt: skip
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo(f"Nothing was announced in {printable(name)} yet.")
    for one in reversed(found):
        people = ", ".join(f"{count:,} {state}" for state, count in sorted(one["people"].items())) or "nobody"
        agreed = f", agreed by {one['approved_by']}" if one["approved_by"] else ""
        first = one["text"].splitlines()[0]
        click.echo(
            printable(f"{one['number']}  {when(one['at'])}  {one['state']}  by {one['by']}{agreed}: {people}")
        )
        click.echo(printable(f"    {first}"))
