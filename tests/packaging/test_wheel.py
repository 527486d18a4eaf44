"""What is built from these sources installs and runs where nothing else of them is."""

import json
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = """
import sys
from setuptools import build_meta
print(build_meta.build_sdist(sys.argv[1]))
"""
WHEEL = BUILD.replace("build_sdist", "build_wheel")


def done(*command: object, **options: object) -> str:
    """What a command says."""
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what git knows, since what lies about here would come with it."""
    folder = tmp_path_factory.mktemp("sources")
    known = done("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in known:
        if name and (ROOT / name).exists() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    name = done(sys.executable, "-c", BUILD, folder, cwd=folder).splitlines()[-1]
    return folder / name


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist alone, as an installer does."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    sources = folder / sdist.name.removesuffix(".tar.gz")
    return folder / done(sys.executable, "-c", WHEEL, folder, cwd=sources).splitlines()[-1]


@pytest.fixture(scope="module")
def hubbub(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a new environment in which nothing but the wheel and its libraries are."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    own = next(folder.glob("lib/python3*/site-packages"))
    done(
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "bin/python",
        "install",
        "--no-deps",
        "--no-index",
        wheel,
    )
    # The libraries, without what makes these sources importable: that stands in a .pth of theirs.
    (own / "libraries.pth").write_text(ours + "\n")
    return folder / "bin/hubbub"


def names(archive: Path) -> set[str]:
    if archive.suffix == ".whl":
        return set(zipfile.ZipFile(archive).namelist())
    with tarfile.open(archive) as opened:
        return {member.name.partition("/")[2] for member in opened.getmembers() if member.isfile()}


def test_the_wheel_holds_all_that_stands_in_the_packages_and_nothing_else(wheel: Path):
    there = {
        str(path.relative_to(ROOT))
        for package in ("bridge", "adapters")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in names(wheel) if ".dist-info/" not in name}
    assert held == there
    assert {name.rpartition("/")[2] for name in names(wheel) - held} == {
        "LICENSE", "METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt",
    }  # fmt: skip


def test_the_sdist_holds_the_pages_and_what_packages_are_made_with_but_no_tests(sdist: Path):
    held = names(sdist)
    for folder in ("docs", "packaging"):
        there = done("git", "ls-files", "--cached", "--others", "--exclude-standard", folder, cwd=ROOT).split(
            "\n"
        )
        assert {name for name in there if name and (ROOT / name).exists()} <= held
    assert {"bridge.yaml", "CHANGELOG.md", "LICENSE", "README.md"} <= held
    assert not [name for name in held if name.startswith("tests/")]


def test_the_command_runs_from_the_wheel(hubbub: Path, tmp_path: Path):
    program = "import bridge, adapters.irc; print(bridge.__file__, adapters.irc)"
    where = done(hubbub.with_name("python"), "-c", program, cwd=tmp_path)
    assert where.count(str(hubbub.parents[1])) == 2, "these sources are not what is tried"
    assert done(hubbub, "--version", cwd=tmp_path).startswith("hubbub, version ")
    assert "undelivered" in done(hubbub, "--help", cwd=tmp_path)
    done(hubbub, "demo", "--packages", ROOT / "bridge.yaml", cwd=tmp_path)
    assert "is in order" in done(hubbub, "check", ROOT / "bridge.yaml", cwd=tmp_path)
    assert "conversations" in json.loads(done(hubbub, "check", "--schema", cwd=tmp_path))["properties"]
    done(hubbub, "new-adapter", "sample", cwd=tmp_path)
    assert list(tmp_path.rglob("adapter.py"))


def test_people_are_told_in_their_languages_from_the_wheel(hubbub: Path, tmp_path: Path):
    program = "from bridge.language import LANGUAGES; print(*LANGUAGES)"
    assert {"de", "zh"} <= set(done(hubbub.with_name("python"), "-c", program, cwd=tmp_path).split())
