"""A journal of an older release is copied before it is upgraded, and stays as it was where it cannot be."""

import contextlib
import shutil
import sqlite3
import stat
import subprocess
import sys

import pytest

from bridge.errors import JournalError
from bridge.journal.admin import maintenance
from bridge.journal.sqlite import SqliteJournal, schema
from bridge.journal.sqlite.receipts import Receipts, file_of
from bridge.journal.sqlite.upgrade import KEPT, copy_of
from tests.bridge.journal.filled import fill
from tests.bridge.world import opened

from .test_migrations import RELEASED
from .test_no_room import _MAY_MOUNT, _OWN_DISK, _START

OLD = RELEASED[:-1]
KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF" * 2)
"""Of the journals in `data`."""


def grown(path, file):
    """A journal as the release of this schema left it."""
    with opened(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(file.read_text())
    return path


def contents(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        return [*database.iterdump(), database.execute("PRAGMA user_version").fetchone()]


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.stem)
async def test_it_is_copied_as_it_was(file, tmp_path):
    path = grown(tmp_path / "j.sqlite3", file)
    before = contents(path)
    SqliteJournal(path).close()
    copy = tmp_path / f"j.sqlite3.{file.stem}"
    assert contents(copy) == before
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert maintenance.check(path).findings == ()
    SqliteJournal(path).close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["j.sqlite3", "j.sqlite3.lock", copy.name]


async def test_a_new_one_and_one_of_this_release_are_not_copied(tmp_path):
    SqliteJournal(tmp_path / "j").close()
    SqliteJournal(tmp_path / "j").close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["j", "j.lock"]


async def test_the_copies_of_the_last_upgrades_stay_and_no_other(tmp_path):
    path = tmp_path / "j"
    other = tmp_path / "j.schema-1.mine"
    other.touch()
    for file in OLD[:4]:
        path.unlink(missing_ok=True)
        SqliteJournal(grown(path, file)).close()
    assert sorted(tmp_path.glob("j.schema-*")) == [other, *(copy_of(path, n) for n in (3, 4))]
    assert KEPT == 2


async def test_the_copy_of_a_second_upgrade_from_the_same_release_takes_the_place_of_the_first(tmp_path):
    """As when somebody went back, and forth again."""
    path = tmp_path / "j"
    for text in ("token", "later"):
        path.unlink(missing_ok=True)
        with opened(grown(path, OLD[6])) as database:
            database.execute("UPDATE position SET token = ?", (text,))
        SqliteJournal(path).close()
    with opened(copy_of(path, 7)) as database:
        assert database.execute("SELECT token FROM position").fetchone() == ("later",)


async def test_what_a_kill_left_beside_it_goes_with_the_copy(tmp_path):
    """Else the way back would send again what had arrived."""
    path = grown(tmp_path / "j", OLD[6])
    receipts = Receipts(file_of(path), KEY)
    receipts.clear()
    assert receipts.note([(2, 2, 0, ("c2",), None, "", None)])
    receipts.close(over=False)
    SqliteJournal(path).close()
    done = maintenance.restore(path, copy_of(path, 7))
    assert done.given_up == 0, "it had arrived"
    assert maintenance.restore(path, done.aside).given_up == 0


async def test_what_kills_left_half_made_goes(tmp_path):
    """As where whoever starts the service does not wait for a large copy, and starts it again and again."""
    path, mine = grown(tmp_path / "j", OLD[-1]), tmp_path / "j.schema-1.mine"
    half = [tmp_path / f"j.schema-{n}.s1kmo92_.part{end}" for n in (1, 7) for end in ("", "-journal")]
    for one in (*half, mine):
        one.touch()
    SqliteJournal(path).close()
    assert mine.exists()
    assert not [one for one in half if one.exists()]


async def test_a_backup_of_an_older_journal_that_was_killed_holds_what_had_arrived(tmp_path):
    """A new `hubbub db` beside the old service, whose links have a column less."""
    path = grown(tmp_path / "j", OLD[5])
    receipts = Receipts(file_of(path), KEY)
    receipts.clear()
    assert receipts.note([(2, 2, 0, ("c2",), None, "", None)])
    receipts.close(over=False)
    maintenance.backup(path, tmp_path / "backup")
    assert maintenance.restore(tmp_path / "new", tmp_path / "backup").given_up == 0


async def test_a_damaged_one_is_not_upgraded(tmp_path):
    path = grown(tmp_path / "j", OLD[6])
    with opened(path) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'delivery'")
    before = path.read_bytes()
    with pytest.raises(
        JournalError, match=r"is damaged .* and is not upgraded: start the release that wrote it"
    ):
        SqliteJournal(path)
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["j", "j.lock"]


async def test_a_newer_one_is_refused_and_its_copy_named(tmp_path):
    path = tmp_path / "j"
    await fill(path)
    with opened(path) as database:
        database.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = contents(path)
    with pytest.raises(
        JournalError, match=r"newer Hubbub .* start that release again, or name another journal"
    ):
        SqliteJournal(path)
    shutil.copy(path, copy_of(path, schema.VERSION))
    with opened(copy_of(path, schema.VERSION)) as database:
        database.execute(f"PRAGMA user_version = {schema.VERSION}")
    with pytest.raises(
        JournalError, match=f"hubbub db restore --journal {path} {path}.schema-{schema.VERSION}`"
    ):
        SqliteJournal(path)
    assert contents(path) == before
    maintenance.restore(path, copy_of(path, schema.VERSION))
    SqliteJournal(path).close()


@pytest.mark.skipif(not _MAY_MOUNT, reason="nobody here may mount a disk")
@pytest.mark.parametrize(
    ("trouble", "mended"),
    [("fill", "rm $disk/filler"), ("mount -o remount,ro $disk", "mount -o remount,rw $disk")],
    ids=["full", "read-only"],
)
async def test_a_disk_without_room_for_the_copy_refuses_the_upgrade_and_leaves_the_old_one(
    tmp_path, trouble, mended
):
    path = grown(tmp_path / "j", OLD[6])
    with opened(path) as database:
        database.execute("CREATE TABLE ballast (x)")
        database.execute("INSERT INTO ballast VALUES (randomblob(400000))")
    script = f"""
        disk=$1/disk python=$2 program=$3
        start() {{ "$python" -c "$program" "$disk/j" 2>/dev/null; }}
        fill() {{ dd if=/dev/zero of=$disk/filler bs=1024 count=400 status=none; }}
        mkdir "$disk" && mount -t tmpfs -o size=1m tmpfs "$disk" || exit 1
        cp "$1/j" "$disk" && touch "$disk/j.lock"
        {trouble}
        start
        cmp "$1/j" "$disk/j" && ls "$disk"
        {mended}
        start
        ls "$disk"
    """
    command = [*_OWN_DISK, "sh", "-c", script, "sh", str(tmp_path), sys.executable, _START]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    said, *listed = done.stdout.splitlines()
    assert "make room" in said
    if trouble == "fill":
        assert "is as the older release left it and is not upgraded" in said
        assert "make room for 0 MB beside it, then start again" in said
    there = [name for name in listed if name not in ("filler", "j.lock", "j-shm", "j-wal", "j-receipts")]
    assert there == ["j", "started", "j", "j.schema-7"]
    assert done.stderr == ""
