"""The file of lists: who wants to be told, what was announced, who was told it. One SQLite file beside the
journal, which is for its owner alone; its one writer is the service that has the journal.
"""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge.databases import DatabaseKind
from bridge.errors import HubbubError
from bridge.stores import LISTS, place_of

__all__ = ["LISTS_FILE", "ListsFile", "lists_file"]

_SCHEMA = """
CREATE TABLE secret (value BLOB NOT NULL) STRICT;  -- with the file, since links in mails live as long
CREATE TABLE subscription (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given again: links of before name it
    list TEXT NOT NULL, network TEXT NOT NULL, user TEXT NOT NULL,  -- network '': by mail, to this address
    name TEXT NOT NULL, room TEXT NOT NULL, language TEXT NOT NULL, zone TEXT NOT NULL,
    asked_at REAL NOT NULL, asked_words TEXT NOT NULL, asked_where TEXT NOT NULL,
    confirmed_at REAL, confirmed_words TEXT NOT NULL DEFAULT '', confirmed_where TEXT NOT NULL DEFAULT '',
    ended_at REAL, ended_words TEXT NOT NULL DEFAULT '', ended_where TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX subscription_open ON subscription (network, user, list) WHERE ended_at IS NULL;
CREATE INDEX subscription_list ON subscription (list);
CREATE INDEX subscription_person ON subscription (network, user);
CREATE TABLE announcement (
    id INTEGER PRIMARY KEY AUTOINCREMENT, list TEXT NOT NULL, text TEXT NOT NULL,
    by_name TEXT NOT NULL, by_entry TEXT NOT NULL, at REAL NOT NULL, state TEXT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '', begun_at REAL
) STRICT;
CREATE INDEX announcement_list ON announcement (list, at);
CREATE TABLE told (
    announcement INTEGER NOT NULL, subscription INTEGER NOT NULL,
    state TEXT NOT NULL, at REAL NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (announcement, subscription)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_due ON told (due) WHERE state = 'owed';
CREATE INDEX told_one ON told (subscription, at);
"""
_ERASED = """
ALTER TABLE subscription ADD COLUMN erased TEXT NOT NULL DEFAULT '';  -- a keyed hash of whose it was
CREATE INDEX subscription_erased ON subscription (erased) WHERE erased <> '';
"""
LISTS_FILE = DatabaseKind(
    application=0x48754C69,  # HuLi
    versions=(_SCHEMA, _ERASED),
    refused=HubbubError,
    other="is no file of lists: move it away, and a new one begins",
    copied=True,
)


def lists_file(journal: Path) -> Path:
    """Return where the file is that belongs to a journal."""
    return place_of(journal, LISTS)


class ListsFile:
    """The file, open. What cannot be written raises sqlite3.Error, and has changed nothing."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Raises HubbubError where that cannot be read."""
        self.path = path
        try:
            self._base = LISTS_FILE.open_to_read(path) if read_only else self._own()
        except (OSError, sqlite3.Error) as error:
            raise HubbubError(f"{path}, the file of the lists, cannot be opened: {error}") from None
        self._base.row_factory = sqlite3.Row
        self._in_log = False
        """Whether what is to be found nowhere may still be in SQLite's log."""

    def _own(self) -> sqlite3.Connection:
        base = LISTS_FILE.open_to_write(
            self.path, "synchronous = FULL"
        )  # a word such as STOP survives a power failure
        try:
            base.execute(
                "INSERT INTO secret SELECT ? WHERE NOT EXISTS (SELECT 1 FROM secret)",
                (secrets.token_bytes(32),),
            )
        except BaseException:
            base.close()
            raise
        return base

    def secret(self) -> bytes:
        """Return what codes and links are made from."""
        found = self.rows("SELECT value FROM secret")[0]["value"]
        assert isinstance(found, bytes)
        return found

    def rows(self, query: str, *values: Any, **named: Any) -> list[sqlite3.Row]:
        """Return what is found."""
        return self._base.execute(query, named or values).fetchall()

    def write(self, query: str, *values: Any) -> sqlite3.Cursor:
        """Change something."""
        return self._base.execute(query, values)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Change all of what is done in here, or nothing."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def scrub(self) -> None:
        """Take what was changed out of SQLite's log too: at once, or `scrub_rest` does where somebody reads
        just then, as who makes a backup.
        """
        self._in_log = True
        self.scrub_rest()

    def scrub_rest(self) -> None:
        """Do what is left of it, if anything."""
        if not self._in_log:
            return
        self._base.execute("PRAGMA busy_timeout = 0")  # nobody waits for that
        ((busy, _, _),) = self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._base.execute("PRAGMA busy_timeout = 5000")
        self._in_log = bool(busy)

    def close(self) -> None:
        self._base.close()
