"""Keeps the conversations that adapters opened at run time."""

import json
import sqlite3
from collections.abc import Callable

from bridge.errors import JournalError
from bridge.journal.api import Recall
from bridge.journal.beside import OpenedConversations
from bridge.journal.records import Opened

__all__ = ["SqliteOpened"]


class SqliteOpened(OpenedConversations):
    """A row for each."""

    def __init__(
        self, database: sqlite3.Connection, rooms: Recall, step: Callable[[Callable[[], bool]], bool | None]
    ) -> None:
        """`rooms` gives rooms their numbers; `step` does something behind all that waits to be written; None:
        it could not be done.
        """
        self._database = database
        self._rooms = rooms
        self._step = step

    def all(self) -> list[Opened]:
        found = []
        for network, name, numbers, closing in self._database.execute("SELECT * FROM opened"):
            rooms = [room for number in json.loads(numbers) if (room := self._rooms.room(number)) is not None]
            found.append(Opened(network, name, tuple(rooms), bool(closing)))
        return found

    def keep(self, opened: Opened) -> None:
        def step() -> bool:
            # By number: a network may be given another name.
            numbers = [self._rooms.number(*room) for room in opened.rooms]
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
