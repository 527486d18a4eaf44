"""Makes a copy of the file of lists safe to go on from: nobody is told anything twice, and who has wanted
nothing more since it was made is told nothing.
"""

import contextlib
import sqlite3
from pathlib import Path

from bridge.config.words import counted
from bridge.errors import HubbubError

from .ledger import as_subscription
from .persons import FORGET
from .store import ListsFile

__all__ = ["go_on_from_lists"]


def go_on_from_lists(copy: Path, before: Path | None) -> list[str]:
    """Make a copy safe to go on from. `before` is the file whose place it takes; None: there is none. Returns
    sentences for the owner. Raises HubbubError.
    """
    with contextlib.closing(ListsFile(copy)) as file, file.together():
        told = _follow(file, before)
        given_up = file.write("UPDATE told SET state = 'unreached' WHERE state = 'owed'").rowcount
        file.write("UPDATE announcement SET state = 'expired' WHERE state = 'waiting'")
        if given_up:
            people = counted(given_up, "person", "people")
            told.append(f"Not told what was announced, since they may have been after the backup: {people}.")
        return told


def _follow(file: ListsFile, before: Path | None) -> list[str]:
    """Let end what ended since, as far as that can be read."""
    lost = "Subscriptions that people ended since the backup are there again, if there were any."
    if before is None:
        return [lost]
    try:
        with contextlib.closing(ListsFile(before, read_only=True)) as old:
            if old.secret() != file.secret():
                return [lost]
            ended = old.rows("SELECT * FROM subscription WHERE ended_at IS NOT NULL")
            last = _last(old)
    except (HubbubError, sqlite3.Error):
        return [lost]
    count = 0
    for one in map(as_subscription, ended):
        this = (one.id, one.asked_at)
        count += file.write(
            "UPDATE subscription SET ended_at = ?, ended_words = ?, ended_where = ?"
            " WHERE id = ? AND asked_at = ? AND ended_at IS NULL",
            *(one.ended_at, one.ended_words, one.ended_where, *this),
        ).rowcount
        if one.erased:
            file.write(f"{FORGET} AND asked_at = ?", one.erased, one.ended_at, *this)
    newest = _last(file)
    for row in ended:
        if row["id"] > newest and as_subscription(row).erased:  # who is not to be asked again
            file.write(f"INSERT INTO subscription VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608
    file.write("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'subscription'", last)
    return [f"Ended since the backup, and ended still: {counted(count, 'subscription')}."] if count else []


def _last(file: ListsFile) -> int:
    """Return the number of the newest subscription."""
    return int(file.rows("SELECT coalesce(max(id), 0) FROM subscription")[0][0])
