"""What an adapter opens."""

from collections.abc import Sequence

from bridge.adapter import Conversations
from bridge.errors import Rejected
from bridge.model import RoomId

from .texts import is_text, shown

__all__ = ["Opening"]


class Opening:
    """The conversations of one adapter: of what it opens, only what makes sense reaches the core."""

    def __init__(self, network: str, known: set[RoomId], conversations: Conversations) -> None:
        """`known` are the rooms that may be heard of."""
        self._network = network
        self._known = known
        self._conversations = conversations

    def open(self, name: str, rooms: Sequence[tuple[str, RoomId]]) -> None:
        try:
            pairs = [(network, room) for network, room in rooms]
        except (TypeError, ValueError):
            raise Rejected(f"{shown(rooms)} are no rooms, each with its network") from None
        for text in (name, *[text for pair in pairs for text in pair]):
            if not (is_text(text) and text):
                raise Rejected(f"{shown(text)} can be no name")
        self._conversations.open(name, pairs)
        self._known.update(room for network, room in pairs if network == self._network)

    def close(self, name: str) -> None:
        if is_text(name):
            self._conversations.close(name)
