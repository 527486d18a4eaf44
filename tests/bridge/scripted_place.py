"""Places on a scripted network, which can do everything."""

import contextlib
from dataclasses import replace

from aiohttp import web
from yarl import URL

from bridge.clock import SYSTEM
from bridge.model import Authorship, RoomId, Support
from bridge.testing import Place, ScriptedAdapter, ScriptedNetwork, ScriptedPerson, free_port

ROOM = RoomId("lobby")
SUPPORTS = ("file", "thread", "topic", "mention", "typing", "read", "doubt", "whisper")


class Server:
    """A demo, as far as the contract needs it."""

    def __init__(self, network):
        self._network = network

    async def person(self, name, room):
        return ScriptedPerson(self._network, name, room)

    async def stop(self):
        self._network.up = False
        self._network.drop()


@contextlib.asynccontextmanager
async def shelf():
    """Serve files. Gives their address, and where they are."""
    address, paths = f"http://127.0.0.1:{free_port()}/", {}

    async def serve(request):
        return web.Response(body=paths[request.match_info["name"]].read_bytes())

    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", URL(address).port).start()
    try:
        yield address, paths
    finally:
        await runner.cleanup()


def new_network(files, how=Authorship.PREFIX, **more):
    """A network that can do everything, with its files on a shelf."""
    network = ScriptedNetwork("contract")
    network.files.address, network.files.paths = files
    network.capabilities = replace(
        network.capabilities,
        **dict.fromkeys(SUPPORTS, Support.FULL),
        captions=True,
        times=True,
        window=16,
        authorship=how,
        **more,
    )
    return network


def new_place(network, kind=ScriptedAdapter, clock=SYSTEM):
    """The context of a place there."""
    not_rooms = ("", " ", "a b c", "x" * 5000)
    return Place.of(kind, Server(network), {"server": "contract"}, ROOM, not_rooms=not_rooms, clock=clock)
