"""What `hubbub check --online` does: logs in to networks and looks at their rooms."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import click

from bridge.adapter import Adapter
from bridge.config import Config, Direction
from bridge.config.words import printable
from bridge.errors import AdapterError
from bridge.keepsake import Keepsake
from bridge.levels import listen_to
from bridge.model import RoomId
from bridge.protocols import find
from bridge.secrets import strike
from bridge.whose import log_for

from .mail_server import mail_servers
from .words import wrapped

__all__ = ["adapter_of", "answer", "look", "rooms_of", "written"]

_PATIENCE = 30.0
_ROOMS = 10
"""So many rooms are looked at in that time: some networks take few questions a second."""
_LOG = logging.getLogger(__name__)


def written(config: Config, network: str) -> set[RoomId]:
    """Return the rooms of one network that are written to."""
    entries = [room for conversation in config.conversations.values() for room in conversation.rooms]
    return {room.room for room in entries if room.network == network and room.direction is not Direction.FROM}


def rooms_of(config: Config, network: str) -> dict[RoomId, Any]:
    """Return the rooms of one network, each with its RoomConfig."""
    entries = [room for conversation in config.conversations.values() for room in conversation.rooms]
    return {room.room: room.settings for room in entries if room.network == network}


async def look(config: Config, patience: float = _PATIENCE) -> bool:
    """Log in to all networks at once and print what each says about its rooms. Returns whether all is well.

    A network that gives no answer within `patience` seconds for ten rooms is in trouble; it keeps no other
    from answering.
    """
    click.echo("\nonline")
    rooms = {name: rooms_of(config, name) for name in config.networks}
    answers = await asyncio.gather(*(answer(config, name, rooms[name], patience) for name in config.networks))
    well = True
    for name, told in zip(config.networks, answers, strict=True):
        if isinstance(told, str):
            well = _line(name, "", told)
            continue
        well &= _line(name, "", told.get(RoomId("")))
        for room in rooms[name]:
            well &= _line(name, room, told.get(room, "the network says nothing about it"))
    for server, why in await asyncio.to_thread(list, mail_servers(config)):
        well &= _line(server, "", why or None)
    return well


async def answer(
    config: Config, name: str, rooms: Mapping[RoomId, Any], patience: float = _PATIENCE
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
    adapter.only_read = rooms_of(config, name).keys() - written(config, name)
    return adapter


def _line(network: str, room: str, problem: str | None) -> bool:
    where, words = f"{network}{' ' if room else ''}{room}:", "ok"
    if problem is not None:
        words = printable(strike(problem))
    said = wrapped(f"{where} {words}")
    end = len(where) + 2
    click.echo(said[:end] + click.style(said[end:], fg="green" if problem is None else "red"))
    return problem is None
