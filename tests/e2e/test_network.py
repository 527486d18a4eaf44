"""The network between the bridge and every server spoilt, while everybody talks."""

import asyncio
import re
import signal

import pytest

from tests.e2e.five import PLACES, five
from tests.e2e.proxy import Way
from tests.e2e.talk import Talk, taken
from tests.e2e.world import hubbub

STREAMS = tuple(PLACES.keys() - {"matrix"})
"""Where a connection that ends is told by joining again: on Matrix there are only requests."""
STOPPED = 40.0
"""Seconds: longer than any confirmation may take, and than IRC servers may be silent."""


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with five(tmp_path_factory.mktemp("network")) as world:
        yield world


@pytest.fixture(autouse=True)
def begin_anew(world):
    world.forget()


async def test_all_connections_are_reset_ended_and_cut_in_a_stream(world):
    proxies = world.proxies.values()
    async with hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined(*PLACES)
        async with talk.talking(8):
            await asyncio.sleep(1)
            async with talk.interrupted(bridge, *STREAMS):
                for proxy in proxies:
                    proxy.reset()
            async with talk.interrupted(bridge, *STREAMS):
                for proxy in proxies:
                    proxy.hang_up()
            async with talk.interrupted(bridge, *STREAMS):
                for proxy in proxies:
                    await proxy.cut()
                await asyncio.sleep(1)
                for proxy in proxies:
                    await proxy.start()
        await talk.end(bridge)


async def test_a_network_that_is_slow_and_one_that_carries_single_bytes(world):
    async with hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined(*PLACES)
        async with talk.talking(3):
            for proxy in world.proxies.values():
                proxy.pace = 2000
            await asyncio.sleep(4)
            for proxy in world.proxies.values():
                proxy.pace, proxy.grains = None, True
            await asyncio.sleep(2)
        for proxy in world.proxies.values():
            proxy.grains = False
        await talk.end(bridge)
        log = bridge.log.read_text()
        assert all(bridge.joins(network) == 1 for network in PLACES), log
        assert "again" not in log, log


async def test_irc_servers_whose_words_no_longer_arrive(world):
    async with hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined(*PLACES)
        async with talk.talking(4):
            await asyncio.sleep(1)
            async with talk.interrupted(bridge, "irc", "kept"):
                for network in ("irc", "kept"):
                    world.proxies[network].deafen(Way.IN)
        await talk.end(bridge)
        log = bridge.log.read_text()
        assert log.count("it counts as dead") == 2, log
        gap = re.search(r"The bridge was away for (\d+) seconds; what was said in #lobby on irc", log)
        assert gap is not None, log
        assert int(gap[1]) >= 2, f"until it counted as dead nothing was heard:\n{log}"


async def test_a_process_that_was_stopped_has_missed_nothing(world):
    """As a paused container, or a lid that was shut: what servers hold is read before they count as dead."""
    async with hubbub(world) as bridge, Talk(world, frozenset({"matrix"})) as talk:
        await bridge.joined(*PLACES)
        async with talk.talking(8, STREAMS):
            for network in STREAMS:
                world.proxies[network].pace = 2000  # so that something is on its way
            await asyncio.sleep(3)
            bridge.process.send_signal(signal.SIGSTOP)
            for network in STREAMS:
                world.proxies[network].pace = None
            await asyncio.sleep(STOPPED)
            bridge.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(2)
        await talk.finish(bridge)
        await bridge.stop()
        log = bridge.log.read_text()
        assert all(bridge.joins(network) == 1 for network in PLACES), log
        assert "sent again" not in log, log
        talk.judge(taken(world.folder, world))
