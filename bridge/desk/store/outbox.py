"""The mail of the desks that is to go out, and what became of it: none is forgotten, and none goes twice."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from bridge.desk.model import NewChat

__all__ = ["MailKind", "MailRow", "Outbox"]

_ROW = "number, kind, desk, chat, recipient, last, body, at, tries"
_left: Callable[[bytes], NewChat] = msgspec.json.Decoder(NewChat).decode


class MailKind(StrEnum):
    """The kind of a mail."""

    TRANSCRIPT = "transcript"
    """What was said, for the visitor themselves."""
    COPY = "copy"
    """The same for somebody else."""
    MESSAGE = "message"
    """What somebody left while nobody was there."""
    UNSEEN = "unseen"
    """Words of agents that a visitor who was gone has not seen, for them."""


class MailRow(NamedTuple):
    """A mail that is to go out, to one address. It is written when it goes, by what is kept then."""

    number: int
    kind: MailKind
    desk: str
    chat: int
    """0: it is about no chat."""
    recipient: str
    last: int
    """The last line of the chat that is in it, once it goes; before, of `unseen`: the last that is not."""
    message: NewChat | None
    at: float
    """When it was asked for, in seconds since 1970."""
    tries: int
    """How often it did not go."""


class Outbox:
    """A table of the desks' file. A mail is `due` until it goes (`sending`), then `sent`; `unsure` when
    nobody knows, `gone` when what it is about is, and `refused` when it was given up: none of these goes
    again by itself. What is written stands in a transaction of the store.
    """

    def __init__(self, ask: Callable[..., list[tuple[Any, ...]]], do: Callable[..., object]) -> None:
        self._ask, self._do = ask, do

    def add(  # noqa: PLR0913 what a mail has
        self,
        kind: MailKind,
        desk: str,
        recipient: str,
        at: float,
        *,
        chat: int = 0,
        last: int = 0,
        message: NewChat | None = None,
        wait: float = 0.0,
    ) -> None:
        """Have a mail go out, `wait` seconds later at the earliest. Where one about the same chat to the same
        address is due anyway, that one waits instead: it is written when it goes.
        """
        for (waiting,) in self._ask(
            "SELECT number FROM mail WHERE chat = ? AND chat != 0 AND recipient = ? AND kind = ? "
            "AND state = 'due'",
            chat,
            recipient,
            kind,
        ):
            self._do("UPDATE mail SET due = max(due, ?) WHERE number = ?", at + wait, waiting)
            return
        body = msgspec.json.encode(message) if message is not None else b""
        self._do(
            "INSERT INTO mail (kind, desk, chat, recipient, last, body, at, due) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            kind,
            desk,
            chat,
            recipient,
            last,
            body,
            at,
            at + wait,
        )

    def due(self, now: float) -> MailRow | None:
        """Return what is to go next; None: nothing now."""
        found = self._ask(
            f"SELECT {_ROW} FROM mail WHERE state = 'due' AND due <= ? ORDER BY due, number LIMIT 1",  # noqa: S608
            now,
        )
        return _row(found[0]) if found else None

    def left_over(self) -> list[MailRow]:
        """Return what was on its way when whoever sent it ended."""
        return [_row(row) for row in self._ask(f"SELECT {_ROW} FROM mail WHERE state = 'sending'")]  # noqa: S608

    def claim(self, number: int, last: int, now: float) -> bool:
        """Note that a mail goes now, with the lines of its chat up to `last`. Returns False where it is not
        to go any more, or not yet.
        """
        if not self._ask("SELECT 1 FROM mail WHERE number = ? AND state = 'due' AND due <= ?", number, now):
            return False
        self._do("UPDATE mail SET state = 'sending', last = ? WHERE number = ?", last, number)
        return True

    def has(self, number: int) -> bool:
        """Whether a mail is still known: what concerned somebody who is erased is not."""
        return bool(self._ask("SELECT 1 FROM mail WHERE number = ?", number))

    def settle(self, number: int, state: str) -> None:
        """Note what became of a mail: `sent`, `unsure` or `gone`. What it said is kept no more."""
        self._do("UPDATE mail SET state = ?, body = x'' WHERE number = ?", state, number)

    def postpone(self, row: MailRow, due: float, why: str) -> None:
        """Have a mail that surely did not go tried again, then."""
        self._do(
            "UPDATE mail SET state = 'due', due = ?, last = ?, tries = tries + 1, why = ? WHERE number = ?",
            *(due, row.last, why, row.number),
        )

    def join(self, row: MailRow) -> None:
        """Let what was asked for while a mail was on its way go with it, as it is due again: else that could
        go first, and nothing before it ever would.
        """
        self._do(
            "DELETE FROM mail WHERE chat = ? AND chat != 0 AND recipient = ? AND kind = ? AND state = 'due' "
            "AND number > ?",
            *(row.chat, row.recipient, row.kind, row.number),
        )

    def give_up(self, number: int, why: str, at: float) -> None:
        """Note that a mail did not go, and goes only if the owner has it go."""
        self._do(
            "UPDATE mail SET state = 'refused', why = ?, given_up_at = ? WHERE number = ?", why, at, number
        )

    def told(self, chat: int, recipient: str) -> list[MailRow]:
        """Return the mails about a chat that somebody got, in order."""
        found = self._ask(
            f"SELECT {_ROW} FROM mail WHERE chat = ? AND recipient = ? AND state IN ('sent', 'unsure') "  # noqa: S608
            "ORDER BY number",
            chat,
            recipient,
        )
        return [_row(row) for row in found]

    def count(self, kind: MailKind, chat: int, recipient: str, since: float) -> int:
        """Return how many mails of a kind went since then about a chat, or to an address about any."""
        ((count,),) = self._ask(
            "SELECT count(*) FROM mail WHERE kind = ? AND (chat = ? OR recipient = ?) AND at > ? "
            "AND state IN ('sent', 'unsure')",
            kind,
            chat,
            recipient,
            since,
        )
        return int(count)

    def waiting(self, kind: MailKind, chat: int) -> MailRow | None:
        """Return the mail of a kind about a chat that is due; None: there is none."""
        found = self._ask(
            f"SELECT {_ROW} FROM mail WHERE chat = ? AND kind = ? AND state = 'due'",  # noqa: S608
            chat,
            kind,
        )
        return _row(found[0]) if found else None

    def take_back(self, kind: MailKind, chat: int) -> None:
        """Let no mail of a kind about a chat go that is due."""
        self._do("DELETE FROM mail WHERE chat = ? AND kind = ? AND state = 'due'", chat, kind)

    def forget(self, chat: int) -> None:
        """Let no more mail about a chat go, and forget whom it went to."""
        self._do("DELETE FROM mail WHERE chat = ?", chat)

    def forget_person(self, who: str) -> None:
        """Forget mail to somebody who is known by this (`Chat.known_by`), or with what they left."""
        kind, _, value = who.partition(":")
        for number, recipient, body in self._ask("SELECT number, recipient, body FROM mail"):
            new = _left(body) if body else NewChat("")
            addresses = {recipient.casefold(), new.mail.casefold()} if kind == "mail" else {new.customer}
            if kind in {"mail", "customer"} and value and value in addresses:
                self._do("DELETE FROM mail WHERE number = ?", number)

    def trim(self, before: float) -> None:
        """Forget what has been settled for long, or was given up long ago."""
        self._do(
            "DELETE FROM mail WHERE coalesce(given_up_at, at) < ? AND state NOT IN ('due', 'sending')", before
        )


def _row(row: tuple[Any, ...]) -> MailRow:
    number, kind, desk, chat, recipient, last, body, at, tries = row
    message = _left(body) if body else None
    return MailRow(number, MailKind(kind), desk, chat, recipient, last, message, at, tries)
