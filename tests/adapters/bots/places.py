"""An adapter of bots on a port of its own, and the core as it meets it."""

import contextlib

from adapters.bots import Adapter
from bridge.keepsake import Keepsake
from bridge.model import RoomId
from bridge.testing import Place, free_port
from tests.adapters.bots.witness import Bot, Bots

ROOM = RoomId("shop")


async def new_adapter(folder, *rooms, **settings):
    """An adapter that keeps its file in a folder."""
    config = {"nickname": "pricebot", "listen": f"127.0.0.1:{free_port()}", **settings}
    adapter = Adapter("bots", Adapter.NetworkConfig.model_validate(config), "I am a bridge.")
    adapter.keepsake = Keepsake(folder / "hubbub.sqlite3", "bots")
    await adapter.serve({RoomId(room): Adapter.RoomConfig() for room in rooms or (ROOM,)})
    return adapter


def address(adapter, scheme="ws", path="/"):
    """Where bots find it."""
    return f"{scheme}://{adapter.config.listen}{path}"


@contextlib.asynccontextmanager
async def new_place(folder, **settings):
    """A bot by plain WebSocket in a group of an adapter."""
    adapter = await new_adapter(folder, **settings)
    bot = Bot(address(adapter), ROOM, token=settings.get("token"))
    try:
        yield Place(adapter, ROOM, Bots(bot), bot)
    finally:
        await bot.leave()
