"""Keeps what features note beside events."""

import sqlite3
from collections.abc import Callable, Mapping

from bridge.errors import JournalError
from bridge.journal.beside import Notes

__all__ = ["SqliteNotes"]


class SqliteNotes(Notes):
    """A row for each."""

    def __init__(
        self, database: sqlite3.Connection, step: Callable[[Callable[[], bool]], bool | None]
    ) -> None:
        """`step` does something behind all that waits to be written; None: it could not be done."""
        self._database = database
        self._step = step

    def all(self, kind: str) -> Mapping[tuple[str, str], str]:
        found = self._database.execute("SELECT network, key, text FROM note WHERE kind = ?", (kind,))
        return {(network, key): text for network, key, text in found}

    def keep(self, kind: str, network: str, key: str, text: str) -> None:
        self._write("INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?)", (kind, network, key, text))

    def drop(self, kind: str, network: str, key: str) -> None:
        self._write("DELETE FROM note WHERE kind = ? AND network = ? AND key = ?", (kind, network, key))

    def _write(self, statement: str, values: tuple[str, ...]) -> None:
        def step() -> bool:
            self._database.execute(statement, values)
            return True

        if not self._step(step):
            raise JournalError("the journal cannot be written: look at its disk")
