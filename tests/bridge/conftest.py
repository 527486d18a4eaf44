from pathlib import Path

import pytest

from bridge.testing import HandClock, ScriptedNetwork
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
def clock(request):
    """For `running`: the core's, which a test moves; a parameter is what it shows to begin with."""
    return HandClock(getattr(request, "param", None))


@pytest.fixture
def pair(tmp_path, left, right):
    return config(tmp_path, {"lobby": ["left one", "right two"]})
