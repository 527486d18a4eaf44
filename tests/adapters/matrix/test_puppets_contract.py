"""The contract of all adapters where people from elsewhere are in the room as themselves, by an application
service.
"""

import contextlib
import itertools

import pytest

from adapters.matrix import Adapter
from adapters.matrix.puppets.registration import new_registration
from adapters.matrix.testing import SERVER, Demo
from bridge.keepsake import Keepsake
from bridge.testing import AdapterContract, Place
from tests.adapters.places import witnessing

BOT = f"@hubbub:{SERVER}"
_numbers = itertools.count(1)


@contextlib.asynccontextmanager
async def serving(folder):
    """A Synapse that knows our service."""
    made = new_registration("matrix", BOT, folder / "registration.yaml")
    made.file.write_text(made.text)
    server = Demo(folder / "synapse")
    server.registrations = (made.file,)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def service(server, **more):
    """A network of this server, with the service."""
    settings = {"homeserver": server.url, "registration": server.registrations[0], **more}
    return Adapter.NetworkConfig(user=BOT, password="hubbub", **settings)


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


@contextlib.asynccontextmanager
async def new_place(server, folder):
    number = next(_numbers)
    adapter = Adapter("matrix", service(server), "I am a bridge.")
    adapter.keepsake = Keepsake(folder / "journal.sqlite3", "matrix")
    room = adapter.room_id(f"#puppets{number}:{SERVER}")
    with witnessing("matrix"):
        person = await server.person(f"ann{number}", room)
    try:
        await adapter.serve({room: adapter.RoomConfig()})
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
    async with serving(tmp_path) as server, new_place(server, tmp_path) as place:
        yield place


class TestContract(AdapterContract):
    pass
