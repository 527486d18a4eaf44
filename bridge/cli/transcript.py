"""`hubbub transcript`: what was said in a conversation, as a file."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from bridge.config.words import counted, nearest, printable, quoted
from bridge.errors import HubbubError
from bridge.language import LANGUAGES

from .progress import progress
from .suggestions import conversations
from .words import archive_argument, archive_option

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.archive.exports import Selection
    from bridge.archive.store import Entry, Reader

__all__ = ["transcript"]

_FORMATS = ("text", "html", "jsonl", "mbox", "eml", "csv", "rsmf")
_LIMITS = ("since", "until", "person", "tag")
_OF_TEXT = {"", ".log", ".txt"}
_BINARY = {"html", "eml", "rsmf"}
"""What no terminal shows."""


def _zone(_: click.Context, option: click.Parameter, zone: str) -> str:
    """Say at once that there is no such zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(
            f"there is no zone {quoted(zone)}: one is Europe/Berlin", param=option
        ) from None
    return zone


@click.command()
@click.argument("conversation", shell_complete=conversations)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@archive_option
@click.option("--since", metavar="TIME", help="From then on: 2026-11, 2026-11-28, 2026-11-28T14:30, 7d.")
@click.option("--until", metavar="TIME", help="Up to the end of then.")
@click.option("--person", metavar="WHO", help="Only what this one did, by name or id, and what is about it.")
@click.option("--tag", help="Only what has this tag.")
@click.option(
    "--format", "-f", "wanted", type=click.Choice(_FORMATS), help="By default what -o ends with, else text."
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="The file to write; - is stdout, as without it."
)
@click.option("--force", is_flag=True, help="Write over a file that is there already.")
@click.option(
    "--zone", default="UTC", show_default=True, metavar="ZONE", callback=_zone,
    help="The times' zone, such as Europe/Berlin.",
)  # fmt: skip
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of Hubbub's own words."
)
@click.option("--bom", is_flag=True, help="Begin csv with a byte order mark, as some spreadsheets ask for.")
def transcript(  # noqa: PLR0913 each by its name
    conversation: str,
    file: Path | None,
    archive: Path | None,
    wanted: str | None,
    output: Path | None,
    *,
    force: bool,
    **told: Any,
) -> None:
    """Write down what was said in CONVERSATION.

    From the archive that FILE names, also while the service runs: as text like irssi's logs, a page (html)
    to read and to print, JSON lines with all that is kept, a mailbox (mbox) or single letters (eml), a table
    (csv), or RSMF for programs of legal review. The same options give the same bytes. docs/transcripts.md
    shows each.

    \b
    Examples:
      hubbub transcript lobby --since 7d
      hubbub transcript lobby -o lobby.html --zone Europe/Berlin
      hubbub transcript lobby --since 2026-11 --until 2026-11 --format rsmf -o lobby.zip
      hubbub transcript lobby --person alice --tag offer -o offers.csv
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.archive.exports import EXPORTERS, ExportOptions, Watched, write_whole
    from bridge.archive.store import Reader

    exporter = EXPORTERS[wanted or _by_suffix(output)]
    target = None if output is None or str(output) == "-" else output
    if target is not None and target.exists() and not force:
        raise HubbubError(f"{printable(str(target))} is there already: name another with -o, or give --force")
    if target is None and exporter.name in _BINARY and sys.stdout.isatty():
        raise click.UsageError(f"no terminal shows {exporter.name}: say where it goes with -o")
    options = ExportOptions(told["zone"], told["language"], told["bom"])
    with Reader(archive_argument(file, archive)) as reader, progress() as advance:
        excerpt = _selection(reader, conversation, told)
        if next(excerpt.entries(), None) is None:
            asked = " and ".join(f"--{name} {told[name]}" for name in _LIMITS if told[name])
            there = f"nothing in {quoted(conversation)} {'goes with ' + asked if asked else 'is left'}"
            click.echo(f"hubbub: {printable(there)}", err=True)
        total = excerpt.count * exporter.passes
        watched = Watched(excerpt, lambda done: advance("reading the archive", done, total))
        chunks = exporter.chunks(watched, options)
        if target is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            return
        size = write_whole(target, chunks)
    click.echo(f"{printable(str(target))} is written: {counted(size, 'byte')}.")


def _by_suffix(output: Path | None) -> str:
    from bridge.archive.exports import EXPORTERS

    suffix = output.suffix if output is not None else ""
    if suffix == ".zip":
        raise click.UsageError("say with --format what is in the zip: eml or rsmf")
    found = next((name for name, one in EXPORTERS.items() if one.suffix == suffix), None)
    if found is None and suffix not in _OF_TEXT:
        raise click.UsageError(f"no format ends with {printable(suffix)}: say with --format which is meant")
    return found or "text"


def _selection(reader: "Reader", conversation: str, told: dict[str, Any]) -> "Selection":
    from bridge.archive.exports import Selection

    known = [one.name for one in reader.conversations()]
    if conversation not in known:
        there = nearest(conversation, known) or f": it has {', '.join(map(printable, known)) or 'none yet'}"
        raise HubbubError(f"the archive has no conversation {quoted(conversation)}{there}")
    return Selection(
        reader,
        [conversation],
        since=_time("--since", told["since"], told["zone"], end=False),
        until=_time("--until", told["until"], told["zone"], end=True),
        person=told["person"],
        only=_tagged(reader, conversation, told["tag"]) if told["tag"] else None,
    )


def _time(option: str, text: str | None, zone: str, *, end: bool) -> float | None:
    """Return when something begins, or ends, as a person writes it."""
    from bridge.archive.search.dates import read_times
    from bridge.clock import SYSTEM

    if text is None:
        return None
    found = read_times(text, SYSTEM.now(), ZoneInfo(zone))
    if found is None:
        raise click.BadParameter(
            f"{quoted(text)} is no time: write 2026-11, 2026-11-28, 2026-11-28T14:30 or 7d", param_hint=option
        )
    return found[end]


def _tagged(reader: "Reader", conversation: str, tag: str) -> "Callable[[Entry], bool]":
    """Return what tells whether an entry has a tag, or is about one that has."""
    from bridge.archive.filing.tags import all_tags, tags_of

    notes: Any = reader  # which can keep none, and is asked for none
    found = all_tags(notes, tag, conversation)
    if not found:
        raise HubbubError(f"nothing in {quoted(conversation)} has the tag {quoted(tag)}")
    tags = tags_of(found)
    return lambda entry: (
        tag in tags(entry.conversation, entry.position, entry.header.about if entry.header is not None else 0)
    )
