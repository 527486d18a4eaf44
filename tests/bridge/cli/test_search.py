"""`hubbub search` as its owner uses it, while no service runs."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.archive.store import Store
from bridge.cli import commands
from bridge.cli.search import search
from bridge.clock import SYSTEM
from tests.bridge.archive.search.talk import BOB, edited, said

HUBBUB = str(Path(sys.executable).with_name("hubbub"))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "archive.sqlite3"
    store = Store(file, SYSTEM)
    store.add(
        [
            said("good morning"),
            said("the offer\x1b[31m holds \u202etill Friday", id="m1"),
            said("accepted: the offer", BOB, id="m2"),
            edited("m2", "accepted", BOB),
            said("我們接受這個報價", files=["Angebot.pdf"]),
        ]
    )
    store.close()
    return file


def run(archive: Path, *words: str) -> Result:
    return CliRunner().invoke(search, ["--archive", str(archive), *words])


def test_each_hit_is_a_line(archive: Path) -> None:
    found = run(archive, "OFFER")
    newer, now, older = found.stdout.splitlines()
    assert newer.startswith("3  ")
    assert newer.endswith("  talk  Bob Müller@matrix: accepted: the offer")
    assert now.strip() == "is now: accepted"
    assert older.endswith("  talk  Ann@irc: the offer[31m holds till Friday")
    assert (found.exit_code, found.stderr) == (0, "")


def test_what_is_saved_is_found_by_its_name(archive: Path) -> None:
    file = archive.with_name("bridge.yaml")
    file.write_text(
        "networks: {irc: {protocol: irc, server: irc.example.org, nick: hubbub}}\n"
        'conversations: {talk: {irc: ["#one", "#two"]}}\n'
        f"archive: {{file: {archive}, searches: {{offers: the offer, prices: 价}}}}\n"
    )

    def saved(*words: str) -> Result:
        return CliRunner().invoke(search, ["--file", str(file), *words])

    assert len(saved("--saved", "offers").stdout.splitlines()) == 3
    assert len(saved("--saved", "offers", "from:bob").stdout.splitlines()) == 2
    assert str(saved("--saved", "offer").exception) == (
        f'{file} has no saved search "offer"; did you mean "offers"?'
    )
    assert "say what to look for, or --saved NAME" in saved().stderr


def test_of_what_was_not_kept_it_says_so(archive: Path) -> None:
    with contextlib.closing(Store(archive, SYSTEM)) as store:
        store.add([said("", left_out="opted out")])
    assert run(archive, "from:ann").stdout.splitlines()[0].endswith("  talk  Ann@irc: (not kept: opted out)")


def test_words_with_a_minus_are_no_options(archive: Path) -> None:
    assert len(run(archive, "the", "-accepted", "-holiday", "-from:bob").stdout.splitlines()) == 1
    assert "Usage" in CliRunner().invoke(commands, ["search", "-h"]).output


def test_it_ends_as_grep_does(archive: Path, tmp_path: Path) -> None:
    nothing = run(archive, "sunset", "from:nobody")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert nothing.stderr == "Nothing was found.\nNothing here is called from:nobody.\n"
    wrong = run(archive, "offer", '"till')
    assert wrong.exit_code == 2
    assert "The quotation mark at character 7 has no end." in wrong.stderr
    missing = run(tmp_path / "none", "offer")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("hubbub: ")
    (tmp_path / "bridge.yaml").write_text("journal: other.sqlite3\n")
    missing = CliRunner().invoke(search, ["--file", str(tmp_path / "bridge.yaml"), "offer"])
    assert "other-archive.sqlite3" in missing.stderr


def test_pages_and_what_is_around(archive: Path) -> None:
    first = run(archive, "offer", "--limit", "1")
    assert first.stderr == "There may be older ones: --before 3\n"
    second = run(archive, "offer", "--limit", "1", "--before", "3", "--context", "1")
    assert [line.split()[0] for line in second.stdout.splitlines()] == ["1", "2", "3"]
    assert second.stderr == ""


def test_all_of_it_as_json(archive: Path) -> None:
    found = json.loads(run(archive, "--json", "报价", "--context", "1").stdout)
    (hit,) = found["hits"]
    assert hit["snippet"] == [
        {"text": "我們接受這個", "marked": False},
        {"text": "報價", "marked": True},
        {"text": " [Angebot.pdf]", "marked": False},
    ]
    assert (hit["number"], hit["conversation"], hit["files"]) == (5, "talk", ["Angebot.pdf"])
    assert [near["text"] for near in hit["context"]["before"]] == ["accepted: the offer"]
    assert json.loads(run(archive, "--json", "accepted", "-best").stdout)["hits"][0]["newest"] is None
    assert json.loads(run(archive, "--json", "sunset").stdout)["hits"] == []


def test_a_terminal_shows_what_was_looked_for(archive: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "NO_COLOR": ""}
    command = [HUBBUB, "search", "--archive", archive, "friday"]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # nobody is at its other end any more
            while True:
                shown += os.read(ours, 4096)
    os.close(ours)
    assert process.returncode == 0
    assert b"\x1b[1;30;43mFriday\x1b[0m" in shown
    assert b"offer\x1b[31m" not in shown
