import pytest

from bridge.testing import ScriptedNetwork
from tests.bridge.relay.shelf import Shelf
from tests.bridge.world import config


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


@pytest.fixture
def pair(tmp_path, left, right):
    return config(tmp_path, {"lobby": ["left one", "right two"]})


@pytest.fixture
def after(tmp_path):
    """A folder for the journal as a crash leaves it."""
    folder = tmp_path / "after"
    folder.mkdir()
    return folder


@pytest.fixture
async def shelf():
    shelf = Shelf()
    await shelf.open()
    yield shelf
    await shelf.close()
