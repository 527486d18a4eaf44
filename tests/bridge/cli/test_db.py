"""`hubbub db` as its owner uses it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.db import db
from bridge.journal.sqlite import SqliteJournal
from tests.bridge.journal.filled import DAMAGES, fill

HUBBUB = str(Path(sys.executable).with_name("hubbub"))


@pytest.fixture
async def folder(tmp_path, monkeypatch):
    """A folder with a configuration that lacks its secrets here, and its journal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUBBUB_CONFIG", raising=False)
    text = "journal: kept.sqlite3\nnetworks: {a: {protocol: irc, server: '${NOT_SET_HERE}'}}\n"
    Path("bridge.yaml").write_text(text)
    await fill(Path("kept.sqlite3"), owed=3, dead=1, delivered=2)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(db, arguments)


def hubbub(*arguments):
    return subprocess.run([HUBBUB, "db", *arguments], check=False, capture_output=True, text=True, timeout=30)


def undated(text):
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "WHEN", re.sub(r"[\d.]+ kB", "SIZE", text))


INSIDE = """\
  size         SIZE
  messages     6, the last from WHEN
  owed         3
    right two: 3 since WHEN
  undelivered  1
"""


@pytest.mark.parametrize("arguments", [(), ("bridge.yaml",), ("--journal", "kept.sqlite3")])
async def test_a_sound_journal(folder, arguments):
    result = run("check", *arguments)
    assert result.exit_code == 0
    assert undated(result.output) == f"{INSIDE}The journal is sound.\n"


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_journal(folder, damage):
    damage(Path("kept.sqlite3"))
    result = hubbub("check")
    assert result.returncode == 1
    assert result.stdout.startswith("kept.sqlite3: ")
    assert result.stdout.endswith("`hubbub db restore` puts a backup in its place.\n")
    assert result.stderr == ""


async def test_no_journal(folder):
    Path("kept.sqlite3").unlink()
    result = hubbub("check")
    assert result.returncode == 1
    assert result.stderr.startswith("hubbub: kept.sqlite3: there is no such journal")
    assert not Path("kept.sqlite3").exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("journal: '${NOT_SET_HERE}'", "bridge.yaml:1:10: journal: the variable NOT_SET_HERE is not set"),
        ("journal: [x]", "bridge.yaml:1:10: journal: must name a file"),
        ("journal: /", "bridge.yaml:1:10: journal: must name a file"),
        ("journal: 'x", "bridge.yaml:1:"),
    ],
)
async def test_a_configuration_that_names_no_journal(folder, text, problem):
    Path("bridge.yaml").write_text(text + "\n")
    result = hubbub("check")
    assert result.returncode == 78
    assert result.stderr.startswith(problem)


async def test_a_mistake_elsewhere_in_the_configuration_keeps_nobody_from_the_journal(folder):
    """Of a map that is being changed all that counts is where the journal is."""
    text = "journal: kept.sqlite3\nconversations:\n  tea:\n    a: #room without quotes\n    a: twice\n"
    Path("bridge.yaml").write_text(text)
    assert run("check").exit_code == 0


async def test_the_journal_where_nothing_is_said_of_it(folder):
    Path("bridge.yaml").write_text("networks: {}\n")
    Path("kept.sqlite3").rename("hubbub.sqlite3")
    assert run("check").exit_code == 0


async def test_wrong_usage(folder):
    assert run("check", "bridge.yaml", "--journal", "x").exit_code == 2
    assert run("backup").exit_code == 2
    assert run("restore", "a", "b", "c").exit_code == 2


async def test_a_backup_and_the_way_back(folder):
    journal = SqliteJournal(Path("kept.sqlite3"))
    result = run("backup", "bridge.yaml", "copy")
    assert (result.exit_code, undated(result.output)) == (
        0,
        f"copy is a sound copy of kept.sqlite3:\n{INSIDE}",
    )
    assert hubbub("backup", "copy").stderr.startswith("hubbub: copy exists")
    assert run("backup", "copy", "--force").exit_code == 0
    refused = hubbub("restore", "copy")
    assert refused.returncode == 1
    assert f"in use by another Hubbub (process {os.getpid()})" in refused.stderr
    journal.close()

    result = run("restore", "copy")
    assert result.exit_code == 0
    aside = next(folder.glob("kept.sqlite3.before-*")).name
    assert undated(result.output) == (
        "kept.sqlite3 is now what copy holds, up to WHEN.\n"
        f"The journal that was there is kept: {aside}\n"
        "3 messages that the backup still owed may have been delivered since.\n"
        "None is sent by itself: `hubbub undelivered` lists them, `hubbub undelivered retry` sends them.\n"
        "Rooms are heard from now on: what was said after the backup is not read again.\n"
        "Start the service.\n"
    )


async def test_a_damaged_backup(folder):
    DAMAGES[0](Path("kept.sqlite3"))
    result = hubbub("restore", "--journal", "new.sqlite3", "kept.sqlite3")
    assert result.returncode == 1
    assert "nothing was changed, take another backup" in result.stderr
    assert "Traceback" not in result.stderr
    assert not Path("new.sqlite3").exists()


def contents(folder):
    """All that is there, but for what belongs to a process."""
    return {f.name: f.read_bytes() for f in folder.iterdir() if not f.name.endswith((".lock", "-shm"))}


@pytest.mark.parametrize("command", ["backup copy", "backup --force bridge.yaml", "restore good"])
async def test_a_disk_that_is_full(folder, command):
    run("backup", "good")
    before = contents(folder)
    # No file may grow beyond some kilobytes.
    limited = ["sh", "-c", f"ulimit -f 16; exec {HUBBUB} db {command}"]
    result = subprocess.run(limited, check=False, capture_output=True, text=True, timeout=30)
    assert result.returncode == 1
    assert "look at" in result.stderr
    assert "Traceback" not in result.stderr
    assert contents(folder) == before


async def test_no_journal_to_back_up(folder):
    Path("kept.sqlite3").unlink()
    Path("copy").write_text("old")
    assert "there is no such journal" in hubbub("backup", "copy", "--force").stderr
    assert Path("copy").read_text() == "old"
