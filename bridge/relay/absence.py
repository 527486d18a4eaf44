"""What was said while nobody listened: which of it is relayed, and how much is not."""

from collections import Counter

from bridge.config import CatchUp
from bridge.journal import Journal
from bridge.model import MessageCreated, RoomStateChanged, TalkEvent

from .listener import Listener

__all__ = ["Absence"]


class Absence:
    """Looks at what networks read of their past, and sees that people are told of what they missed."""

    def __init__(self, journal: Journal, listener: Listener) -> None:
        self._clock = journal.clock
        self._journal = journal
        self._listener = listener
        self._read: set[int] = set()
        """Rooms of whose past something was read, and that are not joined yet."""
        self._too_old = Counter[int]()
        """So many messages of theirs were said before the time that is wanted."""

    def wants(self, source: int, event: TalkEvent, limits: CatchUp) -> bool:
        """Whether something that was said in a room meanwhile is to be relayed."""
        if limits.max_messages > 0 and (event.at is None or event.at > self._clock.now() - limits.max_age):
            self._read.add(source)
            return True
        if isinstance(event, MessageCreated) and self._journal.origin(source, event.id) is None:
            self._too_old[source] += 1
        return False

    def lost(self, room: int) -> None:
        """Forget how much was too old: the connection ended, and it is read again."""
        self._too_old.pop(room, None)

    def over(self, room: int, joined: RoomStateChanged, since: float | None, *, unnoticed: bool) -> None:
        """Note that a room is heard again, and was heard until `since`, if that is known; `unnoticed`: nobody
        said that it was lost.
        """
        too_old = self._too_old.pop(room, 0)
        left_out = None if joined.left_out is None else joined.left_out + too_old
        partly, unheard = room in self._read, not joined.caught_up
        self._read.discard(room)
        if (unheard or left_out != 0) and (unnoticed or since is not None):
            self._listener.unheard(room, since, unheard=unheard, partly=partly, left_out=left_out)
