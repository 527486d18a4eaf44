"""SIGTERM while everybody talks, with messages queued and on their way."""

import asyncio
import contextlib
import time

import pytest

from tests.e2e.five import PLACES, five
from tests.e2e.talk import Talk, owed
from tests.e2e.world import hubbub


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with five(tmp_path_factory.mktemp("stop")) as world:
        yield world


async def test_a_stop_in_a_stream_leaves_the_rest_to_the_next_start(world):
    talking = contextlib.AsyncExitStack()
    left = 0
    async with Talk(world) as talk, talking:
        for _ in range(2):
            async with hubbub(world) as bridge:
                await talk.watch(bridge)
                if not talk.said:
                    await talking.enter_async_context(talk.talking(6))
                # what Synapse is to be told queues up behind its network
                world.proxies["matrix"].pace = 2000
                await asyncio.sleep(2)
                stopped = time.time()
                assert await bridge.stop() == 0
                assert "Traceback" not in bridge.log.read_text()
                talk.left(stopped)
                world.proxies["matrix"].pace = None
                left += len(owed(world.folder))
        async with hubbub(world) as bridge:
            await talk.watch(bridge)
            await talking.aclose()
            await talk.end(bridge)
        assert left > 10
        assert not any(line.again for lines in talk.heard.values() for line in lines)
        assert all(talk.doubles(here, there) == 0 for here in PLACES for there in PLACES)
