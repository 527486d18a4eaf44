"""The contract of all adapters, kept by the scripted network too, whoever speaks there."""

from dataclasses import replace

import pytest
from aiohttp import web
from yarl import URL

from bridge.model import Authorship, RoomId, Support
from bridge.testing import AdapterContract, Place, ScriptedAdapter, ScriptedNetwork, ScriptedPerson, free_port
from bridge.testing.scripted.files import ScriptedFiles

ROOM = RoomId("lobby")


class Server:
    """What can be stopped."""

    def __init__(self, network):
        self._network = network

    async def stop(self):
        self._network.up = False
        self._network.drop()


@pytest.fixture(scope="module")
async def files():
    """Where the files of a network are, which can be fetched."""
    known = ScriptedFiles(f"http://127.0.0.1:{free_port()}/")

    async def serve(request):
        return web.Response(body=known.paths[request.match_info["name"]].read_bytes())

    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", URL(known.address).port).start()
    yield known
    await runner.cleanup()


@pytest.fixture(params=[*Authorship, "a connection of their own"])
def network(request, files):
    network = ScriptedNetwork("contract")
    network.files.address, network.files.paths = files.address, files.paths
    alone = request.param not in list(Authorship)
    how = Authorship.PUPPET if alone else request.param
    network.capabilities = replace(
        network.capabilities,
        **dict.fromkeys(("file", "thread", "topic", "mention", "typing", "read", "doubt"), Support.FULL),
        captions=True,
        times=True,
        window=16,
        authorship=how,
        own_connection=alone,
    )
    return network


@pytest.fixture
async def place(network):
    adapter = ScriptedAdapter("scripted", ScriptedAdapter.NetworkConfig(server="contract"), "")
    await adapter.serve({ROOM: ScriptedAdapter.RoomConfig()})
    person = ScriptedPerson(network, "ann", ROOM)
    return Place(adapter, ROOM, Server(network), person, not_rooms=("", " ", "a b c", "x" * 5000))


@pytest.fixture
async def doomed(place):
    return place


def test_there_is_a_speaker_of_each_kind(place, network):
    found = place.speaker()
    how = network.capabilities.authorship
    assert how is Authorship.PREFIX if found is None else found[0].how is how


class TestContract(AdapterContract):
    pass
