"""`hubbub import`: a bridge.yaml made from what another bridge was configured with."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.config.words import counted, printable
from bridge.errors import HubbubError
from bridge.moving import FORMATS
from bridge.secrets import know, strike

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.moving import Blank, Findings, Proved, Remark

__all__ = ["import_"]

_UNFINISHED = 1
_THERE = "{} is there already: name another with -o, or give --force"


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("bridge.yaml"), show_default=True,
    help="The file to write.",
)  # fmt: skip
@click.option("--from", "wanted", type=click.Choice(FORMATS), help="Whose FILE is; else it is recognised.")
@click.option("--force", is_flag=True, help="Write over a file that is there already.")
@click.pass_context
def import_(context: click.Context, file: Path, output: Path, wanted: str | None, *, force: bool) -> None:
    """Move in from another bridge: write bridge.yaml.

    FILE is the other bridge's configuration: matterbridge's (TOML, YAML or JSON), matrix-appservice-irc's,
    biboumi's file or SQLite database, or what heisenbridge keeps in its account data. It is only read. What
    cannot be carried stands as a comment where it belongs, and is said here; secrets never are.
    docs/moving-in.md tells what becomes of what.

    \b
    Examples:
      hubbub import matterbridge.toml
      hubbub import /etc/matrix-appservice-irc/config.yaml -o irc.yaml
      hubbub import --from biboumi /var/lib/biboumi/biboumi.sqlite

    Exit codes: 0 it is written and in order, 1 something is to be filled in first, or it cannot be written,
    2 wrong usage, 78 FILE has mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.moving import blanks_in, prove, read, secrets_in
    from bridge.protocols import find

    if not force and os.path.lexists(output):
        raise HubbubError(_THERE.format(_shown(output)))
    if output.exists() and file.exists() and output.samefile(file):
        raise click.BadParameter("FILE itself is not written over", param_hint="-o")
    findings = read(file, wanted, os.environ)
    know(secrets_in(findings))
    proved = prove(findings, output, file.name, find, os.environ)
    _write(output, proved.text, force=force)
    blanks = blanks_in(proved.findings)
    _report(file, proved, blanks)
    click.echo(f"\n{_shown(output)} is written, for you alone to read, since it may hold passwords.")
    if proved.problems:
        click.echo(f"It is not whole: when that is done, hubbub check {_shown(output)}")
        context.exit(_UNFINISHED)
    if blanks:
        click.echo("In place of a variable its value may stand there, too.")
        click.echo(f"It is whole then: hubbub check {_shown(output)}")
        context.exit(_UNFINISHED)
    click.echo(f"It is in order. Next: hubbub check --online {_shown(output)}")


def _shown(path: Path) -> str:
    return printable(str(path))


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write the file for its owner alone. One that is there stays, without `force`."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        descriptor = os.open(path, flags, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            os.fchmod(descriptor, 0o600)  # one that was there may be open to all
            opened.write(text)
    except FileExistsError:
        raise HubbubError(_THERE.format(_shown(path))) from None
    except OSError as error:
        raise HubbubError(f"{_shown(path)} cannot be written: {error.strerror}") from None


def _report(file: Path, proved: "Proved", blanks: "list[Blank]") -> None:
    found = proved.findings
    click.secho(f"{_shown(file)} is a configuration of {found.product}", bold=True)
    _section("carried", None, _carried(found, file))
    remarks = sorted(_remarks(found), key=lambda one: one[1].line or sys.maxsize)
    lost = [_line(file, owner, remark) for owner, remark in remarks if remark.kind == "lost"]
    todo = [_line(file, owner, remark) for owner, remark in remarks if remark.kind == "do"]
    todo += [f"set the variable {blank.name} to {blank.what}" for blank in blanks]
    todo += list(proved.remarks)
    if not found.conversations:
        todo.append("write into conversations: which rooms are joined: none could be carried")
    todo += [f"{one.place.line}: {one.sentence}" for one in proved.problems if len(one.spot) > 1]
    _section("not carried", "yellow", lost)
    _section("to do", "cyan", todo)


def _section(title: str, colour: str | None, lines: Iterable[str]) -> None:
    once = list(dict.fromkeys(lines))
    if once:
        click.echo(f"\n{title}")
    for line in once:
        click.secho(f"  {printable(strike(line))}", fg=colour)


def _carried(found: "Findings", file: Path) -> Iterator[str]:
    for network in found.networks:
        keys = ", ".join(network.settings)
        where = _place(file, network.line)
        yield f"{where}{network.origin} is the network {network.name} ({network.protocol}): {keys}"
    for conversation in found.conversations:
        rooms = ", ".join(map(str, conversation.rooms))
        where = _place(file, conversation.line)
        yield f"{where}{conversation.origin} is the conversation {conversation.name}: {rooms}"
    if not found.conversations:
        yield f"no conversation, and {counted(len(found.networks), 'network')}"


def _remarks(found: "Findings") -> "Iterator[tuple[str, Remark]]":
    yield from (("", remark) for remark in found.remarks)
    for network in found.networks:
        yield from ((network.origin, remark) for remark in network.remarks)
    for conversation in found.conversations:
        yield from ((conversation.origin, remark) for remark in conversation.remarks)


def _line(file: Path, owner: str, remark: "Remark") -> str:
    return f"{_place(file, remark.line)}{f'{owner}: ' if owner else ''}{remark.sentence}"


def _place(file: Path, line: int | None) -> str:
    return f"{file}:{line}: " if line else ""
