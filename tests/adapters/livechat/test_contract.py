"""The contract of all adapters, with a visitor's browser on the other side."""

import socket

import pytest

from adapters.livechat.testing import Person as Customer
from bridge.errors import ConnectionLost
from bridge.model import plain
from bridge.testing import AdapterContract

from .places import ROOM, DeskPlace, address, new_adapter, open_chat


@pytest.fixture
async def place(tmp_path):
    adapter = await new_adapter(tmp_path)
    visitor = Customer("ann", address(adapter), ROOM)
    place = DeskPlace(adapter, ROOM, None, visitor, not_rooms=("", " ", "a b c", "a/b", "#a", "x" * 5000))
    await open_chat(place)
    yield place
    await visitor.leave()


@pytest.fixture
async def doomed(place):
    return place


class TestContract(AdapterContract):
    """While we are away, nothing is said: a browser says it again until it is told that it was taken."""

    async def test_what_is_missed_is_read_or_said_to_be_missing(self, place):
        import asyncio

        async with place.running():
            await place.person.say(plain("before"))
            await place.said()
        saying = [asyncio.ensure_future(place.person.say(plain("meanwhile"))) for _ in range(3)]
        async with place.running():
            for _ in range(3):
                assert (await place.said()).content == plain("meanwhile")
            await asyncio.wait(saying)
        assert place.caught_up

    async def test_the_end_of_the_server_ends_the_run(self, doomed):
        """The server is ours: what can go wrong is that somebody else has the port."""
        with (
            socket.create_server(doomed.adapter.config.address),
            pytest.raises(ConnectionLost, match="choose another address or port"),
        ):
            await doomed.adapter.run(doomed.core.gate([ROOM]))
