"""Keeps beside the entries how far a journal was read, and what features note."""

import sqlite3

__all__ = ["last_cursor", "read_cursor", "read_note", "read_notes", "write_cursor", "write_note"]


def read_cursor(database: sqlite3.Connection, journal: str) -> int | None:
    """Return up to where a journal was read; None: it never was."""
    found = database.execute("SELECT seq FROM cursor WHERE journal = ?", (journal,)).fetchone()
    return None if found is None else int(found[0])


def write_cursor(database: sqlite3.Connection, journal: str, seq: int) -> None:
    """Note up to where a journal was read."""
    database.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (journal, seq))


def last_cursor(database: sqlite3.Connection) -> tuple[str, int] | None:
    """Return the journal that was read last, and up to where; None: none was."""
    found = database.execute("SELECT journal, seq FROM cursor ORDER BY rowid DESC LIMIT 1").fetchone()
    return None if found is None else (found[0], found[1])


def read_note(database: sqlite3.Connection, kind: str, key: str) -> bytes | None:
    """Return what a feature keeps; None: nothing."""
    found = database.execute("SELECT value FROM note WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return None if found is None else bytes(found[0])


def read_notes(database: sqlite3.Connection, kind: str, prefix: str = "") -> dict[str, bytes]:
    """Return all that a feature keeps under keys that begin so, by its key, in order."""
    found = database.execute(
        "SELECT key, value FROM note WHERE kind = ? AND key >= ? AND key < ? ORDER BY key",
        (kind, prefix, f"{prefix}\U0010ffff"),
    )
    return {key: bytes(value) for key, value in found}


def write_note(database: sqlite3.Connection, kind: str, key: str, value: bytes | None) -> None:
    """Keep something for a feature; None: no more."""
    if value is None:
        database.execute("DELETE FROM note WHERE kind = ? AND key = ?", (kind, key))
    else:
        database.execute("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (kind, key, value))
