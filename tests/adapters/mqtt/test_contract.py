"""The contract of all adapters, on a real mosquitto, in MQTT 5 and in 3.1.1."""

import pytest

from bridge.testing import AdapterContract
from tests.adapters.mqtt.places import broker, new_place, old_broker


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    async with broker(tmp_path_factory.mktemp("server")) as demo:
        yield demo


@pytest.fixture(params=["5", "3.1.1"])
async def place(request, server):
    if request.param == "5":
        async with new_place(server) as place:
            yield place
        return
    async with old_broker(server) as old, new_place(server, old.port) as place:
        yield place


@pytest.fixture
async def doomed(tmp_path):
    async with broker(tmp_path) as demo, new_place(demo) as place:
        yield place


class TestContract(AdapterContract):
    pass
