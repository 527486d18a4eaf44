"""`hubbub archive import`: an archive made of what others wrote down."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import click

from bridge.config.words import counted, printable
from bridge.errors import ArchiveError

from .progress import Advance, progress
from .words import archive_argument, archive_option

__all__ = ["import_"]

_OFTEN = 1000
"""After so many lines it is told how far they are read."""


@click.command("import")
@click.argument("lines", nargs=-1, required=True, type=click.File("rb"))
@click.option("--file", type=click.Path(path_type=Path), help="The configuration: by default bridge.yaml.")
@archive_option
def import_(lines: tuple[BinaryIO, ...], file: Path | None, archive: Path | None) -> None:
    """Make an archive of what `hubbub transcript --format jsonl` wrote.

    The archive that FILE names, which is not there yet: move an old one away first. It begins chains of its
    own: what was signed of the old one stays with that.

    \b
    Examples:
      hubbub archive import lobby.jsonl sales.jsonl
      hubbub archive import --archive old.sqlite3 lobby.jsonl
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    target = archive_argument(file, archive)
    there = printable(str(target))
    if target.exists():
        raise ArchiveError(f"{there} is there already: move it away, or name another with --archive")
    try:
        with progress() as tell, TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as beside:
            part = Path(beside, target.name)
            count, conversations = _made(part, lines, tell)
            target.hardlink_to(part)
    except OSError as error:
        raise ArchiveError(
            f"{there} cannot be written ({error.strerror}): look at its folder and disk"
        ) from None
    made = counted(count, "entry", "entries")
    click.echo(f"{there} is made: {made} of {counted(conversations, 'conversation')}.")


def _made(file: Path, lines: Sequence[BinaryIO], tell: Advance) -> tuple[int, int]:
    """Make an archive. Returns how many entries it has, and of how many conversations."""
    from bridge.archive.exports import read_lines
    from bridge.archive.store import Store
    from bridge.archive.store.load import load
    from bridge.clock import SYSTEM

    entries = (one for file in lines for one in read_lines(_told(file, tell), printable(file.name)))
    store = Store(file, SYSTEM)
    try:
        count = load(store, entries)
        with store.reader() as reader:
            conversations = len(reader.conversations())
    finally:
        store.close()
    if not count:
        raise ArchiveError(f"there is nothing in {', '.join(printable(one.name) for one in lines)}")
    return count, conversations


def _told(stream: BinaryIO, tell: Advance) -> Iterator[bytes]:
    """Yield the lines of a file, and tell how far it is read."""
    size = stream.seek(0, 2) if stream.seekable() else 0
    if size:
        stream.seek(0)
    done = 0
    for number, line in enumerate(stream):
        done += len(line)
        if number % _OFTEN == 0:
            tell("filing", done, size)
        yield line
