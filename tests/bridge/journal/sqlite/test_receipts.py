"""What was noted of deliveries outlives a kill before it is committed; nothing that is older is applied."""

import contextlib
import shutil
import signal
import subprocess
import sys

import pytest

from bridge.journal import UNBEGUN, Progress
from bridge.journal.admin import maintenance
from bridge.journal.sqlite import SqliteJournal
from bridge.journal.sqlite.receipts import Receipts, kept
from bridge.model import MessageId, Part, RoomId
from tests.bridge.journal.filled import event
from tests.bridge.world import opened

_KILLED = """
import os, signal, sys
from pathlib import Path
from bridge.journal import Progress
from bridge.journal.sqlite import SqliteJournal
from bridge.model import MessageId, Part, RoomId
from tests.bridge.journal.filled import event
journal = SqliteJournal(Path(sys.argv[1]))
one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
for n in range(4):
    journal.take(one, event(f"m{n}", "hello"), (two,))
journal.commit()
first, second, third, _ = journal.owed(two)
journal.deliver(first, Part(MessageId("c0"), (MessageId("alias"),), "left/ann"), None)
journal.deliver(second, Part(MessageId("c1")), Progress(3))
journal.give_up(third, "no room")
assert journal.keep()
os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


async def test_a_kill(tmp_path):
    path = tmp_path / "j.sqlite3"
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    with opened(path) as database:
        assert database.execute("SELECT count(*) FROM delivery").fetchone() == (4,), "nothing was committed"
    with contextlib.closing(SqliteJournal(path)) as journal:
        one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
        rest, last = journal.owed(two)
        assert (rest.event.id, rest.progress) == ("m1", Progress(3))
        assert (last.event.id, last.progress) == ("m3", UNBEGUN)
        known = journal.origin(one, MessageId("m0"))
        assert journal.parts(known, two) == [Part(MessageId("c0"), (MessageId("alias"),), "left/ann")]
    with opened(path) as database:
        assert database.execute("SELECT reason FROM dead").fetchall() == [("no room",)]
    assert names(tmp_path) == ["j.sqlite3", "j.sqlite3.lock"]


async def test_a_kill_between_the_commit_and_the_end_of_its_receipts(tmp_path):
    path = tmp_path / "j.sqlite3"
    journal = SqliteJournal(path)
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    journal.take(one, event("m0", "hello"), (two,))
    journal.commit()
    (owed,) = journal.owed(two)
    journal.deliver(owed, Part(MessageId("c0")), Progress(3))
    assert journal.keep()
    journal.deliver(owed, Part(MessageId("c1")), Progress(5))
    assert journal.keep()
    shutil.copy(f"{path}-receipts", tmp_path / "kept")
    journal.commit()
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", tmp_path / f"k.sqlite3{end}")
    shutil.copy(tmp_path / "kept", tmp_path / "k.sqlite3-receipts")
    journal.close()
    with contextlib.closing(SqliteJournal(tmp_path / "k.sqlite3")) as after:
        (rest,) = after.owed(two)
        assert rest.progress == Progress(5)
        assert after.parts(rest.seq, two) == [Part(MessageId("c0")), Part(MessageId("c1"))]


@pytest.fixture
def receipts(tmp_path):
    made = Receipts(tmp_path / "r", b"key")
    made.clear()
    yield made
    made.close(over=True)


def receipt(seq, then=None):
    return (2, seq, 0, ("name",), then, "", None)


def test_receipts_of_a_release_that_did_not_note_who_said_it(receipts, tmp_path):
    assert receipts.note([receipt(7)[:-1], (*receipt(8)[:-1], "left/ann")])
    assert kept(tmp_path / "r", b"key") == [receipt(7), (*receipt(8)[:-1], "left/ann")]


def test_nothing_older_stands_behind_what_is_new(receipts, tmp_path):
    for seq in range(3):
        assert receipts.note([receipt(seq)])
    receipts.clear()
    assert kept(tmp_path / "r", b"key") == []
    assert receipts.note([receipt(7)])
    assert kept(tmp_path / "r", b"key") == [receipt(7)]


def test_a_part_of_a_record_is_none(receipts, tmp_path):
    receipts.note([receipt(1), receipt(2, (1, True, 2, False, True))])
    whole = (tmp_path / "r").read_bytes()
    first = 16 + 8 + int.from_bytes(whole[16:20], "little")
    for end in range(len(whole) - 8):
        (tmp_path / "r").write_bytes(whole[:end])
        assert kept(tmp_path / "r", b"key") == ([receipt(1)] if end >= first else [])


def test_another_journals_receipts_are_not_read(receipts, tmp_path):
    receipts.note([receipt(1)])
    assert kept(tmp_path / "r", b"another key") == []


def test_a_full_file_takes_no_more_until_it_begins_anew(receipts, tmp_path):
    many = [receipt(seq) for seq in range(1000)]
    while receipts.note(many):
        pass
    assert len(kept(tmp_path / "r", b"key")) % 1000 == 0
    assert not receipts.note(many)
    receipts.clear()
    assert receipts.note(many)


async def test_where_every_commit_outlives_the_system_there_are_none(tmp_path):
    with contextlib.closing(SqliteJournal(tmp_path / "j.sqlite3", synced=True)) as journal:
        assert not journal.keep()
        assert not [name for name in names(tmp_path) if "receipts" in name]


async def test_a_folder_where_none_can_be_kept(tmp_path, caplog):
    (tmp_path / "j.sqlite3-receipts").mkdir()
    with contextlib.closing(SqliteJournal(tmp_path / "j.sqlite3")) as journal:
        assert not journal.keep()
    assert "receipts cannot be kept beside" in caplog.text


async def test_a_backup_has_what_was_noted(tmp_path):
    path = tmp_path / "j.sqlite3"
    with contextlib.closing(SqliteJournal(path)) as journal:
        one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
        for name in ("m0", "m1"):
            journal.take(one, event(name, "hello"), (two,))
        journal.commit()
        journal.deliver(journal.owed(two)[0], Part(MessageId("c0")), None)
        assert journal.keep()
        assert maintenance.backup(path, tmp_path / "backup").inventory.undelivered == 0
    with opened(tmp_path / "backup") as database:
        assert database.execute("SELECT seq FROM delivery").fetchall() == [(2,)]
        assert database.execute("SELECT id FROM link").fetchall() == [("c0",)]
