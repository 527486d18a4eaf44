"""Finds what the ledger has of people, for them, and erases it."""

from collections.abc import Collection
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bridge.clock import SYSTEM, Clock

from .ledger import BY_MAIL, MOVED, Subscription, as_subscription, digest_of
from .store import ListsFile, lists_file

__all__ = ["FORGET", "LedgerPersons", "mailboxes", "subscriptions_of"]

_THEIRS = (
    "SELECT * FROM subscription WHERE erased = '' AND network = :network AND (user = :user"
    " OR (network = '' AND user = :user COLLATE NOCASE) OR (ended_words = :moved AND ended_where = :user))"
)
"""By a mail address in whatever case; and what somebody had under another id before."""
FORGET = (
    "UPDATE subscription SET erased = ?, ended_at = coalesce(ended_at, ?), user = '', name = '', room = '',"
    " language = '', zone = '', asked_words = '', asked_where = '', confirmed_words = '',"
    " confirmed_where = '', ended_words = '', ended_where = '' WHERE id = ?"
)
"""Ends an entry, and forgets whose it was but for a digest."""


class LedgerPersons:
    """Raises sqlite3.Error where something cannot be read or kept. People are pairs of network and id."""

    def __init__(self, file: ListsFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def of(self, people: Collection[tuple[str, str]]) -> list[Subscription]:
        """Return what people asked for, had and ended."""
        found: dict[int, Subscription] = {}
        for network, user in sorted(people):
            rows = self._file.rows(_THEIRS, network=network, user=user, moved=MOVED)
            found |= {row["id"]: as_subscription(row) for row in rows}
        return [found[number] for number in sorted(found)]

    def erase(self, people: Collection[tuple[str, str]]) -> int:
        """End what people have, and forget who they are and what they said. Of each entry stay its list, its
        times, and a keyed hash of whose it was: whoever says that they were told something unasked can be
        answered, and their address is not asked again. Returns how many entries these were.
        """
        now, secret, count = self._clock.now(), self._file.secret(), 0
        with self._file.together():
            for network, user in sorted(people):
                for one in self.of([(network, user)]):
                    self._file.write(FORGET, digest_of(secret, network, user), now, one.id)
                    count += 1
        if count:
            self._file.scrub()
        return count


def mailboxes(who: Collection[str]) -> set[tuple[str, str]]:
    """Return those of these people who are meant by a mail address (`mail:ann@example.org`)."""
    addresses = [one.removeprefix("mail:") for one in who if one.startswith("mail:")]
    return {(BY_MAIL, address) for address in addresses if address}


def subscriptions_of(journal: Path, people: Collection[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return what the ledger beside a journal has of people, each entry with all that is known. Raises
    HubbubError and sqlite3.Error.
    """
    path = lists_file(journal)
    if not path.exists():
        return []
    with closing(ListsFile(path, read_only=True)) as file:
        return [asdict(one) for one in LedgerPersons(file, SYSTEM).of(people)]
