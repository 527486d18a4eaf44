"""What it costs to ask how everything stands: a scrape of the metrics with many rooms."""

import time

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from bridge.clock import SYSTEM
from bridge.web.metrics import Collected, families
from tests.bridge.world import config, running

from .network import Network

ROOMS = 1000
TIMES = 50


async def scrapes(folder):
    """Milliseconds of each scrape, with so many rooms on two networks, a tenth of which were spoken in."""
    left, right = Network("left"), Network("right")
    pairs = {f"c{n}": [f"left l{n}", f"right r{n}"] for n in range(ROOMS // 2)}
    async with running(config(folder, pairs)) as bridge:
        for number in range(0, ROOMS // 2, 5):
            left.happen(*left.messages(f"l{number}", [number]))
        await right.until(ROOMS // 10)
        took = []
        for _ in range(TIMES):
            began = time.perf_counter()
            registry = CollectorRegistry()
            registry.register(Collected(list(families(await bridge.status(), bridge.counts(), SYSTEM.now()))))
            generate_latest(registry)
            took.append((time.perf_counter() - began) * 1000)
    return took
