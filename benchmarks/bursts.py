"""Many messages as fast as they are taken."""

import asyncio
import contextlib
import sqlite3
import time
from dataclasses import replace

from bridge.control.live import live
from bridge.control.requests import TailRequest
from bridge.relay import router
from bridge.relay.worker import Worker
from tests.bridge.world import config, running

from .network import Lag, Network, batches

COUNT = 20_000
GROUP = 64


def baseline(folder):
    """CPU microseconds per message of SQLite alone: four rows each, in groups."""
    database = sqlite3.connect(folder / "baseline", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)")
    database.execute("CREATE TABLE delivery (room, seq, PRIMARY KEY (room, seq)) WITHOUT ROWID")
    database.execute("CREATE TABLE link (room, id TEXT, seq, PRIMARY KEY (room, id)) WITHOUT ROWID")
    began = time.process_time()
    for numbers in batches(COUNT, GROUP):
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            "INSERT INTO event VALUES (?, ?, ?)", [(n, f"m{n}", b"x" * 300) for n in numbers]
        )
        database.executemany("INSERT INTO delivery VALUES (1, ?)", [(n,) for n in numbers])
        database.executemany("INSERT INTO link VALUES (1, ?, ?)", [(f"c{n}", n) for n in numbers])
        database.executemany("DELETE FROM delivery WHERE room = 1 AND seq = ?", [(n,) for n in numbers])
        database.execute("COMMIT")
    database.close()
    return (time.process_time() - began) / COUNT * 1e6


class Careless(Worker):
    """What a bridge without confirmations does: what was sent is delivered, and the next one follows."""

    def _confirmed(self, flight, receipt):
        self._flights.remove(flight)
        self._journal.skip(flight.delivery)


@contextlib.contextmanager
def careless():
    router.Worker = Careless
    try:
        yield
    finally:
        router.Worker = Worker


@contextlib.asynccontextmanager
async def looked_at(bridge):
    """Somebody looks on, at everything."""

    async def look():
        async with contextlib.aclosing(live(bridge, TailRequest(text=True))) as answers:
            async for _ in answers:
                pass

    task = asyncio.ensure_future(look())
    try:
        yield
    finally:
        task.cancel()


async def burst(folder, window, per_read, sure=True, filters=None, beside=contextlib.nullcontext):
    """CPU microseconds per message, messages per second, commits per 1,000, the longest tick; with something
    beside the bridge.
    """
    left, right = Network("left"), Network("right", confirming=sure)
    right.capabilities = replace(right.capabilities, window=window)
    commits = 0

    def count(statement):
        nonlocal commits
        commits += statement == "COMMIT"

    async def say():
        for numbers in batches(COUNT, per_read):
            left.happen(*left.messages("one", numbers))
            await asyncio.sleep(0)
        await right.until(COUNT)

    map_ = config(folder, {"lobby": ["left one", "right two"]}, filters=filters)
    async with running(map_) as bridge, beside(bridge):
        bridge._router.journal._database.set_trace_callback(count)
        began, cpu = time.perf_counter(), time.process_time()
        longest = await Lag().during(say())
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
    assert right.ordered
    return cpu / COUNT * 1e6, COUNT / took, commits / COUNT * 1000, longest
