"""`hubbub check`: everything that is wrong with a configuration, at once."""

import asyncio
import contextlib
import json
import logging
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from bridge.adapter import Adapter
from bridge.config import AdapterClass, Config, Direction, load, schema
from bridge.config.words import printable
from bridge.errors import AdapterError, ConfigError
from bridge.keepsake import Keepsake
from bridge.model import RoomId
from bridge.protocols import find, protocols
from bridge.secrets import strike
from bridge.whose import log_for

from . import EX_CONFIG
from .log import gathered, listen_to
from .words import config_argument

__all__ = ["adapter_of", "check", "look"]

_TROUBLE = 1
_PATIENCE = 30.0
_ROOMS = 10
"""So many rooms are looked at in that time: some networks take few questions a second."""
_ARROWS = {Direction.BOTH: "both ways", Direction.FROM: "only out of it", Direction.TO: "only into it"}
_LOG = logging.getLogger(__name__)


@click.command()
@config_argument
@click.option(
    "--online", is_flag=True, help="Log in to each network and look at each room, relaying nothing."
)
@click.option("--schema", "as_schema", is_flag=True, help="Print a JSON Schema for editors instead.")
@click.pass_context
def check(context: click.Context, file: Path, *, online: bool, as_schema: bool) -> None:
    """Say everything that is wrong with the configuration FILE (bridge.yaml, or $HUBBUB_CONFIG).

    Exit codes: 0 nothing is wrong, 1 --online found trouble, 2 wrong usage, 78 the file has mistakes.
    """
    if as_schema:
        found = schema(protocols() | _named(file))
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    try:
        config = load(file, find)
    except ConfigError as error:
        for problem in error.shown():
            click.echo(problem, err=True)
        count = len(error.problems)
        click.secho(f"{count:,} mistake{'s' if count > 1 else ''}", fg="red", err=True)
        context.exit(EX_CONFIG)
    _summary(file, config)
    if online and not _look(config):
        context.exit(_TROUBLE)


def _named(file: Path) -> dict[str, AdapterClass]:
    """Return the protocols that a file has, also those that nobody but it names."""
    named: dict[str, AdapterClass] = {}

    def noting(protocol: str) -> AdapterClass:
        named[protocol] = find(protocol)
        return named[protocol]

    with contextlib.suppress(ConfigError):
        load(file, noting)
    return named


def _look(config: Config) -> bool:
    """Look at all networks; what they warn of besides is shown after their answers, and not amid them."""
    with gathered() as warnings:
        well = asyncio.run(look(config))
    _remarks(warnings)
    return well


def _summary(file: Path, config: Config) -> None:
    click.secho(f"{file} is in order", bold=True)
    click.echo("\nnetworks")
    for network in config.networks.values():
        unused = "" if _rooms(config, network.name) else ", in no conversation"
        click.echo(f"  {network.name}  {click.style(f'({network.protocol}{unused})', dim=True)}")
    click.echo("\nconversations")
    for conversation in config.conversations.values():
        click.echo(f"  {conversation.name}")
        rows = [(room.network, str(room.room), _ARROWS[room.direction]) for room in conversation.rooms]
        _table("    ", rows)
    _remarks(config.remarks)
    if config.media.public_url is None and (names := _without_files(config)):
        click.echo()
        which = ", ".join(names)
        without = f"files: with no public_url under media:, {which} may get no more than their names"
        click.secho(_wrapped(without, ""), fg="yellow")


def _remarks(sentences: Collection[str]) -> None:
    if sentences:
        click.echo("\nremarks")
    for sentence in sentences:
        click.secho(_wrapped(printable(sentence)), fg="yellow")


def _wrapped(sentence: str, indent: str = "  ") -> str:
    """Wrapped to the terminal's width, if there is one. What `Terminal` stands on would take long to load."""
    if not sys.stdout.isatty():
        return indent + sentence
    width = shutil.get_terminal_size().columns
    return click.wrap_text(sentence, width, initial_indent=indent, subsequent_indent=indent)


def _written(config: Config, network: str) -> set[RoomId]:
    """Return the rooms of one network that are written to."""
    entries = [room for conversation in config.conversations.values() for room in conversation.rooms]
    return {room.room for room in entries if room.network == network and room.direction is not Direction.FROM}


def _without_files(config: Config) -> list[str]:
    """Return the networks that are written to and can show a file only by a link to it."""
    return [
        name
        for name in config.networks
        if _written(config, name)
        and not any(record.file for record in find(config.networks[name].protocol).records().values())
    ]


def _table(indent: str, rows: Iterable[tuple[str, ...]]) -> None:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo(indent + "  ".join(map(str.ljust, row, widths)).rstrip())


def _rooms(config: Config, network: str) -> dict[RoomId, Any]:
    """Return the rooms of one network, each with its RoomConfig."""
    entries = [room for conversation in config.conversations.values() for room in conversation.rooms]
    return {room.room: room.settings for room in entries if room.network == network}


async def look(config: Config, patience: float = _PATIENCE) -> bool:
    """Log in to all networks at once and print what each says about its rooms. Returns whether all is well.

    A network that gives no answer within `patience` seconds for ten rooms is in trouble; it keeps no other
    from answering.
    """
    click.echo("\nonline")
    rooms = {name: _rooms(config, name) for name in config.networks}
    answers = await asyncio.gather(
        *(_answer(config, name, rooms[name], patience) for name in config.networks)
    )
    well = True
    for name, answer in zip(config.networks, answers, strict=True):
        if isinstance(answer, str):
            well = _line(name, "", answer)
            continue
        well &= _line(name, "", answer.get(RoomId("")))
        for room in rooms[name]:
            well &= _line(name, room, answer.get(room, "the network says nothing about it"))
    return well


async def _answer(
    config: Config, name: str, rooms: Mapping[RoomId, Any], patience: float
) -> Mapping[RoomId, str | None] | str:
    """Return what the network says about its rooms, or a sentence when there is no getting in."""
    log_for(name)
    patience *= max(1.0, len(rooms) / _ROOMS)
    try:
        async with asyncio.timeout(patience):
            return await adapter_of(config, name).look(rooms)
    except AdapterError as error:
        return str(error) or "there is no getting in"
    except TimeoutError:
        return f"no answer within {patience:g} seconds: check server and port"
    except Exception as error:  # noqa: BLE001 - a network that fails strangely must not hide the others
        _LOG.debug("%s: look failed", name, exc_info=True)
        return f"the adapter failed ({type(error).__name__}): this is a bug, please report it"


def adapter_of(config: Config, name: str) -> Adapter:
    """Return an adapter that looks and does not run."""
    network = config.networks[name]
    adapter = find(network.protocol)(name, network.settings, "")
    listen_to(type(adapter).__module__)
    adapter.keepsake = Keepsake(config.journal, name)
    adapter.only_read = _rooms(config, name).keys() - _written(config, name)
    return adapter


def _line(network: str, room: str, problem: str | None) -> bool:
    where, words = f"{network}{' ' if room else ''}{room}:", "ok"
    if problem is not None:
        words = printable(strike(problem))
    said = _wrapped(f"{where} {words}")
    end = len(where) + 2
    click.echo(said[:end] + click.style(said[end:], fg="green" if problem is None else "red"))
    return problem is None
