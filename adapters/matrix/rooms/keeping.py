"""How long a room wants to be kept, and who may read its past ("m.room.retention" of MSC1763,
"m.room.history_visibility"). Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.matrix.untrusted import text_of

__all__ = ["KEEPING", "UNKNOWN", "PastRules", "learned"]

_RETENTION, _VISIBILITY = "m.room.retention", "m.room.history_visibility"
KEEPING = (_RETENTION, _VISIBILITY)
"""The types of state that tell it."""
_OPEN = {"shared": True, "world_readable": True, "invited": False, "joined": False}


@dataclass(frozen=True, slots=True)
class PastRules:
    """What a room says of it."""

    lifetime: float | None = None
    """Seconds after which a message is to be gone; None: it says nothing."""
    is_open: bool | None = True
    """Whether newcomers see what was said before they came, as they do where the room says nothing; None: it
    says what we do not know.
    """


UNKNOWN = PastRules(None, None)


def learned(before: PastRules, kind: object, content: Mapping[str, Any]) -> PastRules:
    """Return what is known after a piece of state."""
    if kind == _VISIBILITY:
        return PastRules(before.lifetime, _OPEN.get(text_of(content.get("history_visibility"), 20)))
    lifetime = content.get("max_lifetime")
    if not isinstance(lifetime, int) or isinstance(lifetime, bool) or lifetime <= 0:
        return PastRules(None, before.is_open)
    return PastRules(lifetime / 1000, before.is_open)
