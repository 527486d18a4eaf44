"""`hubbub evidence` as the archive's owner uses it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.archive.evidence.verifier.signatures import fingerprint
from bridge.cli.evidence import evidence
from tests.bridge.archive.evidence.world import Archive, dispute, filler, unpacked


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """The dispute, beside a configuration, with an entry that is not signed yet; no service runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    with dispute(tmp_path) as made:
        made.store.add([filler("lobby", 9)])
    rooms = "conversations: {lobby: {a: '#a', b: '#b'}}\n"
    networks = "".join(f"  {name}: {{protocol: irc, server: {name}.example, nick: h}}\n" for name in "ab")
    Path("bridge.yaml").write_text(f"networks:\n{networks}{rooms}archive: {{file: archive.sqlite3}}\n")
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(evidence, arguments)


def test_a_bargain_is_exported_and_verified(archive: Archive):
    done = run(
        "export", "lobby", "--since", "2025-11-29T12:02", "--until", "2025-11-29T12:03", "-o", "bundle.zip"
    )
    assert done.exit_code == 0, done.output
    assert "bundle.zip discloses 4 entries of lobby:\n" in done.output
    assert "house  Ada: 我出售自行车，价格 300 欧元\n" in done.output
    assert "3 checkpoints, no stamp." in done.output
    (key,) = [line.rpartition(" ")[2] for line in done.output.splitlines() if "fingerprint" in line]
    assert run("key").output == f"{key}\n"
    done = run("verify", "bundle.zip", "--fingerprint", key)
    assert done.exit_code == 0
    assert "Nothing was changed" in done.output
    raw = Path("bundle.zip").read_bytes()
    Path("bundle.zip").write_bytes(raw.replace(b"300 euros", b"900 euros"))
    done = run("verify", "bundle.zip", "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)["wrong"][0]["place"] == 4
    Path("bundle.zip").write_bytes(raw[:-1])
    assert run("verify", "bundle.zip").exit_code == 2


def test_what_is_not_signed_yet_is_signed_for_it(archive: Archive):
    assert "unsigned     1, until the next checkpoint\n" in run("verify").output
    done = run("export", "lobby", "--entry", "9", "-o", "bundle.zip")
    assert done.exit_code == 0, done.output
    assert run("verify", "bundle.zip").exit_code == 0
    done = run("verify")
    assert done.exit_code == 0
    assert "checkpoints  4" in done.output
    assert "unsigned     0\n" in done.output
    assert run("checkpoint").output == "Nothing was added since the last checkpoint.\n"


def test_the_key_is_the_owners_and_can_be_replaced(archive: Archive):
    file = archive.keys.path
    assert file.stat().st_mode & 0o777 == 0o600
    before, secret = run("key").output.strip(), file.read_text()
    assert "BEGIN PRIVATE KEY" in secret
    done = run("rotate")
    after = run("key").output.strip()
    assert after != before
    assert after in done.output
    assert file.read_text() != secret
    assert sorted(path.name for path in file.parent.glob("*.key*")) == [file.name]
    assert run("checkpoint").exit_code == 0
    assert [line for line in run("verify").output.splitlines() if "signed by" in line] == [
        f"  signed by    {before}",
        f"  signed by    {after}",
    ]
    pem = run("key", "--pem").output
    asked = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem.encode(), capture_output=True, check=True
    )
    assert fingerprint(asked.stdout[-32:]) == after


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_text("nothing"), "is no Ed25519 key"),
        (lambda file: file.chmod(0o644), "can be read by others: `chmod 600"),
    ],
)
def test_a_key_that_is_not_there_is_not_made_anew(archive: Archive, harm, words):
    harm(archive.keys.path)
    done = subprocess.run(
        [Path(sys.executable).with_name("hubbub"), "evidence", "checkpoint"], capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert words in done.stderr
    assert "BEGIN" not in done.stderr
    assert not archive.keys.path.exists() or archive.keys.path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "lobby", "-o", "x.zip"), "for all of it --since 2025-"),
        (("export", "lobbi", "--since", "2025", "-o", "x.zip"), 'did you mean "lobby"?'),
        (("export", "lobby", "--since", "2026", "-o", "x.zip"), 'nothing of "lobby" is left from that time'),
        (("export", "lobby", "--since", "soon", "-o", "x.zip"), "'soon' is no time"),
        (("export", "lobby", "--entry", "9", "-o", "bridge.yaml"), "bridge.yaml exists"),
        (("export", "lobby", "--entry", "9", "-o", "no/x.zip"), "cannot be written"),
        (("verify", "nothing.zip"), "does not exist"),
    ],
)
def test_what_cannot_be_done_is_said(archive: Archive, arguments: tuple[str, ...], words: str):
    done = run(*arguments)
    assert done.exit_code != 0
    assert words in done.output + str(done.exception)
    assert not Path("x.zip").exists()


def test_what_was_altered_in_the_archive_is_named(archive: Archive):
    database = archive.file.read_bytes()
    assert database.count(b"I accept: 300") == 1
    archive.file.write_bytes(database.replace(b"I accept: 300", b"I accept: 200"))
    done = run("verify")
    assert done.exit_code == 1
    assert "lobby: entry 4 was altered" in done.output
    assert "The archive is not as it was recorded." in done.output


def test_a_checkpoint_that_was_altered_in_the_archive_is_named(archive: Archive):
    database = archive.file.read_bytes()
    assert database.count(b'"round":2,') == 1
    archive.file.write_bytes(database.replace(b'"round":2,', b'"round":7,'))
    done = run("verify")
    assert done.exit_code == 1
    assert "checkpoint 2 of 2025-11-29 14:00:00 UTC: its signature is not over it" in done.output


def test_the_verifier_can_be_had_without_a_bundle(archive: Archive):
    run("export", "lobby", "--entry", "9", "-o", "bundle.zip")
    assert run("verifier").output.encode() == unpacked(Path("bundle.zip"))["verify.py"]
