"""The two pages to which mails lead: one confirms, one ends. One that is opened changes
nothing, since mail programs and filters open links too: what is pressed on it does.
"""

from collections.abc import Callable

from bridge.kit import plain_page
from bridge.language import Locale, locale

from .codes import LEAVE, ListCodes
from .ledger import Subscription

__all__ = ["ListDoor"]


class ListDoor:
    """Writes the pages, and does what is pressed on them: finds an entry, confirms one, ends one."""

    def __init__(
        self,
        codes: ListCodes,
        entry: Callable[[int], Subscription | None],
        confirm: Callable[[int], bool],
        leave: Callable[[int], None],
    ) -> None:
        self._codes = codes
        self._entry = entry
        self._confirm = confirm
        self._leave = leave

    def found(self, purpose: str, token: str) -> Subscription | None:
        """Return the entry that a token is for; None: none."""
        number = self._codes.number(purpose, token)
        return None if number is None else self._entry(number)

    def shown(self, purpose: str, entry: Subscription) -> str:
        """Return the page that asks whether it shall be done."""
        spoken = _spoken(entry)
        if purpose == LEAVE:
            title, button = (
                spoken.gettext("Get nothing more of {list}?", list=entry.list),
                spoken.gettext("Nothing more"),
            )
        else:
            title, button = (
                spoken.gettext("Be told what is announced in {list}?", list=entry.list),
                spoken.gettext("Yes"),
            )
        return _page(entry, title, button)

    def done(self, purpose: str, entry: Subscription) -> str:
        """Do it. Returns the page that says what became of it."""
        spoken = _spoken(entry)
        if purpose == LEAVE:
            self._leave(entry.id)
            return _page(entry, spoken.gettext("You get nothing more of {list}.", list=entry.list))
        if self._confirm(entry.id):
            return _page(
                entry,
                spoken.gettext(
                    "You get {list} from now on. Each mail has a link to end it.", list=entry.list
                ),
            )
        return _page(entry, spoken.gettext("This link confirms nothing any more: subscribe again."))

    def failed(self, entry: Subscription) -> str:
        """Return the page that says that it could not be kept."""
        return _page(entry, _spoken(entry).gettext("That cannot be done now: try again later."))


def _page(entry: Subscription, title: str, button: str = "") -> str:
    return plain_page(entry.language, title, button=button)


def _spoken(entry: Subscription) -> Locale:
    return locale(entry.language, None)
