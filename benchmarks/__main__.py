"""`make bench`: what the middle costs, between two scripted networks, without a server's moods.

Everything from an event handed over to its copy confirmed and recorded. The baseline, measured in the
same run, is SQLite alone writing the same rows in groups: ratios to it can be compared between machines,
times cannot. The collector is off, since its pauses are those of what the scripted networks remember.
"""

import asyncio
import gc
import resource
import sqlite3
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bridge.testing import ScriptedNetwork
from tests.bridge.world import config, running

COUNT = 20_000
BACKLOG = 100_000
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
    for first in range(0, COUNT, GROUP):
        numbers = range(first, first + GROUP)
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


class Lag:
    """The longest that the loop was busy with one thing, in milliseconds."""

    def __init__(self):
        self.longest = 0.0

    async def watch(self):
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, (time.perf_counter() - before - 0.001) * 1000)


async def burst(folder, window, per_read):
    """Many messages as fast as they are taken: CPU per message, commits, the longest tick."""
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    right.capabilities = replace(right.capabilities, window=window)
    lag = Lag()
    async with running(config(folder, {"lobby": ["left one", "right two"]})) as bridge:
        commits = 0

        def count(statement):
            nonlocal commits
            commits += statement == "COMMIT"

        bridge._router.journal._database.set_trace_callback(count)
        watching = asyncio.ensure_future(lag.watch())
        began, cpu = time.perf_counter(), time.process_time()
        for first in range(0, COUNT, per_read):
            numbers = range(first, min(first + per_read, COUNT))
            left.happen(*(left.saying("one", "alice", f"message number {n}") for n in numbers))
            await asyncio.sleep(0)
        await right.until(COUNT)
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
        watching.cancel()
    assert right.texts("two") == [f"<alice> message number {n}" for n in range(COUNT)]
    return cpu / COUNT * 1e6, COUNT / took, commits / COUNT * 1000, lag.longest


def resident():
    """Resident memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


async def backlog(folder):
    """A long outage: how much memory grows while it lasts."""
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    right.up = False
    before = resident()
    async with running(config(folder, {"lobby": ["left one", "right two"]})):
        for first in range(0, BACKLOG, GROUP):
            numbers = range(first, min(first + GROUP, BACKLOG))
            left.happen(*(left.saying("one", "alice", f"message number {n}") for n in numbers))
            left._history.clear()
            await asyncio.sleep(0)
        await left.settled()
        grown = resident() - before
        right.up = True
        await right.until(BACKLOG)
    assert right.texts("two") == [f"<alice> message number {n}" for n in range(BACKLOG)]
    return grown


def main():
    gc.disable()
    with tempfile.TemporaryDirectory() as name:
        base = baseline(Path(name))
    print(f"baseline: SQLite alone {base:6.1f} us CPU per message")
    for window, per_read in ((256, 64), (1, 64), (256, 1)):
        with tempfile.TemporaryDirectory() as name:
            cpu, rate, commits, lag = asyncio.run(burst(Path(name), window, per_read))
        print(
            f"window {window:3}, {per_read:2} a read: {cpu:6.1f} us CPU per message "
            f"({cpu / base:.1f} x baseline), {rate:6.0f}/s, {commits:5.0f} commits per 1,000, "
            f"longest tick {lag:.1f} ms"
        )
    with tempfile.TemporaryDirectory() as name:
        grown = asyncio.run(backlog(Path(name)))
    print(f"backlog of {BACKLOG:,} for a network that is down: memory grows by {grown:.0f} MiB")


if __name__ == "__main__":
    main()
