"""Keeps the conversations that adapters opened at run time."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from bridge.errors import JournalError
from bridge.model import RoomId

__all__ = ["Opened", "OpenedConversations"]


@dataclass(frozen=True, slots=True)
class Opened:
    """Rooms that an adapter joined into a conversation."""

    network: str
    """Whose adapter it was."""
    name: str
    """What that adapter calls it."""
    rooms: tuple[tuple[str, RoomId], ...]
    """Each with its network."""
    closing: bool = False
    """Whether it was closed, and only what is owed to its rooms is still delivered."""


class OpenedConversations:
    """What adapters opened, by network and name."""

    def __init__(
        self, database: sqlite3.Connection, step: Callable[[Callable[[], bool]], bool | None]
    ) -> None:
        """`step` does something behind all that waits to be written; None: it could not be done."""
        self._database = database
        self._step = step

    def all(self) -> list[Opened]:
        """Return all that is kept."""
        find = "SELECT network, room FROM room WHERE number = ?"
        found = []
        for network, name, numbers, closing in self._database.execute("SELECT * FROM opened"):
            rooms = [self._database.execute(find, (number,)).fetchone() for number in json.loads(numbers)]
            known = tuple((home, RoomId(room)) for home, room in rooms)
            found.append(Opened(network, name, known, bool(closing)))
        return found

    def keep(self, opened: Opened) -> None:
        """Keep this, in place of what had its name. Raises JournalError when that cannot be."""
        # By number: a network may be given another name.
        number = (
            "INSERT INTO room (network, room) VALUES (?, ?) "
            "ON CONFLICT DO UPDATE SET room = excluded.room RETURNING number"
        )

        def step() -> bool:
            numbers = [self._database.execute(number, room).fetchone()[0] for room in opened.rooms]
            row = (opened.network, opened.name, json.dumps(numbers), opened.closing)
            self._database.execute("INSERT OR REPLACE INTO opened VALUES (?, ?, ?, ?)", row)
            return True

        if not self._step(step):
            raise JournalError("the journal cannot be written: look at its disk")

    def drop(self, opened: Opened) -> None:
        """Keep this no more."""

        def step() -> bool:
            drop = "DELETE FROM opened WHERE network = ? AND name = ?"
            self._database.execute(drop, (opened.network, opened.name))
            return True

        self._step(step)
