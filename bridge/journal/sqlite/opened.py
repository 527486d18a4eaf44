"""Keeps the conversations that adapters opened at run time."""

import json
import sqlite3
from collections.abc import Callable

from bridge.errors import JournalError
from bridge.journal.api import OpenedConversations
from bridge.journal.records import Opened
from bridge.model import RoomId

__all__ = ["SqliteOpened"]


class SqliteOpened(OpenedConversations):
    """A row for each."""

    def __init__(
        self, database: sqlite3.Connection, step: Callable[[Callable[[], bool]], bool | None]
    ) -> None:
        """`step` does something behind all that waits to be written; None: it could not be done."""
        self._database = database
        self._step = step

    def all(self) -> list[Opened]:
        find = "SELECT network, room FROM room WHERE number = ?"
        found = []
        for network, name, numbers, closing in self._database.execute("SELECT * FROM opened"):
            rooms = [self._database.execute(find, (number,)).fetchone() for number in json.loads(numbers)]
            known = tuple((home, RoomId(room)) for home, room in rooms)
            found.append(Opened(network, name, known, bool(closing)))
        return found

    def keep(self, opened: Opened) -> None:
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
        def step() -> bool:
            drop = "DELETE FROM opened WHERE network = ? AND name = ?"
            self._database.execute(drop, (opened.network, opened.name))
            return True

        self._step(step)
