"""Whose journal it is, and whether it still is where it was."""

from pathlib import Path

from bridge.errors import JournalError
from bridge.owned import Advice, OwnedFile

__all__ = ["NO_ROOM", "Own"]

NO_ROOM = "make room on its disk, or make that writable, then start again: nothing that was taken is lost"
"""Advice for a disk that is full or read-only."""

_ADVICE = Advice(
    JournalError,
    busy="stop that one, or name another journal",
    copies="`hubbub db backup`",
    gone="it stops, and saves what the journal held",
    no_room=NO_ROOM,
)


class Own(OwnedFile):
    """A journal that is ours. Raises JournalError."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _ADVICE)
