"""Files beside the journal, from one release to the next."""

import contextlib
import sqlite3
import stat
from dataclasses import replace

import pytest

from bridge.databases import DatabaseKind
from bridge.errors import HubbubError

FIRST = DatabaseKind(7, ("CREATE TABLE t (x);",), HubbubError, "is something else", copied=True)
SECOND = replace(FIRST, versions=(*FIRST.versions, "ALTER TABLE t ADD COLUMN y;"))
THIRD = replace(FIRST, versions=(*SECOND.versions, "ALTER TABLE t ADD COLUMN z;"))


def opened(kind, file, *statements):
    with contextlib.closing(kind.open_to_write(file)) as database:
        for statement in statements:
            database.execute(statement)
        return database.execute("SELECT * FROM t").fetchall()


def test_one_of_an_older_release_is_copied_before_it_is_upgraded(tmp_path):
    file = tmp_path / "file"
    opened(FIRST, file, "INSERT INTO t VALUES ('kept')")
    assert opened(SECOND, file) == [("kept", None)]
    copy = tmp_path / "file.schema-1"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with pytest.raises(HubbubError, match=r"newer Hubbub \(schema 2.*or put .*file\.schema-1 in its place"):
        opened(FIRST, file)
    opened(THIRD, file)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "file.schema-2"]
    (tmp_path / "file.schema-2").replace(file)
    assert opened(SECOND, file) == [("kept", None)]


def test_where_there_can_be_no_copy_nothing_is_upgraded(tmp_path):
    file = tmp_path / "file"
    opened(FIRST, file, "INSERT INTO t VALUES ('kept')")
    (tmp_path / "file.schema-1").mkdir()
    with pytest.raises(OSError, match=r"file\.schema-1"):
        opened(SECOND, file)
    assert opened(FIRST, file) == [("kept",)]


def test_what_is_new_and_what_nobody_wants_copied_has_no_copy(tmp_path):
    opened(SECOND, tmp_path / "new")
    opened(replace(FIRST, copied=False), tmp_path / "file")
    opened(replace(SECOND, copied=False), tmp_path / "file")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "new"]


def test_nothing_is_lost_of_what_stood_in_the_log(tmp_path):
    file = tmp_path / "file"
    opened(FIRST, file)
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("INSERT INTO t VALUES ('late')")
    opened(SECOND, file)
    writer.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "file.schema-1")) as copy:
        assert copy.execute("SELECT * FROM t").fetchall() == [("late",)]
