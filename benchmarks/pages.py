"""What the console's first page costs: bytes, time, and how long the relay stands still for it."""

import asyncio
import random
import statistics
import time

from tests.bridge.console.house import House

from .network import Lag

SIZES = (3, 300, 1000)
_NETWORKS = ("a", "b", "c", "d", "e", "f")
_TIMES = 5
_APART = 3.1
"""Seconds after which nobody has what was made for others."""


async def first_page(folder, count):
    """Bytes as they travel, with style and script; milliseconds; the longest tick meanwhile."""
    chance, networks = random.Random(3), _NETWORKS[: max(2, min(count - 1, len(_NETWORKS)))]
    conversations = {
        f"conversation {number}": dict.fromkeys(chance.sample(networks, 2), f"room{number}")
        for number in range(count)
    }
    house = House(folder, conversations, networks)
    async with house.open(), house.client() as client:

        async def fetched(path):
            async with client.get(path) as answer:
                size = int(answer.headers.get("Content-Length", 0))
                return size or len(await answer.read())

        size = sum([await fetched(path) for path in ("", "console.css", "console.js")])
        took, ticks = [], []
        for _ in range(_TIMES):
            await asyncio.sleep(_APART)
            began = time.perf_counter()
            ticks.append(await Lag().during(fetched("")))
            took.append((time.perf_counter() - began) * 1000)
        return size, statistics.median(took), max(ticks)
