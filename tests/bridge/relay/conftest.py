import pytest
from aiohttp import web

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
    server = web.Application()
    server.router.add_get("/{name}", shelf.answer)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    shelf.port = runner.addresses[0][1]
    yield shelf
    shelf.slow.set()
    await runner.cleanup()
