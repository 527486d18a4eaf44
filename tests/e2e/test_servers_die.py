"""Servers killed and started again, while everybody talks."""

import asyncio
import time

import pytest

from tests.e2e.five import PLACES, five, kill_server, revive_server
from tests.e2e.talk import Talk
from tests.e2e.world import hubbub

_SHOWN = 0.5
"""How long the past takes to be shown to somebody who joins, at most, in seconds."""


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with five(tmp_path_factory.mktemp("deaths")) as world:
        yield world


@pytest.fixture(autouse=True)
def begin_anew(world):
    world.forget()


@pytest.mark.parametrize("dying", [("irc", "prosody"), ("kept", "jabber"), ("matrix",)], ids="+".join)
async def test_a_server_that_dies_loses_nothing_that_was_taken(world, dying):
    """What it was told and does not know any more comes from the bridge, and what others say waits."""
    others = PLACES.keys() - set(dying)
    async with hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined(*PLACES)
        async with talk.talking(5, others):
            async with talk.talking(5, dying):
                await asyncio.sleep(1.5)
            streams = [network for network in dying if network != "matrix"]
            async with talk.interrupted(bridge, *streams):
                died = time.time()
                await asyncio.gather(*(kill_server(world, network) for network in dying))
                talk.again |= set(dying)
                await asyncio.gather(*(revive_server(world, network) for network in dying))
                await asyncio.sleep(_SHOWN)
                talk.again.clear()
                for network in dying:
                    talk.dead[network].append((died, time.time()))
                    await world.proxies[network].start()
            async with talk.talking(5, dying):
                await asyncio.sleep(1.5)
        await talk.end(bridge)
