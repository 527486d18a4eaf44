"""Who reacts to what, and where: kept, since one bot speaks for many people."""

import sqlite3

from bridge.model import MessageId, ReactionsChanged, Removed, UserId

from .queries import Queries

__all__ = ["note"]

_Database = sqlite3.Connection


def note(database: _Database, journal: Queries, source: int, event: ReactionsChanged | Removed) -> None:
    """Keep what an event changes of the reactions, if it is about any. Part of the commit that takes it."""
    if isinstance(event, ReactionsChanged):
        if (seq := journal.about(source, event.target)) is not None:
            _change(database, (seq, source, event.sender.id), event)
        return
    taken_back = journal.origin(source, event.target)
    earlier = journal.event(taken_back) if taken_back is not None else None
    if isinstance(earlier, ReactionsChanged) and (earlier.sender.id == event.sender.id or event.by_moderator):
        _take_back(database, journal, source, earlier)


def _change(database: _Database, who: tuple[int, int, UserId], event: ReactionsChanged) -> None:
    delete = "DELETE FROM reaction WHERE seq = ? AND room = ? AND sender = ?"
    if event.emojis is not None:
        gone = [row for row in _emojis(database, who) if row not in event.emojis]
        database.executemany(f"{delete} AND emoji = ?", [(*who, emoji) for emoji in gone])
    else:
        database.executemany(f"{delete} AND emoji = ?", [(*who, emoji) for emoji in event.removed])
    insert = "INSERT OR IGNORE INTO reaction (seq, room, sender, emoji) VALUES (?, ?, ?, ?)"
    database.executemany(insert, [(*who, emoji) for emoji in (event.emojis or event.added)])


def _emojis(database: _Database, who: tuple[int, int, UserId]) -> list[str]:
    rows = database.execute("SELECT emoji FROM reaction WHERE seq = ? AND room = ? AND sender = ?", who)
    return [emoji for (emoji,) in rows]


def _take_back(database: _Database, journal: Queries, source: int, earlier: ReactionsChanged) -> None:
    seq = journal.about(source, MessageId(earlier.target))
    if seq is not None:
        delete = "DELETE FROM reaction WHERE seq = ? AND room = ? AND sender = ? AND emoji = ?"
        rows = [(seq, source, earlier.sender.id, emoji) for emoji in (earlier.emojis or earlier.added)]
        database.executemany(delete, rows)
