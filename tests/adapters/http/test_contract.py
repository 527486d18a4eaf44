"""The contract of all adapters, with a program on the other side."""

import socket

import pytest

from adapters.http import Adapter
from adapters.http.testing import Person
from bridge.errors import ConnectionLost
from bridge.model import RoomId, plain
from bridge.testing import AdapterContract, Place, free_port

ROOM = RoomId("shop")


@pytest.fixture
async def place():
    listen = f"127.0.0.1:{free_port()}"
    adapter = Adapter("programs", Adapter.NetworkConfig(listen=listen), "I am a bridge.")
    await adapter.serve({ROOM: Adapter.RoomConfig()})
    person = Person("ann", f"http://{listen}", ROOM)
    await person.join()
    yield Place(adapter, ROOM, None, person)
    await person.leave()


@pytest.fixture
def doomed(place):
    return place


class TestContract(AdapterContract):
    async def test_what_is_missed_is_read_or_said_to_be_missing(self, place: Place):
        """Whoever posts while nobody listens is not told that it was taken, and posts again."""
        async with place.running():
            pass
        with pytest.raises(OSError):
            await place.person.say(plain("meanwhile"))
        async with place.running():
            assert place.caught_up
            await place.person.say(plain("again"))
            assert (await place.said()).content == plain("again")

    async def test_the_end_of_the_server_ends_the_run(self, doomed: Place):
        """The server is ours: what can go wrong is that somebody else has the port."""
        await doomed.person.leave()
        with (
            socket.create_server(doomed.adapter.config.address),
            pytest.raises(ConnectionLost, match="choose another address or port"),
        ):
            async with doomed.running():
                pass
