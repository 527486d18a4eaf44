"""Takes what went out of the file's bytes too, step by step.

The full-text index keeps the terms of a row that was deleted until its segments are merged, and the log keeps
pages as they were until it begins anew.
"""

import sqlite3

__all__ = ["compact", "mark", "scrub"]

_STATE = "scrub"
_BEGIN, _MERGE, _LOG = "begin", "merge", "log"
_PAGES = 200
"""So many pages of the index are merged in one step: some 20 ms."""
_LEAST, _FREE = 50, 0.1
"""More pages, and more of the file, are not left empty."""


def mark(database: sqlite3.Connection) -> None:
    """Note that something went. Inside a transaction of the caller's."""
    database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_STATE, _BEGIN))


def scrub(database: sqlite3.Connection) -> bool:
    """Do one step, also of giving back room that is empty. Returns whether there is more to do."""
    state = _state(database)
    if state in (_BEGIN, _MERGE):
        _merge(database, first=state == _BEGIN)
        return True
    if state == _LOG:
        if _shrink(database):
            return True
        if not _log_is_new(database):
            return True
        database.execute("DELETE FROM meta WHERE key = ?", (_STATE,))
        return False
    return _shrink(database)


def compact(database: sqlite3.Connection) -> None:
    """Merge the whole index, and give back all room that is empty, however long that takes."""
    mark(database)
    while _state(database) != _LOG:
        scrub(database)
    _vacuum(database)
    _log_is_new(database)


def _state(database: sqlite3.Connection) -> str | None:
    found = database.execute("SELECT value FROM meta WHERE key = ?", (_STATE,)).fetchone()
    return None if found is None else str(found[0])


def _log_is_new(database: sqlite3.Connection) -> bool:
    """Move what the log holds into the file, and cut it off, if nobody is reading."""
    (patience,) = database.execute("PRAGMA busy_timeout").fetchone()
    database.execute("PRAGMA busy_timeout = 0")
    try:
        busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        database.execute(f"PRAGMA busy_timeout = {patience}")
    return not busy


def _merge(database: sqlite3.Connection, *, first: bool) -> None:
    """Merge some of the index; at first all of it is put up for that (FTS5, 6.7)."""
    database.execute("BEGIN IMMEDIATE")
    try:
        before = database.total_changes
        merge = "INSERT INTO words (words, rank) VALUES ('merge', ?)"
        database.execute(merge, (-_PAGES if first else _PAGES,))
        # Less than two changes: nothing was left to merge (same place).
        done = database.total_changes - before < 2
        state = _LOG if done else _MERGE
        database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_STATE, state))
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _shrink(database: sqlite3.Connection) -> bool:
    """Give back some of the pages that are empty, where these are many. Returns whether there are more."""
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    if free <= max(_LEAST, pages * _FREE):
        return False
    _vacuum(database, _PAGES * 5)
    return True


def _vacuum(database: sqlite3.Connection, pages: int = 0) -> None:
    """Give back so many pages that are empty; 0: all."""
    # Not `execute`: the statement gives a row without columns for each page, and that stops at the first one.
    database.executescript(f"PRAGMA incremental_vacuum({pages})")
