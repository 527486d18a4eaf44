"""A process that is stopped, connections that are half-open, first attempts to come back that fail: while
everybody talks. Nothing that was taken is lost, and nothing is missed of which nobody was told.

`HUBBUB_FAULTS` sets how many, `SEED` which.
"""

import asyncio
import os
import random
import signal
import time

from tests.e2e.five import PLACES, five
from tests.e2e.proxy import Way
from tests.e2e.talk import Talk
from tests.e2e.world import hubbub

FAULTS = int(os.environ.get("HUBBUB_FAULTS", "20"))
SEED = int(os.environ.get("SEED", "1"))
STREAMS = tuple(PLACES.keys() - {"matrix"})
STOPPED = 40.0
"""Seconds: longer than any confirmation may take."""
PATIENCE = 180.0
SETTLED = 10.0


async def stopped(world, bridge, talk):
    bridge.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(STOPPED)
    bridge.process.send_signal(signal.SIGCONT)


async def half_open(world, bridge, talk):
    """XMPP finds out after a minute and a half."""
    way = random.choice(list(Way))
    async with talk.interrupted(bridge, *STREAMS, patience=PATIENCE):
        for proxy in world.proxies.values():
            proxy.deafen(way)


async def first_attempts_fail(world, bridge, talk):
    """They are refused, then cut in the midst of the login."""
    async with talk.interrupted(bridge, *STREAMS, patience=PATIENCE):
        for proxy in world.proxies.values():
            await proxy.cut()
        await asyncio.sleep(3)
        for proxy in world.proxies.values():
            await proxy.start()
        for _ in range(100):
            await asyncio.sleep(0.03)
            for proxy in world.proxies.values():
                proxy.reset()


async def test_faults_of_all_kinds(tmp_path):
    dice = random.Random(SEED)
    async with five(tmp_path) as world, hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined(*PLACES)
        async with talk.talking(2):
            for number in range(FAULTS):
                fault = dice.choice([stopped, half_open, first_attempts_fail])
                print(f"{number + 1}: {fault.__name__}", flush=True)
                began = time.time()
                await fault(world, bridge, talk)
                await asyncio.sleep(SETTLED)
                for network in STREAMS:  # a connection may end more than once of a fault
                    talk.away[network].append((began, time.time()))
        await talk.end(bridge)
    said = sum(map(len, talk.said.values()))
    print(f"{said} lines said, {talk.unheard()} of them missed where nothing is kept, and told")
