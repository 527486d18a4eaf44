"""`hubbub person`: what there is of one person on all networks, told to them, and erased."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.config.words import printable
from bridge.errors import HubbubError

from .filing import archive_of, done, place_options
from .progress import progress
from .terminal import Terminal
from .words import journal_argument, json_option, print_json

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.archive.persons.finding import KnownPerson
    from bridge.archive.store import Reader
    from bridge.config import Config

__all__ = ["person"]


@click.group()
def person() -> None:
    """What there is of one person, on all networks.

    WHO is a person as network/id (libera/ann!a@b), by what a network vouches for (libera/ann-account), or by
    a name that they have or had. A name of several lists them. One person with several accounts is named by
    all of them. A visitor of a desk is a chat (shop/12), or all chats of a customer that the shop has signed
    (customer:4711) or of a mail address (mail:ann@example.org).

    \b
    Examples:
      hubbub person export ann --to ann.zip
      hubbub person erase libera/ann!a@b matrix/@ann:example.org --dry-run
    """  # noqa: D301 - the sign is click's, for lines that stay as they are


@person.command()
@click.argument("who", nargs=-1, required=True)
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="The zip file to write.")
@place_options
def export(who: tuple[str, ...], target: Path, file: Path | None, journal: Path | None) -> None:
    """Write all that there is of WHO into a zip file.

    Text to read, and JSON lines with everything: what they said and did, copies of it, where others quote or
    mention them, what the journal still knows, and what desks and lists keep. Only its owner can read the
    file.

    \b
    Examples:
      hubbub person export ann --to ann.zip
      hubbub person export libera/ann!a@b matrix/@ann:example.org --to ann.zip
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.announce.persons import subscriptions_of
    from bridge.archive.persons.export import export_person
    from bridge.clock import SYSTEM
    from bridge.desk.visitors import kept_of
    from bridge.journal.admin.people import acts_of

    archive, config = archive_of(file, journal)
    if target.exists():
        raise HubbubError(f"{target} exists: name another file")
    path = journal_argument(file, journal)
    with _reading(archive, config) as reader:
        people = _meant(reader, config, who)
        keys = {(one.network, one.id) for one in people}
        acts = acts_of(path, keys) if path.exists() else ()
        subscriptions = subscriptions_of(path, keys)
        chats = list(kept_of(config, keys)) if config is not None else []
        try:
            opener = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise HubbubError(f"{target} cannot be written: {error.strerror}") from error
        with os.fdopen(opener, "wb") as out, progress() as tell:
            counts = export_person(
                reader,
                people,
                out,
                now=SYSTEM.now(),
                journal=acts,
                desks=chats,
                lists=subscriptions,
                tell=lambda at, total: tell("reading", at, total),
            )
    click.echo(f"{target} has what there is of {printable(', '.join(map(_named, people)))}:")
    for trace, count in counts.items():
        click.echo(f"  {count:>9,}  {trace}")
    if subscriptions:
        click.echo(f"  {len(subscriptions):>9,}  in the ledger of lists")
    if chats:
        click.echo(f"  {len(chats):>9,}  at desks")
    if not counts and archive.exists():
        click.echo("  nothing in the archive")


@person.command()
@click.argument("who", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would go, and what stays.")
@click.option("--mentions", is_flag=True, help="Also the words of others who quote or mention them.")
@click.option("--yes", is_flag=True, help="Do not ask back.")
@place_options
@json_option
def erase(who: tuple[str, ...], **more: Any) -> None:
    """Erase WHO on all networks.

    What they said goes from the archive, the journal and desks, with names, ids, copies and files, and copies
    on networks are taken back where that can be done. They are told nothing of any list any more. What is
    held stays until it is released. The chains of the archive stay whole, and can be verified as before. It
    cannot be undone.

    \b
    Examples:
      hubbub person erase libera/ann!a@b --dry-run
      hubbub person erase libera/ann!a@b matrix/@ann:example.org --yes
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    file, journal, as_json = more.pop("file"), more.pop("journal"), more.pop("as_json")
    dry_run, asked = more["dry_run"], not more.pop("yes")
    if not dry_run and asked:
        if not sys.stdin.isatty():
            raise click.UsageError("say --yes where nobody can be asked back, or --dry-run")
        looked = done(file, journal, "archive/erase", who=list(who), **{**more, "dry_run": True})
        _tell(looked)
        click.confirm("Erase that for good?", abort=True)
    answer = done(file, journal, "archive/erase", who=list(who), **more)
    if as_json:
        print_json(answer)
    else:
        _tell(answer)


def _tell(answer: dict[str, Any]) -> None:
    """Print what went, or would go, and what stays."""
    from bridge.archive.persons.finding import KnownPerson

    report, terminal = answer["archive"], Terminal()
    people = ", ".join(_named(KnownPerson(network=one["network"], id=one["id"])) for one in report["people"])
    terminal.say(printable(people), "bold")
    terminal.say("What would go:" if report["dry_run"] else "What went:")
    rows = [
        (report["said"], "said or done by them, in the archive"),
        (report["of_it"], "copies and files of that"),
        (report["named"], "where it is told that they put somebody out"),
        (report["quoted"] if report["quotes_taken"] else 0, "words of others who quote or mention them"),
        (answer["journal"], "said or done by them, in the journal"),
        *((count, f"copies on {network}") for network, count in answer["taken_back"].items()),
        (answer.get("subscriptions", 0), "of their entries in the ledger of lists"),
        *(
            (count, f"of their chats and messages at the desks of {network}")
            for network, count in answer.get("chats", {}).items()
        ),
    ]
    for count, what in rows:
        if count:
            terminal.say(printable(f"{count:>9,}  {what}"))
    if not any(count for count, _ in rows):
        unknown = "" if report["stay"] else ": nobody in the archive is, or was, called that"
        alike = report.get("alike")  # which a service of an older release does not say
        near = f"; did you mean {' or '.join(alike)}?" if alike else ""
        terminal.say(printable(f"nothing{unknown}{near}"), indent=2)
    if answer["taken_back"] and not report["dry_run"]:
        terminal.say("Copies are taken back from now on, some at a time: the log says when that is done.")
    terminal.say()
    terminal.say("What stays:")
    for sentence in answer["stays"]:
        terminal.say(printable(sentence), head="  - ")


@contextlib.contextmanager
def _reading(archive: Path, config: "Config | None") -> "Iterator[Reader | None]":
    """Open the archive; without one there is what desks and lists of the map keep. Raises HubbubError."""
    from bridge.archive.store import Reader

    if config is not None and not archive.exists():
        yield None
        return
    with Reader(archive) as reader:
        yield reader


def _meant(reader: "Reader | None", config: "Config | None", who: Sequence[str]) -> "list[KnownPerson]":
    """Return who is meant, also by a mail address that the ledger of lists knows. Raises HubbubError."""
    from bridge.announce.persons import mailboxes
    from bridge.archive.persons.finding import KnownPerson, chosen_people, known_people
    from bridge.desk.visitors import visitors

    networks = config.networks if config is not None else ()
    meant = visitors(config, who) if config is not None else who
    names = [one for one in meant if not one.startswith("mail:")]
    known = known_people(reader) if reader is not None else ()
    mailed = [KnownPerson(network=network, id=address) for network, address in sorted(mailboxes(who))]
    return [*chosen_people(names, known, networks), *mailed]


def _named(one: "KnownPerson") -> str:
    """Return who somebody is, as an owner writes it."""
    return one.key if one.network else f"mail:{one.id}"
