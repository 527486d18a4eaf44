"""Power levels: who may do what in a room ("m.room.power_levels"). Pure."""

from collections.abc import Mapping
from typing import Any

from adapters.matrix.untrusted import id_of, listed, mapping, text_of

__all__ = [
    "creators_of",
    "level_of",
    "needed_for_state",
    "needed_for_talk",
    "needed_to_redact",
    "usual_level",
]

_CREATORS_MAY_ALL = 12
"""The room version from which on creators may do everything, and have no level that could say so."""

_STATE = 50
"""The level needed to change the state of a room, where the room sets no other."""

_REDACT = 50
"""The same to take back what others said."""


def creators_of(create: Mapping[str, Any]) -> frozenset[str]:
    """Return who may do everything, by the event that made the room ("m.room.create"); nobody in old
    versions.
    """
    content = mapping(create.get("content"))
    version = text_of(content.get("room_version"), 3)
    if not version.isdecimal() or int(version) < _CREATORS_MAY_ALL:
        return frozenset()
    return frozenset(map(id_of, (create.get("sender"), *listed(content.get("additional_creators")))))


def level_of(levels: Mapping[str, Any], user: str) -> int:
    """Return the power level of a user who is no creator."""
    return _number(mapping(levels.get("users")).get(user, levels.get("users_default")), 0)


def usual_level(levels: Mapping[str, Any]) -> int:
    """Return the power level of who is not named."""
    return _number(levels.get("users_default"), 0)


def needed_for_talk(levels: Mapping[str, Any]) -> int:
    """Return the level needed to send a message."""
    return _number(mapping(levels.get("events")).get("m.room.message", levels.get("events_default")), 0)


def needed_to_redact(levels: Mapping[str, Any]) -> int:
    """Return the level needed to take back what others said."""
    return _number(levels.get("redact"), _REDACT)


def needed_for_state(levels: Mapping[str, Any], kind: str) -> int:
    """Return the level needed to set this piece of state."""
    return _number(mapping(levels.get("events")).get(kind, levels.get("state_default")), _STATE)


def _number(value: object, default: int) -> int:
    """Read a level: a number, in old rooms also as text."""
    if isinstance(value, str) and value.lstrip("-").isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) else default
