"""What `hubbub doctor` says of an archive."""

from contextlib import closing
from pathlib import Path

import pytest

from bridge.archive.evidence.checkpoints import checkpoint
from bridge.archive.evidence.keys import KeyFile
from bridge.archive.store import Store
from bridge.cli import doctor_archive
from bridge.clock import SYSTEM
from bridge.config import load
from bridge.protocols import find
from tests.bridge.archive.store.said import message
from tests.bridge.console.house import written

ROOMS = {"talk": {"left": "one", "right": "two"}}


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "bridge.yaml"
    text = written(ROOMS, ["left", "right"])
    file.write_text(text.replace('  "talk":\n', '  "talk":\n    archive: {keep: 1y}\n'))
    return load(file, find)


@pytest.fixture
def file(config) -> Path:
    return config.archive.file


def filed(file, *entries):
    store = Store(file, SYSTEM)
    store.add(entries)
    store.close()


def said(config):
    return [(one.subject, str(one.grade), one.sentence) for one in doctor_archive.look_at_archive(config)]


def test_nothing_is_said_of_an_archive_that_nobody_wants(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(written(ROOMS, ["left", "right"]))
    assert said(load(file, find)) == []


def test_one_that_is_well(config, file):
    assert said(config) == [("archive", "well", f"there is no archive yet: the service makes {file}")]
    filed(file, message(1), message(2))
    ((subject, grade, sentence),) = said(config)
    assert (subject, grade) == ("archive", "well")
    assert f"the archive {file} can be read: 2 entries of 1 conversation, " in sentence


def test_without_the_key_that_signed_it_is_said_to_be_missing(config, file):
    filed(file, message(1))
    with closing(Store(file, SYSTEM)) as store:
        checkpoint(store, KeyFile(file), SYSTEM.now())
    assert [grade for _, grade, _ in said(config)] == ["well"]
    KeyFile(file).path.unlink()
    _, (_, grade, sentence) = said(config)
    assert (grade, f"{file}.key is missing" in sentence) == ("wrong", True)


def test_who_else_can_open_it_or_its_key(config, file):
    filed(file, message(1))
    key = file.with_name(f"{file.name}.key")
    key.write_text("secret")
    file.chmod(0o640)
    key.chmod(0o604)
    found = [sentence for subject, _, sentence in said(config) if subject == "permissions"]
    assert [sentence.rpartition(": ")[2] for sentence in found] == [f"chmod 600 {file}", f"chmod 600 {key}"]


def test_one_that_is_none_and_one_from_the_future(config, file):
    filed(file, message(1, at=SYSTEM.now() + 3600))
    assert [(subject, grade) for subject, grade, _ in said(config)] == [
        ("archive", "well"),
        ("clock", "doubtful"),
    ]
    file.unlink()
    file.write_bytes(b"something else" * 1000)
    (found,) = [one for one in said(config) if one[0] == "archive"]
    assert found[1] == "wrong"


def test_room_is_measured_against_growth(config, file, monkeypatch):
    filed(file, message(1, at=SYSTEM.now() - 10 * 86_400))
    assert [subject for subject, _, _ in said(config)] == ["archive"]
    usage = doctor_archive.shutil.disk_usage(file.parent)
    monkeypatch.setattr(doctor_archive.shutil, "disk_usage", lambda _: usage._replace(free=100_000))
    assert [(subject, grade) for subject, grade, _ in said(config)] == [
        ("archive", "well"),
        ("disk", "doubtful"),
    ]
