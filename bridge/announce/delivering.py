"""Tells people what is announced: one after another, at the pace of the list, each once."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.clock import Clock
from bridge.complaints import Complaints
from bridge.config.announce import AnnounceRules
from bridge.kit.bounded import BoundedDict
from bridge.kit.pace import TokenBucket
from bridge.language import locale
from bridge.mail import MailNotSent, MailUnsure

from .book import Announced, AnnouncementBook, ToTell
from .hours import quiet_until
from .ledger import BY_MAIL, Subscription, SubscriptionLedger

__all__ = ["Delivering", "Mouth"]

log = logging.getLogger(__name__)

_DAY = 86_400.0
_FIRST, _LONGEST = 2.0, 900.0
"""After how long somebody is tried again who was not reached, in seconds: at first, and at most."""
_AT_ONCE = 200
"""So many are looked at in one go."""
_BURST, _STEP = 5.0, 6.0
"""So many are told at once, or what the pace gives within so many seconds: `step` is called as often."""
_HOUR = 3600.0
"""How long a list waits that is not in the map, in seconds."""


@dataclass(frozen=True, slots=True)
class Mouth:
    """The ways to tell people something."""

    reaches: Callable[[Subscription], bool]
    """Whether somebody can be told something now, as far as their network tells."""
    whisper: Callable[[Subscription, str], None]
    """Tells somebody alone, at once or never."""
    mail: Callable[[Subscription, Announced], None]
    """Sends it by mail, and waits for the server, in a thread. Raises MailNotSent and MailUnsure."""


class Delivering:
    """Tells the people whom an announcement is owed to, in steps."""

    def __init__(
        self,
        ledger: SubscriptionLedger,
        book: AnnouncementBook,
        lists: Callable[[], Mapping[str, AnnounceRules]],
        mouth: Mouth,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._book = book
        self._lists = lists
        self._mouth = mouth
        self._clock = clock
        self._paces = BoundedDict[tuple[str, int], TokenBucket](1000)
        self._complaints = Complaints(log, clock)
        self._mailing: set[asyncio.Task[None]] = set()

    def step(self) -> None:
        """Tell whoever is due, as far as the pace goes: every few seconds. Raises sqlite3.Error, and then has
        told nobody more.
        """
        for network in self._book.networks_due(self._clock.now()):
            chosen = []
            with self._book.together():  # on record before anybody is told
                for owed in self._book.due(network, self._clock.now(), _AT_ONCE):
                    pace, found = self._look_at(owed)
                    if found is not None:
                        chosen.append(found)
                    elif not pace:
                        break
            for owed, one, entry in chosen:
                self._tell(owed, one, entry)
        self._book.finish()

    async def close(self) -> None:
        """Wait for the mail that is on its way."""
        await asyncio.gather(*self._mailing, return_exceptions=True)

    def _look_at(self, owed: ToTell) -> tuple[bool, tuple[ToTell, Announced, Subscription] | None]:
        """Decide what becomes of it now. Returns whether the pace allows more, and what is to be told."""
        now = self._clock.now()
        one, entry = self._book.get(owed.announcement), self._ledger.entry(owed.subscription)
        if one is None or entry is None or not entry.is_active:
            self._book.settle(owed, "ended", now)
            return True, None
        rules = self._lists().get(one.list)
        if now - (one.begun_at or one.at) > (rules.try_for if rules is not None else _DAY):
            self._book.settle(owed, "unreached", now)
        elif rules is None:  # it may come back
            self._book.postpone(owed, now + _HOUR, tried=False)
        elif (until := self._not_before(entry, rules, now)) is not None:
            self._book.postpone(owed, until, tried=False)
        elif not self._mouth.reaches(entry):
            self._book.postpone(owed, now + _pause(owed), tried=True)
        elif not self._pace(entry.network, rules.per_minute).take_now():
            return False, None
        elif self._book.claim(owed, now):
            return True, (owed, one, entry)
        return True, None

    def _not_before(self, entry: Subscription, rules: AnnounceRules, now: float) -> float | None:
        """Return until when somebody is told nothing; None: they may be told something now."""
        if (until := quiet_until(rules.quiet, entry.zone or rules.time_zone, now)) is not None:
            return until
        lately = self._book.told_since_yesterday(entry.network, entry.user, now)
        return lately[-rules.to_one] + _DAY if len(lately) >= rules.to_one else None

    def _pace(self, network: str, per_minute: int) -> TokenBucket:
        found = self._paces.get((network, per_minute))
        if found is None:
            rate = per_minute / 60.0
            found = TokenBucket(max(_BURST, rate * _STEP), rate, self._clock)
            self._paces[network, per_minute] = found
        return found

    def _tell(self, owed: ToTell, one: Announced, entry: Subscription) -> None:
        if entry.network != BY_MAIL:
            foot = locale(entry.language, None).gettext(
                "({list}: `!unsubscribe {list}` or STOP, to me alone, ends it)", list=one.list
            )
            self._mouth.whisper(entry, f"{one.text}\n{foot}")
            return
        task = asyncio.ensure_future(self._mail(owed, one, entry))
        self._mailing.add(task)
        task.add_done_callback(self._mailing.discard)

    async def _mail(self, owed: ToTell, one: Announced, entry: Subscription) -> None:
        try:
            await asyncio.to_thread(self._mouth.mail, entry, one)
        except MailNotSent as error:
            self._complaints.tell("mail", f"an announcement of {one.list} is sent later: {error}", error)
            self._again(owed)
        except MailUnsure as error:  # once too few is better than once too often
            self._complaints.tell("mail", f"an announcement of {one.list} may not arrive: {error}", error)
        except Exception as error:  # noqa: BLE001 others are told too
            self._complaints.tell("mail", f"an announcement of {one.list} failed: a bug ({error!r})", error)

    def _again(self, owed: ToTell) -> None:
        now = self._clock.now()
        try:
            self._book.settle(owed, "owed", now)
            self._book.postpone(owed, now + _pause(owed), tried=True)
        except sqlite3.Error as error:
            log.warning("somebody is not told what is announced: %s", error)


def _pause(owed: ToTell) -> float:
    """Return after how many seconds somebody is tried again who was not reached."""
    return min(_FIRST * 2.0 ** min(owed.tries, 10), _LONGEST)
