"""The contract of all adapters, on real servers."""

import pytest

from bridge.testing import AdapterContract
from tests.adapters.places import demo_server, new_place


@pytest.fixture(scope="module", params=["irc", "xmpp", "matrix"])
def protocol(request):
    return request.param


@pytest.fixture(scope="module")
async def server(protocol, tmp_path_factory):
    async with demo_server(protocol, tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
async def place(protocol, server):
    async with new_place(protocol, *server) as place:
        yield place


@pytest.fixture
async def doomed(protocol, tmp_path):
    async with demo_server(protocol, tmp_path) as server, new_place(protocol, *server) as place:
        yield place


class TestContract(AdapterContract):
    pass
