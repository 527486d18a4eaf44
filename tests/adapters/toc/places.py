"""Places on the scripted server."""

import contextlib
import itertools

from adapters.toc import Adapter
from bridge.testing import Place
from tests.adapters.toc.server import Somebody, TocServer

NOT_ROOMS = ("", " ", "x" * 51, "two\nlines")
_numbers = itertools.count(1)


@contextlib.asynccontextmanager
async def toc_server():
    """A server."""
    server = await TocServer().start()
    try:
        yield server
    finally:
        await server.stop()


def adapter(port, **settings):
    """An adapter for it."""
    network = {
        "server": "127.0.0.1",
        "port": port,
        "screen_name": "Hub Bub",
        "password": "a Secret9",
        "burst": 1000,
        "per_second": 1000,
        **settings,
    }
    return Adapter("aim", Adapter.NetworkConfig.model_validate(network), "I am a bridge.")


@contextlib.asynccontextmanager
async def new_place(server):
    """An adapter, and somebody in its room."""
    number = next(_numbers)
    made, room = adapter(server.port), Adapter.room_id(f"Tea Room {number}")
    person = Somebody(server, f"Ann {number}", room)
    await made.serve({room: Adapter.RoomConfig()})
    yield Place(made, room, server, person, NOT_ROOMS)
    await person.leave()
