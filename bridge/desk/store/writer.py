"""Writes the file of a network's desks."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bridge.desk.hours import Override
from bridge.desk.model import Chat, ChatLine, ChatState, FeedRow, NewChat
from bridge.model import Part, Txn

from .left import LeftMessage, LeftMessagesKept
from .opening import open_to_write, troubles
from .outbox import Outbox
from .questions import AgentRow, DeskQuestions, digest

__all__ = ["DeskStore"]

_COLUMNS = frozenset(Chat.__dataclass_fields__) - {"number", "last", "passed", "place"}
_encode = msgspec.json.Encoder().encode


class DeskStore(DeskQuestions):
    """The one writer. What is written stands in a `transaction`, and all of it is kept or nothing."""

    def __init__(self, file: Path) -> None:
        """Raises TemporaryFailure."""
        super().__init__(file, open_to_write(file))
        self._in_log = False
        """Whether what was erased may still be found in SQLite's log."""
        self.outbox = Outbox(self._ask, self._do)
        self.left = LeftMessagesKept(self._ask, self._do)

    def close(self) -> None:
        self._database.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is written meanwhile, at once; or nothing, when something is raised."""
        with troubles(self.file):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _do(self, sentence: str, *values: Any) -> int | None:
        with troubles(self.file):
            return self._database.execute(sentence, values).lastrowid

    def add_chat(self, desk: str, new: NewChat, token: str, at: float) -> Chat:
        """Keep a chat that begins to wait now."""
        number = self._do(
            "INSERT INTO chat (desk, token, name, mail, customer, fields, page, title, language, address, "
            "state, opened_at, waits_since, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            desk,
            digest(token),
            new.name,
            new.mail,
            new.customer,
            _encode(new.fields).decode(),
            new.page,
            new.title,
            new.language,
            new.address,
            ChatState.WAITING,
            at,
            at,
            at,
        )
        assert number is not None
        return Chat(
            number,
            desk,
            at,
            new.name,
            new.mail,
            new.customer,
            new.fields,
            new.page,
            new.title,
            new.language,
            new.address,
            waits_since=at,
            last_at=at,
        )

    def put_token(self, chat: int, token: str) -> None:
        """Let a chat be of whoever has this token, and of nobody else any more."""
        self._do("UPDATE chat SET token = ? WHERE number = ?", digest(token), chat)

    def change_chat(self, number: int, **columns: Any) -> None:
        """Change what is kept of a chat, by the names that it has in `Chat`."""
        assert columns.keys() <= _COLUMNS
        values = [
            _encode(value).decode() if isinstance(value, Mapping) else value for value in columns.values()
        ]
        self._do(
            f"UPDATE chat SET {', '.join(f'{name} = ?' for name in columns)} WHERE number = ?",  # noqa: S608
            *values,
            number,
        )

    def add_line(self, line: ChatLine) -> None:
        """Keep a line of a chat."""
        self._do(
            "INSERT INTO line (chat, n, at, kind, by, name, key, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *line[:-2],
            line.key or None,
            _encode(line.body),
        )

    def add_feed(self, row: FeedRow) -> int:
        """Say something into a room, under the next number whatever the row has. Returns that number."""
        number = self._do(
            "INSERT INTO feed (room, at, kind, chat, n, sender, sender_name, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *row[1:-1],
            _encode(row.body),
        )
        assert number is not None
        return number

    def add_heard(self, txn: Txn, at: float, part: Part) -> None:
        """Keep what became of an agent's words."""
        chat, _, n = part.id.partition(".")
        self._do(
            "INSERT INTO heard (txn, at, chat, n, account) VALUES (?, ?, ?, ?, ?)",
            txn,
            at,
            int(chat),
            int(n) if chat != "0" else 0,
            part.speaker,
        )

    def put_agent(self, agent: AgentRow) -> None:
        """Keep how an agent stands."""
        self._do(
            "INSERT OR REPLACE INTO agent (desk, key, name, available, current, given_at, seen_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            agent.desk,
            agent.key,
            agent.name,
            agent.available,
            agent.current,
            agent.given_at,
            agent.seen_at,
        )

    def forget_agents(self, room: str) -> None:
        """Forget who answered in a chat's own room, which is gone."""
        self._do("DELETE FROM agent WHERE desk = ?", room)

    def add_note(self, chat: int, at: float, agent: str, text: str) -> None:
        """Keep a note, which no visitor sees."""
        self._do("INSERT INTO note (chat, at, agent, text) VALUES (?, ?, ?, ?)", chat, at, agent, text)

    def add_tag(self, chat: int, tag: str) -> None:
        """Tag a chat."""
        self._do("INSERT OR IGNORE INTO tagged (chat, tag) VALUES (?, ?)", chat, tag)

    def ban(self, chat: int, until: float, by: str, why: str) -> None:
        """Keep the visitor of a chat out until then, by their token and their address."""
        for kind, value in (("token", "token"), ("address", "CAST(nullif(address, '') AS BLOB)")):
            self._do(
                "INSERT OR REPLACE INTO ban (kind, value, until, by, why) "  # noqa: S608
                f"SELECT ?, {value}, ?, ?, ? FROM chat WHERE number = ? AND {value} IS NOT NULL",
                kind,
                until,
                by,
                why,
                chat,
            )

    def put_override(self, desk: str, override: Override | None, by: str) -> None:
        """Keep what somebody said of a desk's hours; None: it goes by its calendar again."""
        self._do("DELETE FROM override WHERE desk = ?", desk)
        if override is not None:
            self._do(
                "INSERT INTO override (desk, is_open, until, by) VALUES (?, ?, ?, ?)",
                desk,
                override.is_open,
                override.until,
                by,
            )

    def add_happening(self, at: float, desk: str, chat: int, what: str, agent: str) -> None:
        """Keep a fact for figures."""
        self._do(
            "INSERT INTO happened (at, desk, chat, what, agent) VALUES (?, ?, ?, ?, ?)",
            at,
            desk,
            chat,
            what,
            agent,
        )

    def erase(self, chat: int, *, told: bool = True) -> None:
        """Forget who the visitor of a chat was and all that was said in it; its times stay, for figures.
        `told`: also the names of what the desk told agents, by which that can be found elsewhere.
        """
        self._in_log = True
        self.outbox.forget(chat)
        for table in ("line", "note", "tagged"):
            self._do(f"DELETE FROM {table} WHERE chat = ?", chat)  # noqa: S608
        self._do("DELETE FROM feed WHERE chat = ? AND (n != 0 OR ?)", chat, told)
        self._do("UPDATE feed SET body = CAST('{}' AS BLOB) WHERE chat = ?", chat)
        self._do(  # lists of chats, which are about none
            "DELETE FROM feed WHERE chat = 0 AND instr(body, CAST((SELECT nullif(name, '') FROM chat "
            "WHERE number = ?) AS BLOB))",
            chat,
        )
        self._do(
            "UPDATE chat SET forgotten = 1, name = '', mail = '', customer = '', fields = '{}', page = '', "
            "title = '', address = '', rating_words = '', mail_to = '' WHERE number = ?",
            chat,
        )

    def forget_left(self, who: str, messages: Collection[LeftMessage]) -> None:
        """Forget these messages of somebody who is known by this (`Chat.known_by`), and their mail: also that
        the transcript of any chat goes there.
        """
        self._in_log = True
        self.left.forget(messages)
        self.outbox.forget_person(who)
        kind, _, value = who.partition(":")
        if kind == "mail" and value:  # in ASCII, as all that mail goes to
            self._do("UPDATE chat SET mail_to = '' WHERE lower(mail_to) = ?", value)

    def scrub(self) -> None:
        """Take what was erased out of SQLite's log too: outside of a transaction, and again when somebody
        reads just then.
        """
        if not self._in_log:
            return
        with troubles(self.file):
            self._database.execute("PRAGMA busy_timeout = 0")  # nobody waits for that
            ((busy, _, _),) = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._database.execute("PRAGMA busy_timeout = 2000")
        self._in_log = bool(busy)

    def trim(self, room: str, through: int, before: float) -> None:
        """Forget what a room was told up to a number, and before that time: it is in the journal. What the
        desk said of a chat stays as long as that, so that it can be taken from where it went.
        """
        self._do(
            "DELETE FROM feed WHERE room = ? AND number <= ? AND at < ? AND (n != 0 OR chat = 0)",
            room,
            through,
            before,
        )

    def trim_heard(self, before: float) -> None:
        """Forget what became of words that nobody can be in doubt of any more."""
        self._do("DELETE FROM heard WHERE at < ?", before)
