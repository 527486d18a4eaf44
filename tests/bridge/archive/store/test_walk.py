"""What somebody does to the file is found, and named by the first entry that is not as it was."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.archive.store import Head, Round, Store
from bridge.archive.store.phrases import Phrases
from bridge.archive.store.rows import Block, Row, packed_block
from bridge.archive.store.walk import Harm, walk
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError

from .said import about, message

_AGAIN = (
    "INSERT INTO tail SELECT 999, conversation, position, state, header, words, salts, link FROM tail "
    "WHERE number = 655"
)


def _fill(file: Path, count: int = 700) -> None:
    store = Store(file, SYSTEM)
    store.add(message(n, conversation="ab"[n % 2]) for n in range(1, count + 1))
    store.take_words([10, 300, 690], "wish")
    store.take_whole([11, 301, 691], "law")
    store.add([about("removal", "m100", conversation="a")])
    store.cut("a", 20)
    store.close()


def _first(file: Path) -> tuple[str, int, Harm]:
    flaw = walk(file).flaws[0]
    return flaw.conversation, flaw.position, flaw.harm


def _forge(file: Path, number: int, change: Callable[[list[Row]], object]) -> None:
    """Write a block anew, as somebody would who knows how."""
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        phrases = Phrases(database)
        (data,) = database.execute("SELECT data FROM content WHERE number = ?", (number,)).fetchone()
        rows = Block(data, phrases.text).rows()
        change(rows)
        data, used = packed_block(rows, phrases.number)
        phrases.use(used, ())
        database.execute("UPDATE content SET data = ? WHERE number = ?", (data, number))


def _sql(file: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        for statement in statements:
            database.execute(statement)


def test_what_is_as_it_was_is_sound(file: Path) -> None:
    _fill(file)
    told: list[tuple[int, int]] = []
    found = walk(file, lambda done, total: told.append((done, total)))
    assert found.flaws == ()
    assert found.entries == 700 - 20 + 3
    assert told[-1] == (703, 703)


@pytest.mark.parametrize("block", [0, 1])
def test_an_altered_entry_is_named(file: Path, block: int) -> None:
    _fill(file)

    def alter(rows: list[Row]) -> None:
        rows[60] = rows[60]._replace(words=rows[60].words.replace(b"text", b"lies"))

    _forge(file, block, alter)
    place = block * 256 + 61
    assert _first(file) == ("ab"[place % 2], (place + 1) // 2, "altered")


def test_who_and_when_count_too(file: Path) -> None:
    _fill(file)

    def alter(rows: list[Row]) -> None:
        rows[61] = rows[61]._replace(header=rows[61].header.replace(b"Anna", b"Otto"))

    _forge(file, 1, alter)
    assert _first(file) == ("a", 159, "altered")


def test_a_removed_entry_is_named(file: Path) -> None:
    _fill(file)
    _forge(file, 1, lambda rows: rows.pop(60))
    assert _first(file) == ("b", 159, "removed")


def test_an_added_entry_is_named(file: Path) -> None:
    _fill(file)
    _forge(file, 1, lambda rows: rows.insert(60, rows[60]))
    assert _first(file) == ("b", 160, "added")


def test_a_reordered_entry_is_named(file: Path) -> None:
    _fill(file)

    def swap(rows: list[Row]) -> None:
        one, other = rows[60], rows[64]
        rows[60] = other._replace(position=one.position)
        rows[64] = one._replace(position=other.position)

    _forge(file, 1, swap)
    assert _first(file) == ("b", 159, "reordered")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE tail SET words = zeroblob(9) WHERE number = 650", ("a", 325, "altered")),
        ("DELETE FROM tail WHERE number = 651", ("b", 326, "removed")),
        ("DELETE FROM tail WHERE number = (SELECT max(number) FROM tail)", ("a", 352, "removed")),
        ("DELETE FROM block WHERE number = 1", ("b", 129, "removed")),
        (_AGAIN, ("b", 328, "added")),
    ],
)
def test_rows_that_somebody_changes_are_named(
    file: Path, statement: str, named: tuple[str, int, str]
) -> None:
    _fill(file)
    _sql(file, statement)
    assert _first(file) == named


def test_a_chain_that_was_forged_as_a_whole_is_not_the_one_that_was_signed(file: Path) -> None:
    store = Store(file, SYSTEM)
    store.add(message(n) for n in range(1, 301))
    with store.reader() as reader:
        (info,) = reader.conversations()
    store.put_round(Round(1, 1.0, b"", b""), [Head(info.number, 300, info.link)])
    store.add([message(301)])
    store.close()
    assert walk(file).flaws == ()
    _sql(file, "UPDATE head SET link = zeroblob(32)")
    (flaw,) = walk(file).flaws
    assert flaw.harm == "unsigned"
    assert "not the one that was signed" in str(flaw)


def test_what_cannot_be_read_is_named_and_the_rest_is_walked(file: Path) -> None:
    _fill(file)
    _sql(file, "UPDATE content SET data = substr(data, 1, 99) WHERE number = 0")
    found = walk(file)
    (flaw,) = found.flaws
    assert flaw.harm == "unreadable"
    assert "entries 1 to 256 are damaged" in str(flaw)


def test_a_file_with_damaged_pages_is_named(file: Path) -> None:
    _fill(file)
    with file.open("r+b") as raw:
        raw.seek(file.stat().st_size // 2)
        raw.write(b"\xff" * 8192)
    try:
        said = " ".join(map(str, walk(file).flaws))
    except ArchiveError as error:
        said = str(error)
    assert "damaged" in said
