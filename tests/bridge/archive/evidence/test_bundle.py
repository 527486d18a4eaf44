"""A bundle as it is made: what it says, what it keeps to itself, and that nothing but Python is needed."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.archive.evidence.checkpoints import rotate
from bridge.archive.evidence.selection import by_number, by_time, with_belongings
from bridge.archive.evidence.source import verifier_source
from bridge.archive.evidence.verifier.signatures import fingerprint
from bridge.errors import ArchiveError

from .world import NOON, Archive, dispute, filler, unpacked, verified

SEEN_BY_NOBODY = ("secret-board", "nobody's business", "private matters", "$lobby1", "$lobby5")


def alone(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The verifier in an empty environment: no libraries, no site, no variables."""
    command = [sys.executable, "-I", "-S", *arguments]
    return subprocess.run(
        command, cwd=folder, env={}, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_is_verified_by_python_alone(bundle: Path, tmp_path: Path):
    files = unpacked(bundle)
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    for arguments in ((str(bundle),), ()):
        ran = alone("verify.py", *arguments, folder=tmp_path)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "entries 3 to 6: 3 of them, and of the others" in ran.stdout
        assert "Checkpoint 3 of 2025-11-29 15:00:00 UTC: all to entry 6 was there." in ran.stdout
        assert ran.stdout.endswith("Nothing was changed: all is as the gateway recorded it.\n")
    (tmp_path / "entries.jsonl").write_bytes(files["entries.jsonl"].replace(b"300 euros", b"200 euros"))
    ran = alone("verify.py", "--json", folder=tmp_path)
    assert (ran.returncode, ran.stderr) == (1, "")
    first = json.loads(ran.stdout)["wrong"][0]
    assert (first["place"], first["at"]) == (4, NOON + 180)


def test_the_verifier_is_the_standard_library_and_python_of_2020():
    tree = ast.parse(verifier_source(), feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
    assert not imported & {"socket", "subprocess", "urllib.request", "ctypes"}
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    names += [
        name.id for node in tree.body if isinstance(node, ast.Assign) for name in ast.walk(node) if
        isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    ]  # fmt: skip
    assert len(names) == len(set(names)), "two modules have a name in common"


def test_nothing_is_in_it_that_was_not_to_be_disclosed(bundle: Path):
    whole = bundle.read_bytes().decode(errors="replace")
    assert "我出售自行车" in whole
    assert [words for words in SEEN_BY_NOBODY if words in whole] == []


def test_it_is_the_same_whenever_it_is_made(archive: Archive, bundle: Path, tmp_path: Path):
    again = archive.bundle(tmp_path / "again.zip", 5, 4, 3)
    assert again.read_bytes() == bundle.read_bytes()
    assert again.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [again]


def test_what_belongs_to_it_comes_with_it(archive: Archive):
    """The copy of a message, the message of a copy, and who was at the other end: by number, and by time."""
    with archive.store.reader() as reader:
        accepted = reader.at("lobby", 4)
        assert accepted is not None
        found = with_belongings(reader, "lobby", by_number(reader, "lobby", [accepted.number]))
        assert list(found) == [1, 4, 5]
        copied = by_time(reader, "lobby", NOON + 181, NOON + 182)
        assert list(with_belongings(reader, "lobby", copied)) == [1, 4, 5]
        with pytest.raises(ArchiveError, match="nothing is left of entry 1,000"):
            by_number(reader, "lobby", [1000])
        with pytest.raises(ArchiveError, match="in another conversation"):
            by_number(reader, "secret-board", [accepted.number])


def test_erased_words_and_entries_leave_it_whole(tmp_path: Path):
    with dispute(tmp_path) as archive:
        with archive.store.reader() as reader:
            numbers = {place: entry.number for place in (3, 4) if (entry := reader.at("lobby", place))}
        archive.store.take_words([numbers[3]], "asked for")
        archive.store.take_whole([numbers[4]], "asked for")
        archive.sign(4)
        bundle = archive.bundle(tmp_path / "bundle.zip", 3, 4, 5)
        code, told = verified(bundle)
        assert code == 0, told
        text = unpacked(bundle)["transcript.txt"].decode()
        assert "<Ada> (its words are not here)" in text
        assert "       4  not disclosed, or erased\n" in text
        assert "自行车".encode() not in bundle.read_bytes()


def test_a_chain_whose_beginning_went_begins_at_a_checkpoint(tmp_path: Path):
    with dispute(tmp_path) as archive:
        archive.store.cut("lobby", 2)
        code, told = verified(archive.bundle(tmp_path / "bundle.zip", 3, 4))
        assert code == 0, told


def test_what_no_checkpoint_is_over_is_not_exported(tmp_path: Path):
    with dispute(tmp_path) as archive:
        archive.store.add([filler("lobby", 9)])
        with pytest.raises(ArchiveError, match="no checkpoint is over entry 7 of lobby yet"):
            archive.bundle(tmp_path / "bundle.zip", 7)
        assert not (tmp_path / "bundle.zip").exists()


def test_a_new_key_is_signed_by_the_one_before(tmp_path: Path):
    with dispute(tmp_path) as archive:
        before = archive.keys.key(None).fingerprint
        rotate(archive.store, archive.keys, NOON + 4 * 3600)
        after = archive.keys.key(None).fingerprint
        bundle = archive.bundle(tmp_path / "old.zip", 3, 4)
        archive.store.add([filler("lobby", 9)])
        archive.sign(5)
        for path, place in ((bundle, 3), (tmp_path / "new.zip", 7)):
            archive.bundle(path, place)
            code, told = verified(path)
            assert code == 0, told
        code, told = verified(bundle)
        assert told.index(before) < told.index(after)
        for one in (before, after):
            assert verified(bundle, "--fingerprint", one.upper())[0] == 0
        assert verified(tmp_path / "new.zip", "--fingerprint", fingerprint(b"x" * 32))[0] == 1


def test_an_archive_that_was_altered_makes_none(tmp_path: Path):
    with dispute(tmp_path) as archive:
        archive.store._database.execute("UPDATE tail SET words = CAST(replace(words, '300', '200') AS BLOB)")
        with pytest.raises(ArchiveError, match="not as it was recorded"):
            archive.bundle(tmp_path / "bundle.zip", 3, 4)
        assert not (tmp_path / "bundle.zip").exists()


def test_what_was_said_can_end_no_line_of_the_transcript(tmp_path: Path):
    with dispute(tmp_path) as archive:
        text = "yes\n       9  2025-11-29 12:09:00 UTC  irc lobby  <bob> and I pay double\x1b[2J\u202e"
        archive.store.add([filler("lobby", 9, text)])
        archive.sign(4)
        bundle = archive.bundle(tmp_path / "bundle.zip", 7)
        assert verified(bundle)[0] == 0
        told = unpacked(bundle)["transcript.txt"].decode()
        assert "          |        9  2025-11-29" in told
        assert "\x1b" not in told
        assert "\u202e" not in told
