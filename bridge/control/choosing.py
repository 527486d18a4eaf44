"""Which rooms of the map are meant."""

from collections.abc import Mapping
from typing import TypeAlias

from bridge.config import Config
from bridge.config.words import nearest, quoted
from bridge.errors import HubbubError
from bridge.model import RoomId
from bridge.protocols import find

__all__ = ["Mapped", "chosen", "mapped"]

Mapped: TypeAlias = Mapping[tuple[str, RoomId], Mapping[str, str]]
"""Conversations with their directions, by network and room."""


def mapped(config: Config) -> Mapped:
    """Return the rooms of the map, in its order, each with its conversations."""
    found: dict[tuple[str, RoomId], dict[str, str]] = {}
    for conversation in config.conversations.values():
        for entry in conversation.rooms:
            where = found.setdefault((entry.network, entry.room), {})
            where[conversation.name] = str(entry.direction)
    return found


def chosen(config: Config, network: str = "", room: str = "", conversation: str = "") -> Mapped:
    """Return the rooms of the map that are meant: what is empty leaves it open. Raises HubbubError for names
    that the map does not have.
    """
    found = mapped(config)
    if network and network not in config.networks:
        raise HubbubError(f"there is no network {quoted(network)}{nearest(network, config.networks)}")
    if conversation and conversation not in config.conversations:
        near = nearest(conversation, config.conversations)
        raise HubbubError(f"there is no conversation {quoted(conversation)}{near}")
    some = {
        place: where
        for place, where in found.items()
        if (not network or place[0] == network) and (not conversation or conversation in where)
    }
    if not room:
        return some
    wanted = {name: _read(config, name, room) for name in {name for name, _ in some}}
    some = {place: where for place, where in some.items() if wanted[place[0]] == place[1]}
    if not some:
        there = f"{network} has" if network else f"in {conversation} is" if conversation else "there is"
        near = nearest(room, [str(name) for _, name in found])
        raise HubbubError(f"{there} no room {quoted(room)}{near}")
    return some


def _read(config: Config, network: str, room: str) -> RoomId | None:
    """Return a room by the name that somebody gave; None: the network has no such names."""
    try:
        return find(config.networks[network].protocol).room_id(room)
    except ValueError:
        return None
