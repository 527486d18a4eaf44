"""Arrivals: who may come to a desk, and a browser that comes twice since it got no answer."""

import secrets
from typing import NamedTuple

from bridge.clock import Clock
from bridge.kit import BoundedDict
from bridge.language import spoken
from bridge.model import Txn

from .model import Denial, Denied, NewChat, OpenedChat
from .store import DeskStore

__all__ = ["VisitorArrivals", "new_token", "once"]

_OWN_KEY = 16
"""So many characters at least has a key that nobody else finds."""
_AGAIN = 600.0
"""So long a browser may ask again for the chat that it opened, in seconds."""
_MOST = 1000


class _Arrival(NamedTuple):
    at: float
    """By the clock's `monotonic`."""
    chat: OpenedChat


class VisitorArrivals:
    """Lets visitors in, and knows the last of them by the key that their browser made."""

    def __init__(self, store: DeskStore, desk: str, clock: Clock) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._known: BoundedDict[str, _Arrival] = BoundedDict(_MOST)

    def let_in(self, new: NewChat) -> None:
        """Raise Denied when the address of whoever comes is banned."""
        if new.address and self._store.bars(new.address, self._clock.now()):
            speak = spoken(new.language)
            raise Denied(Denial.BANNED, speak.gettext("This desk is closed to you for now."))

    def again(self, new: NewChat) -> OpenedChat | None:
        """Return the chat of a browser that has come already; None: it comes for the first time."""
        known = self._known.get(new.key)
        if known is not None and self._clock.monotonic() - known.at < _AGAIN:
            return known.chat
        if not _is_own(new.key):
            return None
        begun = self._store.begun(self._desk, new.key, self._clock.now() - _AGAIN)
        if begun is None:
            return None
        chat = OpenedChat(begun, new_token())  # of the token from before a restart nothing is known
        with self._store.transaction():
            self._store.put_token(chat.number, chat.token)
        self.note(new, chat)
        return chat

    def note(self, new: NewChat, chat: OpenedChat) -> None:
        """Note which chat a browser got."""
        if _is_own(new.key):
            self._known[new.key] = _Arrival(self._clock.monotonic(), chat)


def new_token() -> str:
    """Return what a visitor holds as theirs: 128 bits."""
    return secrets.token_urlsafe(16)


def once(new: NewChat) -> Txn | None:
    """Return the name under which it is known that a message was left; None: its key is not its own."""
    return Txn(f"left {new.key}") if _is_own(new.key) else None


def _is_own(key: str) -> bool:
    return len(key) >= _OWN_KEY
