"""The contract of all adapters where people from elsewhere are on IRC as themselves."""

import contextlib
import itertools

import pytest

from adapters.irc import Adapter
from bridge.keepsake import Keepsake
from bridge.testing import AdapterContract, Place
from tests.adapters.places import demo_server

from .harness import FAST
from .servers import Inspircd
from .witness import Witness

_numbers = itertools.count(1)
OFTEN = {"burst": 1000, "per_second": 1000}


@contextlib.asynccontextmanager
async def ngircd(folder):
    async with demo_server("irc", folder, poor=False) as (server, _):
        yield server


@contextlib.asynccontextmanager
async def inspircd(folder):
    server = Inspircd(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture(scope="module", params=[ngircd, inspircd])
async def server(request, tmp_path_factory):
    async with request.param(tmp_path_factory.mktemp("server")) as server:
        yield server


def network(server, nick="hubbub", puppets=None, **more):
    """A network where people from elsewhere have connections of their own."""
    return Adapter.NetworkConfig(
        server="127.0.0.1", port=server.port, tls=False, nick=nick, flood=FAST,
        puppets={**OFTEN, **(puppets or {})}, **more,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def new_place(server, folder):
    number = next(_numbers)
    adapter = Adapter("irc", network(server, f"hubbub{number}"), "I am a bridge.")
    adapter.keepsake = Keepsake(folder / "journal.sqlite3", "irc")
    room = adapter.room_id(f"#puppets{number}")
    person = Witness(f"ann{number}", room)
    await person.join(server.port)
    try:
        await adapter.serve({room: adapter.RoomConfig()})
        yield Place(adapter, room, server, person, not_rooms=("", " ", "lobby", "#a b", "#" + "x" * 500))
    finally:
        await person.leave()
    assert not person.contradictions, "\n".join(person.contradictions)


@pytest.fixture
async def place(server, tmp_path):
    async with new_place(server, tmp_path) as place:
        yield place


@pytest.fixture
async def doomed(tmp_path):
    async with ngircd(tmp_path) as server, new_place(server, tmp_path) as place:
        yield place


class TestContract(AdapterContract):
    pass
