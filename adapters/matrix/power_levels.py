"""Who may do what in a room ("m.room.power_levels"). Pure."""

from collections.abc import Mapping
from typing import Any

from .untrusted import id_of, listed, mapping, text_of

__all__ = ["creators_of", "level_of", "needed_for_state", "needed_for_talk"]

_CREATORS_MAY_ALL = 12
"""The room version from which on creators may do everything, and have no level that could say so."""

_STATE = 50
"""What it takes to change the state of a room, where nothing else is said."""


def creators_of(create: Mapping[str, Any]) -> frozenset[str]:
    """Who may do everything, by the event that made the room ("m.room.create"); nobody in older versions."""
    content = mapping(create.get("content"))
    version = text_of(content.get("room_version"), 3)
    if not version.isdecimal() or int(version) < _CREATORS_MAY_ALL:
        return frozenset()
    return frozenset(map(id_of, (create.get("sender"), *listed(content.get("additional_creators")))))


def level_of(levels: Mapping[str, Any], user: str) -> int:
    """How much a user may do who is no creator."""
    return _number(mapping(levels.get("users")).get(user, levels.get("users_default")), 0)


def needed_for_talk(levels: Mapping[str, Any]) -> int:
    """What it takes to say something."""
    return _number(mapping(levels.get("events")).get("m.room.message", levels.get("events_default")), 0)


def needed_for_state(levels: Mapping[str, Any], kind: str) -> int:
    """What it takes to set this piece of state."""
    return _number(mapping(levels.get("events")).get(kind, levels.get("state_default")), _STATE)


def _number(value: object, default: int) -> int:
    """A level is a number, in old rooms also as text."""
    if isinstance(value, str) and value.lstrip("-").isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) else default
