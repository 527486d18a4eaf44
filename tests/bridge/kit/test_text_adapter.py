"""An adapter of which only the protocol is written keeps the contract of all, over a chat of our own."""

import pytest

from bridge import ConnectionLost, Receipt, RoomId
from bridge.testing import AdapterContract, Place

from .chat import ChatAdapter, ChatServer, Network, Room

LOBBY = RoomId("lobby")


@pytest.fixture
async def server():
    server = ChatServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def place(server):
    person = await server.person("alice")
    adapter = ChatAdapter("chat", Network(port=server.port), "I am a bridge.")
    await adapter.serve({LOBBY: Room()})
    yield Place(adapter, LOBBY, server, person)
    await person.leave()


@pytest.fixture
async def doomed(place):
    return place


async def test_nothing_is_on_its_way_without_a_connection():
    with pytest.raises(ConnectionLost):
        ChatAdapter("chat", Network(port=1), "").flights.start("question", LOBBY)


class Asking(ChatAdapter):
    async def enter(self, room, config, since):
        answer = self.flights.start("question", room)
        self.flights.settle("question", Receipt(None))
        await answer
        return await super().enter(room, config, since)


async def test_who_looks_may_ask(server):
    assert await Asking("chat", Network(port=server.port), "").look({LOBBY: Room()}) == {LOBBY: None}


@pytest.mark.parametrize("module", ["adapters.paper.adapter", "hubbub_paper.adapter", "hubbub_paper"])
def test_a_record_bears_the_name_of_its_package(module):
    assert type("Adapter", (ChatAdapter,), {"__module__": module}).records().keys() == {"Paper"}


class TestContract(AdapterContract):
    pass
