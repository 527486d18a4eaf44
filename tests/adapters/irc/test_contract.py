"""What the record of IRC claims where the server passes client tags on: the contract's part of that."""

import itertools

import pytest

from bridge.testing import Place
from bridge.testing.contract.doubt import DoubtContract
from bridge.testing.contract.support import SupportContract

from .harness import make
from .servers import Inspircd
from .witness import Witness

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
    person = Witness(f"ann{number}", room)
    await person.join(server.port)
    try:
        await adapter.serve({room: adapter.RoomConfig()})
        yield Place(adapter, room, server, person)
    finally:
        await person.leave()
    assert not person.contradictions, "\n".join(person.contradictions)


class TestContract(SupportContract, DoubtContract):
    pass
