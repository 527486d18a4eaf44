"""What was taken is there after any end, once, and in order."""

import contextlib
import itertools
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from bridge.adapter import Position
from bridge.errors import JournalError
from bridge.journal import UNBEGUN, Progress
from bridge.journal.sqlite import SqliteJournal, checkpoint, schema
from bridge.model import (
    MessageId,
    Part,
    RoomId,
)
from tests.bridge.journal.test_journal import event


@pytest.fixture
async def journal(tmp_path):
    journal = SqliteJournal(tmp_path / "j.sqlite3")
    yield journal
    journal.close()


async def test_links_and_debts_survive_a_restart(tmp_path):
    first = SqliteJournal(tmp_path / "j.sqlite3")
    one, two = first.number("left", RoomId("one")), first.number("right", RoomId("two"))
    first.take(one, event("m1"), (two,))
    first.take(one, event("m2", "a long text"), (two,))
    first.reach("left", Position("17"))
    first.commit()
    m1, m2 = first.owed(two)
    txn = first.txn(m2)
    first.deliver(m1, Part(MessageId("c1")), None)
    first.deliver(m2, Part(MessageId("c2")), Progress(5))
    first.close()

    second = SqliteJournal(tmp_path / "j.sqlite3")
    assert second.position("left", "") == "17"
    (rest,) = second.owed(two)
    assert (rest.event.id, rest.progress) == ("m2", Progress(5))
    assert second.origin(two, MessageId("c1")) == m1.seq
    assert second.txn(rest) != txn, "the next part has its own"
    rest.progress = UNBEGUN
    assert second.txn(rest) == txn, "the same part has the same, also after a restart"
    second.close()


async def test_positions_move_in_the_transaction_of_their_events(journal, tmp_path):
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    reader = sqlite3.connect(tmp_path / "j.sqlite3")
    journal.take(one, event(), (two,))
    journal.reach("left", Position("1", "room"))
    assert reader.execute("SELECT count(*) FROM position").fetchone() == (0,)
    journal.commit()
    assert reader.execute("SELECT * FROM position").fetchall() == [("left", "room", "1")]
    assert reader.execute("SELECT count(*) FROM event").fetchone() == (1,)
    reader.close()


async def test_what_is_read_is_as_it_will_be_written_and_writes_nothing(tmp_path):
    with contextlib.closing(SqliteJournal(tmp_path / "j.sqlite3")) as first:
        one, two = first.number("left", RoomId("one")), first.number("right", RoomId("two"))
        first.take(one, event("m1", "a long text"), (two,))
        first.commit()
        (owed,) = first.owed(two)
        first.deliver(owed, Part(MessageId("c1")), Progress(5))
    with contextlib.closing(SqliteJournal(tmp_path / "j.sqlite3")) as second:
        (rest,) = second.owed(two)
        second.deliver(rest, Part(MessageId("c2")), None)
        assert second.parts(rest.seq, two) == [Part(MessageId("c1")), Part(MessageId("c2"))]
        assert second.waiting
        with contextlib.closing(sqlite3.connect(tmp_path / "j.sqlite3")) as reader:
            assert reader.execute("SELECT id FROM link").fetchall() == [("c1",)]


async def test_a_full_disk_stops_taking_and_loses_nothing(journal, caplog):
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    (pages,) = journal._database.execute("PRAGMA page_count").fetchone()
    journal._database.execute(f"PRAGMA max_page_count = {pages}")
    for n in range(50):
        journal.take(one, event(f"m{n}", "x" * 1000), (two,))
    for _ in range(2):
        with pytest.raises(JournalError):
            journal.commit()
        assert journal.failing
    assert caplog.text.count("the journal cannot be written") == 1
    journal._database.execute("PRAGMA max_page_count = 100000")
    assert [taken.event.id for taken in journal.commit()] == [f"m{n}" for n in range(50)]
    assert not journal.failing


async def test_a_newer_journal_is_refused(tmp_path):
    path = tmp_path / "j.sqlite3"
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    database.close()
    with pytest.raises(JournalError, match="written by a newer Hubbub"):
        SqliteJournal(path)


async def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "j.sqlite3"
    path.write_bytes(b"this is no database, and long enough to be looked at" * 100)
    with pytest.raises(JournalError, match="cannot be used as a journal"):
        SqliteJournal(path)


async def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(JournalError, match="check the folder"):
        SqliteJournal(tmp_path / "nowhere" / "j.sqlite3")


async def test_a_second_owner_is_refused_and_told_who_owns_it(journal, tmp_path):
    with pytest.raises(JournalError, match=f"process {os.getpid()}"):
        SqliteJournal(tmp_path / "j.sqlite3")


_TAKER = """
import asyncio, sys
from pathlib import Path
from bridge.journal.sqlite import SqliteJournal
from bridge.model import *

async def main():
    journal = SqliteJournal(Path(sys.argv[1]))
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    n = 0
    while True:
        n += 1
        sender = Sender(UserId("a"), "alice")
        event = MessageCreated(id=MessageId(str(n)), room=RoomId("one"), sender=sender, content=plain("x"))
        journal.take(one, event, (two,))
        journal.commit()
        print(n, flush=True)

asyncio.run(main())
"""


async def test_what_was_taken_survives_a_kill(tmp_path):
    path = tmp_path / "j.sqlite3"
    process = subprocess.Popen([sys.executable, "-c", _TAKER, str(path)], stdout=subprocess.PIPE, text=True)
    taken = [int(process.stdout.readline()) for _ in range(200)][-1]
    process.send_signal(signal.SIGKILL)
    taken = max([taken, *(int(line) for line in process.stdout if line.endswith("\n"))])
    process.wait()
    process.stdout.close()
    journal = SqliteJournal(path)
    owed = journal.owed(journal.number("right", RoomId("two")), limit=100_000)
    assert [int(delivery.event.id) for delivery in owed][:taken] == list(range(1, taken + 1))
    journal.close()


async def test_a_log_that_is_written_all_the_time_begins_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "_PAUSE", 0.005)
    monkeypatch.setattr(checkpoint, "_WORTH_IT", 0)
    monkeypatch.setattr(checkpoint, "_ENDLESS", 100)
    log = tmp_path / "j.sqlite3-wal"
    noticed, begun = 0, set()
    with contextlib.closing(SqliteJournal(tmp_path / "j.sqlite3")) as journal:
        for number in itertools.count():
            noticed += journal._checkpointer._endless
            journal.take(1, event(f"m{number}"), (2,))
            journal.commit()
            with log.open("rb") as file:
                begun.add(file.read(16)[12:])  # how often it began anew: section 4.1 of SQLite's file format
            if noticed == 20:
                break
    assert len(begun) > 10, "whenever it is noticed, but where the thread is looking at that moment"


async def test_what_cannot_be_kept_is_nobodys_trouble_but_its_own(journal):
    one, two = journal.number("a", "#a"), journal.number("b", "b@x")
    journal.take(one, event("m1"), (two,))
    with pytest.raises(UnicodeEncodeError):
        journal.take(one, event("m2", "\ud800"), (two,))
    journal.take(one, event("m3"), (two,))
    journal.commit()
    assert [delivery.event.id for delivery in journal.owed(two)] == ["m1", "m3"]


async def test_who_said_a_copy_is_known_after_a_restart(tmp_path):
    path = tmp_path / "j.sqlite3"
    said = [Part(MessageId("c0"), (MessageId("a0"),), "left/ann"), Part(MessageId("c1"), (), "")]
    with contextlib.closing(SqliteJournal(path)) as journal:
        one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
        journal.take(one, event("m0"), (two,))
        journal.commit()
        (owed,) = journal.owed(two)
        for number, part in enumerate(said):
            journal.deliver(owed, part, Progress(number + 1))
    with contextlib.closing(SqliteJournal(path)) as journal:
        assert journal.parts(owed.seq, two) == said
