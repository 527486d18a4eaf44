"""For how long a conversation is archived, and what of it."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

__all__ = ["POLICY", "ROOMS", "KeptFor", "kept_for", "rooms_kept_for"]

POLICY = "policy"
"""The kind of the archive's notes that say for how long conversations are kept (`KeptFor`), by name."""
ROOMS = "retention"
"""The kind of those that say for how many seconds rooms want to be kept, by network and room, with a line
feed between them.
"""


class KeptFor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is archived of a conversation. It is a note of the archive, so that what is there goes in time
    also when the configuration knows the conversation no more.
    """

    keep: float
    """For so many seconds."""
    text: bool = True
    files: bool = False
    ended: float | None = None
    """Since when nothing more is archived, in seconds since 1970; None: it is."""


class _Notes(Protocol):
    """A Reader, or the Store."""

    def notes(self, kind: str) -> Mapping[str, bytes]: ...


def kept_for(archive: _Notes) -> dict[str, KeptFor]:
    """Return for how long each conversation is kept, by its name."""
    return {name: msgspec.json.decode(raw, type=KeptFor) for name, raw in archive.notes(POLICY).items()}


def rooms_kept_for(archive: _Notes) -> list[tuple[str, str, float]]:
    """Return for how many seconds rooms want to be kept: network, room, seconds."""
    found = ((*key.partition("\n")[::2], raw) for key, raw in archive.notes(ROOMS).items())
    return [(network, room, float(raw)) for network, room, raw in found]
