"""Keeps whose the messages are that were left while nobody was there: agents are told them in the desk's own
words, so that nothing else tells.
"""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from bridge.desk.model import FeedRow, LineBody, NewChat

__all__ = ["LeftMessage", "LeftMessages", "LeftMessagesKept"]


class LeftMessage(NamedTuple):
    """A message that was left."""

    feed: int
    """Its number in the feed."""
    desk: str
    at: float
    mail: str
    customer: str

    @property
    def id(self) -> str:
        """Its name on the network."""
        return FeedRow(self.feed, self.desk, self.at, "said", 0, 0, "", "", LineBody()).id


class LeftMessages:
    """A table of the desks' file."""

    def __init__(self, ask: Callable[..., list[tuple[Any, ...]]]) -> None:
        self._ask = ask

    def of_person(self, who: str) -> list[LeftMessage]:
        """Return those of somebody who is known by this (`Chat.known_by`), the oldest first."""
        kind, _, value = who.partition(":")
        if not self._ask("SELECT 1 FROM sqlite_master WHERE name = 'left_message'"):  # an older release's
            return []
        if kind not in {"mail", "customer"} or not value:
            return []
        found = self.all()
        if kind == "customer":
            return [one for one in found if one.customer == value]
        return [one for one in found if not one.customer and one.mail.casefold() == value]

    def all(self) -> list[LeftMessage]:
        """Return all, the oldest first."""
        rows = self._ask("SELECT feed, desk, at, mail, customer FROM left_message ORDER BY feed")
        return list(map(LeftMessage._make, rows))

    def text(self, one: LeftMessage) -> str:
        """Return what agents were told of it; empty: that is in the journal alone by now."""
        found = self._ask("SELECT json_extract(body, '$.text') FROM feed WHERE number = ?", one.feed)
        return str(found[0][0]) if found else ""


class LeftMessagesKept(LeftMessages):
    """The same table, for who writes it. What is written stands in a transaction of the store."""

    def __init__(self, ask: Callable[..., list[tuple[Any, ...]]], do: Callable[..., object]) -> None:
        super().__init__(ask)
        self._do = do

    def add(self, feed: int, desk: str, at: float, new: NewChat) -> None:
        """Keep whose a message is, as far as they said so."""
        if new.mail or new.customer:
            self._do(
                "INSERT INTO left_message (feed, desk, at, mail, customer) VALUES (?, ?, ?, ?, ?)",
                *(feed, desk, at, new.mail, new.customer),
            )

    def forget(self, messages: Collection[LeftMessage]) -> None:
        """Forget them, and what agents were told of them."""
        for one in messages:
            self._do("DELETE FROM feed WHERE number = ?", one.feed)
            self._do("DELETE FROM left_message WHERE feed = ?", one.feed)

    def trim(self, desk: str, before: float) -> None:
        """Forget whose those of a desk are that were left before then."""
        self._do("DELETE FROM left_message WHERE desk = ? AND at < ?", desk, before)
