"""Tells who people in chats' own rooms are in the lobby, where their network has other ids in each room."""

from bridge import Conversations, RoomId
from bridge.desk import AgentRow, DeskStore, own_chat

from .desks import desk_of

__all__ = ["LobbyKeys"]


class LobbyKeys:
    """Knows people by what their network vouches for, as long as the room is there."""

    def __init__(self, store: DeskStore, conversations: Conversations) -> None:
        self._store, self._conversations = store, conversations
        self._same: dict[RoomId, dict[str, str]] = {}
        """By the chat's room and their key there."""

    def load(self, room: RoomId) -> None:
        """Know whoever was in a chat's room before a restart: they may speak before the lobby is entered."""
        self._same[room] = {row.key: row.name for row in self._store.agents(room)}

    def forget(self, room: RoomId) -> None:
        """Forget who was in a chat's room. Raises TemporaryFailure."""
        with self._store.transaction():
            self._store.forget_agents(room)
        self._same.pop(room, None)

    def there(self, room: RoomId) -> set[str]:
        """Return who is in a chat's room, as they are known in the lobby. Raises TemporaryFailure."""
        found = set()
        for one in self._conversations.people(room):
            if one.key not in self._same.get(room, {}):
                self._recognize(room, one.key)
            found.add(self._key(room, one.key))
        return found

    def agent(self, room: RoomId, key: str) -> str:
        """Return who somebody who speaks in a room is in the lobby; empty: they are in a chat's own room and
        not in the lobby, as who bears the nick of an agent by now, or had to leave it. Who has the chat may
        speak before the lobby is known again. Raises TemporaryFailure.
        """
        number = own_chat(room)
        if number is None:
            return key
        self._recognize(room, key)  # anew: somebody else may bear the nick by now
        found, chat = self._key(room, key), self._store.chat(number)
        if chat is not None and chat.agent == found:
            return found
        lobby = self._conversations.people(RoomId(desk_of(room)))
        return found if found in {one.key for one in lobby} else ""

    def _key(self, room: RoomId, key: str) -> str:
        return self._same.get(room, {}).get(key, key)

    def _recognize(self, room: RoomId, key: str) -> None:
        """Note who somebody in a chat's room is in the lobby: they are kept as an agent of that room, by the
        name of their key.
        """
        here = next((one for one in self._conversations.people(room) if one.key == key), None)
        if here is None or not here.proof:
            return
        same = self._same.setdefault(room, {})
        for one in self._conversations.people(RoomId(desk_of(room))):
            if (one.network, one.proof) == (here.network, here.proof) and (was := same.get(key)) != one.key:
                same[key] = one.key
                if was is not None or key != one.key:
                    with self._store.transaction():
                        self._store.put_agent(AgentRow(room, key, one.key))
