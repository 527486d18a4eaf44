"""Protocols in the tree and outside, and what is said of those that cannot be used."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

import adapters
import bridge.protocols
from bridge.cli import commands
from bridge.errors import ConfigError
from bridge.protocols import find, protocols

HUBBUB = Path(sys.executable).with_name("hubbub")
ADAPTER = """
    from bridge import Capabilities, Model, RoomId
    from bridge.testing import ScriptedAdapter

    class NetworkConfig(Model):
        "What a network has."
        station: str
        "The station."

    class Adapter(ScriptedAdapter):
        NetworkConfig = NetworkConfig

        @classmethod
        def records(cls):
            return {"Morse": Capabilities(text_limit=71)}
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text))


def forget(package: str) -> None:
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
        del sys.modules[name]
    bridge.protocols._place.cache_clear()


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with installed packages."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    forget("far")


def installed(folder: Path, **points: str) -> None:
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    write(
        folder,
        {
            "far-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: far\nVersion: 1.0\n",
            "far-1.0.dist-info/entry_points.txt": f"[hubbub.adapters]\n{lines}",
        },
    )


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is part of the tree's adapters."""
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    yield tmp_path
    forget("adapters.far")


def why_not(protocol: str) -> str:
    with pytest.raises(ConfigError) as caught:
        find(protocol)
    (sentence,) = caught.value.problems
    return sentence


def test_a_package_from_outside_is_found_by_its_entry_point(outside: Path):
    write(outside, {"far/__init__.py": ADAPTER})
    installed(outside, morse="far:Adapter")
    assert find("morse").records().keys() == {"Morse"}
    assert protocols()["morse"] is find("morse") is find("far:Adapter")


def test_what_is_installed_later_is_found(outside: Path):
    assert why_not("semaphore").startswith("there is no protocol 'semaphore' (there are ")
    write(outside, {"far/__init__.py": ADAPTER})
    installed(outside, semaphore="far:Adapter")
    assert find("semaphore").__module__ == "far"


def test_a_name_that_both_have_is_the_trees(outside: Path):
    tree = {name: one for name, one in protocols().items() if one.__module__.startswith("adapters.")}
    write(outside, {"far/__init__.py": ADAPTER})
    installed(outside, **dict.fromkeys(tree, "far:Adapter"))
    assert tree
    assert {name: find(name) for name in tree} == tree


BROKEN = {
    "not there": ({}, "the adapter of 'broken' cannot be loaded: ModuleNotFoundError: No module named 'far'"),
    "no adapter": ({"far/__init__.py": ""}, "far has no Adapter"),
    "something else": ({"far/__init__.py": "Adapter = 1"}, "far:Adapter is not an adapter"),
    "half of one": (
        {"far/__init__.py": "import bridge\nclass Adapter(bridge.Adapter):\n    look = run = RoomConfig = 1"},
        "far:Adapter is no whole adapter: it has no NetworkConfig, RoomConfig, capabilities, room_id",
    ),
    "a refusal": (
        {"far/__init__.py": "\nraise ImportError('no')"},
        "the adapter of 'broken' cannot be loaded: ImportError: no ({folder}/far/__init__.py, line 2)",
    ),
    "no Python": (
        {"far/__init__.py": "\n\nclass:"},
        "the adapter of 'broken' cannot be loaded: SyntaxError: invalid syntax (__init__.py, line 3)",
    ),
    "a mistake": (
        {"far/__init__.py": "from .deep import x", "far/deep.py": "raise TypeError('bad')"},
        "the adapter of 'broken' cannot be loaded: TypeError: bad ({folder}/far/deep.py, line 1)",
    ),
    "an end": (
        {"far/__init__.py": "raise SystemExit(3)"},
        "the adapter of 'broken' cannot be loaded: SystemExit: 3 ({folder}/far/__init__.py, line 1)",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_one_that_cannot_be_loaded_costs_a_sentence(
    outside: Path, case: str, caplog: pytest.LogCaptureFixture
):
    files, sentence = BROKEN[case]
    write(outside, files)
    installed(outside, broken="far:Adapter")
    told = sentence.format(folder=outside)
    assert "broken" not in protocols()
    assert caplog.messages == [f"left out: {told}"]
    assert why_not("broken") == told


def test_a_library_that_is_missing_is_named_with_its_extra(inside: Path):
    write(inside, {"far/__init__.py": "import no_such_library.client"})
    assert why_not("far") == (
        "protocol 'far' needs the library no_such_library, which is not installed: "
        "install it, or Hubbub with [far], as in: pip install '.[far]'"
    )
    assert "far" not in protocols()


def test_a_library_that_is_loaded_late_is_missed_as_early(inside: Path, outside: Path):
    write(inside, {"far/__init__.py": ADAPTER})
    distribution = "Metadata-Version: 2.1\nName: hubbub\nVersion: 1.0\nRequires-Dist: {}\n"
    path = {"hubbub-1.0.dist-info/METADATA": distribution.format('No-Such.Library >=2,<3 ; extra == "far"')}
    write(outside, path)
    assert why_not("far") == (
        "protocol 'far' needs the library No-Such.Library, which is not installed: "
        "install it, or Hubbub with [far], as in: pip install '.[far]'"
    )
    write(outside, {name: text.replace("No-Such.Library >=2,<3", "click>=8") for name, text in path.items()})
    assert find("far").__module__ == "adapters.far"


def test_a_mistake_of_the_tree_is_no_missing_library(inside: Path):
    write(inside, {"far/__init__.py": "from .adapter import Adapter"})
    assert why_not("far").startswith("the adapter of 'far' cannot be loaded: ModuleNotFoundError: No module ")


def test_the_name_of_a_package_leads_to_its_protocol(outside: Path):
    write(outside, {"hubbub_far/__init__.py": ADAPTER})
    assert "no protocol 'hubbub_far'; did you mean \"hubbub_far:Adapter\"? (there are" in why_not(
        "hubbub_far"
    )
    installed(outside, telegraph="hubbub_far:Adapter")
    assert "no protocol 'hubbub_far'; did you mean \"telegraph\"? (there are" in why_not("hubbub_far")


def hubbub(*words: str | Path) -> Result:
    return CliRunner().invoke(commands, [str(word) for word in words])


MAP = """
    networks:
      one: {protocol: "PROTOCOL", station: Nauen}
    conversations:
      lobby: {one: [a, b]}
"""


@pytest.mark.parametrize("protocol", ["morse", "far:Adapter"])
def test_a_map_with_a_protocol_from_outside_is_right_for_an_editor(outside: Path, protocol: str):
    """For a package that names an entry point, and for one that does not."""
    write(outside, {"far/__init__.py": ADAPTER, "bridge.yaml": MAP.replace("PROTOCOL", protocol)})
    if protocol == "morse":
        installed(outside, morse="far:Adapter")
    schema = json.loads(hubbub("check", "--schema", outside / "bridge.yaml").stdout)
    kinds = schema["properties"]["networks"]["additionalProperties"]["oneOf"]
    found = {kind["properties"]["protocol"]["const"]: kind["properties"] for kind in kinds}
    assert found[protocol]["station"]["description"] == "The station."
    assert found.keys() - {protocol} == protocols().keys() - {protocol}
    assert hubbub("check", outside / "bridge.yaml").exit_code == 0


def test_the_pages_have_what_is_installed_and_name_what_cannot_be_loaded(
    outside: Path, caplog: pytest.LogCaptureFixture
):
    write(outside, {"far/__init__.py": ADAPTER})
    installed(outside, morse="far:Adapter", lost="far.away:Adapter")
    assert "| Morse |" in hubbub("capabilities").stdout
    assert "### With `protocol: morse`" in hubbub("settings").stdout
    assert hubbub("check", "--schema").exit_code == 0
    assert len(caplog.messages) == 3
    assert {message.partition(" cannot")[0] for message in caplog.messages} == {
        "left out: the adapter of 'lost'"
    }


def test_a_demo_stands_beside_the_adapter(outside: Path):
    """Also where the package is one file."""
    write(outside, {"far/__init__.py": ADAPTER, "bridge.yaml": MAP.replace("PROTOCOL", "far:Adapter")})
    command = [HUBBUB, "demo", "--packages", outside / "bridge.yaml"]
    path = os.environ | {"PYTHONPATH": str(outside)}
    without = subprocess.run(command, capture_output=True, text=True, env=path, check=False)
    assert without.stderr == "hubbub: protocol 'far:Adapter' has no demo: there is no far.testing\n"
    write(outside, {"far/testing.py": "class Demo:\n    debian = ['telegraph']\n    missing = lambda: 'x'"})
    assert subprocess.check_output(command, text=True, env=path) == "telegraph\n"


def test_the_demo_does_without_what_cannot_be_loaded(outside: Path):
    """It says what is missing, as it does of servers."""
    installed(outside, nearby="nearby:Adapter")
    file = outside / "bridge.yaml"
    text = """
        networks:
          one: {protocol: nearby, station: Nauen}
          two: {protocol: "far_off:Adapter", station: Nauen}
        conversations:
          lobby: {one: a, two: b}
    """
    demo = "class Demo:\n    debian = ['telegraph']\n    missing = lambda: 'the key'"
    write(outside, {"nearby.py": "import no_such_library", "bridge.yaml": text})
    write(outside, {"far_off/__init__.py": ADAPTER, "far_off/testing.py": demo})
    path = os.environ | {"PYTHONPATH": str(outside)}
    packages = subprocess.check_output([HUBBUB, "demo", "--packages", file], text=True, env=path)
    assert packages == "telegraph\n"
    played = subprocess.run(
        [HUBBUB, "demo", "--once", file], capture_output=True, text=True, env=path, check=False
    )
    told = " ".join(played.stdout.split())
    assert "one is left out: the adapter of 'nearby' cannot be loaded: ModuleNotFoundError: No module" in told
    assert "two is left out: the key" in told
    assert (played.returncode, played.stderr) == (1, "")


SPEAKING = """
    import asyncio, bridge, logging
    from far_away import Adapter as Base

    class Adapter(Base):
        __init__ = bridge.Adapter.__init__
        serve = bridge.Adapter.serve

        async def run(self, emit):
            logging.getLogger(__name__).info("the key is down")
            await asyncio.Event().wait()
"""


def test_the_log_has_what_an_adapter_from_outside_says(outside: Path):
    """Also what one says that came with a reload."""
    write(
        outside,
        {
            "far_away.py": ADAPTER,
            "near.py": SPEAKING,
            "nearer.py": SPEAKING,
            "bridge.yaml": MAP.replace("PROTOCOL", "near:Adapter"),
        },
    )
    command = [HUBBUB, "run", outside / "bridge.yaml"]
    path = os.environ | {"PYTHONPATH": str(outside)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=path) as process:
        assert process.stderr
        try:
            assert any("one: the key is down" in line for line in process.stderr)
            write(outside, {"bridge.yaml": MAP.replace("PROTOCOL", "nearer:Adapter").replace("one", "two")})
            process.send_signal(signal.SIGHUP)
            assert any("two: the key is down" in line for line in process.stderr)
        finally:
            process.terminate()
