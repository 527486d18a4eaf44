"""The contract of all adapters, kept by the scripted network too, whoever speaks there."""

import time
from dataclasses import replace

import pytest

from bridge.model import Authorship, Kind, RoomId
from bridge.testing import AdapterContract, Person, Place, ScriptedAdapter, ScriptedNetwork

ROOM = RoomId("lobby")


class Somebody(Person):
    """A person on a scripted network."""

    def __init__(self, network):
        super().__init__("alice")
        self._network = network
        network.tell(self._saw)

    async def say(self, content, kind=Kind.TEXT, *, answers=None, thread=None):
        return self._network.say(ROOM, self.name, content, kind=kind, reply_to=answers, at=time.time()).id

    async def rename(self, name):
        self.name = name


class Server:
    """What can be stopped."""

    def __init__(self, network):
        self._network = network

    async def stop(self):
        self._network.up = False
        self._network.drop()


@pytest.fixture(params=[*Authorship, "a connection of their own"])
def network(request):
    network = ScriptedNetwork("contract")
    alone = request.param not in list(Authorship)
    how = Authorship.PUPPET if alone else request.param
    network.capabilities = replace(network.capabilities, authorship=how, own_connection=alone)
    return network


@pytest.fixture
async def place(network):
    adapter = ScriptedAdapter("scripted", ScriptedAdapter.NetworkConfig(server="contract"), "")
    await adapter.serve({ROOM: ScriptedAdapter.RoomConfig()})
    return Place(adapter, ROOM, Server(network), Somebody(network))


@pytest.fixture
async def doomed(place):
    return place


def test_there_is_a_speaker_of_each_kind(place, network):
    found = place.speaker()
    how = network.capabilities.authorship
    assert how is Authorship.PREFIX if found is None else found[0].how is how


class TestContract(AdapterContract):
    pass
