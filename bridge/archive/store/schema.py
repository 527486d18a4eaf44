"""The archive's tables, and the way from one version of them to the next.

`conversation` holds a row for each chain, and how far it goes. `tail` holds the newest entries, `block` and
`content` those before them, `PER_BLOCK` to a row (`rows.py`); `key` is what the salts of a block follow from
(NULL: they are written down), `version` grows whenever something of the block went. `phrase` holds what
headers have alike; so many blocks use it. `occurs` says which conversations have entries in a block, and at
which positions. `about` holds which entry is about which other, by number. `subject` and `called` hold the
networks, rooms and people whom entries are found by. `cursor` holds up to where a journal was read, `note`
what features keep, `round` and `head` what was signed. `words` is the full-text index: its rows have the
numbers of entries and none of their text.
"""

from bridge.archive.index import TABLE
from bridge.databases import DatabaseKind
from bridge.errors import ArchiveError

__all__ = ["ARCHIVE_FILE", "PER_BLOCK"]

PER_BLOCK = 256
"""So many entries a block has. Part of the format."""

_MIGRATIONS = (
    f"""
    CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE conversation (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, chain BLOB NOT NULL,
                               position INTEGER NOT NULL, link BLOB NOT NULL,
                               start INTEGER NOT NULL DEFAULT 0, start_link BLOB NOT NULL);
    CREATE TABLE tail (number INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, position INTEGER NOT NULL,
                       state INTEGER NOT NULL, header BLOB NOT NULL, words BLOB NOT NULL,
                       salts BLOB NOT NULL, link BLOB NOT NULL) STRICT;
    CREATE TABLE block (number INTEGER PRIMARY KEY, version INTEGER NOT NULL DEFAULT 0, key BLOB,
                        first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
                        since REAL NOT NULL, until REAL NOT NULL, names BLOB NOT NULL);
    CREATE TABLE content (number INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE phrase (number INTEGER PRIMARY KEY AUTOINCREMENT, text BLOB NOT NULL UNIQUE,
                         uses INTEGER NOT NULL);
    CREATE TABLE occurs (conversation INTEGER, block INTEGER, first INTEGER NOT NULL, last INTEGER NOT NULL,
                         PRIMARY KEY (conversation, block)) WITHOUT ROWID;
    CREATE TABLE about (of INTEGER, number INTEGER, PRIMARY KEY (of, number)) WITHOUT ROWID;
    CREATE TABLE subject (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, network TEXT NOT NULL,
                          id TEXT NOT NULL, UNIQUE (kind, network, id));
    CREATE TABLE called (subject INTEGER, name TEXT, PRIMARY KEY (subject, name));
    CREATE TABLE cursor (journal TEXT PRIMARY KEY, seq INTEGER NOT NULL);
    CREATE TABLE note (kind TEXT, key TEXT, value BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
    CREATE TABLE round (number INTEGER PRIMARY KEY, at REAL NOT NULL, body BLOB NOT NULL,
                        signature BLOB NOT NULL, stamp BLOB, witness TEXT);
    CREATE TABLE head (round INTEGER, conversation INTEGER, position INTEGER NOT NULL, link BLOB NOT NULL,
                       PRIMARY KEY (round, conversation)) WITHOUT ROWID;
    {TABLE};
    """,
)

ARCHIVE_FILE = DatabaseKind(
    application=0x48754172,  # HuAr
    versions=_MIGRATIONS,
    refused=ArchiveError,
    other="is no archive of Hubbub's: name another file, or move it away",
)
