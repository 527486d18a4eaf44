"""`hubbub archive` and `hubbub person`, where no service runs: a command does it itself."""

import json
import zipfile

import pytest
from click.testing import CliRunner

from bridge.archive.store import Store
from bridge.cli.archive import archive
from bridge.cli.person import person
from bridge.clock import SYSTEM
from tests.bridge.archive.filing.office import YEAR, Office
from tests.bridge.world import config, running


@pytest.fixture
def journal(tmp_path):
    office = Office(tmp_path / "hubbub-archive.sqlite3")
    office.keep(YEAR)
    said = office.say("my secret offer")
    office.copy(said)
    office.say("fine", who="bob", reply_to=office.name_of(said), quoted="my secret offer")
    office.say("hello", who="ada", network="matrix")
    office.close()
    return tmp_path / "hubbub.sqlite3"


def run(command, *arguments, journal):
    found = CliRunner().invoke(command, [*arguments, "--journal", str(journal)])
    return found.exit_code, " ".join(found.output.split()), found.exception


def test_how_it_stands_and_what_is_tagged(journal):
    code, told, _ = run(archive, journal=journal)
    assert code == 0
    assert "4 entries" in told
    assert "sales" in told
    assert "kept for 1 year the oldest goes 2028-01-15" in told
    code, told, _ = run(archive, "tag", "Offer", "1", "3", journal=journal)
    assert told.startswith("Tagged offer: sales 1-3 (2 messages, 2027-01-15")
    assert run(archive, "tag", "offer", "1", "3", journal=journal)[1] == "That has the tag already."
    assert run(archive, "tags", journal=journal)[1].startswith("offer sales 1-3 ")
    (tag,) = json.loads(run(archive, "tags", "offer", "--json", journal=journal)[1])
    assert (tag["first"], tag["last"], tag["by"]) == (1, 3, "")
    told = run(
        archive, "untag", "offer", "--conversation", "sales", "--since", "2027-01-01", journal=journal
    )[1]
    assert told == "No longer tagged offer: sales 1-3."
    assert run(archive, "tags", journal=journal)[1] == "Nothing is tagged."


def test_what_is_held(journal):
    assert run(archive, "hold", "list", journal=journal)[1] == "Nothing is held."
    hold = ("hold", "add", "case", "--person", "bob", "--until", "2027-01", "--reason", "dispute")
    code, told, _ = run(archive, *hold, journal=journal)
    assert (code, "dispute what is by libera/bob!x and until 2027-02-01" in told) == (0, True)
    assert "hold case since" in run(archive, "status", journal=journal)[1]
    error = run(archive, "hold", "release", "other", journal=journal)[2]
    assert str(error) == "there is no hold 'other': there is case"
    assert "case is released" in run(archive, "hold", "release", "case", journal=journal)[1]


def test_who_writes_it_meanwhile_is_not_disturbed(journal):
    store = Store(journal.with_name("hubbub-archive.sqlite3"), SYSTEM)
    try:
        code, _, error = run(archive, "tag", "offer", "1", journal=journal)
    finally:
        store.close()
    assert code == 1
    assert "hubbub-archive.sqlite3" in str(error)
    missing = run(archive, journal=journal.with_name("none.sqlite3"))[2]
    assert "none-archive.sqlite3: there is no archive" in str(missing)


def test_a_person_is_told_and_erased(journal, tmp_path):
    error = run(person, "erase", "ada", "--dry-run", journal=journal)[2]
    assert "libera/ada!x" in str(error)
    assert "matrix/ada!x" in str(error)
    target = tmp_path / "ada.zip"
    code, told, _ = run(
        person, "export", "libera/ada!x", "matrix/ada!x", "--to", str(target), journal=journal
    )
    assert (code, "2 said" in told) == (0, True)
    assert target.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(target) as made:
        assert b"my secret offer" in made.read("said.txt")
    assert "exists: name another" in str(
        run(person, "export", "bob", "--to", str(target), journal=journal)[2]
    )
    code, told, _ = run(person, "erase", "libera/ada!x", "--dry-run", journal=journal)
    assert (code, "What would go: 1 said or done" in told) == (0, True)
    assert run(person, "erase", "libera/ada!x", journal=journal)[0] == 2, "nobody can be asked back"
    code, told, _ = run(person, "erase", "libera/ada!x", "--yes", "--mentions", journal=journal)
    assert (code, "What went: 1 said or done" in told, "since no service runs" in told) == (0, True, True)
    assert b"my secret" not in journal.with_name("hubbub-archive.sqlite3").read_bytes()


def test_whom_nobody_knows_is_said_to_be_unknown_with_who_is_called_alike(tmp_path, journal, monkeypatch):
    kept = config(tmp_path, {"lobby": ["left one", "right two"]})
    monkeypatch.setattr(
        "bridge.cli.filing.archive_of", lambda *_: (journal.with_name("hubbub-archive.sqlite3"), kept)
    )
    code, told, _ = run(person, "erase", "left/bop", "--dry-run", journal=journal)
    assert code == 0
    assert told.startswith(
        "left/bop What would go: nothing: nobody in the archive is, or was, called that; did you mean "
        "libera/bob!x (bob)? What stays:"
    )


async def test_the_journal_has_acts_of_people_and_none_of_others(tmp_path, left, right):
    from bridge.journal.admin.people import acts_of

    map_ = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(map_):
        said = left.say("one", "ada", "hello")
        left.say("one", "bob", "hi")
        await right.until(2)
    (act,) = acts_of(map_.journal, {("left", said.sender.id)})
    assert (act["network"], act["room"], act["number"]) == ("left", "one", 1)
    assert act["event"]["content"]["spans"][0]["text"] == "hello"
