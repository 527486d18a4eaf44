"""A gap that is told begins where the network was surely heard last, however that was lost."""

import asyncio
import signal
import time

import pytest

from tests.e2e.five import FORGETFUL, PLACES, five
from tests.e2e.proxy import Way
from tests.e2e.talk import Talk, taken
from tests.e2e.world import hubbub

UNNOTICED = 20.0
"""Seconds: XMPP servers are asked less often than that, and not given up so soon."""


STREAMS = PLACES.keys() - {"matrix"}


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with five(tmp_path_factory.mktemp("gaps")) as world:
        yield world


@pytest.fixture(autouse=True)
def begin_anew(world):
    world.forget()


async def judged(talk, bridge):
    await talk.finish(bridge)
    await bridge.stop()
    talk.judge(taken(talk.world.folder, talk.world))


async def test_a_kill_on_a_connection_that_was_dead_already(world):
    async with Talk(world, frozenset({"matrix"})) as talk:
        async with hubbub(world) as bridge:
            await bridge.joined(*PLACES)
            async with talk.talking(4, FORGETFUL):
                await asyncio.sleep(1)
                dead = time.time()
                world.proxies["jabber"].deafen(Way.IN)
                await asyncio.sleep(UNNOTICED)
            await bridge.kill()
            talk.kills += 1
        async with hubbub(world) as bridge:
            await bridge.joined(*PLACES)
            talk.away["jabber"].append((dead, time.time()))
            await judged(talk, bridge)


async def test_connections_that_end_while_the_process_is_stopped(world):
    async with hubbub(world) as bridge, Talk(world, frozenset({"matrix"})) as talk:
        await bridge.joined(*PLACES)
        async with talk.talking(4, STREAMS):
            await asyncio.sleep(1)
            bridge.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(1)
            async with talk.interrupted(bridge, *STREAMS):
                for proxy in world.proxies.values():
                    proxy.hang_up()
                await asyncio.sleep(UNNOTICED)
                bridge.process.send_signal(signal.SIGCONT)
        await judged(talk, bridge)
