"""Makes the full-text index anew where its terms are those of another version: what is looked for has to be
spelt like what is found.
"""

import logging
import sqlite3

from bridge.archive.entries import read_header, read_words
from bridge.archive.index import terms, version

from .blocks import scope_of
from .records import State
from .shelf import Placed, Shelf

__all__ = ["reindex"]

log = logging.getLogger(__name__)

_TERMS, _DONE = "terms", "reindexed"
_STEP = 100
"""So many blocks are one transaction."""


def reindex(shelf: Shelf) -> None:
    """Make the index anew if it has to be, and go on where that was broken off. Some seconds for each 100,000
    entries.
    """
    database = shelf.database
    if _noted(database, _TERMS) == version():
        return
    begun, _, done = (_noted(database, _DONE) or "").partition(" ")
    if begun != version():
        done = "0"
        with database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO words (words) VALUES ('delete-all')")
            database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_DONE, f"{version()} 0"))
    numbers = [number for (number,) in database.execute("SELECT number FROM block ORDER BY number")]
    if numbers:
        log.info("the archive's index is made anew, since this release looks for words in another way")
    left = [number for number in numbers if number >= int(done)]
    for start in range(0, len(left), _STEP):
        _step(shelf, left[start : start + _STEP])
    with database:
        database.execute("BEGIN IMMEDIATE")
        _index(shelf, shelf.tail(0, shelf.last()))
        database.execute("DELETE FROM meta WHERE key = ?", (_DONE,))
        database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_TERMS, version()))


def _step(shelf: Shelf, blocks: list[int]) -> None:
    database = shelf.database
    with database:
        database.execute("BEGIN IMMEDIATE")
        for number in blocks:
            _index(shelf, shelf.of_block(number))
        note = (_DONE, f"{version()} {blocks[-1] + 1}")
        database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", note)


def _index(shelf: Shelf, placed: list[Placed]) -> None:
    rows = []
    for one in placed:
        if one.row.state < State.BARE:
            header = read_header(one.row.header)
            words = read_words(one.row.words) if one.row.state is State.FULL else None
            place = scope_of(shelf.database, one.row.conversation, header)
            rows.append((one.number, terms(header, words, place)))
    shelf.database.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", rows)


def _noted(database: sqlite3.Connection, key: str) -> str | None:
    found = database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if found is None else str(found[0])
