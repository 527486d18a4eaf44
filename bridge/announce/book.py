"""The book of announcements, and of whoever was told them: each once, whatever ends in between."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from sqlite3 import Row

from bridge.model import UserId

from .store import ListsFile

__all__ = ["Announced", "AnnouncementBook", "AnnouncementState", "ToTell"]

_DAY = 86_400.0


class AnnouncementState(StrEnum):
    """The state of an announcement."""

    WAITING = "waiting"
    """For somebody else to agree."""
    GOING = "going"
    DONE = "done"
    EXPIRED = "expired"
    """Nobody agreed in time."""


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement. Times are in seconds since 1970."""

    id: int
    list: str
    text: str
    by_name: str
    by_entry: str
    """By which entry of `announcers` they may: each counts as one person."""
    at: float
    state: str
    approved_by: str
    begun_at: float | None


@dataclass(frozen=True, slots=True)
class ToTell:
    """Somebody who is to be told an announcement."""

    announcement: int
    subscription: int
    tries: int


class AnnouncementBook:
    """Keeps announcements, and whom each is owed to. Raises sqlite3.Error where something cannot be kept."""

    def __init__(self, file: ListsFile) -> None:
        self._file = file

    def write(self, name: str, text: str, *, by_name: str, by_entry: str, now: float) -> int:
        """Note an announcement that waits for somebody else to agree. Returns its number."""
        made = self._file.write(
            "INSERT INTO announcement (list, text, by_name, by_entry, at, state) VALUES (?, ?, ?, ?, ?, ?)",
            *(name, text, by_name, by_entry, now, AnnouncementState.WAITING),
        )
        return made.lastrowid or 0

    def begin(self, number: int, now: float, approved_by: str = "") -> int:
        """Owe it to all who are subscribed now. Returns how many these are; 0: also where it is begun."""
        with self._file.together():
            begun = self._file.write(
                "UPDATE announcement SET state = ?, approved_by = ?, begun_at = ? WHERE id = ? AND state = ?",
                *(AnnouncementState.GOING, approved_by, now, number, AnnouncementState.WAITING),
            )
            if not begun.rowcount:
                return 0
            return self._file.write(
                "INSERT INTO told (announcement, subscription, state, at, due)"
                " SELECT a.id, s.id, 'owed', ?, ? FROM announcement a JOIN subscription s ON s.list = a.list"
                " WHERE a.id = ? AND s.confirmed_at IS NOT NULL AND s.ended_at IS NULL",
                *(now, now, number),
            ).rowcount

    def expire(self, number: int) -> None:
        """Note that nobody agreed."""
        self._file.write(
            "UPDATE announcement SET state = ? WHERE id = ? AND state = ?",
            *(AnnouncementState.EXPIRED, number, AnnouncementState.WAITING),
        )

    def together(self) -> AbstractContextManager[None]:
        """Keep all that is done in this context at once, or nothing of it."""
        return self._file.together()

    def networks_due(self, now: float) -> list[str]:
        """Return the networks on which somebody is to be told something by now."""
        found = self._file.rows(
            "SELECT DISTINCT s.network FROM told t JOIN subscription s ON s.id = t.subscription"
            " WHERE t.state = 'owed' AND t.due <= ? ORDER BY 1",
            now,
        )
        return [network for (network,) in found]

    def due(self, network: str, now: float, most: int) -> list[ToTell]:
        """Return who is to be told something there by now, who waits longest first."""
        found = self._file.rows(
            "SELECT t.announcement, t.subscription, t.tries FROM told t"
            " JOIN subscription s ON s.id = t.subscription"
            " WHERE t.state = 'owed' AND t.due <= ? AND s.network = ?"
            " ORDER BY t.due, t.announcement, t.subscription LIMIT ?",
            *(now, network, most),
        )
        return [ToTell(*row) for row in found]

    def claim(self, owed: ToTell, now: float) -> bool:
        """Note that somebody is told now, before they are. Returns False where they must not be: they were,
        never confirmed, or want nothing more. There is no other way to anybody.
        """
        done = self._file.write(
            "UPDATE told SET state = 'told', at = ? WHERE announcement = ? AND subscription = ?"
            " AND state = 'owed' AND EXISTS (SELECT 1 FROM subscription s JOIN announcement a"
            " ON a.list = s.list WHERE s.id = told.subscription AND a.id = told.announcement"
            " AND s.confirmed_at IS NOT NULL AND s.ended_at IS NULL)",
            *(now, owed.announcement, owed.subscription),
        )
        return done.rowcount == 1

    def settle(self, owed: ToTell, state: str, now: float) -> None:
        """Note how it ended: `ended` (they want nothing more), `unreached`, or `owed` again, where they were
        surely not told.
        """
        self._file.write(
            "UPDATE told SET state = ?, at = ?, due = ? WHERE announcement = ? AND subscription = ?",
            *(state, now, now, owed.announcement, owed.subscription),
        )

    def postpone(self, owed: ToTell, due: float, *, tried: bool) -> None:
        """Try again then."""
        self._file.write(
            "UPDATE told SET due = ?, tries = tries + ? WHERE announcement = ? AND subscription = ?"
            " AND state = 'owed'",
            *(due, int(tried), owed.announcement, owed.subscription),
        )

    def finish(self) -> None:
        """Note which announcements nobody has to be told any more."""
        self._file.write(
            "UPDATE announcement SET state = ? WHERE state = ? AND NOT EXISTS"
            " (SELECT 1 FROM told WHERE announcement = announcement.id AND state = 'owed')",
            *(AnnouncementState.DONE, AnnouncementState.GOING),
        )

    def get(self, number: int) -> Announced | None:
        """Return one."""
        found = self._file.rows("SELECT * FROM announcement WHERE id = ?", number)
        return _announced(found[0]) if found else None

    def waiting(self) -> list[Announced]:
        """Return what waits for somebody to agree."""
        found = self._file.rows("SELECT * FROM announcement WHERE state = ?", AnnouncementState.WAITING)
        return [_announced(row) for row in found]

    def last(self, name: str, most: int = 1) -> list[Announced]:
        """Return what was announced last in a list, the newest first."""
        query = "SELECT * FROM announcement WHERE list = ? ORDER BY id DESC LIMIT ?"
        return [_announced(row) for row in self._file.rows(query, name, most)]

    def counts(self, number: int) -> dict[str, int]:
        """Return how many were told an announcement, are owed it, and so on."""
        query = "SELECT state, count(*) FROM told WHERE announcement = ? GROUP BY state"
        return dict(map(tuple, self._file.rows(query, number)))

    def of_the_day(self, name: str, now: float) -> list[float]:
        """Return when something was announced in a list within the last 24 hours."""
        query = "SELECT at FROM announcement WHERE list = ? AND at > ? AND state <> ? ORDER BY at"
        return [at for (at,) in self._file.rows(query, name, now - _DAY, AnnouncementState.EXPIRED)]

    def told_since_yesterday(self, network: str, user: UserId, now: float) -> list[float]:
        """Return when somebody was told something within the last 24 hours, of any list."""
        found = self._file.rows(
            "SELECT t.at FROM told t JOIN subscription s ON s.id = t.subscription"
            " WHERE s.network = ? AND s.user = ? AND t.state = 'told' AND t.at > ? ORDER BY t.at",
            *(network, user, now - _DAY),
        )
        return [at for (at,) in found]


def _announced(row: Row) -> Announced:
    return Announced(**dict(row))
