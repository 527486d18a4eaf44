"""Writes blocks, and the small tables that lead to them. Inside a transaction of the caller's."""

import sqlite3
from collections.abc import Sequence

from bridge.archive.entries import Header, read_header
from bridge.archive.index.scope import Place

from .records import ScopeKind, State
from .rows import Row, packed_block
from .shelf import Shelf, name_key, names_of

__all__ = ["drop_block", "scope_of", "subject_number", "write_block"]


def write_block(shelf: Shelf, number: int, key: bytes | None, rows: Sequence[Row]) -> None:
    """Write a block, new or again, with all that leads to it."""
    database, before = shelf.database, shelf.block(number)
    data, used = packed_block(rows, shelf.phrases.number)
    shelf.phrases.use(used, before[0].phrases if before is not None else ())
    headers = [read_header(row.header) if row.header else None for row in rows]
    known = [header for header in headers if header is not None]
    seqs = [header.seq for header in known if header.seq] or [0]
    times = [header.at for header in known] or [0.0]
    names = {
        name_key(row.conversation, *name): None
        for row, header in zip(rows, headers, strict=True)
        if header is not None
        for name in names_of(header)
    }
    leads = (key, min(seqs), max(seqs), min(times), max(times), b"".join(names))
    database.execute(
        "INSERT INTO block (number, key, first_seq, last_seq, since, until, names) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (number) DO UPDATE SET version = version + 1, key = excluded.key, "
        "first_seq = excluded.first_seq, last_seq = excluded.last_seq, since = excluded.since, "
        "until = excluded.until, names = excluded.names",
        (number, *leads),
    )
    database.execute("INSERT OR REPLACE INTO content VALUES (?, ?)", (number, data))
    # Not by the block alone: that looks at all there are.
    ours = {(row.conversation, number) for row in rows}
    database.executemany("DELETE FROM occurs WHERE conversation = ? AND block = ?", ours)
    places: dict[int, tuple[int, int]] = {}
    for row in rows:
        if row.state is not State.GONE:
            first, last = places.get(row.conversation, (row.position, row.position))
            places[row.conversation] = min(first, row.position), max(last, row.position)
    occurs = [(conversation, number, *place) for conversation, place in places.items()]
    database.executemany("INSERT INTO occurs VALUES (?, ?, ?, ?)", occurs)


def drop_block(shelf: Shelf, number: int) -> None:
    """Take a block out of the file of which nothing is left."""
    if (before := shelf.block(number)) is not None:
        shelf.phrases.use((), before[0].phrases)
    for table, column in (("block", "number"), ("content", "number"), ("occurs", "block")):
        shelf.database.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))  # noqa: S608 our own words


def subject_number(database: sqlite3.Connection, kind: ScopeKind, network: str, name: str) -> int:
    """Return the number of what entries are found by; 0: it has none."""
    where = "SELECT number FROM subject WHERE kind = ? AND network = ? AND id = ?"
    found = database.execute(where, (kind, network, name)).fetchone()
    return 0 if found is None else int(found[0])


def scope_of(database: sqlite3.Connection, conversation: int, header: Header) -> Place:
    """Return what an entry that is filed is found by."""
    network = header.network
    if not network:
        return Place(conversation, 0)
    return Place(
        conversation,
        subject_number(database, ScopeKind.NETWORK, network, ""),
        subject_number(database, ScopeKind.ROOM, network, header.room) if header.room else 0,
        subject_number(database, ScopeKind.PERSON, network, header.by.id) if header.by else 0,
    )
