"""Makes a copy of the file of desks safe to go on from: no mail goes twice, and what visitors have deleted
since it was made is deleted again.
"""

import contextlib
import sqlite3
from collections.abc import Collection, Mapping
from pathlib import Path

from bridge.clock import SYSTEM
from bridge.config.words import counted
from bridge.errors import TemporaryFailure

from .left import LeftMessage
from .reader import DeskReader
from .writer import DeskStore

__all__ = ["go_on_from_desks"]

_RESTORED = "restored from a backup: it may have gone since"


def go_on_from_desks(copy: Path, before: Path | None) -> list[str]:
    """Make a copy safe to go on from. `before` is the file whose place it takes; None: there is none. Returns
    sentences for the owner. Raises TemporaryFailure.
    """
    with contextlib.closing(_Restored(copy)) as restored:
        told = []
        if given_up := restored.give_up():
            told.append(
                f"Not sent, since it may have been after the backup: {counted(given_up, 'mail')} of desks."
            )
        try:
            erased = restored.follow(before) if before is not None else None
        except (TemporaryFailure, sqlite3.Error):  # it may be why a backup is wanted
            erased = None
        if erased is None:
            told.append("Chats that visitors deleted since the backup are there again, if there were any.")
        elif what := [counted(count, thing) for thing, count in erased.items() if count]:
            told.append(f"Deleted since the backup, and deleted again: {', '.join(what)}.")
        restored.scrub()
        return told


class _Restored(DeskStore):
    """The copy, open."""

    def give_up(self) -> int:
        """Let no mail go of which nobody knows whether it went. Returns how many these are."""
        waiting = self._ask("SELECT number FROM mail WHERE state IN ('due', 'sending')")
        with self.transaction():
            for (number,) in waiting:
                self.outbox.give_up(number, _RESTORED, SYSTEM.now())
        return len(waiting)

    def follow(self, before: Path) -> dict[str, int]:
        """Delete what was deleted since, and give no number again that was given. Returns how many chats and
        messages that deleted. Raises TemporaryFailure and sqlite3.Error, and then has changed nothing.
        """
        with _Before(before) as now:
            deleted, last, left, mails = now.deleted(), now.last(), now.left_messages(), now.mails()
            newest = self._ask("SELECT number, opened_at FROM chat ORDER BY number DESC LIMIT 1")
            follows = bool(newest) and now.has_chat(*newest[0])  # else it was begun anew
        chats = self._ask("SELECT number, opened_at FROM chat WHERE NOT forgotten")
        gone = [number for number, at in chats if deleted.get(number) == at]
        messages = [one for one in self.left.all() if follows and left is not None and one not in left]
        with self.transaction():
            for number in gone:
                self.erase(number)
            self._in_log = True
            self.left.forget(messages)
            for (number,) in self._ask("SELECT number FROM mail") if follows else ():
                if number not in mails:  # it was to somebody who is erased, or its owner forgot it
                    self._do("DELETE FROM mail WHERE number = ?", number)
            for table, number in last.items():
                self._do("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", number, table)
        return {"chat": len(gone), "message": len(messages)}


class _Before(DeskReader):
    """The file that was there before."""

    def deleted(self) -> Mapping[int, float]:
        """Return when the chats were opened that are deleted, by their numbers."""
        return dict(self._ask("SELECT number, opened_at FROM chat WHERE forgotten"))

    def last(self) -> Mapping[str, int]:
        """Return the last numbers that were given, by table."""
        return dict(self._ask("SELECT name, seq FROM sqlite_sequence"))

    def has_chat(self, number: int, opened_at: float) -> bool:
        """Whether it knows, or knew, this chat."""
        return bool(self._ask("SELECT 1 FROM chat WHERE number = ? AND opened_at = ?", number, opened_at))

    def left_messages(self) -> Collection[LeftMessage] | None:
        """Return the messages that were left; None: it is an older release's, which noted none."""
        kept = self._ask("SELECT 1 FROM sqlite_master WHERE name = 'left_message'")
        return self.left.all() if kept else None

    def mails(self) -> Collection[int]:
        """Return the numbers of the mails that it knows."""
        return {number for (number,) in self._ask("SELECT number FROM mail")}
