"""Stream management (XEP-0198) as we need it: slixmpp negotiates, the client counts, nothing is resent."""

from dataclasses import dataclass
from typing import Any

from slixmpp.plugins.base import register_plugin
from slixmpp.plugins.xep_0198 import XEP_0198

__all__ = ["REQUEST", "Stream", "acknowledgement", "load", "stream_id"]

REQUEST = "{urn:xmpp:sm:3}r"
_NAME = "hubbub_0198"


@dataclass(frozen=True, slots=True)
class Stream:
    """The state that it takes to resume a stream."""

    id: str
    handled: int
    """How many stanzas of the server have been dealt with."""


class _Management(XEP_0198):
    """Keeps no copies of stanzas to resend: the sender repeats them where that is right."""

    name = _NAME

    def _handle_outgoing(self, stanza: Any) -> Any:
        return stanza

    def _handle_incoming(self, stanza: Any) -> Any:
        return stanza

    def _handle_ack(self, ack: Any) -> None:
        pass

    def _handle_enabled(self, stanza: Any) -> None:
        super()._handle_enabled(stanza)  # type: ignore[no-untyped-call]
        self._count(0)

    def _handle_resumed(self, stanza: Any) -> None:
        self._count(self.handled)
        super()._handle_resumed(stanza)  # type: ignore[no-untyped-call]

    def _count(self, handled: int) -> None:
        """Begin to count: what came before the stream stood is not part of it."""
        client: Any = self.xmpp
        client.handled = handled


register_plugin(_Management, _NAME)


def load(client: Any, stream: Stream | None) -> None:
    """Make a client use stream management, and resume this stream if the server still has it."""
    client.register_plugin(_NAME, {"sm_id": stream.id, "handled": stream.handled} if stream else {})


def stream_id(client: Any) -> str | None:
    """Return the server's id of the stream, if it can be resumed."""
    found: str | None = client.plugin[_NAME].sm_id
    return found or None


def acknowledgement(handled: int) -> str:
    """Return the acknowledgement of so many stanzas; the count wraps (XEP-0198 section 4)."""
    return f"<a xmlns='urn:xmpp:sm:3' h='{handled % 2**32}'/>"
