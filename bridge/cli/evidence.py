"""`hubbub evidence`: that the archive is as it was recorded, for its owner and for others."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.config.words import counted, printable

from .archived import TIME, Where, archive_option, where
from .progress import progress
from .words import json_option, print_json, when

if TYPE_CHECKING:  # what `--help` need not wait for
    from collections.abc import Iterator

    from bridge.archive.evidence.audit import Audit
    from bridge.archive.evidence.keys import KeyFile
    from bridge.archive.store import Entry, Reader, Store

__all__ = ["evidence"]

_SHOWN = 3
"""So many messages are shown of a bundle."""
_file = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group()
def evidence() -> None:
    """Show that the archive is as it was recorded.

    \b
    Examples:
      hubbub evidence export lobby --since 2026-03-14 -o bundle.zip
      hubbub evidence verify bundle.zip
    """  # noqa: D301 - the sign is click's, for lines that stay as they are


@evidence.command()
@click.argument("conversation")
@_file
@archive_option
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The zip to write.")
@click.option("--since", type=TIME, help="What was said from then on.")
@click.option("--until", type=TIME, help="What was said until then, that day or minute included.")
@click.option("--entry", "numbers", type=int, multiple=True, help="An entry, by its number; may be repeated.")
@click.option("--force", is_flag=True, help="Replace the zip if it exists.")
def export(  # noqa: PLR0913 -- click gives them by name
    *,
    conversation: str,
    file: Path | None,
    archive: Path | None,
    output: Path,
    since: tuple[float, float] | None,
    until: tuple[float, float] | None,
    numbers: tuple[int, ...],
    force: bool,
) -> None:
    """Write what was said as a bundle that others can verify.

    Of a CONVERSATION that was said in some time, or single entries; what belongs to them comes along, such as
    edits and copies. Nothing else is disclosed. Who gets it needs Python and nothing of Hubbub's.

    \b
    Examples:
      hubbub evidence export lobby --since 2026-03-14 --until 2026-03-15 -o bundle.zip
      hubbub evidence export lobby --entry 4711 --entry 4720 -o bundle.zip
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.archive.asides import is_aside
    from bridge.archive.evidence.bundle import write_bundle
    from bridge.archive.evidence.checkpoints import key_that_signs, last_round
    from bridge.archive.evidence.keys import KeyFile
    from bridge.archive.store import Reader
    from bridge.errors import ArchiveError

    if output.exists() and not force:
        raise ArchiveError(f"{output} exists: name another file, or replace it with --force")
    there = where(file, archive)
    with Reader(there.archive) as reader:
        disclosed = _chosen(reader, conversation, since, until, numbers)
        if not any(head.position >= max(disclosed) for _, head in reader.signed(conversation)):
            _sign(there)
        key = KeyFile(there.archive).key(key_that_signs(last_round(reader)))
        with progress() as tell:
            made = write_bundle(
                reader,
                key,
                conversation,
                disclosed,
                output,
                authority=_authority(there),
                tell=lambda done, total: tell("entries", done, total),
            )
    many = counted(made.disclosed, "entry", "entries")
    click.echo(f"{output} discloses {many} of {printable(conversation)}:")
    said = [
        entry
        for entry in disclosed.values()
        if entry.header and entry.header.kind == "message" and not is_aside(entry.header, entry.words)
    ]
    for entry in said[:_SHOWN]:
        click.echo(f"  {printable(_shown(entry))}")
    click.echo("transcript.txt in it has all of them. Of other entries there are digests alone.")
    stamps = counted(made.stamps, "stamp") if made.stamps else "no stamp"
    click.echo(f"{counted(made.checkpoints, 'checkpoint')}, {stamps}.")
    click.echo(f"The key's fingerprint, which whoever verifies it compares with yours: {key.fingerprint}")


def _chosen(
    reader: "Reader",
    conversation: str,
    since: tuple[float, float] | None,
    until: tuple[float, float] | None,
    numbers: tuple[int, ...],
) -> "dict[int, Entry]":
    from bridge.archive.evidence.selection import by_number, by_time, with_belongings
    from bridge.config.words import nearest, quoted
    from bridge.errors import ArchiveError

    known = reader.conversation(conversation)
    if known is None:
        near = nearest(conversation, [one.name for one in reader.conversations()])
        raise ArchiveError(f"the archive has no conversation {quoted(conversation)}{near}")
    if not numbers and since is None and until is None:
        begun = "" if known.first_at is None else f"; for all of it --since {when(known.first_at)[:10]}"
        raise click.UsageError(
            "say what may be disclosed: --since and --until (2026-03, 2026-03-14 or 7d), or --entry with the "
            f"number that `hubbub search` shows{begun}"
        )
    found = by_number(reader, conversation, numbers)
    if since is not None or until is not None:
        found += by_time(reader, conversation, since and since[0], until and until[1])
    disclosed = with_belongings(reader, conversation, found)
    if not disclosed:
        raise ArchiveError(f"nothing of {quoted(conversation)} is left from that time")
    return disclosed


def _shown(entry: "Entry") -> str:
    header, words = entry.header, entry.words
    assert header is not None
    who = header.by.name if header.by else ""
    return f"{when(header.at)}  {header.network}  {who}: {words.text[:60] if words else '(erased)'}"


def _authority(there: Where) -> bytes | None:
    """Return the certificate of who makes the stamps, if it is at hand."""
    stamps = there.settings.stamps if there.settings is not None else None
    try:
        return stamps.ca.read_bytes() if stamps is not None else None
    except OSError:
        return None


@evidence.command()
@click.argument("bundle", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--file", type=click.Path(path_type=Path), help="The configuration: by default bridge.yaml.")
@archive_option
@click.option("--fingerprint", default="", help="The key's, as the gateway's owner published it.")
@json_option
@click.pass_context
def verify(  # noqa: PLR0913 -- click gives them by name
    context: click.Context,
    bundle: Path | None,
    file: Path | None,
    archive: Path | None,
    fingerprint: str,
    *,
    as_json: bool,
) -> None:
    """Name what is not as it was recorded.

    In a BUNDLE, a zip or the folder that it was unpacked into; without one, in the whole archive, also while
    the service runs.

    \b
    Examples:
      hubbub evidence verify
      hubbub evidence verify bundle.zip

    Exit codes: 0 all is as it was recorded, 1 something was changed, 2 the bundle cannot be read, 78 FILE has
    mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    if bundle is not None:
        from bridge.archive.evidence.verifier.main import main

        wanted = ["--fingerprint", fingerprint] if fingerprint else []
        context.exit(main([str(bundle), *wanted, *["--json"] * as_json]))
    from bridge.archive.evidence.audit import audit

    there = where(file, archive)
    with progress() as tell:
        found = audit(there.archive, lambda done, total: tell("entries", done, total))
    if as_json:
        print_json(vars(found))
    else:
        _tell(there.archive, found)
    context.exit(1 if found.flaws else 0)


def _tell(archive: Path, found: "Audit") -> None:
    for flaw in found.flaws:
        click.secho(f"{archive}: {printable(flaw)}", fg="red")
    click.echo(f"  entries      {found.entries:,}")
    click.echo(
        f"  checkpoints  {found.checkpoints:,}{f', the last from {when(found.last)}' if found.last else ''}"
    )
    click.echo(f"  stamps       {found.stamps:,}")
    click.echo(f"  unsigned     {found.unsigned:,}{', until the next checkpoint' if found.unsigned else ''}")
    for key in found.keys:
        click.echo(f"  signed by    {key}")
    if found.flaws:
        click.secho("The archive is not as it was recorded.", fg="red")
    else:
        click.secho("The archive is as it was recorded.", fg="green")


@evidence.command()
@_file
@archive_option
def checkpoint(file: Path | None, archive: Path | None) -> None:
    """Sign now what stands in the archive.

    It is done by itself as often as `checkpoint` in the map says; this is for who cannot wait.

    \b
    Examples:
      hubbub evidence checkpoint
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    made = _sign(where(file, archive))
    if made is None:
        click.echo("Nothing was added since the last checkpoint.")
    else:
        click.echo(f"Checkpoint {made['number']:,} is signed. Its SHA-256 digest: {made['digest']}")


@evidence.command()
@_file
@archive_option
@click.option("--pem", is_flag=True, help="Print the public key itself.")
def key(file: Path | None, archive: Path | None, *, pem: bool) -> None:
    """Print the fingerprint of the key that signs.

    Publish it where others find it, before you need it: a page, a profile, a letter to yourself. The key is
    in a file beside the archive; keep a copy where nobody else comes to it.

    \b
    Examples:
      hubbub evidence key
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.archive.evidence.checkpoints import key_that_signs, last_round
    from bridge.archive.evidence.keys import KeyFile
    from bridge.archive.evidence.verifier.signatures import pem_of
    from bridge.archive.store import Reader

    there = where(file, archive)
    with Reader(there.archive) as reader:
        found = KeyFile(there.archive).key(key_that_signs(last_round(reader)))
    click.echo(pem_of(found.public).decode() if pem else found.fingerprint, nl=not pem)


@evidence.command()
@_file
@archive_option
def rotate(file: Path | None, archive: Path | None) -> None:
    """Let a new key sign from now on.

    The old one signs the new one, and is gone then: whoever got hold of it signs nothing more that counts.

    \b
    Examples:
      hubbub evidence rotate
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    there = where(file, archive)
    answer = _ask(there, "archive/rotate")
    if answer is None:
        from bridge.archive.evidence.checkpoints import rotate as take_new_key

        with _store(there) as (store, keys, now):
            answer = {"fingerprint": take_new_key(store, keys, now).fingerprint}
    click.echo(f"The new key's fingerprint, to be published: {answer['fingerprint']}")


@evidence.command()
def verifier() -> None:
    """Print the program that verifies bundles.

    It is the verify.py of each bundle: for who would rather have it from somebody else.

    \b
    Examples:
      hubbub evidence verifier > verify.py
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.archive.evidence.source import verifier_source

    click.echo(verifier_source(), nl=False)


def _sign(there: Where) -> dict[str, Any] | None:
    """Make a checkpoint: the service does, or where none runs, this process. None: nothing was new."""
    if (answer := _ask(there, "archive/checkpoint")) is not None:
        return answer if answer["number"] else None
    from bridge.archive.evidence.checkpoints import checkpoint as sign_all
    from bridge.archive.evidence.verifier.arithmetic import digest

    with _store(there) as (store, keys, now):
        made = sign_all(store, keys, now)
    return made and {"number": made.number, "digest": digest(made.body).hex()}


def _ask(there: Where, command: str) -> dict[str, Any] | None:
    """Ask the service that has the archive; None: none runs."""
    from bridge.control import NotRunning, ask

    if there.journal is None:
        return None
    try:
        return dict(ask(there.journal, {"command": command}))
    except NotRunning:
        return None


@contextlib.contextmanager
def _store(there: Where) -> "Iterator[tuple[Store, KeyFile, float]]":
    """Own the archive meanwhile. Raises ArchiveError where a service does."""
    from bridge.archive.evidence.keys import KeyFile
    from bridge.archive.store import Reader, Store
    from bridge.clock import SYSTEM

    Reader(there.archive).close()  # where there is none, none is made
    with contextlib.closing(Store(there.archive, SYSTEM)) as store:
        yield store, KeyFile(there.archive), SYSTEM.now()
