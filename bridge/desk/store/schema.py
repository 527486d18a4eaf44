"""The tables of a network's desks, and the way from one version of them to the next.

`chat` holds a row for each chat; `token` is the SHA-256 of what its visitor holds. `line` is the log of one
chat that its visitor follows. `feed` is what is said to agents, in one order. `heard` holds by its txn what
became of each of their words: the line that it is, or none. `happened` holds facts for figures: opened,
reopened, offered, passed (an offer that was not answered), taken, answered, transferred, released (its agent
left), missed, closed, rated, message (left for later), and on and off of agents.
`override` says when a desk is open, where that is not as its calendar says. Of a chat that is `forgotten`
only what figures need is left, and the digest of the token, so that its visitor can be told.
"""

from bridge.databases import DatabaseKind
from bridge.errors import TemporaryFailure

__all__ = ["DESK_FILE"]

_MIGRATIONS = (
    """
    CREATE TABLE chat (number INTEGER PRIMARY KEY AUTOINCREMENT, desk TEXT NOT NULL, token BLOB UNIQUE,
                       name TEXT NOT NULL DEFAULT '', mail TEXT NOT NULL DEFAULT '',
                       customer TEXT NOT NULL DEFAULT '', fields TEXT NOT NULL DEFAULT '{}',
                       page TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '',
                       language TEXT NOT NULL DEFAULT 'en', address TEXT NOT NULL DEFAULT '',
                       state TEXT NOT NULL, agent TEXT NOT NULL DEFAULT '',
                       agent_name TEXT NOT NULL DEFAULT '', opened_at REAL NOT NULL,
                       waits_since REAL NOT NULL, offered_at REAL, taken_at REAL, answered_at REAL,
                       closed_at REAL, closed_by TEXT NOT NULL DEFAULT '', last_at REAL NOT NULL,
                       rating INTEGER, rating_words TEXT NOT NULL DEFAULT '',
                       missed INTEGER NOT NULL DEFAULT 0, rooms TEXT NOT NULL DEFAULT '{}',
                       mail_to TEXT NOT NULL DEFAULT '') STRICT;
    CREATE INDEX open_chat ON chat (desk) WHERE state != 'closed';
    CREATE INDEX chat_opened ON chat (opened_at);
    CREATE INDEX chat_closed ON chat (closed_at);
    CREATE INDEX chat_customer ON chat (customer) WHERE customer != '';
    CREATE INDEX chat_mail ON chat (mail) WHERE mail != '';
    CREATE TABLE line (chat INTEGER, n INTEGER, at REAL NOT NULL, kind TEXT NOT NULL, by TEXT NOT NULL,
                       name TEXT NOT NULL, key TEXT, body BLOB NOT NULL,
                       PRIMARY KEY (chat, n)) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX line_key ON line (chat, key) WHERE key IS NOT NULL;
    CREATE TABLE feed (number INTEGER PRIMARY KEY AUTOINCREMENT, room TEXT NOT NULL, at REAL NOT NULL,
                       kind TEXT NOT NULL, chat INTEGER NOT NULL, n INTEGER NOT NULL,
                       sender TEXT NOT NULL, sender_name TEXT NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE INDEX feed_room ON feed (room, number);
    CREATE TABLE heard (txn TEXT PRIMARY KEY, at REAL NOT NULL, chat INTEGER NOT NULL, n INTEGER NOT NULL,
                        account TEXT) STRICT, WITHOUT ROWID;
    CREATE TABLE note (chat INTEGER NOT NULL, at REAL NOT NULL, agent TEXT NOT NULL,
                       text TEXT NOT NULL) STRICT;
    CREATE INDEX note_chat ON note (chat);
    CREATE TABLE tagged (chat INTEGER, tag TEXT, PRIMARY KEY (chat, tag)) STRICT, WITHOUT ROWID;
    CREATE TABLE agent (desk TEXT, key TEXT, name TEXT NOT NULL, available INTEGER NOT NULL DEFAULT 1,
                        current INTEGER, given_at REAL NOT NULL DEFAULT 0, seen_at REAL NOT NULL DEFAULT 0,
                        PRIMARY KEY (desk, key)) STRICT, WITHOUT ROWID;
    CREATE TABLE ban (kind TEXT, value BLOB, until REAL NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL,
                      PRIMARY KEY (kind, value)) WITHOUT ROWID;
    CREATE TABLE happened (at REAL NOT NULL, desk TEXT NOT NULL, chat INTEGER NOT NULL, what TEXT NOT NULL,
                           agent TEXT NOT NULL) STRICT;
    CREATE INDEX happened_at ON happened (at);
    CREATE TABLE override (desk TEXT PRIMARY KEY, is_open INTEGER NOT NULL, until REAL,
                           by TEXT NOT NULL) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE chat ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
    UPDATE chat SET forgotten = 1 WHERE token IS NULL;
    CREATE INDEX feed_chat ON feed (chat) WHERE chat != 0;
    CREATE TABLE mail (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, desk TEXT NOT NULL,
                       chat INTEGER NOT NULL, recipient TEXT NOT NULL, last INTEGER NOT NULL,
                       body BLOB NOT NULL, at REAL NOT NULL, state TEXT NOT NULL DEFAULT 'due',
                       due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0) STRICT;
    CREATE INDEX mail_due ON mail (due) WHERE state IN ('due', 'sending');
    CREATE INDEX mail_chat ON mail (chat);
    """,
    """
    ALTER TABLE mail ADD COLUMN why TEXT NOT NULL DEFAULT '';
    ALTER TABLE mail ADD COLUMN given_up_at REAL;
    CREATE TABLE left_message (feed INTEGER PRIMARY KEY, desk TEXT NOT NULL, at REAL NOT NULL,
                               mail TEXT NOT NULL, customer TEXT NOT NULL) STRICT;
    """,
)

DESK_FILE = DatabaseKind(
    application=0x4875446B,  # HuDk
    versions=_MIGRATIONS,
    refused=TemporaryFailure,
    other="is no file of a desk's: move it away, and a new one begins",
    copied=True,
)
