"""An archive that is made of what another one wrote down."""

import pytest
from click.testing import CliRunner

from bridge.archive.entries import EntryKind, Header, Person, Words
from bridge.archive.store import NewEntry, Store
from bridge.cli.archive import archive
from bridge.cli.transcript import transcript
from bridge.clock import SYSTEM


@pytest.fixture
def lines(tmp_path):
    """The JSON lines of two conversations."""
    store = Store(tmp_path / "old.sqlite3", SYSTEM)
    for conversation in ("lobby", "sales"):
        for number in range(300):
            header = Header(
                kind=EntryKind.MESSAGE,
                at=1e9 + number,
                network="irc",
                room="#r",
                id=str(number),
                by=Person(id="ann", name="Ann"),
            )
            store.add([NewEntry(conversation, header, Words(text=f"我 say {number}"))])
    store.close()
    return [written(tmp_path, "old.sqlite3", name) for name in ("lobby", "sales")]


def written(folder, file, conversation):
    target = folder / f"{file}-{conversation}.jsonl"
    run(transcript, conversation, "--archive", folder / file, "-o", target)
    return target


def run(command, *arguments):
    return CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=True)


def test_all_of_it_is_there_with_the_same_bytes(tmp_path, lines):
    found = run(archive, "import", *lines, "--archive", tmp_path / "new.sqlite3")
    assert found.output == f"{tmp_path}/new.sqlite3 is made: 600 entries of 2 conversations.\n"
    assert [written(tmp_path, "new.sqlite3", name).read_bytes() for name in ("lobby", "sales")] == [
        one.read_bytes() for one in lines
    ]


def test_one_that_is_there_stays(tmp_path, lines):
    before = (tmp_path / "old.sqlite3").read_bytes()
    found = run(archive, "import", *lines, "--archive", tmp_path / "old.sqlite3")
    assert str(found.exception) == (
        f"{tmp_path}/old.sqlite3 is there already: move it away, or name another with --archive"
    )
    assert (tmp_path / "old.sqlite3").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is nothing in "),
        ("{}\n", "lines.jsonl:1: this is no line of an archive's export: "),
    ],
)
def test_of_what_is_no_export_nothing_is_made(tmp_path, text, sentence):
    (tmp_path / "lines.jsonl").write_text(text)
    found = run(archive, "import", tmp_path / "lines.jsonl", "--archive", tmp_path / "new.sqlite3")
    assert sentence in str(found.exception)
    assert [one.name for one in tmp_path.iterdir()] == ["lines.jsonl"]
