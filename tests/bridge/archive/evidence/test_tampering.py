"""What others may do to a bundle: each time it is named, or refused in a sentence."""

import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.archive.evidence.keys import SigningKey
from bridge.archive.evidence.verifier.arithmetic import first_link, leaf_of, link_of
from bridge.archive.evidence.verifier.container import Bundle

from .world import Archive, dispute, listed, packed, unpacked, verified

quick = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
Files = dict[str, bytes]


def lines(files: Files) -> list[dict]:
    return [json.loads(line) for line in files["entries.jsonl"].splitlines()]


def with_lines(files: Files, entries: list[dict]) -> Files:
    raw = "".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in entries)
    return {**files, "entries.jsonl": raw.encode()}


def flipped(raw: bytes, place: int, bits: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ bits]) + raw[place + 1 :]


@quick
@given(data=st.data(), bits=st.integers(1, 255))
def test_a_flipped_byte_anywhere_in_the_zip_is_told(
    bundle: Path, tmp_path: Path, data: st.DataObject, bits: int
):
    raw = bundle.read_bytes()
    place = data.draw(st.integers(0, len(raw) - 1))
    changed = tmp_path / "changed.zip"
    changed.write_bytes(flipped(raw, place, bits))
    code, told = verified(changed)
    assert code in (1, 2), f"byte {place}"
    member = next(
        (n for n, (at, size, _) in Bundle(str(bundle)).files.items() if at <= place < at + size), None
    )
    assert (member is None and "byte" in told) or (member is not None and code in (1, 2)), told


@quick
@given(data=st.data(), bits=st.integers(1, 255))
def test_a_flipped_byte_in_any_file_is_named(bundle: Path, tmp_path: Path, data: st.DataObject, bits: int):
    """Though the zip was made anew around it."""
    files = unpacked(bundle)
    name = data.draw(st.sampled_from(sorted(files)))
    place = data.draw(st.integers(0, len(files[name]) - 1))
    files[name] = flipped(files[name], place, bits)
    code, told = verified(packed(tmp_path / "changed.zip", files))
    assert code in (1, 2), f"{name} {place}"
    if name == "manifest.sig":
        name = "manifest.json"
    assert name in told or "SOMETHING WAS CHANGED. The first: entry" in told, told
    if name == "entries.jsonl":
        number = unpacked(bundle)[name].count(b"\n", 0, place) + 3
        assert f"The first: entry {number}" in told, told


def test_each_byte_between_the_files_counts(bundle: Path, tmp_path: Path):
    raw, files = bundle.read_bytes(), Bundle(str(bundle)).files
    inside = {place for at, size, _ in files.values() for place in range(at, at + size)}
    outside = [place for place in range(len(raw)) if place not in inside]
    assert len(outside) > 500
    for place in outside:
        changed = tmp_path / "changed.zip"
        changed.write_bytes(flipped(raw, place, 1))
        code, told = verified(changed)
        assert code in (1, 2), f"byte {place}"
        assert "Unpack it" in told or "unpack it" in told or "was changed" in told or "no bundle" in told, (
            told
        )


def altered(entries: list[dict]) -> list[dict]:
    entries[1]["words"] = entries[1]["words"].replace("300", "200")
    return entries


def removed(entries: list[dict]) -> list[dict]:
    return [*entries[:1], *entries[2:]]


def reordered(entries: list[dict]) -> list[dict]:
    return [entries[0], entries[2], entries[1], *entries[3:]]


def added(entries: list[dict]) -> list[dict]:
    return [*entries[:2], {**entries[1], "words": '{"text":"I pay double"}'}, *entries[2:]]


def inserted(entries: list[dict]) -> list[dict]:
    """With all places behind it made anew."""
    behind = [{**entry, "position": entry["position"] + 1} for entry in entries[1:]]
    return [entries[0], {**entries[1], "words": '{"text":"I pay double"}'}, *behind]


def cut(entries: list[dict]) -> list[dict]:
    return entries[:-1]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (altered, "entry 4 (2025-11-29 12:03:00 UTC): it is not what was recorded here"),
        (removed, "entry 4 (2025-11-29 12:02:00 UTC): it is missing behind entry 3"),
        (
            reordered,
            "entry 4 (2025-11-29 12:02:00 UTC): it is missing behind entry 3: removed, or put elsewhere",
        ),
        (added, "entry 4 (2025-11-29 12:03:00 UTC): it stands twice, or in another place"),
        (inserted, "entry 4 (2025-11-29 12:03:00 UTC): it is not what was recorded here"),
        (cut, "entry 6 (2025-11-29 12:03:01 UTC): it and all to 6 are missing at the end"),
    ],
)
def test_the_first_entry_is_named(
    bundle: Path, tmp_path: Path, change: Callable[[list[dict]], list[dict]], what: str
):
    files = unpacked(bundle)
    code, told = verified(packed(tmp_path / "changed.zip", with_lines(files, change(lines(files)))))
    assert code == 1
    assert f"SOMETHING WAS CHANGED. The first: {what}" in told, told


def relinked(entries: list[dict], link: bytes) -> list[dict]:
    for entry in entries:
        link = link_of(link, leaf_of(entry["position"], entry))
        entry["link"] = link.hex()
    return entries


def test_links_that_were_made_anew_do_not_lead_to_what_was_signed(bundle: Path, tmp_path: Path):
    """By somebody who has no key, and by somebody who has one of their own for the list of files."""
    files, mallory = unpacked(bundle), SigningKey.made()
    (first,) = [json.loads(line) for line in files["checkpoints.jsonl"].splitlines()][:1]
    link = bytes.fromhex(first["head"]["link"])
    files = with_lines(files, relinked(altered(lines(files)), link))
    for sign in (lambda _: files["manifest.sig"], mallory.sign):
        code, told = verified(packed(tmp_path / "changed.zip", listed(files, sign)))
        assert code == 1
        assert "The first: entry 3" in told, told
        assert "entries 3 to 4 are not those that checkpoint 2 of 2025-11-29 14:00:00 UTC signed" in told


def test_who_signs_all_anew_has_another_key(bundle: Path, tmp_path: Path, archive: Archive):
    """Nothing in the file can say that: the fingerprint that the owner published does."""
    with dispute(tmp_path) as forged:
        faked = forged.bundle(tmp_path / "faked.zip", 3, 4, 5)
        assert verified(faked)[0] == 0
        ours = archive.keys.key(None).fingerprint
        assert verified(bundle, "--fingerprint", ours)[0] == 0
        code, told = verified(faked, "--fingerprint", ours)
        assert code == 1
        assert "somebody else signed" in told


@pytest.mark.parametrize("name", ["entries.jsonl", "checkpoints.jsonl", "public-key.pem", "manifest.sig"])
def test_what_is_exchanged_between_bundles_is_named(bundle: Path, tmp_path: Path, name: str):
    with dispute(tmp_path) as other:
        theirs = unpacked(other.bundle(tmp_path / "theirs.zip", 3, 4, 5))
    code, told = verified(packed(tmp_path / "mixed.zip", {**unpacked(bundle), name: theirs[name]}))
    assert code == 1
    assert "SOMETHING WAS CHANGED" in told


def test_files_that_were_added_or_removed_are_named(bundle: Path, tmp_path: Path):
    files = unpacked(bundle)
    code, told = verified(packed(tmp_path / "more.zip", {**files, "stamps/9.tsr": b""}))
    assert code == 1
    assert "stamps/9.tsr: the file was added" in told
    for name in files:
        less = {one: raw for one, raw in files.items() if one != name}
        code, told = verified(packed(tmp_path / "less.zip", less))
        assert code == (2 if name == "manifest.json" else 1)
        assert name in told


def test_a_checkpoint_that_was_taken_out_or_moved_is_missed(bundle: Path, tmp_path: Path):
    files = unpacked(bundle)
    found = files["checkpoints.jsonl"].splitlines(keepends=True)
    for kept, words in (
        (found[1:], "no checkpoint in order says what stood before entry 3"),
        (found[:-1], "no checkpoint in order is over it"),
        ([found[1], found[0], found[2]], "out of order"),
    ):
        code, told = verified(packed(tmp_path / "less.zip", {**files, "checkpoints.jsonl": b"".join(kept)}))
        assert code == 1
        assert words in told


def test_a_transcript_that_says_something_else_is_named_whoever_signs_it(
    bundle: Path, archive: Archive, tmp_path: Path
):
    files = unpacked(bundle)
    files["transcript.txt"] = files["transcript.txt"].replace(b"300 euros", b"200 euros")
    files = listed(files, archive.keys.key(None).sign)
    code, told = verified(packed(tmp_path / "changed.zip", files))
    assert code == 1
    assert "transcript.txt: it does not say what the entries say" in told


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_of_somebody_elses_is_refused_with_a_way_out(bundle: Path, tmp_path: Path, kind: int):
    files = unpacked(bundle)
    with zipfile.ZipFile(tmp_path / "other.zip", "w", kind) as other:
        for name, raw in files.items():
            other.writestr(name, raw)
    code, told = verified(tmp_path / "other.zip")
    assert code == 2
    assert "unpack it, and verify the folder" in told
    with zipfile.ZipFile(tmp_path / "other.zip") as other:
        other.extractall(tmp_path / "folder")
    assert verified(tmp_path / "folder")[0] == 0


def test_other_programs_read_the_zip(bundle: Path):
    with zipfile.ZipFile(bundle) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == unpacked(bundle)


def test_each_shorter_file_is_refused(bundle: Path, tmp_path: Path):
    raw, chance = bundle.read_bytes(), random.Random(1)
    for end in [0, 1, 29, 30, *chance.sample(range(len(raw)), 60), len(raw) - 1]:
        (tmp_path / "short.zip").write_bytes(raw[:end])
        code, told = verified(tmp_path / "short.zip")
        assert code == 2
        assert "cannot be verified" in told
    (tmp_path / "long.zip").write_bytes(raw + b"\0")
    assert verified(tmp_path / "long.zip")[0] == 2


def test_a_chain_that_begins_in_the_bundle_begins_with_its_id(tmp_path: Path):
    with dispute(tmp_path) as archive:
        files = unpacked(archive.bundle(tmp_path / "bundle.zip", 1, 3))
        manifest = json.loads(files["manifest.json"])
        assert manifest["first"] == 1
        link = first_link(bytes.fromhex(manifest["chain"]))
        assert relinked(lines(files), link) == lines(files)
        with archive.store.reader() as reader:
            other = next(one.chain for one in reader.conversations() if one.name == "secret-board")
        files["manifest.json"] = files["manifest.json"].replace(
            manifest["chain"].encode(), other.hex().encode()
        )
        code, told = verified(packed(tmp_path / "moved.zip", listed(files, archive.keys.key(None).sign)))
        assert code == 1
        assert "what it signed of this chain up to entry 2 is something else" in told
