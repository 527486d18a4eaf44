"""Ephemeral stanzas: typing and read marks. Pure."""

from bridge import MarkRead, SetTyping

from .encode import quote

__all__ = ["STATES", "displayed", "writes"]

_NS = "http://jabber.org/protocol/chatstates"
STATES = {
    f"{{{_NS}}}{name}": name == "composing" for name in ("composing", "paused", "active", "inactive", "gone")
}
"""Whether somebody types, by the state that their client tells (XEP-0085 section 3)."""


def writes(command: SetTyping) -> str:
    """Return the stanza that says whether we type (XEP-0085 section 5.5); not to be archived (XEP-0334)."""
    state = "composing" if command.typing else "active"
    return (
        f"<message to='{quote(command.room)}' type='groupchat'><{state} xmlns='{_NS}'/>"
        "<no-store xmlns='urn:xmpp:hints'/></message>"
    )


def displayed(command: MarkRead) -> str:
    """Return the read mark for all up to a message; in rooms the name is the room's (XEP-0333 section 5)."""
    return (
        f"<message to='{quote(command.room)}' type='groupchat'>"
        f"<displayed xmlns='urn:xmpp:chat-markers:0' id='{quote(command.target.id)}'/></message>"
    )
