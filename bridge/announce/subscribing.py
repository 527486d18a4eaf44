"""Subscribing, confirming, and taking it back: what people ask, and what they are answered."""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.clock import Clock
from bridge.config.announce import AnnounceRules
from bridge.errors import HubbubError
from bridge.instructions import Asked
from bridge.kit.bounded import BoundedDict
from bridge.kit.pace import TokenBucket
from bridge.language import N_, Locale, locale
from bridge.model import RoomId, Sender, UserId
from bridge.stopping import stops

from .asking import AskedFor, address_of_person, mailbox_of, what_is_wanted
from .codes import CONFIRM, ListCodes
from .ledger import BY_MAIL, Subscriber, Subscription, SubscriptionLedger

__all__ = ["Subscribing", "ended_sentence"]

log = logging.getLogger(__name__)

_JUST_NOW = 60.0
_MAILS, _MAILS_PER_SECOND = 20, 1 / 60
"""How often somebody is asked by mail whether they want a list, in all."""
_PAUSE = 3600.0
"""One address is asked about a list once within so many seconds."""
_REMEMBERED = 10_000
_LONGEST = 200
"""So much of what somebody said is kept."""
_TOLD = N_("You get nothing more of {lists}.")
_LATER = N_("That cannot be done now: try again later.")


@dataclass(slots=True)
class _Stop:
    """Somebody who wants nothing more, which could not be kept yet."""

    network: str
    user: UserId
    said: str
    """Of which list, in their words; empty: of all."""
    words: str
    where: str
    at: float


class Subscribing:
    """Answers whoever subscribes, confirms or wants nothing more."""

    def __init__(
        self,
        ledger: SubscriptionLedger,
        codes: ListCodes,
        lists: Callable[[], Mapping[str, AnnounceRules]],
        ask_by_mail: Callable[[Subscription], bool],
        clock: Clock,
    ) -> None:
        """`lists` gives those of the map, `ask_by_mail` sends somebody the link by which they confirm, and
        returns False where nobody can be told by mail.
        """
        self._ledger = ledger
        self._codes = codes
        self._lists = lists
        self._ask_by_mail = ask_by_mail
        self._clock = clock
        self._mails = TokenBucket(_MAILS, _MAILS_PER_SECOND, clock)
        self._asked: BoundedDict[tuple[str, str], tuple[float, str]] = BoundedDict(_REMEMBERED)
        """When a mailbox was asked about a list, by the clock's `monotonic`, and how it was written."""
        self._stops: list[_Stop] = []

    # Who wants to be told

    def subscribe(self, asked: Asked, *, can_be_told: bool) -> str:
        """Note what somebody asks for. Returns the answer, with the code by which they confirm it."""
        self.retry()  # else what was said before would end what is asked for now
        lists, spoken = self._lists(), asked.locale
        wanted = what_is_wanted(asked.words, lists)
        if not wanted.list:
            return spoken.gettext(
                "Say which: {lists}", lists=", ".join(f"`!subscribe {name}`" for name in lists)
            )
        if wanted.mail:
            return self._asked_by_mail(asked, wanted)
        if not can_be_told:
            return spoken.gettext("You cannot be told anything alone here.")
        entry = self._ledger.ask(
            wanted.list,
            Subscriber(asked.network, asked.sender.id, asked.sender.name, asked.room),
            now=self._clock.now(),
            words=f"!subscribe {asked.words}"[:_LONGEST],
            where=_where(asked),
            language=asked.locale.language,
            zone=wanted.zone,
        )
        if entry.is_active:
            return spoken.gettext("You get {list} already. `!unsubscribe {list}` ends it.", list=entry.list)
        return spoken.gettext(
            "Do you want to be told alone what is announced in {list}? Then write `!confirm {code}` to me "
            "alone within a day. Else nothing happens.",
            list=entry.list,
            code=self._codes.code(CONFIRM, entry.id),
        )

    def _asked_by_mail(self, asked: Asked, wanted: AskedFor) -> str:
        spoken = asked.locale
        if not asked.alone:
            return spoken.gettext("Everybody here saw that: write an address to me alone.")
        try:
            self.by_mail(wanted.list, wanted.mail, where=_where(asked), language=asked.locale.language)
        except HubbubError as error:
            return str(error)
        return spoken.gettext(
            "A mail with a link is on its way to {address}: it confirms.", address=wanted.mail
        )

    def confirm(self, asked: Asked) -> str:
        """Let somebody be told from now on who says the code."""
        spoken, now = asked.locale, self._clock.now()
        if not asked.alone:
            return spoken.gettext(
                "Write that to me alone: then it is sure that you can be told something alone."
            )
        waiting = [one for one in self._ledger.of(asked.network, asked.sender.id) if not one.is_active]
        for one in waiting:
            if self._codes.is_code(CONFIRM, one.id, asked.words) and self._ledger.confirm(
                one.id, now=now, words=f"!confirm {asked.words}", where=_where(asked), room=asked.room
            ):
                return spoken.gettext(
                    "You get {list} from now on. `!unsubscribe {list}` or STOP ends it.", list=one.list
                )
        return spoken.gettext("This code confirms nothing, or no longer: ask again with `!subscribe`.")

    def by_mail(self, name: str, address: str, *, where: str, language: str) -> None:
        """Ask an address whether it wants a list: it is told nothing but that, until somebody there follows
        the link. Nobody learns whether it has the list already. `where` and `language` are those of who asks.
        Raises HubbubError with a sentence for them.
        """
        spoken = locale(language, None)
        found, now = address_of_person(address), self._clock.now()
        if name not in self._lists():
            raise HubbubError(spoken.gettext("There is no such list."))
        if not found:
            raise HubbubError(spoken.gettext("That is no address of a mailbox."))
        known = self._ledger.open(name, BY_MAIL, UserId(found))
        if known is not None and (known.is_active or now - known.asked_at < _PAUSE):
            return
        if self._ledger.is_erased(BY_MAIL, UserId(found)):
            return
        mailbox, tick = (name, mailbox_of(found)), self._clock.monotonic()
        asked_at, written = self._asked.get(mailbox, (-_PAUSE, ""))
        if written != found and tick - asked_at < _PAUSE:
            return
        if not self._mails.take_now():
            raise HubbubError(spoken.gettext(_LATER))
        self._asked[mailbox] = tick, found
        who = Subscriber(BY_MAIL, UserId(found), found, RoomId(""))
        entry = self._ledger.ask(
            name, who, now=now, words=f"subscribe {name} {found}", where=where, language=language
        )
        if not self._ask_by_mail(entry):
            self._ledger.end_entry(entry.id, now=now, words="could not be asked by mail", where="")
            raise HubbubError(spoken.gettext("Nobody can be told by mail here."))

    def follow_link(self, entry: int) -> bool:
        """Let somebody be told from now on who followed the link in the mail. Returns whether they are."""
        now = self._clock.now()
        done = self._ledger.confirm(entry, now=now, words="followed the link", where="by mail")
        found = self._ledger.entry(entry)
        return done or (found is not None and found.is_active)

    # Who wants nothing more

    def heed(self, network: str, sender: Sender, text: str, *, alone: bool, where: str) -> list[str]:
        """Let somebody be told nothing more at once, if they say so. Returns the lists that this ended."""
        said = stops(text, alone=alone)
        if said is None:
            return []
        now = self._clock.now()
        self._stops += [
            _Stop(network, user, said, text[:_LONGEST], where, now) for user in {sender.id, sender.author}
        ]
        try:
            return sorted({one.list for one in self.retry()})
        except sqlite3.Error as error:
            log.warning("that somebody wants nothing more is kept in memory alone, for now: %s", error)
            return []

    def _meant(self, said: str, network: str, user: UserId) -> str:
        """Return the list that is meant; empty: all. What is no list of theirs is no reason to go on."""
        has = {one.list.casefold(): one.list for one in self._ledger.of(network, user)}
        known = {name.casefold(): name for name in self._lists()}
        return has.get(said.casefold()) or known.get(said.casefold(), "")

    def retry(self) -> list[Subscription]:
        """Keep what people said who want nothing more, before anybody is told anything. Raises sqlite3.Error
        as long as that cannot be done.
        """
        ended = []
        while self._stops:
            one = self._stops[0]
            name = self._meant(one.said, one.network, one.user)
            ended += self._ledger.end(
                one.network, one.user, name=name, now=one.at, words=one.words, where=one.where
            )
            del self._stops[0]
        return ended

    def unsubscribed(self, asked: Asked) -> str:
        """Answer who says that they want nothing more: who had something was told already."""
        since = self._clock.now() - _JUST_NOW
        if not asked.alone or self._ledger.ended_since(asked.network, asked.sender.id, since):
            return ""
        return asked.locale.gettext("You get nothing of any list.")

    def unsubscribe_entry(self, entry: int) -> None:
        """Let somebody be told nothing more who follows the link in a mail, or whose mailbox does."""
        self._ledger.end_entry(entry, now=self._clock.now(), words="followed the link", where="by mail")


def ended_sentence(lists: list[str], spoken: Locale) -> str:
    """Return what somebody is told whom nothing more is told."""
    return spoken.gettext(_TOLD, lists=", ".join(lists))


def _where(asked: Asked) -> str:
    return f"{asked.network}, alone" if asked.alone else f"{asked.network} {asked.room}"
