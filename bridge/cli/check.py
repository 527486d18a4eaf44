"""`hubbub check`: everything that is wrong with a configuration, at once."""

import asyncio
import gc
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.config.words import counted, printable
from bridge.errors import ConfigError

from . import EX_CONFIG
from .log import gathered
from .words import config_argument, print_json, wrapped

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.config import Config
    from bridge.config.models import Conversation

__all__ = ["check"]

_TROUBLE = 1
_ARROWS = {"both": "both ways", "from": "only out of it", "to": "only into it"}


@click.command()
@config_argument
@click.option(
    "--online", is_flag=True, help="Log in to each network and look at each room, relaying nothing."
)
@click.option("--schema", "as_schema", is_flag=True, help="Print a JSON Schema for editors instead.")
@click.pass_context
def check(context: click.Context, file: Path, *, online: bool, as_schema: bool) -> None:
    """Say everything that is wrong with FILE.

    Mistakes with their places, and what is allowed but perhaps not meant. With --online it logs in to each
    network and looks at each room, beside a service that runs.

    \b
    Examples:
      hubbub check
      hubbub check --online /etc/hubbub/bridge.yaml

    Exit codes: 0 nothing is wrong, 1 --online found trouble, 2 wrong usage, 78 the file has mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    if as_schema:
        from .schema import schema_of

        print_json(schema_of(file))
        return
    from bridge.config import load
    from bridge.protocols import find

    gc.disable()  # what is made of a large map stays: it would be looked at again and again
    try:
        config = load(file, find)
        gc.freeze()
    except ConfigError as error:
        for problem in error.shown():
            click.echo(problem, err=True)
        click.secho(counted(len(error.problems), "mistake"), fg="red", err=True)
        context.exit(EX_CONFIG)
    _summary(file, config)
    if online and not _look(config):
        context.exit(_TROUBLE)


def _look(config: "Config") -> bool:
    """Look at all networks; what they warn of besides is shown after their answers, and not amid them."""
    from .online import look

    with gathered() as warnings:
        well = asyncio.run(look(config))
    _remarks(warnings)
    return well


def _summary(file: Path, config: "Config") -> None:
    click.secho(f"{file} is in order", bold=True)
    click.echo("\n".join(_map(config)))  # in one go: there may be thousands of conversations
    _remarks(config.remarks)
    if config.media.public_url is None and (names := _without_files(config)):
        click.echo()
        which = ", ".join(names)
        without = f"files: with no public_url under media:, {which} may get no more than their names"
        click.secho(wrapped(without, ""), fg="yellow")


def _map(config: "Config") -> Iterator[str]:
    """Yield the lines that show what is joined."""
    used = {room.network for conversation in config.conversations.values() for room in conversation.rooms}
    yield "\nnetworks"
    for network in config.networks.values():
        unused = "" if network.name in used else ", in no conversation"
        yield f"  {network.name}  {click.style(f'({network.protocol}{unused})', dim=True)}"
    yield "\nconversations"
    for conversation in config.conversations.values():
        yield f"  {conversation.name}{_archived(conversation)}"
        rows = [(room.network, room.room, _ARROWS[room.direction]) for room in conversation.rooms]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            yield f"    {'  '.join(map(str.ljust, row, widths)).rstrip()}"


def _archived(conversation: "Conversation") -> str:
    """Say for how long what is said is kept, where it is."""
    from bridge.language import ENGLISH
    from bridge.language.spans import span

    rules = conversation.archive
    kept = f"(archived, kept for {span(rules.keep, ENGLISH)})" if rules is not None else ""
    return f"  {click.style(kept, dim=True)}" if kept else ""


def _remarks(sentences: Collection[str]) -> None:
    if sentences:
        click.echo("\nremarks")
    for sentence in sentences:
        click.secho(wrapped(printable(sentence)), fg="yellow")


def _without_files(config: "Config") -> list[str]:
    """Return the networks that are written to and can show a file only by a link to it."""
    from bridge.config import Direction
    from bridge.protocols import find

    entries = [room for conversation in config.conversations.values() for room in conversation.rooms]
    written = {room.network for room in entries if room.direction is not Direction.FROM}
    return [
        name
        for name in config.networks
        if name in written
        and not any(record.file for record in find(config.networks[name].protocol).records().values())
    ]
