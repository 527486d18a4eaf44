"""The journal's tables, and the way from one version of them to the next.

`event` holds what was taken, in the order of taking; `taken_at` is when, or for history when it was said,
as the network tells. `delivery` holds what is owed: one row for each event
and room that are not settled, and how far that has come (`progress.py`); `revived` are those that had been
given up. `link` holds every further name of a message: what its copies are called, part by part, and every
alias; `speaker` is who said it there (`Part.speaker`). `reaction` holds who
reacts to what, and where; `removed` what was taken back, and where nothing is said of it any more. `dead`
holds what was given up, with the reason, and `again` what was sent a second time because nobody could tell
whether it had arrived. `position` holds how far each network's history was read, and moves in the same
transaction as the events. Of a room, `heard` says until when it was heard (9e99: it is being heard; none:
never), and `open` whether something may be on its way there; `gap` holds what people were not told yet of
times when it was not heard, and when they were told last. `opened` holds the conversations that adapters
opened at run time, `observer` how far each reader of events has come, and `note` what features keep beside
events.
"""

import sqlite3
from dataclasses import fields

from bridge.journal.progress import Progress

__all__ = ["PROGRESS", "VERSION", "migrate"]

PROGRESS = ", ".join([field.name for field in fields(Progress)])
"""The columns of how far a delivery has come."""

_PROGRESS_OF = """
    ALTER TABLE <> RENAME COLUMN start TO chars;
    ALTER TABLE <> ADD COLUMN promised INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE <> ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE <> ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE <> ADD COLUMN named INTEGER NOT NULL DEFAULT 0;
    UPDATE <> SET files = chars & ((1 << 40) - 1), late = chars >> 41 & 1, named = chars >> 42 & 1,
        chars = 0 WHERE chars >= 1 << 40;
    UPDATE <> SET promised = 1, chars = chars - (1 << 39) WHERE chars >= 1 << 39;
    """
"""What was one number, `start`, has columns of its own."""
_MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE room (number INTEGER PRIMARY KEY, network TEXT NOT NULL, room TEXT NOT NULL,
                       UNIQUE (network, room));
    CREATE TABLE position (network TEXT, scope TEXT, token TEXT NOT NULL,
                           PRIMARY KEY (network, scope)) WITHOUT ROWID;
    CREATE TABLE event (seq INTEGER PRIMARY KEY, room INTEGER NOT NULL, id TEXT NOT NULL,
                        taken_at REAL NOT NULL, type TEXT NOT NULL, body BLOB,
                        UNIQUE (room, id));
    CREATE TABLE delivery (room INTEGER, seq INTEGER, start INTEGER NOT NULL DEFAULT 0,
                           PRIMARY KEY (room, seq)) WITHOUT ROWID;
    CREATE TABLE link (room INTEGER, id TEXT, seq INTEGER NOT NULL, start INTEGER NOT NULL,
                       PRIMARY KEY (room, id)) WITHOUT ROWID;
    CREATE INDEX link_of_event ON link (seq);
    CREATE TABLE dead (room INTEGER, seq INTEGER, reason TEXT NOT NULL, given_up_at REAL NOT NULL,
                       PRIMARY KEY (room, seq)) WITHOUT ROWID;
    """,
    """
    ALTER TABLE dead ADD COLUMN start INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE delivery ADD COLUMN revived INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE again (room INTEGER, seq INTEGER, at REAL NOT NULL,
                        PRIMARY KEY (room, seq)) WITHOUT ROWID;
    ALTER TABLE room ADD COLUMN heard REAL;
    ALTER TABLE room ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE reaction (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, room INTEGER NOT NULL,
                           sender TEXT NOT NULL, emoji TEXT NOT NULL, UNIQUE (seq, room, sender, emoji));
    ALTER TABLE link ADD COLUMN alias INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE removed (room INTEGER, seq INTEGER, PRIMARY KEY (room, seq)) WITHOUT ROWID;
    """,
    """
    CREATE TABLE gap (room INTEGER PRIMARY KEY, times INTEGER NOT NULL, until REAL NOT NULL,
                      seconds REAL NOT NULL, unheard INTEGER NOT NULL, partly INTEGER NOT NULL,
                      left_out INTEGER, told REAL NOT NULL);
    """,
    "".join(_PROGRESS_OF.replace("<>", table) for table in ("delivery", "dead"))
    + "ALTER TABLE link RENAME COLUMN start TO place;",
    """
    ALTER TABLE link ADD COLUMN speaker TEXT;
    CREATE INDEX event_by_time ON event (taken_at);
    CREATE TABLE opened (network TEXT, name TEXT, rooms TEXT NOT NULL, closing INTEGER NOT NULL,
                         PRIMARY KEY (network, name)) WITHOUT ROWID;
    CREATE TABLE observer (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE note (kind TEXT, network TEXT, key TEXT, text TEXT NOT NULL,
                       PRIMARY KEY (kind, network, key)) WITHOUT ROWID;
    """,
)

VERSION = len(_MIGRATIONS)
"""The version of the schema that this release writes."""


def migrate(database: sqlite3.Connection) -> None:
    """Bring a database, new or of this release or an older one, to this version in one transaction."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version < VERSION:
        steps = "".join(_MIGRATIONS[version:])
        database.executescript(f"BEGIN IMMEDIATE;{steps}PRAGMA user_version = {VERSION};COMMIT;")
