"""The contract of all adapters, over a scripted implementation, as each of three writes it."""

import itertools

import pytest

from adapters.onebot import Adapter
from bridge.testing import AdapterContract, Place, free_port

from .implementation import TOKEN, Implementation
from .people import Somebody

_numbers = itertools.count(1)
FAST = {"burst": 1000, "per_second": 1000}


class Demo:
    """What can be stopped."""

    def __init__(self, qq):
        self._qq = qq

    async def stop(self):
        await self._qq.stop()


@pytest.fixture(params=["napcat forward", "llbot reverse", "lagrange forward"])
async def place(request):
    style, _, way = request.param.partition(" ")
    qq = Implementation(style)
    url = await qq.listen()
    number = 10_000_000_000 + next(_numbers)
    person = Somebody(qq, number, 3_000_000_000 + next(_numbers), "ann")
    port = free_port()
    where = {"url": url} if way == "forward" else {"listen": str(port)}
    settings = {**where, "access_token": TOKEN, "pace": FAST}
    adapter = Adapter("qq", Adapter.NetworkConfig.model_validate(settings), "I am a bridge.")
    room = adapter.room_id(f"group:{number}")
    await adapter.serve({room: Adapter.RoomConfig()})
    if way == "reverse":
        await qq.call(f"ws://127.0.0.1:{port}/onebot/v11/ws")
    yield Place(adapter, room, Demo(qq), person)
    await qq.stop()


@pytest.fixture
async def doomed(place):
    return place


class TestContract(AdapterContract):
    async def test_an_emote_is_emitted_as_one(self):
        """There are none on QQ."""
