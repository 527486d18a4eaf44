"""`hubbub login`, through the command line as a person uses it."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge import Keepsake, RateLimited
from bridge.cli.login import login
from bridge.testing import ScriptedAdapter, ScriptedNetwork

HERE = "tests.bridge.cli.test_login"


class Anew(ScriptedAdapter):
    """It has no session."""

    async def look(self, rooms):
        assert not rooms
        return {}


class Busy(Anew):
    """Takes the second login."""

    asked = 0

    async def look(self, rooms):
        Busy.asked += 1
        if Busy.asked == 1:
            raise RateLimited("later", 0.01)
        self.keepsake.write("secret")
        return {}


def run(folder: Path, protocol: str, *arguments: str):
    ScriptedNetwork("here")
    Busy.asked = 0
    file = folder / "bridge.yaml"
    file.write_text(
        f"networks:\n  here: {{protocol: '{HERE}:{protocol}', server: here}}\n"
        "conversations:\n  lobby: {here: [one, two]}\n"
    )
    return CliRunner().invoke(login, [*(arguments or ("here",)), str(file)])


def test_what_has_no_session_says_so(tmp_path):
    result = run(tmp_path, "Anew")
    assert result.exit_code == 0
    assert "nothing to keep" in result.output


def test_it_waits_as_long_as_the_network_asks_for(tmp_path):
    result = run(tmp_path, "Busy")
    assert result.exit_code == 0
    kept = Keepsake(tmp_path / "hubbub.sqlite3", "here")
    assert (Busy.asked, kept.read()) == (2, "secret")
    assert str(kept.path) in result.output
    assert "secret" not in result.output


def test_a_network_that_is_not_there(tmp_path):
    result = run(tmp_path, "Anew", "there")
    assert result.exit_code == 2
    assert "has no network there" in result.output


@pytest.fixture
def kept(tmp_path):
    return Keepsake(tmp_path / "hubbub.sqlite3", "here")


def test_what_is_kept_is_for_its_owner_alone(kept):
    assert kept.read() is None
    for text in ("one", "two"):
        kept.write(text)
        assert kept.read() == text
        assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert [path.name for path in kept.path.parent.iterdir()] == [kept.path.name]


def test_a_folder_that_is_not_there(tmp_path):
    kept = Keepsake(tmp_path / "nowhere/hubbub.sqlite3", "here")
    assert (kept.ours, kept.read()) == (False, None)
    with pytest.raises(OSError, match="No such file"):
        kept.write("x")
