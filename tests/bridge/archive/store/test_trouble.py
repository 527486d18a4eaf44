"""What goes wrong with the file is said, with the way out, and costs nothing that was filed."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from bridge.archive.store import Reader, Store
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError
from bridge.journal.sqlite import SqliteJournal

from .said import message


def _sql(file: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            database.execute(statement)


@pytest.fixture
def filled(file: Path) -> Path:
    store = Store(file, SYSTEM)
    store.add(message(n) for n in range(1, 600))
    store.close()
    return file


def _refused(file: Path) -> str:
    """What is said to who opens it, to write and to read."""
    with pytest.raises(ArchiveError) as to_write:
        Store(file, SYSTEM)
    with pytest.raises(ArchiveError) as to_read:
        Reader(file).close()
    assert str(file) in str(to_write.value)
    assert str(file) in str(to_read.value)
    return str(to_write.value)


def test_the_file_of_a_newer_release_is_refused(filled: Path) -> None:
    _sql(filled, "PRAGMA user_version = 99")
    assert "start that release again" in _refused(filled)


def test_another_database_is_refused_and_stays_as_it_is(file: Path) -> None:
    SqliteJournal(file).close()
    before = file.read_bytes()
    assert "is no archive of Hubbub's: name another file" in _refused(file)
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_stays(file: Path) -> None:
    file.write_bytes(b"somebody's letters " * 500)
    assert "is damaged" in _refused(file)
    assert file.read_bytes() == b"somebody's letters " * 500


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="check the folder and its rights"):
        Store(tmp_path / "nowhere" / "a.sqlite3", SYSTEM)


def test_a_full_disk_costs_nothing_and_ends(store: Store) -> None:
    store.add([message(1)], ("j", 1))
    (pages,) = store._database.execute("PRAGMA page_count").fetchone()
    store._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ArchiveError, match=r"cannot be written .*full.*: make room on its disk"):
        store.add((message(n) for n in range(2, 900)), ("j", 899))
    with store.reader() as reader:
        assert (reader.last(), reader.cursor("j")) == (1, 1)
    store._database.execute("PRAGMA max_page_count = 1000000")
    assert store.add((message(n) for n in range(2, 900)), ("j", 899)) == range(2, 900)
    with store.reader() as reader:
        assert [entry.position for entry in reader.entries()] == list(range(1, 900))


def test_a_damaged_block_is_named_and_others_can_be_read(filled: Path) -> None:
    _sql(filled, "UPDATE content SET data = zeroblob(200) WHERE number = 1")
    with Reader(filled) as reader:
        with pytest.raises(ArchiveError, match="entries 257 to 512 are damaged"):
            list(reader.entries())
        assert len(list(reader.entries(before=257))) == 256
        assert len(list(reader.entries(after=512))) == 87


def test_a_file_that_goes_away_stops_the_filing(store: Store, file: Path) -> None:
    store.add([message(1)])
    file.rename(file.with_name("elsewhere"))
    with pytest.raises(ArchiveError, match="was deleted or moved while the service was using it"):
        store.add([message(2)])
    file.with_name("elsewhere").rename(file)


def test_an_index_of_other_terms_is_made_anew(filled: Path) -> None:
    _sql(
        filled,
        "UPDATE meta SET value = 'older' WHERE key = 'terms'",
        "INSERT INTO words (words) VALUES ('delete-all')",
        "INSERT INTO words (rowid, text) VALUES (7, 'old')",
    )
    store = Store(filled, SYSTEM)
    with store.reader() as reader:
        assert list(reader.matching("old", limit=9)) == []
        assert list(reader.matching("300", limit=9)) == [300]
        assert len(list(reader.matching("text", limit=999))) == 599
    store.take_words([300], "wish")
    with store.reader() as reader:
        assert list(reader.matching("300", limit=9)) == [600], "what tells of it"
    store.close()


def test_a_damage_of_which_sqlite_says_no_text_is_told(filled: Path) -> None:
    filled.write_bytes(filled.read_bytes().replace(b"CREATE TABLE phrase", b"CREATE T\xfcBLE phrase"))
    assert "is damaged" in _refused(filled)


def test_a_header_that_cannot_be_read_is_a_damage(filled: Path) -> None:
    _sql(filled, "UPDATE tail SET header = X'7B7B' WHERE number = (SELECT max(number) FROM tail)")
    store = Store(filled, SYSTEM)
    with pytest.raises(ArchiveError, match="is damaged"):
        store.add([message(600)])
    store.close()


def test_an_entry_in_a_state_that_there_is_not_is_a_damage(filled: Path) -> None:
    _sql(filled, "UPDATE tail SET state = 9 WHERE number = 599")
    with Reader(filled) as reader, pytest.raises(ArchiveError, match="are damaged"):
        reader.entry(599)
