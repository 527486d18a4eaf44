"""The contract of all adapters where people from elsewhere are in the room as themselves, by a component."""

import contextlib
import itertools

import pytest

from adapters.xmpp import Adapter
from bridge.keepsake import Keepsake
from bridge.testing import AdapterContract, Place
from tests.adapters.places import demo_server, witnessing
from tests.adapters.xmpp.servers import Ejabberd

_numbers = itertools.count(1)


@contextlib.asynccontextmanager
async def prosody(folder):
    async with demo_server("xmpp", folder, poor=False) as (server, _):
        yield server


@contextlib.asynccontextmanager
async def ejabberd(folder):
    server = Ejabberd(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture(scope="module", params=[prosody, ejabberd])
async def server(request, tmp_path_factory):
    async with request.param(tmp_path_factory.mktemp("server")) as server:
        yield server


def component(server, **more):
    """A network of a component of this server."""
    return Adapter.NetworkConfig(
        jid=server.component, password=server.component, server="127.0.0.1", port=server.components,
        nick="hubbub", **more,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def new_place(server, folder):
    number = next(_numbers)
    adapter = Adapter("jabber", component(server), "I am a bridge.")
    adapter.keepsake = Keepsake(folder / "journal.sqlite3", "jabber")
    room = adapter.room_id(f"puppets{number}@{server.rooms}")
    with witnessing("xmpp"):
        person = await server.person(f"ann{number}", room)
    try:
        await adapter.serve({room: adapter.RoomConfig(create=True)})
        yield Place(adapter, room, server, person, not_rooms=("", " ", "a b c", "x" * 5000))
    finally:
        await person.leave()
    assert not getattr(person, "contradictions", ()), "\n".join(person.contradictions)


@pytest.fixture
async def place(server, tmp_path):
    async with new_place(server, tmp_path) as place:
        yield place


@pytest.fixture
async def doomed(tmp_path):
    async with prosody(tmp_path) as server, new_place(server, tmp_path) as place:
        yield place


class TestContract(AdapterContract):
    pass
