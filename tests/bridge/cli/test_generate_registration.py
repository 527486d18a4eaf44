"""`hubbub generate-registration`, through the command line as a person uses it."""

import stat
from pathlib import Path

import yaml
from click.testing import CliRunner

from bridge.cli.generate_registration import generate_registration
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.cli import test_login

HERE = "tests.bridge.cli.test_login"


def run(folder: Path, network: str, more: str = ""):
    ScriptedNetwork("here")
    file = folder / "bridge.yaml"
    file.write_text(
        f"networks:\n  here: {{protocol: '{HERE}:Anew', server: here}}\n"
        "  matrix: {protocol: matrix, homeserver: 'https://m.example.org', user: '@hubbub:example.org',\n"
        f"    password: x{more}}}\n"
        "conversations:\n  lobby: {here: [one], matrix: ['#lobby:example.org']}\n"
    )
    return CliRunner().invoke(generate_registration, [network, str(file)])


def test_it_is_written_for_its_owner_alone_and_stays(tmp_path):
    file = tmp_path / "service.yaml"
    result = run(tmp_path, "matrix", ", registration: service.yaml")
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = yaml.safe_load(file.read_text())
    assert made["url"] is None
    assert made["rate_limited"] is False
    assert made["sender_localpart"] == "_hubbub_matrix"
    assert made["namespaces"]["users"] == [{"exclusive": True, "regex": r"@_hubbub_matrix_.*:example\.org"}]
    assert made["as_token"] not in result.output
    assert str(file) in result.output
    again = run(tmp_path, "matrix", ", registration: service.yaml")
    assert again.exit_code == 1
    assert "is there already" in str(again.exception)
    assert yaml.safe_load(file.read_text()) == made


def test_without_a_name_it_stands_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(tmp_path, "matrix")
    assert (tmp_path / "matrix-registration.yaml").exists()
    assert "registration: " in result.output


def test_what_needs_none_and_what_is_not_there_are_told(tmp_path):
    assert issubclass(test_login.Anew, ScriptedAdapter)
    assert "needs no registration" in str(run(tmp_path, "here").exception)
    assert "has no network nowhere" in run(tmp_path, "nowhere").output
