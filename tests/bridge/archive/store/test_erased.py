"""What was erased is nowhere in the bytes of the file, its log and its index."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from bridge.archive.entries import Person
from bridge.archive.store import ScopeKind, Store
from bridge.archive.store.phrases import Phrases
from bridge.archive.store.rows import Block
from bridge.archive.store.walk import walk
from bridge.clock import SYSTEM

from .said import about, message

SECRET = "qzxsecret"
"""No other word begins so: the index would share its beginning."""


def _bytes(file: Path, *, lower: bool = True) -> bytes:
    """All that is in the archive's files, also what is compressed there."""
    files = [file.with_name(file.name + end) for end in ("", "-wal", "-shm")]
    raw = b"".join(one.read_bytes() for one in files if one.exists())
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        phrases = Phrases(database)
        for (data,) in database.execute("SELECT data FROM content"):
            for row in Block(data, phrases.text).rows():
                raw += row.header + row.words + row.salts
    return raw.lower() if lower else raw


def _scrubbed(store: Store) -> int:
    steps = 0
    while store.scrub():
        steps += 1
        assert steps < 10_000
    return steps


@pytest.mark.parametrize("count", [20, 400])
@pytest.mark.parametrize("how", ["words", "whole", "removal", "cut"])
def test_words_are_gone_from_every_byte(store: Store, file: Path, how: str, count: int) -> None:
    for start in range(1, count, 100):
        store.add(
            message(n, f"{SECRET} number {n}" if n % 7 == 0 else f"open number {n}")
            for n in range(start, min(start + 100, count))
        )
    secrets = list(range(7, count, 7))
    assert SECRET.encode() in _bytes(file)
    if how == "words":
        assert store.take_words(secrets, "wish") == len(secrets)
    elif how == "whole":
        assert store.take_whole(secrets, "wish") == len(secrets)
    elif how == "removal":
        store.add([about("removal", f"m{number}") for number in secrets])
    else:
        store.cut("talk", count - 1)
    assert _scrubbed(store)
    assert SECRET.encode() not in _bytes(file)
    with store.reader() as reader:
        assert list(reader.matching(SECRET, limit=9)) == []
        open_ones = len(list(reader.matching("open", limit=count)))
        assert open_ones == (0 if how == "cut" else count - 1 - len(secrets))
    assert walk(file).flaws == ()
    assert not store.scrub()


@pytest.mark.parametrize("number", [3, 299])
def test_what_its_salt_follows_from_is_gone(store: Store, file: Path, number: int) -> None:
    """Else somebody could find out by trial what was said."""
    store.add(message(n) for n in range(1, 300))
    where = "SELECT key FROM block" if number < 257 else "SELECT value FROM meta WHERE key = 'salts'"
    (key,) = store._database.execute(where).fetchone()
    with store.reader() as reader:
        (row,) = reader.links("talk", number, number)
    assert key in _bytes(file, lower=False)
    assert len(row.words_salt) == 16
    store.take_words([number], "wish")
    _scrubbed(store)
    after = _bytes(file, lower=False)
    assert key not in after
    assert row.words_salt not in after
    with store.reader() as reader:
        (now,) = reader.links("talk", number, number)
    assert (now.header_salt, now.words_salt) == (row.header_salt, b"")


def test_a_person_is_gone_from_every_byte(store: Store, file: Path) -> None:
    otto = Person("qzxotto@there", "Qzxotto")
    store.add(message(n, by=otto if n % 3 == 0 else Person("anna", "Anna")) for n in range(1, 600))
    assert b"qzxotto" in _bytes(file)
    store.take_whole(range(3, 600, 3), "wish")
    store.forget(ScopeKind.PERSON, "one", "qzxotto@there")
    _scrubbed(store)
    assert b"qzxotto" not in _bytes(file)
    assert walk(file).flaws == ()


def test_a_kill_between_the_steps_loses_none_of_them(store: Store, file: Path) -> None:
    store.add(message(n, f"{SECRET} number {n}") for n in range(1, 700))
    store.take_words(range(1, 700), "law")
    assert store.scrub()
    store.close()
    again = Store(file, SYSTEM)
    _scrubbed(again)
    again.close()
    assert SECRET.encode() not in _bytes(file)


def test_room_that_is_empty_is_given_back(store: Store, file: Path) -> None:
    store.add(message(n, " ".join(str(n * m) for m in range(40))) for n in range(1, 2000))
    store.take_whole(range(1, 2000), "law")
    store.close()
    before = file.stat().st_size
    again = Store(file, SYSTEM)
    _scrubbed(again)
    again.close()
    assert file.stat().st_size < before * 0.7
