"""What the record of IRC claims where the server passes client tags on: the contract's part of that."""

import itertools

import pytest

from adapters.irc.testing import Person
from bridge.testing import Place
from bridge.testing.contract.doubt import DoubtContract
from bridge.testing.contract.support import SupportContract

from .harness import make
from .servers import Inspircd

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    ircd = Inspircd(tmp_path_factory.mktemp("ircd"))
    try:
        await ircd.start()
        yield ircd
    finally:
        await ircd.stop()


@pytest.fixture
async def place(server):
    number = next(_numbers)
    adapter = make(server.port, nick=f"hubbub{number}")
    room = adapter.room_id(f"#room{number}")
    person = Person(f"ann{number}", room)
    await person.join(server.port)
    try:
        await adapter.serve({room: adapter.RoomConfig()})
        yield Place(adapter, room, server, person)
    finally:
        await person.leave()


class TestContract(SupportContract, DoubtContract):
    pass
