"""What the measurements share: networks that remember nothing, and what the process uses."""

import asyncio
import itertools
import resource
import time
from pathlib import Path

from bridge.model import MessageCreated, MessageId, Part, Receipt, RoomId, Sender, UserId, plain
from bridge.testing import ScriptedNetwork

ALICE = Sender(UserId("alice!user@host"), "alice")


class Network(ScriptedNetwork):
    """Takes everything, in a turn of the loop, and keeps nothing, so that memory is Hubbub's alone."""

    def __init__(self, name, confirming=True):
        super().__init__(name)
        self.taken = 0
        self.last = ""
        self.sure = confirming
        """Off: what is sent counts as delivered at once, without a turn of the network."""
        self.ordered = True
        self.on_text = self.check
        self._happened = 0

    def check(self, text):
        self.ordered &= text == f"<alice> message number {self.taken}"

    def messages(self, room, numbers, text="message number"):
        return [
            MessageCreated(
                id=MessageId(f"{room}.{text}.{n}"),
                room=RoomId(room),
                sender=ALICE,
                content=plain(f"{text} {n}"),
            )
            for n in numbers
        ]

    def show(self, events):
        self._happened += len(events)
        if self._adapter is not None:
            self._adapter.hear(events, self._happened)

    def since(self, token):
        return []

    def sent(self, txns):
        return dict.fromkeys(txns)

    def perform(self, command, settle):
        self.on_text(command.content.text)
        self.taken += 1
        self._changed.set()
        receipt = Receipt(Part(MessageId(f"c{self.taken}")))
        if not self.sure:
            settle(receipt)
            return
        self._withheld.append((settle, receipt))
        if len(self._withheld) == 1:
            asyncio.get_running_loop().call_soon(self._confirm)

    async def until(self, count):
        while self.taken < count:
            self._changed.clear()
            await self._changed.wait()


class Lag:
    """The longest that the loop was busy with one thing, in milliseconds."""

    def __init__(self):
        self.longest = 0.0

    async def watch(self):
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, (time.perf_counter() - before - 0.001) * 1000)

    async def during(self, work):
        """Let something be done; returns the longest tick meanwhile."""
        self.longest = 0.0
        watching = asyncio.ensure_future(self.watch())
        await work
        watching.cancel()
        return self.longest


def resident():
    """Resident memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def peak():
    """The most of it so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def percentiles(values):
    """The median and the 99th percentile."""
    values = sorted(values)
    return values[len(values) // 2], values[len(values) * 99 // 100]


def batches(count, size):
    """The numbers below `count`, so many at a time."""
    numbers = iter(range(count))
    while batch := list(itertools.islice(numbers, size)):
        yield batch
