"""What the journal adds to a lone message, what a long outage costs, and what pruning does to talk."""

import asyncio
import time
from dataclasses import replace

from bridge.config import Keep
from bridge.model import MessageEdited, MessageId, RoomId, plain
from tests.bridge.world import config, running

from .network import ALICE, Lag, Network, batches, peak, resident

BACKLOG = 100_000
GROUP = 64
ROOMS = 200
PER_SECOND = 200
LONE = 1000
EDITS = 1000
QUEUE = 4000
PRUNED = 40_000


async def lone(folder, journal):
    """Milliseconds from an event handed over to its command, one message after the other, room by room."""
    left, right = Network("left"), Network("right")
    arrived = []
    right.on_text = lambda _: arrived.append(time.perf_counter())
    pairs = {f"c{n}": [f"left l{n}", f"right r{n}"] for n in range(ROOMS)}
    async with running(config(folder, pairs), journal=journal):
        delays, next_at = [], time.perf_counter()
        for number in range(LONE):
            next_at += 1 / PER_SECOND
            await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
            [event] = left.messages(f"l{number % ROOMS}", [number])
            began = time.perf_counter()
            left.happen(event)
            await right.until(number + 1)
            delays.append((arrived[-1] - began) * 1000)
    return delays


async def backlog(folder):
    """A long outage: how much memory grows while it lasts, how fast it drains, and the most memory of all."""
    left, right = Network("left"), Network("right")
    right.capabilities = replace(right.capabilities, window=16)
    right.up = False
    before = resident()
    async with running(config(folder, {"lobby": ["left one", "right two"]})):
        for numbers in batches(BACKLOG, GROUP):
            left.happen(*left.messages("one", numbers))
            await asyncio.sleep(0)
        await left.settled()
        grown = resident() - before
        right.up = True
        await right.until(1)
        began = time.perf_counter()
        await right.until(BACKLOG)
        took = time.perf_counter() - began
    assert right.ordered
    return grown, BACKLOG / took, peak()


async def edits(folder, queue):
    """Milliseconds for each of many edits of a message that waits behind so many others."""
    left, right = Network("left"), Network("right")
    texts = []
    right.on_text = texts.append
    right.gate.clear()
    async with running(config(folder, {"lobby": ["left one", "right two"]})):
        left.happen(*left.messages("one", range(queue + 1)))
        await left.settled()
        began = time.perf_counter()
        for number in range(EDITS):
            left.happen(
                MessageEdited(
                    id=MessageId(f"e{number}"),
                    room=RoomId("one"),
                    sender=ALICE,
                    target=MessageId(f"one.message number.{queue}"),
                    content=plain(f"edit {number}"),
                )
            )
        took = time.perf_counter() - began
        right.gate.set()
        await right.until(queue + 1)
        await left.settled()
    assert len(texts) == queue + 1
    assert texts[-1].endswith(f"edit {EDITS - 1}")
    return took / EDITS * 1000


async def pruning(folder):
    """The longest tick while people talk at 2,000 per second: alone, and while everything older is erased.

    Also how many events are erased per second.
    """
    left, right = Network("left"), Network("right")
    right.capabilities = replace(right.capabilities, window=16)

    async def talk(first):
        for batch in range(100):
            left.happen(*left.messages("one", range(first + batch * 40, first + batch * 40 + 40)))
            await asyncio.sleep(0.02)
        await right.until(first + 4000)

    kept = config(folder, {"lobby": ["left one", "right two"]})
    async with running(kept) as bridge:
        for numbers in batches(PRUNED, GROUP):
            left.happen(*left.messages("one", numbers))
            await asyncio.sleep(0)
        await right.until(PRUNED)
        alone = await Lag().during(talk(PRUNED))
        await bridge.reload(replace(kept, keep=Keep(text=0.0, ids=0.0)))
        talking = asyncio.ensure_future(Lag().during(talk(PRUNED + 4000)))
        began = time.perf_counter()
        await bridge._prune()
        took = time.perf_counter() - began
        pruned = await talking
    return alone, pruned, PRUNED / took
