from pathlib import Path

import pytest

from bridge.testing import ScriptedNetwork
from tests.bridge.world import config

from .fake_protocol import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


@pytest.fixture
def pair(tmp_path, left, right):
    return config(tmp_path, {"lobby": ["left one", "right two"]})
