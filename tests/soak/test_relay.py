"""A million messages through the relay, with a fault every few seconds, while the journal is pruned all the
time. Nothing lost, nothing twice, order in each room; memory, files, tasks and the journal do not grow.

`HUBBUB_SOAK=50000` makes it short, `HUBBUB_SEED` takes other faults.
"""

import asyncio
import contextlib
import gc
import itertools
import os
import random
import resource
import shutil
import sqlite3
import statistics
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge import app, supervisor
from bridge.config import Filters, Keep
from bridge.errors import RateLimited, Rejected, RoomUnavailable, TemporaryFailure
from bridge.model import (
    MessageCreated,
    MessageId,
    RoomId,
    RoomState,
    RoomStateChanged,
    Sender,
    UserId,
    plain,
)
from bridge.relay import retry
from tests.bridge.world import config, killed
from tests.soak.network import Flow, Network

COUNT = int(os.environ.get("HUBBUB_SOAK", "1000000"))
SEED = int(os.environ.get("HUBBUB_SEED", "1"))
RATE = 2500
"""Messages per second, in all rooms together."""
TURN = 0.01
BETWEEN = 2.0
"""Seconds without a new fault."""
PAIRS = 4
KEEP = Keep(text=5.0, ids=30.0)
"""Names are kept for longer than anything waits and than a fault takes: a message that is given up late has
to stand among the dead letters until we have looked.
"""
BEHIND = 30_000
"""So many on their way at most: a machine that is too slow gets them later, not all at once."""
ANN = Sender(UserId("ann!user@host"), "ann")

GROWTH = 24.0
"""MiB between the early and the late median of resident memory, 600,000 messages apart: 40 bytes left behind
by each would be seen.
"""
TASKS, FILES = 40, 40
"""A bridge has a handful of each; what each fault or message left behind would soon be hundreds."""
JOURNAL = 120.0
"""MiB. An event with its link takes about 500 bytes, and is erased at most 30 s of keeping, 10 s of waiting
for the patrol and 10 s of an outage later: 2,500 x 50 x 500 bytes are 63 MB.
"""
LOG = 250.0
"""MiB. The write-ahead log begins anew at 64 MB, is looked at twice a second and gets 15 to 25 MB in one; a
busy disk takes seconds to move it. If it never began anew it would be 7 GB in the end.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process uses, between two faults."""

    said: int
    memory: float
    files: int
    tasks: int
    journal: float
    log: float

    def __str__(self) -> str:
        return (
            f"{self.memory:.0f} MiB, {self.files} files, {self.tasks} tasks, "
            f"journal {self.journal:.0f} and its log {self.log:.0f} MiB"
        )


class Soak:
    """The bridge, its networks, the people on them, and what goes wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chance = random.Random(SEED)
        self.flows = [Flow(f"l{n}", f"r{n}") for n in range(PAIRS)] + [
            Flow(f"r{n}", f"l{n}") for n in range(PAIRS)
        ]
        into = {flow.target: flow for flow in self.flows}
        self.left, self.right = Network("left", 16, into), Network("right", 1, into)
        conversations = {f"c{n}": [f"left l{n}", f"right r{n}"] for n in range(PAIRS)}
        self.config = replace(config(folder, conversations), keep=KEEP)
        self.samples: list[Sample] = []
        self.faults: Counter[str] = Counter()
        self.folders = itertools.count(1)

    # -- people

    @property
    def said(self) -> int:
        return sum(flow.said for flow in self.flows)

    async def talk(self) -> None:
        """Say everything, at the rate, however long a turn takes."""
        began, held = time.monotonic(), 0.0
        while self.said < COUNT:
            await asyncio.sleep(TURN)
            if sum(flow.waiting for flow in self.flows) > BEHIND:
                held += TURN
                continue
            due = min(int((time.monotonic() - began - held) * RATE), COUNT) - self.said
            for _ in range(0, due, 25):
                self.say(min(25, COUNT - self.said))

    def say(self, count: int) -> None:
        """Somebody says some things in a room or two of each network."""
        for network, flows in ((self.left, self.flows[:PAIRS]), (self.right, self.flows[PAIRS:])):
            events = []
            share = count // 2 if network is self.left else count - count // 2
            for flow in self.chance.choices(flows, k=share):
                flow.said += 1
                events.append(
                    MessageCreated(
                        id=MessageId(f"{flow.source}.{flow.said}"),
                        room=RoomId(flow.source),
                        sender=ANN,
                        content=plain(f"{flow.said}"),
                    )
                )
            network.happen(*events)

    # -- the bridge

    async def begin(self) -> None:
        self.bridge = app.Bridge(self.config)
        self.task = asyncio.ensure_future(self.bridge.run())
        while any(network._adapter is None for network in (self.left, self.right)):
            await asyncio.sleep(0.01)  # what is said before the first visit is nobody's

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        # A service sets aside what it is made of, since its process ends with it: not so here.
        gc.unfreeze()
        gc.collect()

    async def crash(self, network: Network) -> None:
        after = self.folder / str(next(self.folders))
        after.mkdir()
        before = self.config.journal
        self.config = killed(self.config, after)
        await self.end()
        if before.parent == self.folder:
            before.unlink()
        else:
            shutil.rmtree(before.parent)
        await self.begin()

    async def restart(self, network: Network) -> None:
        await self.end()
        await self.begin()

    async def reload(self, network: Network) -> None:
        """The network's settings change, so that it is left and entered anew."""
        networks = dict(self.config.networks)
        ignored = () if networks["left"].filters.ignore else ("nobody",)
        networks["left"] = replace(networks["left"], filters=Filters(ignore=ignored))
        self.config = replace(self.config, networks=networks)
        await self.bridge.reload(replace(self.config, journal=self.bridge.journal))

    # -- networks

    async def drop(self, network: Network) -> None:
        network.drop()

    async def down(self, network: Network) -> None:
        network.up = False
        network.drop()
        await asyncio.sleep(self.chance.uniform(1, 3))
        network.up = True

    async def withhold(self, network: Network) -> None:
        network.confirming = False
        await asyncio.sleep(self.chance.uniform(0.5, 2))
        if self.chance.random() < 0.5:
            network.drop()
            await asyncio.sleep(0.1)
        network.release()

    async def slow(self, network: Network) -> None:
        network.gate.clear()
        await asyncio.sleep(self.chance.uniform(0.5, 2))
        network.gate.set()

    async def kick(self, network: Network) -> None:
        room = RoomId(f"{'l' if network is self.left else 'r'}{self.chance.randrange(PAIRS)}")
        network.refusals[room] = "kicked"
        network.announce(RoomStateChanged(room=room, state=RoomState.REFUSED, reason="kicked"))
        await asyncio.sleep(self.chance.uniform(0.5, 2))
        del network.refusals[room]
        network.announce(RoomStateChanged(room=room, state=RoomState.JOINED, caught_up=True))

    async def limit(self, network: Network) -> None:
        network.errors += [RateLimited("slowly", self.chance.uniform(0, 0.5)) for _ in range(5)]

    async def refuse(self, network: Network) -> None:
        network.errors += [Rejected("never") for _ in range(self.chance.randint(1, 5))]

    async def fail(self, network: Network) -> None:
        network.errors += [TemporaryFailure("try again"), RoomUnavailable("not now", 0.5)]

    async def unanswered(self, network: Network) -> None:
        network.lose(TemporaryFailure("no answer"))

    async def disturb(self, talking: "asyncio.Task[None]") -> None:
        """One fault after the other, now and then two at once."""
        kinds = (
            *(self.crash, self.restart, self.reload, self.drop, self.down, self.withhold),
            *(self.slow, self.kick, self.limit, self.refuse, self.fail, self.unanswered),
        )
        while not talking.done():
            await asyncio.wait([talking], timeout=BETWEEN)
            self.look()
            chosen = {
                kind.__name__: kind for kind in self.chance.sample(kinds[3:], self.chance.randint(1, 2))
            }
            if self.chance.random() < 0.3:
                kind = self.chance.choice(kinds[:3])
                chosen = {kind.__name__: kind}
            self.faults.update(chosen.keys())
            networks = (self.left, self.right)
            await asyncio.gather(*(kind(self.chance.choice(networks)) for kind in chosen.values()))

    # -- what must hold

    def look(self) -> None:
        """Between two faults: judge, and measure."""
        assert not self.task.done(), self.task
        for network in (self.left, self.right):
            if network.trouble is not None:
                raise network.trouble
        self.read_dead_letters()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        journal = self.config.journal
        log = journal.with_name(f"{journal.name}-wal")
        self.samples.append(
            Sample(
                self.said,
                pages * resource.getpagesize() / 2**20,
                len(list(Path("/proc/self/fd").iterdir())),
                len(asyncio.all_tasks()),
                journal.stat().st_size / 2**20,
                log.stat().st_size / 2**20,
            )
        )
        if len(self.samples) % 20 == 0:
            print(
                f"{self.said:,} said, {sum(flow.waiting for flow in self.flows):,} wait: {self.samples[-1]}"
            )

    def ask(self, query: str) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(f"file:{self.config.journal}?mode=ro", uri=True)) as journal:
            return journal.execute(query).fetchall()

    def read_dead_letters(self) -> None:
        """While they are kept: they are pruned like all the rest."""
        flows = {flow.source: flow for flow in self.flows}
        for (name,) in self.ask("SELECT id FROM event JOIN dead USING (seq)"):
            source, _, number = name.partition(".")
            if source in flows:
                flows[source].given_up.add(int(number))

    async def come_to_rest(self) -> None:
        for network in (self.left, self.right):
            network.errors.clear()
            network._lost.clear()
        async with asyncio.timeout(120):
            while self.ask("SELECT 1 FROM delivery LIMIT 1"):
                await asyncio.sleep(0.1)

    async def come_to_an_end(self) -> int:
        """Wait until all is pruned that will be. Returns how many events stay."""
        await asyncio.sleep(KEEP.ids + 12)
        return self.ask("SELECT count(*) FROM event")[0][0]

    def judge(self) -> None:
        for flow in self.flows:
            assert not flow.lost, f"{sorted(flow.lost)[:10]} of {len(flow.lost)} from {flow.source} were lost"
            assert not flow.given_up & set(range(flow.arrived + 1)) - flow.skipped, "given up, and delivered"
        early = statistics.median(s.memory for s in self.samples if 0.1 < s.said / COUNT < 0.4)
        late = statistics.median(s.memory for s in self.samples if s.said / COUNT > 0.7)
        print(f"memory: {early:.0f} MiB early, {late:.0f} MiB late")
        assert late - early < GROWTH
        assert max(sample.files for sample in self.samples) < FILES
        assert max(sample.tasks for sample in self.samples) < TASKS
        assert max(sample.journal for sample in self.samples) < JOURNAL
        assert max(sample.log for sample in self.samples) < LOG


@pytest.mark.timeout(1800)
async def test_a_million_messages_with_a_fault_every_few_seconds(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "_REFUSED", 0.5)
    monkeypatch.setattr(supervisor, "_LONGEST", 1.0)
    monkeypatch.setattr(app, "_DRAIN", 0.2)
    soak = Soak(tmp_path)
    began = time.monotonic()
    await soak.begin()
    talking = asyncio.ensure_future(soak.talk())
    await soak.disturb(talking)
    await talking
    await soak.come_to_rest()
    took = time.monotonic() - began
    soak.look()
    left_over = await soak.come_to_an_end()
    soak.look()
    await soak.end()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    most = {name: max(getattr(sample, name) for sample in soak.samples) for name in ("journal", "log")}
    print(
        f"\n{COUNT:,} messages in {took:.0f} s ({COUNT / took:,.0f}/s), {sum(soak.faults.values())} faults "
        f"(seed {SEED}): {dict(soak.faults)}\n"
        f"dead letters: {sum(len(flow.given_up) for flow in soak.flows)}; peak memory {peak:.0f} MiB; "
        f"journal at most {most['journal']:.0f} MiB, its log {most['log']:.0f}; "
        f"events left at the end: {left_over}\nlast: {soak.samples[-1]}"
    )
    soak.judge()
