"""A journal that is damaged is recognised, and a backup is a way back that repeats nothing."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.errors import JournalError
from bridge.journal import Gap, Progress
from bridge.journal.admin import maintenance
from bridge.journal.sqlite import SqliteJournal, schema
from bridge.model import RoomId
from tests.bridge.journal.filled import DAMAGES, event, fill

# The last message stands in the log alone.
_CRASH = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA wal_autocheckpoint = 0")
database.execute("UPDATE event SET id = 'late' WHERE seq = 208")
os._exit(0)
"""


@pytest.fixture
async def path(tmp_path):
    path = tmp_path / "j.sqlite3"
    await fill(path, owed=200, dead=3, delivered=5)
    return path


def run(path, *statements):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            rows = database.execute(statement).fetchall()
    return rows


def names(folder):
    return sorted(file.name for file in folder.iterdir() if not file.name.endswith((".lock", "-shm", "-wal")))


async def test_a_sound_journal(path):
    found = maintenance.check(path)
    assert found.findings == ()
    assert (found.inventory.taken, found.inventory.undelivered) == (208, 3)
    ((network, room, count),) = [(o.network, o.room, o.count) for o in found.inventory.owed]
    assert (network, room, count) == ("right", "two", 200)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_is_found_and_never_backed_up_or_restored(path, tmp_path, damage):
    good, target = tmp_path / "good", tmp_path / "target"
    maintenance.backup(path, good)
    damage(path)
    before = path.read_bytes()
    assert maintenance.check(path).findings
    with pytest.raises(JournalError):
        maintenance.backup(path, target)
    with pytest.raises(JournalError, match="nothing was changed"):
        maintenance.restore(good, path)
    assert names(tmp_path) == ["good", "j.sqlite3"]
    assert path.read_bytes() == before
    maintenance.restore(path, good)
    assert maintenance.check(path).findings == ()


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM event WHERE seq = 100", "deliveries of no message: 1, the first has the number 100"),
        ("DELETE FROM event WHERE seq < 3", "names of no message: 2, the first has the number 1"),
        ("UPDATE event SET body = NULL WHERE seq = 9", "with nothing left to say: 1"),
        ("DELETE FROM room WHERE room = 'two'", "deliveries to no room: 200"),
        ("UPDATE event SET body = '{\"id\": 7' WHERE seq = 4", "message 4 cannot be read"),
        ("UPDATE event SET body = '{}' WHERE seq = 4", "message 4 cannot be read"),
        ("UPDATE event SET type = 'Sung/1' WHERE seq = 4", "message 4 is of an unknown kind"),
        ("DROP TABLE delivery", "cannot be read: no such table: delivery"),
        (f"PRAGMA user_version = {schema.VERSION + 1}", "written by a newer Hubbub"),
        ("PRAGMA user_version = 0", "no journal of Hubbub's"),
    ],
)
async def test_what_does_not_fit_together_is_named(path, statement, finding):
    run(path, statement)
    (found,) = maintenance.check(path).findings
    assert finding in found


async def test_many_findings_are_folded(path):
    run(path, "UPDATE event SET type = 'Sung/1'")
    findings = maintenance.check(path).findings
    assert len(findings) == 21
    assert findings[-1] == "and 188 more like these"


async def test_a_journal_in_use_can_be_checked_and_nothing_of_it_changes(path):
    journal = SqliteJournal(path)
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    journal.take(one, event("new", "still in the log"), (two,))
    journal.commit()
    before = path.read_bytes()
    assert maintenance.check(path).inventory.taken == 209
    assert path.read_bytes() == before
    journal.close()


async def test_a_backup_is_private_whole_and_one_file(path, tmp_path):
    target = tmp_path / "backup"
    maintenance.backup(path, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert run(path, "SELECT * FROM event, delivery USING (seq)") == run(
        target, "SELECT * FROM event, delivery USING (seq)"
    )
    assert names(tmp_path) == ["backup", "j.sqlite3"]
    assert not (tmp_path / "backup-wal").exists()


async def test_a_backup_replaces_nothing_unasked(path, tmp_path):
    target = tmp_path / "backup"
    target.write_text("precious")
    with pytest.raises(JournalError, match="exists: name another file, or say --force"):
        maintenance.backup(path, target)
    assert target.read_text() == "precious"
    maintenance.backup(path, target, force=True)
    assert maintenance.check(target).inventory.taken == 208


@pytest.mark.parametrize("target", ["j.sqlite3", "."])
async def test_a_backup_replaces_neither_the_journal_nor_a_folder(path, tmp_path, target):
    with pytest.raises(JournalError, match="cannot be replaced"):
        maintenance.backup(path, tmp_path / target, force=True)


@pytest.mark.parametrize("name", ["-wal", "-shm", "-journal", ".lock", ".sock", ".matrix.login"])
@pytest.mark.parametrize("link", ["", "folder", "file", "journal"])
async def test_a_backup_takes_no_place_of_what_belongs_to_the_journal(path, tmp_path, name, link):
    """Whether it is there now or not, and by whatever name."""
    target = path.with_name(path.name + name)
    journal, named = path, target
    if link == "folder":
        (tmp_path / "folder").symlink_to(tmp_path)
        named = tmp_path / "folder" / target.name
    elif link == "file":
        named = tmp_path / "link"
        named.symlink_to(target)
    elif link == "journal":
        (tmp_path / "elsewhere").mkdir()
        journal = tmp_path / "elsewhere" / "other"
        journal.symlink_to(path)
    with pytest.raises(JournalError, match="cannot be replaced"):
        maintenance.backup(journal, named, force=True)
    target.write_text("precious")
    with pytest.raises(JournalError, match="cannot be replaced"):
        maintenance.backup(journal, named, force=True)
    assert target.read_text() == "precious"


async def test_a_backup_may_have_a_name_that_begins_like_the_journals(path, tmp_path):
    maintenance.backup(path, tmp_path / "j.sqlite3.backup")
    maintenance.backup(path, tmp_path / "j.sqlite3-wal.copy")
    (tmp_path / "elsewhere").mkdir()
    maintenance.backup(path, tmp_path / "elsewhere" / "j.sqlite3-wal")


async def test_a_backup_needs_its_folder(path, tmp_path):
    with pytest.raises(JournalError, match="check the folder"):
        maintenance.backup(path, tmp_path / "nowhere" / "backup")


async def test_a_backup_does_not_disturb_a_busy_writer_nor_the_writer_the_backup(path, tmp_path):
    run(
        path,
        "CREATE TABLE ballast (x)",
        "INSERT INTO ballast VALUES (randomblob(40000000))",
        "DROP TABLE ballast",
    )
    journal = SqliteJournal(path)
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    backup = asyncio.ensure_future(asyncio.to_thread(maintenance.backup, path, tmp_path / "backup"))
    written, longest = 0, 0.0
    clock = asyncio.get_running_loop().time
    while not backup.done():
        journal.take(one, event(f"b{written}", "busy"), (two,))
        before = clock()
        journal.commit()
        written, longest = written + 1, max(longest, clock() - before)
        await asyncio.sleep(0)
    found = backup.result()
    journal.close()
    assert written > 20
    assert longest < 1
    assert 208 <= found.inventory.taken <= 208 + written
    assert found.findings == ()


async def test_a_restore_gives_up_what_is_owed_and_forgets_how_far_was_read(path, tmp_path):
    maintenance.backup(path, tmp_path / "backup")
    before = SqliteJournal(path)
    two = before.number("right", RoomId("two"))
    txn = before.txn(before.owed(two)[0])
    before.deliver(before.owed(two)[0], None, Progress(1))
    before.close()

    done = maintenance.restore(path, tmp_path / "backup")
    assert done.given_up == 200
    assert maintenance.check(done.aside).inventory.owed[0].count == 200
    assert run(path, "SELECT count(*) FROM delivery") == [(0,)]
    reasons = run(path, "SELECT reason, count(*) FROM dead GROUP BY reason ORDER BY reason")
    assert reasons == [(maintenance.RESTORED, 200), ("the room is full", 3)]
    assert run(path, "SELECT * FROM position") == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    after = SqliteJournal(path)
    after.revive(run(path, "SELECT room, seq FROM dead"))
    owed = after.owed(two)
    assert [delivery.seq for delivery in owed] == list(range(6, 209)), "in the old order"
    assert txn not in [after.txn(delivery) for delivery in owed], "a network would take it for a repetition"
    assert not after.is_ours(txn)
    after.close()


async def test_a_restore_that_replays_keeps_how_far_was_read(path, tmp_path):
    maintenance.backup(path, tmp_path / "backup")
    maintenance.restore(path, tmp_path / "backup", replay=True)
    assert run(path, "SELECT token FROM position") == [("17",)]


@pytest.mark.parametrize("replay", [False, True])
async def test_what_people_were_not_told_when_a_backup_was_made_is_not_told(path, tmp_path, replay):
    journal = SqliteJournal(path)
    journal.keep_gap(journal.number("left", RoomId("one")), Gap(1, 2.0, 94.0))
    journal.close()
    maintenance.backup(path, tmp_path / "backup")
    maintenance.restore(path, tmp_path / "backup", replay=replay)
    assert run(path, "SELECT * FROM gap") == []


async def test_what_was_there_is_kept_with_what_its_log_held(path, tmp_path):
    maintenance.backup(path, tmp_path / "backup")
    subprocess.run([sys.executable, "-c", _CRASH, str(path)], check=True)
    first = maintenance.restore(path, tmp_path / "backup").aside
    second = maintenance.restore(path, tmp_path / "backup").aside
    assert first != second
    assert run(first, "SELECT id FROM event WHERE seq = 208") == [("late",)]
    assert run(path, "SELECT id FROM event WHERE seq = 208") == [("m207",)]


async def test_a_log_that_was_left_behind_is_not_applied_to_a_backup(path, tmp_path):
    maintenance.backup(path, tmp_path / "backup")
    subprocess.run([sys.executable, "-c", _CRASH, str(path)], check=True)
    path.unlink()
    assert maintenance.restore(path, tmp_path / "backup").aside is None
    assert run(path, "SELECT id FROM event WHERE seq = 208") == [("m207",)]


async def test_a_restore_where_no_journal_is(path, tmp_path):
    maintenance.backup(path, tmp_path / "backup")
    (tmp_path / "new").mkdir()
    done = maintenance.restore(tmp_path / "new" / "j.sqlite3", tmp_path / "backup")
    assert done.aside is None
    SqliteJournal(tmp_path / "new" / "j.sqlite3").close()


async def test_a_restore_of_an_older_schema(path, tmp_path):
    older = tmp_path / "older"
    with contextlib.closing(sqlite3.connect(older)) as database:
        database.executescript((Path(__file__).parents[1] / "sqlite" / "data" / "schema-1.sql").read_text())
    maintenance.backup(older, tmp_path / "backup")
    maintenance.restore(path, tmp_path / "backup")
    assert run(path, "PRAGMA user_version") == [(schema.VERSION,)]


async def test_no_restore_while_a_service_owns_the_journal(path, tmp_path):
    maintenance.backup(path, tmp_path / "backup")
    journal = SqliteJournal(path)
    with pytest.raises(JournalError, match=f"in use by another Hubbub .process {os.getpid()}"):
        maintenance.restore(path, tmp_path / "backup")
    journal.close()
    assert names(tmp_path) == ["backup", "j.sqlite3"]


async def test_the_journal_is_no_backup_of_itself(path):
    with pytest.raises(JournalError, match="is the journal itself"):
        maintenance.restore(path, path)


async def test_a_damaged_journal_names_the_way_out(path):
    DAMAGES[-1](path)
    with pytest.raises(JournalError, match="`hubbub db restore` puts a backup in its place"):
        SqliteJournal(path)
