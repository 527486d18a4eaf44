"""An adapter of bots on a port of its own, and the core as it meets it."""

import asyncio
import contextlib

from adapters.bots import Adapter
from bridge.keepsake import Keepsake
from bridge.model import Authorship, RoomId, SendMessage, Speaker, plain
from bridge.testing import Place, free_port
from tests.adapters.bots.witness import Bot, Bots

ROOM = RoomId("shop")
ADA = Speaker(Authorship.PUPPET, "ada", "irc/ada!a@example.org")


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


async def send(place, content="hello", speaker=ADA, **fields):
    """A message of somebody, confirmed."""
    content = plain(content) if isinstance(content, str) else content
    command = SendMessage(room=ROOM, speaker=speaker, txn=place.next_txn(), content=content, **fields)
    return await asyncio.wait_for(await place.adapter.send(command), 5)


async def did(place, kind):
    """The next event of a kind that the core hears of."""
    async with asyncio.timeout(5):
        while not isinstance(event := await place.events.get(), kind):
            pass
        return event
