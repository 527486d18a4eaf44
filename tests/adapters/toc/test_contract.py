"""The contract of all adapters, on a scripted server."""

import pytest

from bridge.testing import AdapterContract
from tests.adapters.toc.places import new_place, toc_server


@pytest.fixture(params=["UTF-8", "TOC 1.0"])
async def server(request):
    async with toc_server() as server:
        server.encoded = request.param == "UTF-8"
        yield server


@pytest.fixture
async def place(server):
    async with new_place(server) as place:
        yield place


@pytest.fixture
async def doomed(place):
    return place


class TestContract(AdapterContract):
    pass
