"""What the two pages say and do to which mails lead: one confirms, one ends. One that is opened changes
nothing, since mail programs and filters open links too: what is pressed on it does.
"""

from collections.abc import Callable
from html import escape

from bridge.language import Locale, locale

from .codes import LEAVE, ListCodes
from .ledger import Subscription

__all__ = ["ListDoor"]

_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>body{{font:17px/1.5 system-ui,sans-serif;max-width:30em;margin:14vh auto;padding:0 1.2em}}
h1{{font-size:1.3em;margin:0 0 .6em;overflow-wrap:anywhere}}
button{{font:inherit;padding:.6em 1.4em;border:0;border-radius:.5em;background:#0b6e66;color:#fff}}
button:focus-visible{{outline:3px solid #59b8ae;outline-offset:2px}}</style></head>
<body><main><h1>{title}</h1>{rest}</main></body></html>
"""
_FORM = '<form method="post"><button>{button}</button></form>'


class ListDoor:
    """What the pages need of the ledger: to find an entry, to confirm one, and to end one."""

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
        return _page(entry, title, _FORM.format(button=escape(button)))

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


def _page(entry: Subscription, title: str, rest: str = "") -> str:
    return _PAGE.format(language=entry.language, title=escape(title), rest=rest)


def _spoken(entry: Subscription) -> Locale:
    return locale(entry.language, None)
