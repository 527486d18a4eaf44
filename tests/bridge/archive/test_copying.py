"""Copies of an archive while it is written."""

import stat
from pathlib import Path

import pytest

from bridge.archive.store import Reader, Store
from bridge.archive.store.copying import copy
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError
from tests.bridge.archive.store.said import message


@pytest.fixture
def file(tmp_path):
    return tmp_path / "hubbub-archive.sqlite3"


@pytest.fixture
def store(file):
    opened = Store(file, SYSTEM)
    yield opened
    opened.close()


def test_a_copy_is_of_one_moment_and_for_its_owner_alone(store, file, tmp_path):
    store.add([message(number) for number in range(1, 700)])
    told = []

    def tell(what, done, total):
        told.append((what, done, total))
        if len(told) == 1:
            store.add([message(number) for number in range(700, 800)])

    target = tmp_path / "copy.sqlite3"
    found = copy(file, target, force=False, tell=tell)
    assert (found.entries, found.conversations) == (699, 1)
    assert told[0][0] == "copying"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with Reader(target) as reader, Reader(file) as own:
        assert [one.raw_words for one in reader.entries()] == [one.raw_words for one in own.entries()][:699]
        assert list(reader.matching("text", limit=1000)) == list(range(699, 0, -1))
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


def test_what_is_there_is_not_lost(store, file, tmp_path):
    store.add([message(1)])
    target = tmp_path / "copy.sqlite3"
    target.write_text("mine")
    with pytest.raises(ArchiveError, match="--force"):
        copy(file, target, force=False, tell=lambda *_: None)
    assert target.read_text() == "mine"
    copy(file, target, force=True, tell=lambda *_: None)
    for own in ("hubbub-archive.sqlite3", "hubbub-archive.sqlite3-wal"):
        with pytest.raises(ArchiveError, match="name a file for it"):
            copy(file, tmp_path / own, force=True, tell=lambda *_: None)


def test_of_a_damaged_archive_no_copy_is_made(store, file, tmp_path):
    store.add([message(number) for number in range(1, 3000)])
    store.close()
    raw = bytearray(file.read_bytes())
    for place in range(4096 * 4, len(raw), 4096):
        raw[place : place + 64] = bytes(64)
    Path(file).write_bytes(raw)
    with pytest.raises(ArchiveError, match="damaged"):
        copy(file, tmp_path / "copy.sqlite3", force=False, tell=lambda *_: None)
    assert not (tmp_path / "copy.sqlite3").exists()
