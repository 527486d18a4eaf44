"""Reads which mail of desks does not go, and has it sent again or forgotten when its owner says so."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from .reader import DeskReader
from .writer import DeskStore

__all__ = ["StuckMail", "StuckReader", "StuckStore"]

_LATE = 5
"""After so many tries, about a quarter of an hour, a mail is late: servers that do not know a sender let it
wait for some minutes.
"""
_STUCK = f"(state = 'refused' AND given_up_at NOT NULL) OR (state = 'due' AND tries >= {_LATE})"


class StuckMail(NamedTuple):
    """A mail that did not go."""

    number: int
    kind: str
    """As `MailKind` has it."""
    desk: str
    chat: int
    """0: it is about no chat."""
    recipient: str
    at: float
    """When it was asked for, in seconds since 1970."""
    given_up_at: float | None
    """None: it is tried again by itself."""
    why: str
    """The reason, in the server's words where it said any."""


class StuckReader(DeskReader):
    """Reads which mail does not go. Everything may raise TemporaryFailure."""

    def stuck(self) -> list[StuckMail]:
        """Return what did not go, the oldest first."""
        columns = [row[0] for row in self._ask("SELECT name FROM pragma_table_info('mail')")]
        if "given_up_at" not in columns:  # an older release's
            return []
        rows: list[tuple[Any, ...]] = self._ask(
            f"SELECT {', '.join(StuckMail._fields)} FROM mail WHERE {_STUCK} ORDER BY number"  # noqa: S608
        )
        return list(map(StuckMail._make, rows))


class StuckStore(DeskStore):
    """Writes what becomes of such mail, for a moment, beside the one who does so all the time."""

    def again(self, numbers: Sequence[int], now: float) -> None:
        """Have these tried again from now on."""
        with self.transaction():
            for number in numbers:
                self._do(
                    "UPDATE mail SET state = 'due', due = ?, at = ?, tries = 0, given_up_at = NULL "  # noqa: S608
                    f"WHERE number = ? AND ({_STUCK})",
                    *(now, now, number),
                )

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget these."""
        self._in_log = True
        with self.transaction():
            for number in numbers:
                self._do(f"DELETE FROM mail WHERE number = ? AND ({_STUCK})", number)  # noqa: S608
        self.scrub()
