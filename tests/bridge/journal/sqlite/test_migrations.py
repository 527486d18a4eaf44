"""The file grows up from older releases."""

import contextlib
from pathlib import Path

import pytest

from bridge.journal import Progress
from bridge.journal.sqlite import SqliteJournal, schema
from bridge.model import MessageId
from tests.bridge.journal.test_pruning import event
from tests.bridge.world import opened

RELEASED = sorted((Path(__file__).parent / "data").glob("schema-*.sql"))


def test_every_released_schema_is_kept_for_these_tests():
    assert [file.stem for file in RELEASED] == [f"schema-{n}" for n in range(1, schema.VERSION + 1)]


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
async def test_a_journal_of_every_release_can_be_used(file, tmp_path):
    path = tmp_path / "j.sqlite3"
    with opened(path) as database:
        database.executescript(file.read_text())
    journal = SqliteJournal(path)
    (owed,) = journal.owed(2)
    try:
        assert owed.event == event("m2")
        assert journal.position("net", "") == "token"
        assert journal.txn(owed) == "2.2.0." + journal.txn(owed)[-16:]
        assert journal.origin(2, MessageId("c1")) == 1
        assert journal.revive([(2, 3)]) == 1
        assert [delivery.seq for delivery in journal.owed(2)] == [2, 3]
    finally:
        journal.close()
    fresh = SqliteJournal(tmp_path / "fresh.sqlite3")
    fresh.close()
    assert _shape(path) == _shape(tmp_path / "fresh.sqlite3")


@pytest.mark.parametrize(
    ("start", "progress"),
    [
        (7, Progress(7)),
        (3 + 2**39, Progress(3, promised=True)),
        (2**40 + 0b11, Progress(files=0b11)),
        (2**41 + 0b10, Progress(files=0b10, late=True)),
        (2**42 + 2**41 + 0b100, Progress(files=0b100, late=True, named=True)),
    ],
)
async def test_how_far_a_delivery_had_come_is_read_from_one_number(tmp_path, start, progress):
    """It was one until schema 5; the txn of what was on its way stays, also across that change."""
    path = tmp_path / "j.sqlite3"
    with opened(path) as database:
        database.executescript(RELEASED[4].read_text())
        database.execute("UPDATE delivery SET start = ?", (start,))
        database.execute("UPDATE dead SET start = ?", (start,))
    with contextlib.closing(SqliteJournal(path)) as journal:
        journal.revive([(2, 3)])
        owed = journal.owed(2)
        assert [delivery.progress for delivery in owed] == [progress, progress]
        assert journal.txn(owed[0]).startswith(f"2.2.{start:x}.")


def _shape(path):
    with opened(path) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: database.execute(f"PRAGMA table_info({table})").fetchall() for table in sorted(tables)}
