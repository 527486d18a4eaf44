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
    yield Place(adapter, ROOM, None, person, not_rooms=("", " ", "a b c", "a/b", "a?b", "x" * 5000))
    await person.leave()


@pytest.fixture
async def doomed(place):
    return place


class TestContract(AdapterContract):
    """While we are away, nothing is said: whoever posts is not told that it was taken, and posts again. So
    nothing is missed, and what was not durable comes again when it is posted again.
    """

    async def test_what_is_missed_is_read_or_said_to_be_missing(self, place: Place):
        async with place.running():
            await place.person.say(plain("before"))
            await place.said()
        for number in range(3):
            await place.person.say(plain(f"meanwhile {number}"))
        async with place.running():
            said = [one.content.text for one in place.past]
            while len(said) < 3:
                said.append((await place.said()).content.text)
        assert place.caught_up
        assert said == [f"meanwhile {number}" for number in range(3)]

    async def test_what_was_not_durable_comes_again_or_is_said_to_be_missing(self, place: Place):
        async with place.running():
            place.core.hold()
            await place.person.say(plain("taken too early"))
            lost = await place.said()
        await place.restarted()
        async with place.running():
            again = place.past[0] if place.past else await place.said()
        assert (again.id, again.content) == (lost.id, lost.content)

    async def test_the_end_of_the_server_ends_the_run(self, doomed: Place):
        """The server is ours: what can go wrong is that somebody else has the port."""
        await doomed.person.leave()
        with (
            socket.create_server(doomed.adapter.config.address),
            pytest.raises(ConnectionLost, match="choose another address or port"),
        ):
            await doomed.adapter.run(doomed.core.gate([ROOM]))
        await doomed.person.join()
