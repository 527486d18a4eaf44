"""`hubbub undelivered` as its owner uses it, while no service runs."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.undelivered import undelivered
from bridge.journal.sqlite import SqliteJournal
from bridge.model import MessageEdited, MessageId, RoomId, Sender, UserId, plain
from tests.bridge.journal.filled import event, fill
from tests.bridge.world import opened

HUBBUB = str(Path(sys.executable).with_name("hubbub"))
JOURNAL = Path("hubbub.sqlite3")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUBBUB_CONFIG", raising=False)
    Path("bridge.yaml").write_text("networks: {}\n")
    return tmp_path


@pytest.fixture
async def given_up(folder):
    """Some messages, given up one after the other, of which one is sent twice to another room."""
    journal = SqliteJournal(JOURNAL)
    one, two, three = (journal.number(*r) for r in (("left", "#one"), ("right", "two"), ("right", "three")))
    journal.take(one, event("m1", "hello\nthere \x1b]0;x\x07\u202e friend 👋 你好"), (two, three))
    journal.take(one, event("m2", "x" * 500, "eve\x1b[31m"), (two,))
    edit = MessageEdited(
        id=MessageId("m3"),
        room=RoomId("one"),
        sender=Sender(UserId("a"), "大家好"),
        target=MessageId("m1"),
        content=plain("better"),
    )
    journal.take(one, edit, (two, three))
    journal.commit()
    for delivery, reason in zip(journal.owed(two), ("full", "too\x07 long", "full"), strict=True):
        journal.give_up(delivery, reason)
    journal.repeat(journal.owed(three)[0])
    journal.commit()
    journal.close()


def run(*arguments):
    return CliRunner().invoke(undelivered, arguments)


def hubbub(*arguments, **options):
    command = [HUBBUB, "undelivered", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30, **options)


def undated(text):
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "WHEN", text)


def rows(query):
    with opened(JOURNAL) as database:
        return database.execute(query).fetchall()


# The list


async def test_nothing(folder):
    await fill(JOURNAL, dead=0)
    assert run().output == "Nothing is undelivered.\n"


async def test_the_list(given_up):
    result = run()
    assert result.exit_code == 0
    assert (
        undated(result.output)
        == f"""\
left #one → right two
  full
  1  WHEN  alice  hello there ]0;x friend 👋 你好

left #one → right two
  too\\x07 long
  2  WHEN  eve[31m  {"x" * 119}…

left #one → right two
  full
  3  WHEN  大家好  (edits) better

3 messages are not delivered:
  2  full
  1  too\\x07 long
Send again: hubbub undelivered retry NUMBER... (or --room ROOM, or --all)
1 message may have come twice in the last 7 days: 1 to right three.
"""
    )


async def test_many_are_folded(folder):
    await fill(JOURNAL, dead=50)
    lines = run("bridge.yaml").output.splitlines()
    assert lines[0] == "30 older ones are not shown: --all shows them."
    assert lines[4].startswith("  32  ")
    assert len(run("--all").output.splitlines()) == len(lines) + 28


async def test_many_reasons_are_folded(folder):
    await fill(JOURNAL, dead=15)
    with opened(JOURNAL) as database:
        database.execute("UPDATE dead SET reason = 'reason ' || seq WHERE seq > 3")
    lines = run().output.splitlines()
    assert lines[-12] == "   2  the room is full"
    assert lines[-2] == "   4  for other reasons"


async def test_for_machines(given_up):
    found = json.loads(run("--json").stdout)
    assert [letter["number"] for letter in found["letters"]] == [1, 2, 3]
    assert found["letters"][1]["text"] == "x" * 500
    assert found["letters"][1]["author"]["name"] == "eve\x1b[31m"
    assert {letter["target"] for letter in found["letters"]} == {"right two"}
    assert found["reasons"] == [["full", 2], ["too\x07 long", 1]]
    assert found["repeated"] == [["right three", 1]]


async def test_a_file_that_did_not_follow_its_words(given_up):
    with opened(JOURNAL) as database:
        database.execute("UPDATE dead SET files = 5 WHERE seq = 2")
    letter = json.loads(run("--json").stdout)["letters"][1]
    assert (letter["sent"], letter["files_left"]) == (500, 2)


async def test_a_text_that_is_gone_or_cannot_be_read(given_up):
    with opened(JOURNAL) as database:
        database.execute("UPDATE event SET body = NULL WHERE seq = 1")
        database.execute("UPDATE event SET body = '{' WHERE seq = 2")
        database.execute("DELETE FROM event WHERE seq = 3")
    assert run().output.count("?  (its text is not kept any more)") == 3


async def test_a_terminal_is_not_overrun(given_up):
    ours, theirs = pty.openpty()
    environ = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "COLUMNS": "60", "LANG": "C.UTF-8"}
    subprocess.run([HUBBUB, "undelivered"], check=True, stdout=theirs, env=environ, timeout=30)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert set(re.findall(r"\x1b.[\d;]*.", shown)) == {
        "\x1b[0m",
        "\x1b[1m",
        "\x1b[2m",
        "\x1b[33m",
        "\x1b[36m",
    }
    lines = re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()
    assert max(map(len, lines)) == 60


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
async def test_an_owner_whose_terminal_knows_few_letters(given_up, encoding):
    result = hubbub(env={"PYTHONIOENCODING": encoding, "PATH": "/usr/bin"})
    assert result.returncode == 0
    assert "\\u5927" in result.stdout


async def test_a_journal_of_an_older_schema(given_up):
    with opened(JOURNAL) as database:
        database.execute("PRAGMA user_version = 1")
    result = hubbub()
    assert result.returncode == 1
    assert "start the service once with this release" in result.stderr


async def test_a_damaged_journal(folder):
    JOURNAL.write_bytes(b"no database" * 1000)
    result = hubbub()
    assert result.returncode == 1
    assert "`hubbub db check` says what is wrong" in result.stderr
    assert "Traceback" not in result.stderr


async def test_a_journal_that_a_service_writes_can_be_read(given_up):
    journal = SqliteJournal(JOURNAL)
    assert "3 messages are not delivered" in run().output
    refused = hubbub("retry", "--all")
    assert refused.returncode == 1
    assert "in use by another Hubbub" in refused.stderr
    journal.close()
    assert rows("SELECT count(*) FROM dead") == [(3,)]


# Sending again


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["1", "3"], [2]),
        (["bridge.yaml", "2"], [1, 3]),
        (["--room", "two"], []),
        (["--room", "right two", "2"], [1, 3]),
        (["--all"], []),
        (["--journal", "hubbub.sqlite3", "--all"], []),
    ],
)
async def test_retry(given_up, arguments, left):
    result = run("retry", *arguments)
    assert result.exit_code == 0
    count = 3 - len(left)
    are = "1 message is" if count == 1 else f"{count} messages are"
    assert result.output == (
        f"{are} queued again; what the rooms take goes out when the service is started.\n"
    )
    assert [number for (number,) in rows("SELECT seq FROM dead")] == left
    assert rows("SELECT count(*) FROM delivery WHERE room = 2") == [(count,)]


async def test_a_message_goes_on_where_it_was_given_up(given_up):
    with opened(JOURNAL) as database:
        database.execute("UPDATE dead SET chars = 120 WHERE seq = 2")
    run("retry", "2")
    assert rows("SELECT chars FROM delivery WHERE seq = 2") == [(120,)]


async def test_a_number_that_is_not_listed_changes_nothing(given_up):
    result = hubbub("retry", "2", "17")
    assert result.returncode == 1
    assert "there is no undelivered message with the number 17" in result.stderr
    assert rows("SELECT count(*) FROM dead") == [(3,)]
    assert "to nowhere with the number 2" in hubbub("retry", "2", "--room", "nowhere").stderr


async def test_nothing_to_send_again(given_up):
    result = run("retry", "--room", "elsewhere")
    assert (result.exit_code, result.output) == (0, "There is nothing to send again.\n")


@pytest.mark.parametrize("arguments", [[], ["--all", "2"], ["--all", "--room", "x"], ["a", "b"]])
async def test_what_is_meant_must_be_clear(given_up, arguments):
    assert run("retry", *arguments).exit_code == 2
    assert rows("SELECT count(*) FROM dead") == [(3,)]
