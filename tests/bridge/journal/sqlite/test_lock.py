"""Whose journal it is: one owner under any name; a file that is gone or another is noticed, by rule."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest

from bridge import app
from bridge.errors import JournalError
from bridge.journal.admin.dead_letters import look_at_letters
from bridge.journal.sqlite import SqliteJournal
from bridge.model import RoomId
from bridge.testing import ScriptedNetwork
from tests.bridge.journal.test_journal import event
from tests.bridge.world import config, running

_OWNER = """
import sys
from pathlib import Path
from bridge.journal.sqlite import SqliteJournal
try:
    SqliteJournal(Path(sys.argv[1]))
except Exception as error:
    print(error)
else:
    print("owned", flush=True)
    sys.stdin.read()
"""


def _ask_to_own(path):
    """What another process is told that wants this journal."""
    done = subprocess.run(
        [sys.executable, "-c", _OWNER, str(path)], input="", stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


async def _filled(path, name="m1"):
    """A journal with one message, owed to one room."""
    journal = SqliteJournal(path)
    journal.take(1, event(name), (2,))
    journal.commit()
    return journal


@pytest.fixture
async def journal(tmp_path):
    """Is closed by who uses it, as the relay does."""
    return await _filled(tmp_path / "j.sqlite3")


def _taken(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [name for (name,) in database.execute("SELECT id FROM event ORDER BY seq")]


@pytest.mark.parametrize("make", [os.symlink, os.link])
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_one_owner_under_any_name(journal, tmp_path, make, elsewhere):
    (tmp_path / "away").mkdir()
    other = tmp_path / ("away/j.sqlite3" if elsewhere else "other.sqlite3")
    make(tmp_path / "j.sqlite3", other)
    assert "in use by another Hubbub" in _ask_to_own(other)
    assert "in use by another Hubbub" in _ask_to_own(tmp_path / "j.sqlite3")
    journal.close()
    other.unlink()
    assert "owned" in _ask_to_own(tmp_path / "j.sqlite3")


async def test_one_owner_also_where_the_lock_beside_was_deleted(journal, tmp_path):
    (tmp_path / "j.sqlite3.lock").unlink()
    assert "in use by another Hubbub" in _ask_to_own(tmp_path / "j.sqlite3")
    journal.close()


async def test_a_killed_owners_log_belongs_to_its_name(tmp_path):
    path, other = tmp_path / "j.sqlite3", tmp_path / "other.sqlite3"
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout.readline() == b"owned\n"
        owner.kill()
    os.link(path, other)
    assert "hard links" in _ask_to_own(other)
    assert "owned" in _ask_to_own(path), "its log is here"


def _delete_all(path):
    for end in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + end).unlink()


def _delete_it(path):
    path.unlink()


@pytest.mark.parametrize("harm", [_delete_all, _delete_it])
async def test_a_journal_that_is_deleted_is_written_again(journal, tmp_path, harm, caplog):
    path = tmp_path / "j.sqlite3"
    harm(path)
    with pytest.raises(JournalError, match=r"j\.sqlite3 was deleted or moved while the service was using it"):
        journal.guard()
    journal.take(1, event("m2"), (2,))  # what still comes in until all has stopped
    journal.close()
    assert "again, with all that was taken" in caplog.text
    assert path.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("*.saved-*"))
    with contextlib.closing(SqliteJournal(path)) as again:
        assert [delivery.event.id for delivery in again.owed(2, limit=10)] == ["m1", "m2"]


async def test_a_log_that_is_deleted_is_not_lost(journal, tmp_path):
    (tmp_path / "j.sqlite3-wal").unlink()
    with pytest.raises(JournalError, match="-wal was deleted"):
        journal.guard()
    journal.close()
    assert _taken(tmp_path / "j.sqlite3") == ["m1"]


async def test_a_journal_that_is_moved_is_whole_there(journal, tmp_path):
    (tmp_path / "j.sqlite3").rename(tmp_path / "moved.sqlite3")
    with pytest.raises(JournalError, match="deleted or moved"):
        journal.guard()
    journal.close()
    assert _taken(tmp_path / "moved.sqlite3") == ["m1"]
    assert not list(tmp_path.glob("*.saved-*"))


async def test_a_journal_that_is_replaced_is_saved_beside(journal, tmp_path, caplog):
    path, backup = tmp_path / "j.sqlite3", tmp_path / "backup"
    (await _filled(backup, "theirs")).close()
    backup.replace(path)
    with pytest.raises(JournalError, match="was replaced"):
        journal.guard()
    journal.close()
    (saved,) = tmp_path.glob("j.sqlite3.saved-*")
    assert f"all that was taken is in {saved}" in caplog.text
    assert _taken(saved) == ["m1"]
    assert _taken(path) == ["theirs"]


async def test_a_second_service_on_a_new_file_loses_nothing_to_the_first(journal, tmp_path):
    path = tmp_path / "j.sqlite3"
    _delete_all(path)
    with subprocess.Popen(
        [sys.executable, "-c", _TAKER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as second:
        assert second.stdout.readline() == b"taken\n"
        with pytest.raises(JournalError, match="was replaced"):
            journal.guard()
        journal.close()
        second.kill()
    assert _taken(path) == ["theirs"], "what stood in its log alone"
    assert [_taken(saved) for saved in tmp_path.glob("*.saved-*")] == [["m1"]]


_TAKER = """
import asyncio, sys
from pathlib import Path
from tests.bridge.journal.sqlite.test_lock import _filled
async def main():
    journal = await _filled(Path(sys.argv[1]), "theirs")
    print("taken", flush=True)
    sys.stdin.read()
asyncio.run(main())
"""


async def test_an_untouched_journal_is_left_alone(journal, tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "j.sqlite3")) as reader:
        reader.execute("SELECT count(*) FROM event").fetchone()
    journal.take(1, event("m2"), ())
    journal.commit()
    journal.guard()
    journal.close()


_STRANGER = """
import os, sys
from pathlib import Path
from bridge.control import ask
from bridge.journal.admin.dead_letters import look_at_letters
os.setuid(65534)
for look in (lambda path: look_at_letters(path, 10, 0), lambda path: ask(path, {"command": "status"})):
    try:
        look(Path(sys.argv[1]))
    except Exception as error:
        print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="becomes somebody else")
@pytest.mark.parametrize(("folder", "left"), [(0o755, ()), (0o755, ("-wal",)), (0o700, ())])
async def test_a_stranger_who_looks_is_told_whom_to_ask(tmp_path, folder, left):
    """What SQLite says is about the file, and the trouble is the folder that may not be written."""
    place = tmp_path / "var"
    place.mkdir()
    path = place / "j.sqlite3"
    journal = await _filled(path)
    logs = {end: path.with_name(path.name + end).read_bytes() for end in left}
    journal.close()
    for end, content in logs.items():
        path.with_name(path.name + end).write_bytes(content)
    for file in place.iterdir():
        file.chmod(0o644)
    for above in tmp_path.parents[:-2]:
        above.chmod(above.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)
    place.chmod(folder)
    done = subprocess.run(
        [sys.executable, "-c", _STRANGER, str(path)], stdout=subprocess.PIPE, text=True, check=True
    )
    answers = done.stdout.splitlines()
    assert "ask as the service's user" in answers[0]
    assert ("ask as the service's user" if folder == 0o700 else "no service is running") in answers[1]
    assert len(look_at_letters(path, 10, 0).letters) == 0


async def test_a_running_service_notices_stops_and_goes_on_after_a_restart(tmp_path, clock):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    right.refusals[RoomId("two")] = "not now"
    settings = config(tmp_path, {"tea": ["left one", "right two"]})
    service = asyncio.ensure_future(app.Bridge(settings, clock=clock).run())
    while not left.connected:
        await asyncio.sleep(0.01)
    left.say("one", "alice", "taken")
    await left.settled()
    for end in ("", "-wal", "-shm"):
        settings.journal.with_name(settings.journal.name + end).unlink()
    with pytest.raises(JournalError, match="deleted"):
        await clock.hurry(service)
    right.refusals.clear()
    async with running(settings):
        await right.until(1)
    assert right.texts("two") == ["<alice> taken"]
