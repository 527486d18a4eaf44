"""`hubbub new-adapter`: what it writes is installed, and lives as any other protocol does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli import commands

BIN = Path(sys.executable).parent
ADAPTER = ("adapter.py", "config.py", "decode.py", "encode.py")


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that was made and installed."""
    folder = tmp_path_factory.mktemp("new")
    subprocess.run([BIN / "hubbub", "new-adapter", "parrot"], cwd=folder, check=True, timeout=60)
    package = folder / "hubbub-parrot"
    # What `pip install --editable` does, without an environment of its own.
    setup = [sys.executable, "-c", "import setuptools; setuptools.setup()", "--quiet", "egg_info"]
    subprocess.run(setup, cwd=package, check=True, timeout=60)
    return package


def run(package: Path, *command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=package, env=os.environ | {"PYTHONPATH": str(package)},
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


def test_it_is_small(parrot: Path):
    lines = [(parrot / "hubbub_parrot" / name).read_text().splitlines() for name in ADAPTER]
    assert sum(map(len, lines)) < 250
    written = [path for path in parrot.rglob("*") if path.suffix in {".md", ".py", ".toml", ".yaml"}]
    assert not [path for path in written if "sample" in path.read_text().lower()]


def test_its_own_tests_pass(parrot: Path):
    done = run(parrot, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_its_style_is_ours(parrot: Path):
    ruff, config = BIN / "ruff", Path(__file__).parents[3] / "pyproject.toml"
    for command in ("check", "format --check"):
        done = run(parrot, ruff, *command.split(), "--no-cache", "--config", config, ".")
        assert done.returncode == 0, done.stdout


def test_it_is_in_the_map_and_on_the_pages(parrot: Path):
    checked = run(parrot, BIN / "hubbub", "check", "bridge.yaml")
    assert checked.returncode == 0, checked.stderr
    assert "one  (parrot)" in checked.stdout
    assert " Parrot |" in run(parrot, BIN / "hubbub", "capabilities").stdout


def test_messages_cross_between_two_of_its_networks(parrot: Path):
    played = run(parrot, BIN / "hubbub", "demo", "--once", "bridge.yaml")
    assert played.returncode == 0, played.stdout + played.stderr
    assert "copies of" in played.stdout
    assert "the edit" not in played.stdout, "nobody there can edit"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "Two-Words",
            '"Two-Words" cannot name a protocol: write small letters, digits and _, a letter first',
        ),
        ("2x", '"2x" cannot name a protocol: write small letters, digits and _, a letter first'),
        ("irc", '"irc" is there already: choose another'),
    ],
)
def test_a_name_that_cannot_be(name: str, sentence: str, tmp_path: Path):
    done = CliRunner().invoke(commands, ["new-adapter", name, "--into", str(tmp_path / "x")])
    assert done.exit_code == 2
    assert done.stderr.endswith(f"Invalid value for NAME: {sentence}\n")
    assert not (tmp_path / "x").exists()


def test_nothing_is_written_over_what_is_there(tmp_path: Path):
    done = CliRunner().invoke(commands, ["new-adapter", "parrot", "--into", str(tmp_path)])
    assert done.exit_code == 2
    assert done.stderr.endswith(f"{tmp_path} is there already: name another folder\n")
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_written(tmp_path: Path):
    (tmp_path / "file").touch()
    done = CliRunner().invoke(commands, ["new-adapter", "parrot", "--into", str(tmp_path / "file" / "x")])
    assert str(done.exception) == f"{tmp_path}/file/x cannot be written: Not a directory"
