"""Bundles that somebody made to hurt whoever verifies them, and the arithmetic by its specifications."""

import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.archive import chain
from bridge.archive.evidence.source import verifier_source
from bridge.archive.evidence.verifier import arithmetic, stamps
from bridge.archive.evidence.verifier.reading import UnreadablePart
from bridge.archive.evidence.verifier.signatures import ORDER, fingerprint, is_signed, pem_of

from .world import Archive, listed, packed, unpacked, verified

quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
VECTORS = [
    # RFC 8032, section 7.1: the tests 1 to 3
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize("vector", VECTORS)
def test_signatures_are_those_of_rfc_8032(vector: tuple[str, str, str]):
    key, data, signature = (bytes.fromhex(part) for part in vector)
    assert is_signed(key, signature, data)
    assert not is_signed(key, signature, data + b"\0")
    high = int.from_bytes(signature[32:], "little") + ORDER  # section 5.1.7: S in the range
    assert not is_signed(key, signature[:32] + high.to_bytes(32, "little"), data)


@settings(deadline=None, max_examples=30)
@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32), st.integers(0, 63), st.integers(1, 255))
def test_signatures_are_those_of_openssl(data: bytes, seed: bytes, place: int, bits: int):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(data)
    assert is_signed(public, signature, data)
    wrong = bytearray(signature)
    wrong[place] ^= bits
    assert not is_signed(public, bytes(wrong), data)
    assert not is_signed(public, signature[:-1], data)


def test_the_fingerprint_is_that_of_openssl(bundle: Path, archive: Archive, tmp_path: Path):
    (tmp_path / "public-key.pem").write_bytes(unpacked(bundle)["public-key.pem"])
    command = "openssl pkey -pubin -in public-key.pem -outform DER | sha256sum"
    ran = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.split()[0] == archive.keys.key(None).fingerprint


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_both_know_one_tree(heads: list[bytes], data: st.DataObject):
    number = data.draw(st.integers(0, len(heads) - 1))
    path = chain.audit_path(heads, number)
    assert arithmetic.root_from_path(heads[number], number, len(heads), path) == chain.root_of(heads)
    for wrong in (path[:-1], [*path, b"x" * 32]):
        if wrong != path:
            with pytest.raises(UnreadablePart):
                arithmetic.root_from_path(heads[number], number, len(heads), wrong)


@given(st.binary(min_size=32, max_size=32), st.integers(1, 1 << 40), st.binary(), st.binary())
def test_both_know_one_chain(key: bytes, position: int, header: bytes, words: bytes):
    salts = chain.salts(key, position)
    commitments = chain.header_commitment(salts[0], header), chain.words_commitment(salts[1], words)
    leaf = chain.leaf_of(position, *commitments)
    text = {"header": header.hex(), "words": words.hex()}  # any bytes that are text
    entry = {
        **text,
        "header_salt": salts[0].hex(),
        "words_salt": salts[1].hex(),
    }
    told = chain.leaf_of(
        position,
        chain.header_commitment(salts[0], text["header"].encode()),
        chain.words_commitment(salts[1], text["words"].encode()),
    )
    assert arithmetic.leaf_of(position, entry) == told
    assert arithmetic.leaf_of(position, {"leaf": leaf.hex()}) == leaf
    assert arithmetic.link_of(key, leaf) == chain.link_of(key, leaf)
    assert arithmetic.first_link(key) == chain.first_link(key)
    assert arithmetic.head_of(key, position, leaf) == chain.head_of(key, position, leaf)


NESTED = b"[" * 200_000
NAMES = ("checkpoints.jsonl", "entries.jsonl", "transcript.txt", "verify.py")


@quick
@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode), name=st.sampled_from(NAMES))
@example(raw=NESTED, name="entries.jsonl")
@example(raw=b'{"a":' * 100_000, name="checkpoints.jsonl")
@example(raw=b'{"position":' + b"9" * 5000 + b"}", name="entries.jsonl")
@example(raw=b'{"position":1e999,"leaf":"\\ud800"}', name="entries.jsonl")
def test_files_of_any_bytes_are_answered_in_sentences(
    bundle: Path, archive: Archive, tmp_path: Path, raw: bytes, name: str
):
    files = listed({**unpacked(bundle), name: raw}, archive.keys.key(None).sign)
    code, told = verified(packed(tmp_path / "hostile.zip", files))
    assert code == (0 if name == "verify.py" else 1)
    assert "WRONG: " in told or code == 0


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner)
)


@quick
@given(data=st.data(), value=VALUES)
def test_values_of_any_kind_are_answered_in_sentences(
    bundle: Path, archive: Archive, tmp_path: Path, data: st.DataObject, value: object
):
    """At any key of any line, and of what stands inside its strings; signed as if it were right."""
    files = unpacked(bundle)
    name = data.draw(st.sampled_from(["entries.jsonl", "checkpoints.jsonl", "manifest.json"]))
    lines = [
        json.loads(line) for line in ([files[name]] if name == "manifest.json" else files[name].splitlines())
    ]
    line = data.draw(st.sampled_from(lines))
    key = data.draw(st.sampled_from(sorted(line)))
    if key in ("header", "words", "body") and data.draw(st.booleans()):
        inner = json.loads(line[key])
        if inner:
            inner[data.draw(st.sampled_from(sorted(inner)))] = value
        line[key] = json.dumps(inner)
    else:
        line[key] = value
    raw = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    if name == "manifest.json":
        files |= {name: raw, "manifest.sig": archive.keys.key(None).sign(raw)}
    else:
        files = listed({**files, name: raw}, archive.keys.key(None).sign)
    code, told = verified(packed(tmp_path / "hostile.zip", files))
    assert code in (0, 1, 2)
    assert told


@given(st.binary(max_size=300))
@example(b"\x30\x84\xff\xff\xff\xff")
@example(b"\x30\x80\x30\x03\x02\x01\x00\x00\x00")
@example(b"\x30\x82" + b"\xff\xff" * 100)
def test_stamps_of_any_bytes_are_refused(raw: bytes):
    with pytest.raises(UnreadablePart):
        stamps.read_stamp(raw)


@quick
@given(raw=st.binary(max_size=400), cut=st.integers(0, 400))
def test_any_bytes_are_no_bundle(bundle: Path, tmp_path: Path, raw: bytes, cut: int):
    (tmp_path / "any.zip").write_bytes(bundle.read_bytes()[:cut] + raw)
    assert verified(tmp_path / "any.zip")[0] == 2


def test_little_memory_is_taken(bundle: Path, tmp_path: Path):
    """By a zip that would unpack to much, by files without a line's end, by files that are holes, by a list
    that is too long, and by special files.
    """
    (tmp_path / "verify.py").write_text(verifier_source())
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open("manifest.json", "w") as file,
    ):
        for _ in range(64):
            file.write(bytes(1 << 20))
    folders = {}
    for name in ("entries.jsonl", "checkpoints.jsonl", "manifest.json", "transcript.txt"):
        folder = folders[name] = tmp_path / name.partition(".")[0]
        folder.mkdir()
        for one, raw in unpacked(bundle).items():
            (folder / one).write_bytes(raw)
        os.truncate(folder / name, 200 << 20)
        os.mkfifo(folder / "pipe")
        (folder / "elsewhere").symlink_to("/etc/passwd")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (150 << 20, 150 << 20))

    for path, code in (
        (tmp_path / "bomb.zip", 2),
        *((folder, 2 if name == "manifest.json" else 1) for name, folder in folders.items()),
    ):
        ran = subprocess.run(
            [sys.executable, "-I", "-S", tmp_path / "verify.py", path], preexec_fn=limited,
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (code, ""), path
        assert "elsewhere" not in ran.stdout


def test_keys_are_files_that_openssl_reads():
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert pem_of(key).startswith(b"-----BEGIN PUBLIC KEY-----\n")
    assert len(fingerprint(key)) == 64
