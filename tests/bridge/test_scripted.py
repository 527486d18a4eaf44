"""The contract of all adapters, kept by the scripted network too, whoever speaks there."""

import pytest

from bridge.model import Authorship
from bridge.testing import AdapterContract
from tests.bridge.scripted_place import new_network, new_place, shelf


@pytest.fixture(scope="module")
async def files():
    async with shelf() as files:
        yield files


@pytest.fixture(params=[*Authorship, "a connection of their own"])
def network(request, files):
    alone = request.param not in list(Authorship)
    return new_network(files, Authorship.PUPPET if alone else request.param, own_connection=alone)


@pytest.fixture
async def place(network):
    async with new_place(network) as place:
        yield place


@pytest.fixture
async def doomed(place):
    return place


def test_there_is_a_speaker_of_each_kind(place, network):
    found = place.speaker()
    how = network.capabilities.authorship
    assert how is Authorship.PREFIX if found is None else found[0].how is how


class TestContract(AdapterContract):
    pass
