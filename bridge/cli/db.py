"""`hubbub db`: the care of the journal."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.config.words import counted, printable

from .progress import progress
from .words import journal_argument, journal_option, when

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.journal.admin.copying import StoreFound
    from bridge.journal.admin.inspect import Inventory
    from bridge.journal.admin.maintenance import Restored

__all__ = ["db"]


@click.group()
def db() -> None:
    """Check the journal, back it up, restore it.

    \b
    Examples:
      hubbub db check
      hubbub db backup hubbub-backup.sqlite3
    """  # noqa: D301 - the sign is click's, for lines that stay as they are


@db.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@journal_option
@click.pass_context
def check(context: click.Context, file: Path | None, journal: Path | None) -> None:
    """Look at every page and row of the journal.

    Of the journal that FILE names, and of what desks, lists and bots keep beside it, also while the service
    runs.

    \b
    Examples:
      hubbub db check
      hubbub db check --journal /var/backups/hubbub/1.sqlite3

    Exit codes: 0 it is sound, 1 it is not, 2 wrong usage, 78 FILE has mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.journal.admin import maintenance

    path = journal_argument(file, journal)
    with progress() as tell:
        found = maintenance.check(path, tell)
    for finding in found.findings:
        click.echo(f"{path}: {printable(finding)}")
    damaged = [store for store in found.stores if store.finding]
    for store in damaged:
        click.echo(f"{store.file}: {printable(store.finding)}")
    if found.inventory is not None:
        _tell(found.inventory)
    _tell_stores(found.stores)
    if found.findings or damaged:
        what = "The journal" if found.findings else "What stands beside the journal"
        click.secho(f"{what} is not sound.", fg="red")
        click.echo("With the service stopped, `hubbub db restore` puts a backup in its place.")
        context.exit(1)
    beside = ", and what stands beside it" if found.stores else ""
    click.secho(f"The journal is sound{beside}.", fg="green")


@db.command()
@click.argument("words", metavar="[FILE] TARGET", nargs=-1, required=True, type=click.Path(path_type=Path))
@journal_option
@click.option("--force", is_flag=True, help="Replace TARGET if it exists.")
def backup(words: tuple[Path, ...], journal: Path | None, *, force: bool) -> None:
    """Copy the journal to TARGET.

    The journal that FILE names, also while the service runs. What desks, lists and bots keep beside it is
    copied with it, to files whose names begin with that of TARGET and `+`. The copies hold what people said:
    only their owner can read them. `hubbub archive backup` copies the archive.

    \b
    Examples:
      hubbub db backup hubbub-backup.sqlite3
      hubbub db backup --force /etc/hubbub/bridge.yaml /var/backups/hubbub/1.sqlite3
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    file, target = _split(words, "TARGET")
    from bridge.journal.admin import maintenance

    path = journal_argument(file, journal)
    with progress() as tell:
        found = maintenance.backup(path, target, force=force, tell=tell)
    assert found.inventory is not None
    click.echo(f"{target} is a sound copy of {path}:")
    _tell(found.inventory)
    _tell_stores(found.stores)


@db.command()
@click.argument("words", metavar="[FILE] BACKUP", nargs=-1, required=True, type=click.Path(path_type=Path))
@journal_option
@click.option("--replay", is_flag=True, help="Read again what was said after the backup; it may come twice.")
def restore(words: tuple[Path, ...], journal: Path | None, *, replay: bool) -> None:
    """Put BACKUP in the place of the journal.

    With what stands beside BACKUP, in the place of what desks, lists and bots keep. The journal that FILE
    names, and these, are kept beside it. The service has to be stopped.

    \b
    Examples:
      hubbub db restore hubbub-backup.sqlite3
      hubbub db restore --replay /etc/hubbub/bridge.yaml hubbub-backup.sqlite3
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    file, source = _split(words, "BACKUP")
    from bridge.announce.restoring import go_on_from_lists
    from bridge.announce.store import LISTS_FILE
    from bridge.desk.store.restoring import go_on_from_desks
    from bridge.desk.store.schema import DESK_FILE
    from bridge.journal.admin import maintenance

    go_on = {LISTS_FILE.application: go_on_from_lists, DESK_FILE.application: go_on_from_desks}
    path = journal_argument(file, journal)
    with progress() as tell:
        done = maintenance.restore(path, source, replay=replay, go_on=go_on, tell=tell)
    click.echo(f"{path} is now what {source} holds, up to {when(done.inventory.latest)}.")
    if done.aside is not None:
        click.echo(f"The journal that was there is kept: {done.aside}")
    _tell_restored(done)
    if done.given_up:
        click.echo(
            f"{counted(done.given_up, 'message')} that the backup still owed may have been delivered since.\n"
            "None is sent by itself: `hubbub undelivered` lists them, `hubbub undelivered retry` sends them."
        )
    if replay:
        click.echo(
            "What was said after the backup is read again where a network keeps it: it may come twice."
        )
    else:
        click.echo("Rooms are heard from now on: what was said after the backup is not read again.")
    click.echo("Start the service.")


def _split(words: tuple[Path, ...], last: str) -> tuple[Path | None, Path]:
    if len(words) > 2:
        raise click.UsageError(f"too many arguments: FILE and {last} are all")
    return (words[0] if len(words) == 2 else None), words[-1]


def _tell(found: "Inventory") -> None:
    from rich.filesize import decimal

    latest = f", the last from {when(found.latest)}" if found.taken else ""
    click.echo(f"  size         {decimal(found.size)}")
    click.echo(f"  messages     {found.taken:,}{latest}")
    owed = sum(room.count for room in found.owed)
    click.echo(f"  owed         {owed:,}")
    for room in found.owed:
        click.echo(f"    {printable(f'{room.network} {room.room}')}: {room.count:,} since {when(room.since)}")
    click.echo(f"  undelivered  {found.undelivered:,}")


def _tell_stores(found: "Iterable[StoreFound]") -> None:
    from rich.filesize import decimal

    for number, store in enumerate(found):
        click.echo(f"  {'' if number else 'beside it':<11}  {store.file.name}  {decimal(store.size)}")


def _tell_restored(done: "Restored") -> None:
    for file in done.stores:
        click.echo(f"{file.name} is what the backup holds, too.")
    for file in done.left:
        click.echo(f"{file.name} is as it was: the backup has none of it.")
    for sentence in done.told:
        click.echo(printable(sentence))
