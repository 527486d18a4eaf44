"""One SQLite file of all that bots may ask for again: people by their numbers, messages, files."""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from bridge import TemporaryFailure

from .kept import KeptFile, KeptMessage, KeptPerson
from .numbers import LARGEST, LARGEST_MESSAGE

__all__ = ["MessageStore"]

_TABLES = """
CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,   -- who they are, whatever they are called
    name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    txn TEXT UNIQUE,            -- of what the core sent; NULL: a bot said it
    room TEXT NOT NULL,
    person INTEGER NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,        -- seconds since 1970
    body TEXT NOT NULL,         -- the segments, as JSON
    heard INTEGER NOT NULL      -- whether all bots that were there have read it
);
CREATE INDEX IF NOT EXISTS message_at ON message (at);
CREATE INDEX IF NOT EXISTS message_room ON message (room, person, at);
CREATE TABLE IF NOT EXISTS file (
    secret TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    path TEXT,                  -- of one that the core keeps
    data BLOB,                  -- of one that a bot sent
    at INTEGER NOT NULL
);
"""


class MessageStore:
    """The tables, open. Raises TemporaryFailure where they cannot be used."""

    def __init__(self, path: Path | None) -> None:
        """Open or make them; with no path they end with the process."""
        self._where = str(path) if path is not None else ":memory:"
        self._people: dict[str, tuple[int, str]] = {}
        with self._guarded():
            self._db = sqlite3.connect(self._where, isolation_level=None)
            if path is not None:
                path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_TABLES)
            (tag,) = self._db.execute("PRAGMA user_version").fetchone()
            if not tag:
                tag = secrets.randbelow(LARGEST_MESSAGE) + 1
                self._db.execute(f"PRAGMA user_version = {tag}")
            row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'message'").fetchone()
        self._last: int = row[0] if row else 0
        self.tag = f"{tag:x}"
        """Tells these numbers from those of a file that was here before."""

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise TemporaryFailure(f"{self._where} cannot be used: {error}") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Do all or nothing."""
        with self._guarded():
            self._db.execute("BEGIN")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    # People

    def person(self, key: str, name: str) -> int:
        """Return somebody's number, a new one for who is new, and note what they are called now."""
        known = self._people.get(key)
        if known is not None and known[1] == name:
            return known[0]
        with self._guarded():
            row = self._db.execute("SELECT id FROM person WHERE key = ?", (key,)).fetchone()
            while row is None:
                drawn = secrets.randbelow(LARGEST) + 1
                row = self._db.execute(
                    "INSERT OR IGNORE INTO person VALUES (?, ?, ?) RETURNING id", (drawn, key, name)
                ).fetchone()
            self._db.execute("UPDATE person SET name = ? WHERE id = ?", (name, row[0]))
        if len(self._people) >= 10_000:
            self._people.clear()
        self._people[key] = row[0], name
        return int(row[0])

    def name(self, person: int) -> str | None:
        """Return what somebody was called last; None: nobody has that number."""
        with self._guarded():
            row = self._db.execute("SELECT name FROM person WHERE id = ?", (person,)).fetchone()
        return str(row[0]) if row else None

    def account(self, person: int) -> str | None:
        """Return the account that somebody with a number speaks by (`Speaker.account`)."""
        with self._guarded():
            row = self._db.execute("SELECT key FROM person WHERE id = ?", (person,)).fetchone()
        return str(row[0]) or None if row else None

    def members(self, room: str, person: int | None = None) -> list[KeptPerson]:
        """Return who has spoken in a room, as far as is known, or the one with a number."""
        query = (
            "SELECT person, name, min(at), max(at) FROM message"
            " WHERE room = ? AND person = coalesce(?, person) GROUP BY person ORDER BY max(at) DESC"
        )
        with self._guarded():
            return [KeptPerson(*row) for row in self._db.execute(query, (room, person))]

    # Messages

    def next(self) -> int:
        """Return a number that no message has."""
        self._last = self._last % LARGEST_MESSAGE + 1
        return self._last

    def keep(self, messages: Iterable[KeptMessage]) -> None:
        """Keep these, in place of an earlier try with the same number; all or none."""
        rows = [(m.id, m.txn, m.room, m.person, m.name, m.at, m.body, m.heard) for m in messages]
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def heard(self, messages: Iterable[int]) -> None:
        """Note that these were read."""
        with self._transaction():
            numbers = [(message,) for message in messages]
            self._db.executemany("UPDATE message SET heard = 1 WHERE id = ?", numbers)

    def message(self, number: int) -> KeptMessage | None:
        """Return what has this number; None: nothing, or nothing any more."""
        return self._found("id", number)

    def sent(self, txn: str) -> KeptMessage | None:
        """Return what was sent under a txn; None: nothing has left."""
        return self._found("txn", txn)

    def _found(self, column: str, value: object) -> KeptMessage | None:
        with self._guarded():
            row = self._db.execute(f"SELECT * FROM message WHERE {column} = ?", (value,)).fetchone()  # noqa: S608
        return KeptMessage(*row) if row else None

    def empty(self, number: int) -> None:
        """Keep nothing of what was said under this number."""
        with self._guarded():
            self._db.execute("UPDATE message SET body = '[]' WHERE id = ?", (number,))

    # Files

    def put_file(self, file: KeptFile, at: int) -> str:
        """Give a file an address that nobody can guess. Returns what is secret in it."""
        secret = secrets.token_urlsafe(18)
        with self._guarded():
            self._db.execute(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)",
                (secret, file.name, file.type, file.path, file.data, at),
            )
        return secret

    def file(self, secret: str) -> KeptFile | None:
        """Return the file of an address; None: there is none, or none any more."""
        with self._guarded():
            query = "SELECT name, type, path, data FROM file WHERE secret = ?"
            row = self._db.execute(query, (secret,)).fetchone()
        return KeptFile(*row) if row else None

    def forget(self, before: int) -> None:
        """Forget what was said, and the files that were sent, before then."""
        with self._guarded():
            self._db.execute("DELETE FROM message WHERE at < ?", (before,))
            self._db.execute("DELETE FROM file WHERE at < ?", (before,))
