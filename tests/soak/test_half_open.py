"""Connections that swallow one direction: on each network found out in its own time, and nothing is lost."""

import asyncio
import time

import pytest

from tests.e2e.five import PLACES, five
from tests.e2e.proxy import Way
from tests.e2e.talk import Talk
from tests.e2e.world import hubbub

STREAMS = tuple(PLACES.keys() - {"matrix"})
PATIENCE = 180.0


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with five(tmp_path_factory.mktemp("half")) as world:
        yield world


@pytest.fixture(autouse=True)
def begin_anew(world):
    world.forget()


@pytest.mark.parametrize("way", Way, ids=lambda way: way.name)
async def test_half_open_connections_lose_nothing(world, way):
    async with hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined(*PLACES)
        async with talk.talking(2):
            await asyncio.sleep(2)
            began = time.time()
            async with talk.interrupted(bridge, *STREAMS, patience=PATIENCE):
                for proxy in world.proxies.values():
                    proxy.deafen(way)
            found = {network: round(spans[-1][1] - began) for network, spans in talk.away.items()}
            print(f"\n{way.value}: joined again after {found} s")
        await talk.end(bridge)
