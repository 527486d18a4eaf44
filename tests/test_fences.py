"""The import contracts in pyproject.toml: they hold what comes tomorrow too, and find what is wrong."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"

DECENT = {
    "adapters/pretended/__init__.py": "from .adapter import Adapter as Adapter",
    "adapters/pretended/adapter.py": (
        "import asyncio\nimport bridge\nfrom . import decode, encode\n\nclass Adapter(bridge.Adapter): ..."
    ),
    "adapters/pretended/decode/__init__.py": "import struct\nfrom bridge import Content, Position",
    "adapters/pretended/encode.py": "from bridge import FormRefused\nfrom .words import WORDS",
    "adapters/pretended/words.py": "WORDS = ()",
    "adapters/pretended/testing/__init__.py": "from bridge.testing import Demo\nfrom .. import encode",
}

WRONG = {
    "an adapter that knows more than the face": (
        "adapters/wrong/adapter.py",
        "from bridge.media.cache import Cache",
        "adapters.wrong.adapter -> bridge.media.cache",
    ),
    "one that asks the service itself": (
        "adapters/wrong/client.py",
        "from bridge import control",
        "adapters.wrong.client -> bridge.control",
    ),
    "one that goes round the face to what stands in it": (
        "adapters/wrong/rooms/keeper.py",
        "from bridge.model import Content",
        "adapters.wrong.rooms.keeper -> bridge.model",
    ),
    "one that takes what is for tests": (
        "adapters/wrong/session.py",
        "from bridge.testing import free_port",
        "adapters.wrong.session -> bridge.testing",
    ),
    "one that takes its own people": (
        "adapters/wrong/hints.py",
        "from .testing import Person",
        "adapters.wrong.hints -> adapters.wrong.testing",
    ),
    "a test server that knows the relay": (
        "adapters/wrong/testing/server.py",
        "from bridge.relay import Router",
        "adapters.wrong.testing.server -> bridge.relay",
    ),
    "one that knows another": (
        "adapters/wrong/look.py",
        "from adapters.pretended import decode",
        "adapters.wrong.look -> adapters.pretended",
    ),
    "a core that knows one": (
        "bridge/relay/shortcut.py",
        "from adapters.pretended import Adapter",
        "bridge.relay.shortcut -> adapters.pretended",
    ),
    "a core's product that takes what is for tests": (
        "bridge/journal/shortcut.py",
        "from bridge.testing import free_port",
        "bridge.journal.shortcut -> bridge.testing",
    ),
    "a core that climbs": (
        "bridge/journal/climbing.py",
        "from bridge.relay import Router",
        "bridge.journal.climbing -> bridge.relay",
    ),
    "a relay that knows the journal's file": (
        "bridge/relay/filing.py",
        "from bridge.journal.sqlite import SqliteJournal",
        "bridge.relay.filing -> bridge.journal.sqlite",
    ),
    "a command that moves in without being the one for it": (
        "bridge/cli/arriving.py",
        "from bridge.moving import read",
        "bridge.cli.arriving -> bridge.moving",
    ),
    "a part of the core that has no place yet": ("bridge/somewhere.py", "", "bridge.somewhere"),
    "decode with sockets": ("adapters/wrong/decode/lines.py", "import socket", "decode.lines -> socket"),
    "encode with a loop": (
        "adapters/wrong/encode.py",
        "from asyncio import sleep",
        "encode -> asyncio.sleep",
    ),
    "I/O behind a module that decode needs": ("adapters/wrong/words.py", "import os", "wrong.words -> os"),
    "half of a package": ("adapters/wrong/parts.py", "import urllib.request", "parts -> urllib.request"),
    "the same, otherwise": (
        "adapters/wrong/pages.py",
        "from urllib import request",
        "pages -> urllib.request",
    ),
    "what somebody else imported": ("adapters/wrong/scan.py", "from .transport import ssl", "scan -> ssl"),
    "the same by a star": (
        "adapters/wrong/stars.py",
        '"""Pure."""\nfrom .all import sleep',
        "wrong.stars -> asyncio.sleep",
    ),
    "I/O of the face": (
        "adapters/wrong/kept.py",
        '"""Pure."""\nfrom bridge import Keepsake',
        "kept -> bridge.keepsake -> os",
    ),
    "the whole face": ("adapters/wrong/states.py", '"""Pure."""\nimport bridge', "states -> bridge"),
    "a module that says it is pure": (
        "adapters/wrong/reading.py",
        '"""Lines to words. Pure, given the session."""\nimport asyncio\nimport socket',
        "reading -> socket",
    ),
    "the same in the core": (
        "bridge/relay/islands.py",
        '"""Pure."""\ndef f(): import subprocess',
        "bridge.relay.islands -> subprocess",
    ),
    "I/O that needs no import": ("adapters/wrong/files.py", '"""Pure."""\nopen("x")', "files -> open"),
    "a model with libraries": ("bridge/model/shape.py", "import pydantic", "bridge.model.shape -> pydantic"),
}
NEEDED = {  # what makes some of them matter
    "adapters/wrong/__init__.py": "",
    "adapters/wrong/rooms/__init__.py": "",
    "adapters/wrong/transport.py": "import ssl\nfrom asyncio import sleep",
    "adapters/wrong/all.py": "from .transport import *",
    "adapters/wrong/testing/__init__.py": "from bridge.testing import Person as Person",
    "adapters/wrong/decode/__init__.py": "from .. import pages, parts, scan, words",
}


def lint(folder: Path, files: dict[str, str]) -> tuple[int, str]:
    """What is said of our own sources with these besides."""
    for part in ("bridge", "adapters", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=lambda _, names: {"__pycache__"} & set(names))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("a") as file:
            file.write(f"{text}\n")
    linted = subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False
    )
    return linted.returncode, re.sub(r"\x1b\[\d+m", "", linted.stdout + linted.stderr)


def test_who_may_import_whom():
    linted = subprocess.run(
        [sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_a_new_protocol_needs_a_folder_and_nothing_else(tmp_path: Path):
    code, said = lint(tmp_path, DECENT)
    assert code == 0, said


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of all that is wrong."""
    wrong = {name: text for name, text, _ in WRONG.values()}
    code, said = lint(tmp_path_factory.mktemp("wrong"), DECENT | NEEDED | wrong)
    assert code == 1, said
    return said


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_found(told: str, case: str):
    assert re.search(rf"{re.escape(WRONG[case][2])}\b", told), told
