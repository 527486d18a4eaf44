"""Builds the parts of lists over their file."""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bridge.clock import Clock
from bridge.config import Config
from bridge.config.announce import AnnounceRules

from .announcing import Announcing
from .book import AnnouncementBook
from .codes import ListCodes
from .delivering import Delivering, Mouth
from .door import ListDoor
from .ledger import BY_MAIL, Subscription, SubscriptionLedger
from .persons import LedgerPersons
from .posting import ListPost
from .store import ListsFile
from .subscribing import Subscribing

__all__ = ["ListParts"]

log = logging.getLogger(__name__)


class ListParts:
    """The parts of lists, while their file is open."""

    def __init__(
        self,
        path: Path,
        config: Callable[[], Config],
        lists: Callable[[], Mapping[str, AnnounceRules]],
        mouth: Mouth,
        clock: Clock,
    ) -> None:
        """`mouth` tells people on networks; mail is sent here. Raises HubbubError."""
        self._clock = clock
        self._file = ListsFile(path)
        codes = ListCodes(self._file.secret())
        self.ledger = SubscriptionLedger(self._file)
        self.persons = LedgerPersons(self._file, clock)
        book = AnnouncementBook(self._file)
        self.post = ListPost(config, codes, self._unasked, clock)

        def reaches(entry: Subscription) -> bool:
            return self.post.works() if entry.network == BY_MAIL else mouth.reaches(entry)

        self.subscribing = Subscribing(self.ledger, codes, lists, self.post.ask, clock)
        self.announcing = Announcing(self.ledger, book, codes, lists, reaches, clock)
        whole = replace(mouth, reaches=reaches, mail=self.post.send)
        self._delivering = Delivering(self.ledger, book, lists, whole, clock)
        self.door = ListDoor(
            codes, self.ledger.entry, self.subscribing.follow_link, self.subscribing.unsubscribe_entry
        )

    def patrol(self) -> None:
        """Look after what waits: every few seconds. Raises sqlite3.Error."""
        self.subscribing.retry()
        self.announcing.expire()
        self._delivering.step()
        self.ledger.tidy(self._clock.now())
        self._file.scrub_rest()

    async def close(self) -> None:
        """Wait for the mail that is on its way, and close the file."""
        await self.post.close()
        await self._delivering.close()
        self._file.close()

    def _unasked(self, entry: Subscription) -> None:
        try:
            self.ledger.end_entry(
                entry.id, now=self._clock.now(), words="could not be asked by mail", where=""
            )
        except sqlite3.Error as error:
            log.warning("that somebody could not be asked is not kept: %s", error)
