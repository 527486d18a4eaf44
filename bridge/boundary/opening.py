"""What an adapter opens."""

from collections.abc import Collection, Sequence

from bridge.conversations import Conversations, Member
from bridge.errors import Rejected
from bridge.model import MessageId, RoomId, UserId

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
        _see(name, *[text for pair in pairs for text in pair])
        self._conversations.open(name, pairs)
        self._known.update(room for network, room in pairs if network == self._network)

    def close(self, name: str) -> None:
        if is_text(name):
            self._conversations.close(name)

    def people(self, room: RoomId) -> Sequence[Member]:
        return self._conversations.people(room) if is_text(room) else []

    def language(self, room: RoomId) -> str:
        return self._conversations.language(room) if is_text(room) else "en"

    def archived(self, room: RoomId, language: str) -> str:
        return self._conversations.archived(room, language) if is_text(room) and is_text(language) else ""

    async def make(self, network: str, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        _see(network, name, *invited)
        if not is_text(topic):
            raise Rejected(f"{shown(topic)} can be no topic")
        return await self._conversations.make(network, name, topic, tuple(invited))

    async def invite(self, network: str, room: RoomId, users: Collection[UserId]) -> None:
        _see(network, room, *users)
        await self._conversations.invite(network, room, tuple(users))

    async def leave(self, network: str, room: RoomId) -> None:
        _see(network, room)
        await self._conversations.leave(network, room)

    async def forget(self, user: UserId, messages: Collection[tuple[RoomId, MessageId]]) -> bool:
        pairs = [(room, name) for room, name in messages]
        _see(user, *[text for pair in pairs for text in pair])
        return await self._conversations.forget(user, pairs)


def _see(*names: object) -> None:
    """Raise Rejected when one of these can be no name."""
    for text in names:
        if not (is_text(text) and text):
            raise Rejected(f"{shown(text)} can be no name")
