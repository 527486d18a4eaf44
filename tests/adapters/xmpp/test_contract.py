"""The contract of all adapters, in rooms that keep an archive: there everything has a name."""

import pytest

from bridge.testing import AdapterContract
from tests.adapters.places import demo_server, new_place

PROTOCOL = "xmpp"


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    async with demo_server(PROTOCOL, tmp_path_factory.mktemp("server"), poor=False) as server:
        yield server


@pytest.fixture
async def place(server):
    async with new_place(PROTOCOL, *server) as place:
        yield place


@pytest.fixture
async def doomed(tmp_path):
    async with demo_server(PROTOCOL, tmp_path, poor=False) as server, new_place(PROTOCOL, *server) as place:
        yield place


class TestContract(AdapterContract):
    pass
