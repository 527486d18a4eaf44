"""Visitors who want to hear of what a list announces: an address is asked by a mail, and nothing more."""

from aiohttp import web

from bridge import AnnouncedLists, HubbubError, spoken

from .asked import SubscribeForm, read
from .callers import Caller
from .config import RoomConfig
from .door import answered
from .guard.guard import Guard
from .refused import VisitRefused

__all__ = ["MailingLists"]


class MailingLists:
    """The lists that the desks of a network offer."""

    def __init__(self, network: str, lists: AnnouncedLists | None, guard: Guard) -> None:
        self._network = network
        self._lists = lists
        self._guard = guard

    def of(self, rules: RoomConfig | None) -> list[str]:
        """Return those that a desk offers, as far as there are such lists and mail can be sent."""
        known = self._lists.by_mail() if self._lists is not None else ()
        return [name for name in rules.subscribe if name in known] if rules is not None else []

    def subscribe(self, body: bytes, caller: Caller, rules: RoomConfig | None) -> web.StreamResponse:
        """Ask an address, once somebody agreed to that. Raises VisitRefused."""
        asked = read(body, SubscribeForm)
        if self._lists is None or asked.list not in self.of(rules):
            raise VisitRefused(404, "nothing", f"this desk offers no list {asked.list[:60]!r}")
        if not asked.consent:
            raise VisitRefused(400, "form", "consent: ?")
        self._guard.mailing(caller)
        where, language = f"{self._network} {caller.desk}", spoken(caller.language).language
        try:
            self._lists.subscribe_by_mail(asked.list, asked.mail, where=where, language=language)
        except HubbubError as error:
            raise VisitRefused(403, "list", str(error)) from None
        return answered({})
