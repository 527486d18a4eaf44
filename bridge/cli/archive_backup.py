"""`hubbub archive backup`: a copy of the archive."""

from pathlib import Path

import click

from bridge.config.words import counted

from .progress import progress
from .words import archive_argument, archive_option

__all__ = ["backup"]


@click.command()
@click.argument("words", metavar="[FILE] TARGET", nargs=-1, required=True, type=click.Path(path_type=Path))
@archive_option
@click.option("--force", is_flag=True, help="Replace TARGET if it exists.")
def backup(words: tuple[Path, ...], archive: Path | None, *, force: bool) -> None:
    """Copy the archive to TARGET.

    The archive that FILE names, also while the service runs. The copy holds what people said: only its owner
    can read it. The key that signs, and files that are kept, are beside the archive and not in it.

    \b
    Examples:
      hubbub archive backup archive-backup.sqlite3
      hubbub archive backup --force /etc/hubbub/bridge.yaml /var/backups/hubbub/archive.sqlite3
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    if len(words) > 2:
        raise click.UsageError("too many arguments: FILE and TARGET are all")
    from rich.filesize import decimal

    from bridge.archive.store.copying import copy

    path, target = archive_argument(words[0] if len(words) == 2 else None, archive), words[-1]
    with progress() as tell:
        found = copy(path, target, force=force, tell=tell)
    entries = counted(found.entries, "entry", "entries")
    click.echo(f"{target} is a sound copy of {path}:")
    click.echo(f"  {entries} of {counted(found.conversations, 'conversation')}, {decimal(found.size)}")
