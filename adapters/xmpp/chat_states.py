"""What counts only now: who writes, and what has been seen. Pure."""

from bridge import MarkRead, SetTyping

from .encode import quote

__all__ = ["STATES", "displayed", "writes"]

_NS = "http://jabber.org/protocol/chatstates"
STATES = {
    f"{{{_NS}}}{name}": name == "composing" for name in ("composing", "paused", "active", "inactive", "gone")
}
"""Whether somebody writes, by what their client says (XEP-0085 section 3)."""


def writes(command: SetTyping) -> str:
    """We write, or no longer do (XEP-0085 section 5.5); nobody needs to keep that (XEP-0334)."""
    state = "composing" if command.typing else "active"
    return (
        f"<message to='{quote(command.room)}' type='groupchat'><{state} xmlns='{_NS}'/>"
        "<no-store xmlns='urn:xmpp:hints'/></message>"
    )


def displayed(command: MarkRead) -> str:
    """All up to a message has been shown; in rooms the name is the room's (XEP-0333 section 5)."""
    return (
        f"<message to='{quote(command.room)}' type='groupchat'>"
        f"<displayed xmlns='urn:xmpp:chat-markers:0' id='{quote(command.target.id)}'/></message>"
    )
