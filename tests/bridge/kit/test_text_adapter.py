"""An adapter of which only the protocol is written keeps the contract of all, over a chat of our own."""

import pytest

from bridge import RoomId
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


class TestContract(AdapterContract):
    pass
