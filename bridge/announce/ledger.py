"""The ledger: who wants to be told what, how they said so, and how they took it back. Nothing of it is
changed afterwards, but that who is erased is taken out; who asks again is a new entry.
"""

import hmac
from dataclasses import dataclass
from sqlite3 import Row

from bridge.model import RoomId, UserId

from .store import ListsFile

__all__ = [
    "BY_MAIL",
    "MOVED",
    "Subscriber",
    "Subscription",
    "SubscriptionLedger",
    "as_subscription",
    "digest_of",
]

BY_MAIL = ""
"""Stands for the network of those who are told by mail: their id is the address."""
MOVED = "has it under another id"
"""By which words something ended whose person has another id now: where, is that id."""
WAITS = 86_400.0
"""How long somebody can confirm what they asked for, in seconds."""
_FORGOTTEN = 604_800.0
"""How long what nobody confirmed is remembered, in seconds: it may be somebody else's address."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who can be told something."""

    network: str
    user: UserId
    name: str
    room: RoomId
    """Where they can be told alone: `Whisper.room`."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """An entry of the ledger. Times are in seconds since 1970."""

    id: int
    list: str
    network: str
    user: UserId
    name: str
    room: RoomId
    language: str
    zone: str
    """Empty: the list's."""
    asked_at: float
    asked_words: str
    asked_where: str
    confirmed_at: float | None
    confirmed_words: str
    confirmed_where: str
    ended_at: float | None
    ended_words: str
    ended_where: str
    erased: str = ""
    """Whose it was, as `digest_of` says; empty: it is not erased."""

    @property
    def is_active(self) -> bool:
        """Whether they are told anything."""
        return self.confirmed_at is not None and self.ended_at is None


class SubscriptionLedger:
    """Raises sqlite3.Error where something cannot be kept."""

    def __init__(self, file: ListsFile) -> None:
        self._file = file

    def ask(  # noqa: PLR0913 -- each is a column
        self,
        name: str,
        who: Subscriber,
        *,
        now: float,
        words: str,
        where: str,
        language: str,
        zone: str = "",
    ) -> Subscription:
        """Note that somebody asks for a list. Who has it keeps it, with the zone that they name now; what
        they asked for before and did not confirm ends.
        """
        with self._file.together():
            known = self.open(name, who.network, who.user)
            if known is not None and known.is_active:
                if zone:
                    self._file.write("UPDATE subscription SET zone = ? WHERE id = ?", zone, known.id)
                return self.entry(known.id) or known
            if known is not None:
                self._end(known.id, now, "asked anew", where)
            made = self._file.write(
                "INSERT INTO subscription (list, network, user, name, room, language, zone, asked_at,"
                " asked_words, asked_where) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(name, who.network, who.user, who.name, who.room, language, zone, now, words, where),
            ).lastrowid
            found = self.entry(made or 0)
            assert found is not None
            return found

    def confirm(self, entry: int, *, now: float, words: str, where: str, room: RoomId | None = None) -> bool:
        """Note that somebody confirms what they asked for: `room` is where they did so alone. Returns whether
        they are told from now on: not where it was confirmed, ended, or asked too long ago.
        """
        done = self._file.write(
            "UPDATE subscription SET confirmed_at = ?, confirmed_words = ?, confirmed_where = ?,"
            " room = coalesce(?, room) WHERE id = ? AND confirmed_at IS NULL AND ended_at IS NULL"
            " AND asked_at >= ?",
            *(now, words, where, room, entry, now - WAITS),
        )
        return done.rowcount == 1

    def end(  # noqa: PLR0913 -- each is a column
        self, network: str, user: UserId, *, name: str = "", now: float, words: str, where: str
    ) -> list[Subscription]:
        """Note that somebody wants nothing more of a list, or of any. Returns what ended by it."""
        with self._file.together():
            ended = [one for one in self.of(network, user) if name in {"", one.list}]
            for one in ended:
                self._end(one.id, now, words, where)
        return ended

    def end_entry(self, entry: int, *, now: float, words: str, where: str) -> bool:
        """The same for one entry. Returns False where that had ended."""
        return self._end(entry, now, words, where)

    def _end(self, entry: int, now: float, words: str, where: str) -> bool:
        done = self._file.write(
            "UPDATE subscription SET ended_at = ?, ended_words = ?, ended_where = ?"
            " WHERE id = ? AND ended_at IS NULL",
            *(now, words, where, entry),
        )
        return done.rowcount == 1

    def entry(self, entry: int) -> Subscription | None:
        """Return one entry."""
        found = self._file.rows("SELECT * FROM subscription WHERE id = ?", entry)
        return as_subscription(found[0]) if found else None

    def open(self, name: str, network: str, user: UserId) -> Subscription | None:
        """Return what somebody has, or asked for, of a list; None: nothing."""
        return next((one for one in self.of(network, user) if one.list == name), None)

    def of(self, network: str, user: UserId) -> list[Subscription]:
        """Return what somebody has, or asked for, and did not end."""
        found = self._file.rows(
            "SELECT * FROM subscription WHERE network = ? AND user = ? AND ended_at IS NULL ORDER BY id",
            *(network, user),
        )
        return [as_subscription(row) for row in found]

    def ended_since(self, network: str, user: UserId, since: float) -> bool:
        """Whether somebody ended anything since then."""
        query = "SELECT 1 FROM subscription WHERE network = ? AND user = ? AND ended_at >= ? LIMIT 1"
        return bool(self._file.rows(query, network, user, since))

    def is_erased(self, network: str, user: UserId) -> bool:
        """Whether somebody was erased who asked for anything."""
        query = "SELECT 1 FROM subscription WHERE erased = ? LIMIT 1"
        return bool(self._file.rows(query, digest_of(self._file.secret(), network, user)))

    def active(self, name: str) -> list[Subscription]:
        """Return who is told what is announced."""
        found = self._file.rows(
            "SELECT * FROM subscription WHERE list = ? AND confirmed_at IS NOT NULL AND ended_at IS NULL"
            " ORDER BY id",
            name,
        )
        return [as_subscription(row) for row in found]

    def all(self, name: str) -> list[Subscription]:
        """Return all entries of a list, in the order in which people asked."""
        found = self._file.rows("SELECT * FROM subscription WHERE list = ? ORDER BY id", name)
        return [as_subscription(row) for row in found]

    def lists(self) -> list[str]:
        """Return the lists that anybody ever asked for."""
        return [row["list"] for row in self._file.rows("SELECT DISTINCT list FROM subscription ORDER BY 1")]

    def rename(self, old: str, new: str) -> None:
        """Know the people of a network that has another name."""
        self._file.write("UPDATE OR IGNORE subscription SET network = ? WHERE network = ?", new, old)

    def move(self, network: str, old: UserId, new: UserId, *, name: str, now: float) -> None:
        """Know somebody who has another id now. What that id has already they have once."""
        with self._file.together():
            self._file.write(
                "UPDATE OR IGNORE subscription SET user = ?, name = ?"
                " WHERE network = ? AND user = ? AND ended_at IS NULL",
                *(new, name, network, old),
            )
            for one in self.of(network, old):
                self._end(one.id, now, MOVED, str(new))

    def tidy(self, now: float) -> None:
        """Forget who asked long ago and never confirmed."""
        self._file.write(
            "DELETE FROM subscription WHERE confirmed_at IS NULL AND asked_at < ? AND erased = ''",
            now - _FORGOTTEN,
        )


def as_subscription(row: Row) -> Subscription:
    """Return an entry, of a row of the table."""
    return Subscription(**dict(row))


def digest_of(secret: bytes, network: str, user: str) -> str:
    """Return what stays of somebody who is erased: without the file's secret it tells nobody who that is.
    Addresses that differ in case alone are one.
    """
    who = user.casefold() if network == BY_MAIL else user
    return hmac.digest(secret, f"erased {network} {who}".encode(errors="surrogatepass"), "sha256").hex()[:32]
