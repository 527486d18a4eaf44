"""Since when a room is heard, or was, on record."""

from bridge.journal import BEING_HEARD, Journal, Standing

from .room import Room

__all__ = ["Attendance"]


class Attendance:
    """Our being in one room."""

    def __init__(self, room: Room, journal: Journal) -> None:
        self._room = room
        self._journal = journal
        self._standing = journal.standing(room.number)

    @property
    def left_in_doubt(self) -> bool:
        """Whether something may have been on its way when it ended the last time."""
        return self._standing.open

    @property
    def until(self) -> float:
        """Return until when the room was heard, in seconds since 1970; 0: never."""
        return self._standing.heard or 0.0

    def enter(self) -> float | None:
        """Note that the room is heard, and may be spoken in. Returns until when it was heard before, if it
        was and was not since.
        """
        heard = self._standing.heard
        self._note(Standing(BEING_HEARD, open=True))
        return heard if heard != BEING_HEARD else None

    def leave(self, *, in_doubt: bool) -> None:
        """Note until when the room was heard, and whether anything may still be on its way."""
        self._note(
            Standing(min(self._room.clock.now(), self._room.adapter.heard(self._room.id)), open=in_doubt)
        )

    def _note(self, standing: Standing) -> None:
        self._standing = standing
        self._journal.stand(self._room.number, standing)
