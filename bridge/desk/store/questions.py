"""Questions to the file of a network's desks, of the one who writes it and of those who read it."""

import hashlib
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bridge.desk.expecting import Arrived
from bridge.desk.hours import Override
from bridge.desk.model import Chat, ChatLine, ChatState, FeedRow, LineBody, SaidBy
from bridge.model import MessageId, Part, Txn

from .opening import troubles

__all__ = ["AgentRow", "BanRow", "DeskQuestions", "NoteRow", "digest"]

_CHAT = (
    "number, desk, opened_at, name, mail, customer, fields, page, title, language, address, state, agent, "
    "agent_name, waits_since, offered_at, taken_at, answered_at, closed_at, closed_by, last_at, rating, "
    "rating_words, missed, rooms, mail_to, (SELECT coalesce(max(n), 0) FROM line WHERE chat = number)"
)
_LINE = "n, at, kind, by, name, key, body"
_body: Callable[[bytes], LineBody] = msgspec.json.Decoder(LineBody).decode


def digest(token: str) -> bytes:
    """Return what is kept of a visitor's token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(slots=True)
class AgentRow:
    """Somebody who answers at a desk, as far as it has to remember that."""

    desk: str
    key: str
    name: str
    available: bool = True
    """False: they said that they want no chats now."""
    current: int | None = None
    """The chat that their plain words go to."""
    given_at: float = 0.0
    """When they got a chat last."""
    seen_at: float = 0.0
    """When they said something last."""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """An agent's note of a chat, which no visitor sees."""

    chat: int
    at: float
    agent: str
    text: str


@dataclass(frozen=True, slots=True)
class BanRow:
    """A ban: somebody whom the desks of a network do not let in."""

    kind: str
    """`token` or `address`."""
    value: bytes
    until: float
    by: str
    why: str


class DeskQuestions:
    """Reads the file. Everything may raise TemporaryFailure."""

    def __init__(self, file: Path, database: sqlite3.Connection) -> None:
        self.file = file
        self._database = database

    def _ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        with troubles(self.file):
            return self._database.execute(question, values).fetchall()

    def chat(self, number: int) -> Chat | None:
        """Return a chat, open or closed; None: there is none, or it is forgotten."""
        found = self._ask(f"SELECT {_CHAT} FROM chat WHERE number = ? AND NOT forgotten", number)  # noqa: S608
        return _chat(found[0]) if found else None

    def chat_by(self, token: str) -> Chat | None:
        """Return the chat of whoever holds this token; None: there is none, or it is forgotten."""
        found = self._ask(f"SELECT {_CHAT} FROM chat WHERE token = ? AND NOT forgotten", digest(token))  # noqa: S608
        return _chat(found[0]) if found else None

    def is_forgotten(self, token: str) -> bool:
        """Whether there was a chat of whoever holds this token."""
        return bool(self._ask("SELECT 1 FROM chat WHERE token = ? AND forgotten", digest(token)))

    def desk_of(self, chat: int) -> str | None:
        """Return the desk of a chat, which may be forgotten; None: there never was one."""
        found = self._ask("SELECT desk FROM chat WHERE number = ?", chat)
        return str(found[0][0]) if found else None

    def old(self, desk: str, before: float, most: int = 100) -> list[int]:
        """Return chats of a desk that were closed before a moment and are not forgotten, the oldest first."""
        found = self._ask(
            "SELECT number FROM chat WHERE closed_at < ? AND desk = ? AND state = 'closed' AND NOT forgotten "
            "ORDER BY closed_at LIMIT ?",
            before,
            desk,
            most,
        )
        return [number for (number,) in found]

    def open_chats(self, desk: str) -> list[Chat]:
        """Return the chats of a desk that are not closed."""
        return [
            _chat(row)
            for row in self._ask(
                f"SELECT {_CHAT} FROM chat WHERE desk = ? AND state != 'closed' ORDER BY number",  # noqa: S608
                desk,
            )
        ]

    def roomed(self) -> list[tuple[int, str, Mapping[str, str]]]:
        """Return the chats that have rooms of their own, open, closed or erased: number, desk and rooms."""
        return [
            (number, desk, msgspec.json.decode(rooms))
            for number, desk, rooms in self._ask("SELECT number, desk, rooms FROM chat WHERE rooms != '{}'")
        ]

    def closed(self, after: float, until: float, most: int = 100) -> list[Chat]:
        """Return chats that were closed behind a moment, up to another, in that order."""
        return [
            _chat(row)
            for row in self._ask(
                f"SELECT {_CHAT} FROM chat WHERE closed_at > ? AND closed_at <= ? AND state = 'closed' "  # noqa: S608
                "AND NOT forgotten ORDER BY closed_at LIMIT ?",
                after,
                until,
                most,
            )
        ]

    def told_of(self, chat: int) -> list[FeedRow]:
        """Return what the desk told agents of a chat in its own words."""
        return [
            FeedRow._make((*row[:-1], _body(row[-1])))
            for row in self._ask(
                "SELECT number, room, at, kind, chat, n, sender, sender_name, body FROM feed "
                "WHERE chat = ? AND n = 0",
                chat,
            )
        ]

    def chats_of(self, *, mail: str = "", customer: str = "") -> list[Chat]:
        """Return the chats of somebody, by the one of these that is given, the newest first."""
        column, value = ("customer", customer) if customer else ("mail", mail)
        return [
            _chat(row)
            for row in self._ask(
                f"SELECT {_CHAT} FROM chat WHERE {column} = ? AND {column} != '' ORDER BY number DESC",  # noqa: S608
                value,
            )
        ]

    def others_of(self, chat: Chat) -> list[Chat]:
        """Return the other chats of a chat's visitor, the newest first; none, where nothing tells who that
        is.
        """
        if not chat.customer and not chat.mail:
            return []
        known = self.chats_of(customer=chat.customer, mail="" if chat.customer else chat.mail)
        return [one for one in known if one.number != chat.number]

    def of_person(self, who: str) -> list[Chat]:
        """Return the chats of somebody, the newest first: by the number of one, or by what they are known by
        in all of them (`Chat.known_by`).
        """
        if who.isascii() and who.isdecimal():
            chat = self.chat(int(who))
            return [chat] if chat is not None else []
        kind, _, value = who.partition(":")
        if kind == "customer" and value:
            return self.chats_of(customer=value)
        if kind != "mail":
            return []
        rows = self._ask(f"SELECT {_CHAT} FROM chat WHERE mail != '' ORDER BY number DESC")  # noqa: S608
        return [chat for row in rows if (chat := _chat(row)).known_by == who]

    def lines(self, chat: int, after: int = 0, most: int = 1000) -> list[ChatLine]:
        """Return the lines of a chat that follow a number, in order."""
        return [
            ChatLine(chat, n, at, kind, SaidBy(by), name, key or "", _body(body))
            for n, at, kind, by, name, key, body in self._ask(
                f"SELECT {_LINE} FROM line WHERE chat = ? AND n > ? ORDER BY n LIMIT ?",  # noqa: S608
                chat,
                after,
                most,
            )
        ]

    def line(self, chat: int, n: int) -> ChatLine | None:
        """Return one line of a chat; None: it has none of that number."""
        found = self.lines(chat, n - 1, 1)
        return found[0] if found and found[0].n == n else None

    def line_of(self, chat: int, key: str) -> int | None:
        """Return the number of the line that bears the browser's own id; None: there is none."""
        found = self._ask("SELECT n FROM line WHERE chat = ? AND key = ?", chat, key)
        return int(found[0][0]) if found else None

    def is_answered(self, chat: int) -> bool:
        """Whether an agent, or a program of theirs, has said anything in a chat."""
        return bool(self._ask("SELECT 1 FROM line WHERE chat = ? AND by = 'agent' LIMIT 1", chat))

    def begun(self, desk: str, key: str, since: float) -> int | None:
        """Return the chat that began since then with the line of this key; None: there is none."""
        found = self._ask(
            "SELECT number FROM chat JOIN line ON chat = number AND key = ? AND n = 1 "
            "WHERE desk = ? AND opened_at >= ? AND token NOT NULL",
            key,
            desk,
            since,
        )
        return int(found[0][0]) if found else None

    def feed(self, room: str, after: int = 0, most: int = 1000) -> list[FeedRow]:
        """Return what was said into a room behind a number, in order."""
        return [
            FeedRow._make((*row[:-1], _body(row[-1])))
            for row in self._ask(
                "SELECT number, room, at, kind, chat, n, sender, sender_name, body FROM feed "
                "WHERE room = ? AND number > ? ORDER BY number LIMIT ?",
                room,
                after,
                most,
            )
        ]

    def heard(self, txns: Collection[Txn]) -> Mapping[Txn, Part]:
        """Return what became of agents' words, by their txns; what is left out was surely not heard."""
        found: dict[Txn, Part] = {}
        for txn in txns:
            for chat, n, account in self._ask("SELECT chat, n, account FROM heard WHERE txn = ?", txn):
                found[txn] = Part(MessageId(f"{chat}.{n}" if chat else f"0.{txn}"), speaker=account)
        return found

    def agents(self, desk: str) -> list[AgentRow]:
        """Return everybody who has answered at a desk, or said whether they want to."""
        return [
            AgentRow(row[0], row[1], row[2], bool(row[3]), *row[4:])
            for row in self._ask(
                "SELECT desk, key, name, available, current, given_at, seen_at FROM agent WHERE desk = ?",
                desk,
            )
        ]

    def notes(self, chat: int) -> list[NoteRow]:
        """Return what was noted of a chat, in order."""
        return [
            NoteRow(*row)
            for row in self._ask("SELECT chat, at, agent, text FROM note WHERE chat = ? ORDER BY rowid", chat)
        ]

    def tags(self, chat: int) -> Sequence[str]:
        """Return the tags of a chat, sorted."""
        return [tag for (tag,) in self._ask("SELECT tag FROM tagged WHERE chat = ? ORDER BY tag", chat)]

    def banned(self, now: float) -> list[tuple[int, str, BanRow]]:
        """Return the chats whose visitors are kept out now, by number and name, in the order of time."""
        return [
            (number, name, BanRow(*row))
            for number, name, *row in self._ask(
                "SELECT number, name, kind, value, until, by, why FROM ban JOIN chat ON value = token "
                "WHERE kind = 'token' AND until > ? ORDER BY until",
                now,
            )
        ]

    def is_banned(self, chat: int, now: float) -> bool:
        """Whether the visitor of a chat is kept out, by their token."""
        return bool(
            self._ask(
                "SELECT 1 FROM ban, chat WHERE number = ? AND kind = 'token' AND value = token AND until > ?",
                chat,
                now,
            )
        )

    def bars(self, address: str, now: float) -> bool:
        """Whether an address (a keyed hash) is kept out."""
        return bool(
            self._ask(
                "SELECT 1 FROM ban WHERE kind = 'address' AND value = ? AND until > ?", address.encode(), now
            )
        )

    def override(self, desk: str) -> tuple[Override, str] | None:
        """Return what somebody said of a desk's hours, and their name; None: it goes by its calendar."""
        for is_open, until, by in self._ask("SELECT is_open, until, by FROM override WHERE desk = ?", desk):
            return Override(is_open=bool(is_open), until=until), by
        return None

    def arrived(self, desk: str, since: float, most: int = 2000) -> list[Arrived]:
        """Return how long the visitors of a desk waited since then, but for those who still do."""
        return [
            Arrived(opened, None if answered is None else answered - opened)
            for opened, answered in self._ask(
                "SELECT opened_at, answered_at FROM chat WHERE desk = ? AND opened_at >= ? "
                "AND (answered_at IS NOT NULL OR state = 'closed') ORDER BY opened_at DESC LIMIT ?",
                desk,
                since,
                most,
            )
        ]


def _chat(row: tuple[Any, ...]) -> Chat:
    chat = Chat(*row)
    chat.fields, chat.rooms = msgspec.json.decode(row[6]), msgspec.json.decode(row[24])
    chat.state, chat.missed = ChatState(chat.state), bool(chat.missed)
    return chat
