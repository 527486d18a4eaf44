"""What the owner has Hubbub say."""

from collections.abc import Sequence

from bridge.errors import JournalError
from bridge.relay.rooms import Rooms

from .announcer import notice

__all__ = ["OwnersVoice"]


class OwnersVoice:
    """Says things in rooms, through the journal: what it returned from outlives a crash."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def may_speak(self, number: int) -> bool:
        """Whether a room is one that the owner wants written to."""
        return number in self._rooms.directory.routes.heard

    def say(self, text: str, rooms: Sequence[int]) -> int:
        """Say something in rooms, by their numbers. Returns the number under which it was taken. Raises
        JournalError.
        """
        journal = self._rooms.dispatch.journal
        if journal.failing:
            raise JournalError("the journal cannot be written now: make room on its disk, then say it again")
        event = notice(text)
        journal.take(rooms[0], event, tuple(rooms))
        self._rooms.dispatch.commit()
        seq = journal.origin(rooms[0], event.id)
        if seq is None:
            raise JournalError(
                "the journal cannot be written now: this is said once there is room on its disk, so do not "
                "say it again"
            )
        return seq
