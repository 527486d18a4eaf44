"""How far long work has come: on a terminal, and nowhere else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.journal.admin import maintenance
from bridge.journal.sqlite import SqliteJournal
from bridge.model import MessageCreated, MessageId, RoomId, Sender, UserId, plain

HUBBUB = str(Path(sys.executable).with_name("hubbub"))
MANY = 4500


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("progress") / "hubbub.sqlite3"
    journal = SqliteJournal(path)
    room = journal.number("here", RoomId("one"))
    other = journal.number("here", RoomId("two"))
    sender = Sender(UserId("a"), "ada")
    for number in range(MANY):
        event = MessageCreated(
            id=MessageId(str(number)), room=RoomId("one"), sender=sender, content=plain("hello")
        )
        journal.take(room, event, (other,))
    journal.commit()
    journal.close()
    return path


def test_a_check_and_a_backup_tell_how_far_they_are(journal: Path, tmp_path: Path):
    told: list[tuple[str, int, int]] = []

    def tell(what: str, done: int, total: int) -> None:
        told.append((what, done, total))

    maintenance.check(journal, tell)
    assert told[0] == ("looking at pages", 0, 0)
    assert told[1:] == [("looking at messages", done, MANY) for done in (0, 2000, 4000)]
    told.clear()
    maintenance.backup(journal, tmp_path / "copy", tell=tell)
    copied = [(done, total) for what, done, total in told if what == "copying"]
    assert copied[-1][0] == copied[-1][1] > 0
    assert told[-1] == ("looking at messages", 4000, MANY)


def test_a_bar_is_for_terminals(journal: Path):
    """And is gone when the work is done."""
    command = [HUBBUB, "db", "check", "--journal", str(journal)]
    plain_ = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (plain_.stderr, plain_.stdout.splitlines()[-1]) == ("", "The journal is sound.")
    at_terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])", *command]
    shown = subprocess.run(at_terminal, capture_output=True, text=True, check=True).stdout
    assert re.search("looking at (pages|messages)", shown)
    assert re.search(r"\x1b\[2K[^━]*The journal is sound", shown, re.DOTALL)
