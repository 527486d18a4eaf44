"""Stream management (XEP-0198) as we need it: slixmpp negotiates and counts, and resends nothing."""

from dataclasses import dataclass
from typing import Any

from slixmpp.plugins.base import register_plugin
from slixmpp.plugins.xep_0198 import XEP_0198

__all__ = ["REQUEST", "Stream", "count", "handled", "load", "save"]

_NAME = "hubbub_0198"
REQUEST = "{urn:xmpp:sm:3}r"
_WRAP = 2**32


@dataclass(frozen=True, slots=True)
class Stream:
    """What it takes to resume a stream."""

    id: str
    handled: int


class _Management(XEP_0198):
    """Keeps no copy of what it sends: whoever sent it sends it again where that is right."""

    name = _NAME

    def _handle_outgoing(self, stanza: Any) -> Any:
        return stanza

    def _handle_ack(self, ack: Any) -> None:
        pass


register_plugin(_Management, _NAME)


def load(client: Any, stream: Stream | None) -> None:
    """Make a client use stream management, and resume this stream if the server still has it."""
    client.register_plugin(_NAME, {"sm_id": stream.id, "handled": stream.handled} if stream else {})


def save(client: Any) -> Stream | None:
    """What could be resumed later; None: nothing."""
    management = client.plugin[_NAME]
    return Stream(management.sm_id, management.handled) if management.sm_id else None


def count(client: Any) -> None:
    """One more stanza has been dealt with."""
    management = client.plugin[_NAME]
    if management.enabled_in:
        management.handled = (management.handled + 1) % _WRAP


def handled(client: Any) -> int:
    """How many stanzas have been dealt with on this stream."""
    number: int = client.plugin[_NAME].handled
    return number
