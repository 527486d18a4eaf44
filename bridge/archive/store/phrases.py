"""Keeps once what many headers have alike, their shapes and who did it. What no block needs goes."""

import sqlite3
from collections.abc import Iterable

from bridge.errors import ArchiveError

__all__ = ["Phrases"]

_KEPT = 50_000


class Phrases:
    """Gives bytes a number, and numbers their bytes. A number is never given twice."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._numbers: dict[bytes, int] = {}
        self._texts: dict[int, bytes] = {}

    def text(self, number: int) -> bytes:
        """Return the bytes of a number. Raises ArchiveError where they are missing."""
        if (known := self._texts.get(number)) is None:
            where = "SELECT text FROM phrase WHERE number = ?"
            found = self._database.execute(where, (number,)).fetchone()
            if found is None:
                raise ArchiveError(
                    f"the archive is damaged (phrase {number} is missing): `hubbub evidence verify` says more"
                )
            if len(self._texts) > _KEPT:
                self._texts.clear()
            known = self._texts[number] = bytes(found[0])
        return known

    def number(self, text: bytes) -> int:
        """Return the number of some bytes, which they get if they have none. For who writes."""
        if (known := self._numbers.get(text)) is None:
            found = self._database.execute("SELECT number FROM phrase WHERE text = ?", (text,)).fetchone()
            if found is None:
                insert = "INSERT INTO phrase (text, uses) VALUES (?, 0)"
                found = (self._database.execute(insert, (text,)).lastrowid,)
            if len(self._numbers) > _KEPT:
                self._numbers.clear()
            known = self._numbers[text] = found[0]
        return known

    def use(self, more: Iterable[int], less: Iterable[int]) -> None:
        """Note that a block needs these now, and needed those before."""
        more, less = set(more), set(less)
        change = self._database.executemany
        change("UPDATE phrase SET uses = uses + 1 WHERE number = ?", [(one,) for one in more - less])
        gone = [(one,) for one in less - more]
        change("UPDATE phrase SET uses = uses - 1 WHERE number = ?", gone)
        if gone:
            change("DELETE FROM phrase WHERE number = ? AND uses <= 0", gone)
            self.forget()

    def forget(self) -> None:
        """Forget what is known: the file may be otherwise."""
        self._numbers.clear()
        self._texts.clear()
