"""`python -m benchmarks.livechat`: what visitors of a desk cost, and how soon they are heard and answered.

A thousand open chats, each with a stream: memory, and how long a line takes both ways, with nothing of the
agents' server in it. Then a restart with ten thousand: how long the stop takes, how soon all follow again,
and what of it was this process (CPU): where others want the processor too, the rest is theirs. Then the
same while a tenth of them talks: some lines are cut off by the stop, the others wait for the desk, and
agents have answered meanwhile.
"""

import asyncio
import contextlib
import gc
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from bridge.app import Bridge
from bridge.config import load
from bridge.protocols import find
from bridge.testing import free_port

from .network import Network, resident

OPEN = 1000
LINES = 2000
PER_SECOND = 100
MANY = 10_000
WAITING = 2
"""Lines that each has to say, and is told, around a restart."""
SAYING = 2.0
"""Seconds within which they begin to; the desk stops in the middle."""
_LINE = re.compile(r"<(\d+) v(\d+)> (.*)")
"""A visitor's, as agents see it: chat, visitor, what was said."""
_GUARD = "{limits: {open_in_all: 100000, opened_in_all: 100000/s, said_in_all: 100000/s}}"


def _configured(folder, port):
    file = folder / "bridge.yaml"
    file.write_text(
        "networks:\n"
        "  left: {protocol: 'bridge.testing:ScriptedAdapter', server: left}\n"
        f"  shop: {{protocol: livechat, listen: '127.0.0.1:{port}', connections: 15000, guard: {_GUARD}}}\n"
        "conversations:\n  sales: {left: one, shop: {room: sales, capacity: 100, close_after: 1d}}\n"
    )
    return load(file, find, {})


class Crowd:
    """The visitors, in their process."""

    def __init__(self, port):
        self._port = port

    async def __aenter__(self):
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.visitors", f"{self._port}", stdin=-1, stdout=-1, limit=2**26
        )
        return self

    async def __aexit__(self, *_):
        self._process.kill()
        await self._process.wait()

    async def ask(self, *what):
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())


@contextlib.asynccontextmanager
async def serving(folder, port, left):
    """Gives what a stop took, once it is over: seconds, and seconds of CPU."""
    running, stop = asyncio.ensure_future(Bridge(_configured(folder, port)).run()), []
    try:
        while not left.connected:
            assert not running.done(), running.result()
            await asyncio.sleep(0.01)
        yield stop
    finally:
        began, cpu = time.monotonic(), time.process_time()
        running.cancel()
        await asyncio.wait([running])
        stop += [time.monotonic() - began, time.process_time() - cpu]


def _spread(values):
    values = sorted(values)
    return ", ".join(f"p{p} {values[len(values) * p // 100] * 1000:.1f} ms" for p in (50, 95, 99))


class Desk:
    """What agents hear of visitors, and say to them."""

    def __init__(self, left):
        self.left, self.latencies, self.heard = left, [], []
        self.chats = {}
        """The number of a chat, by that of its visitor."""
        left.on_text = self._heard

    def _heard(self, text):
        line = _LINE.match(text)
        if line is None:  # what the desk itself says
            return
        chat, visitor, said = line.groups()
        self.chats[int(visitor)] = chat
        with contextlib.suppress(ValueError):
            self.latencies.append(time.monotonic() - float(said))
            self.heard.append((int(visitor), said))

    async def until(self, count):
        while len(self.heard) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def by_visitor(self):
        found = {}
        for visitor, said in self.heard:
            found.setdefault(visitor, []).append(said)
        return found

    async def know(self, count):
        """Wait until agents have seen so many visitors."""
        while len(self.chats) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def quiet(self):
        """Wait until agents have heard all that the desk has to say for now."""
        taken = -1
        while taken != self.left.taken:
            taken = self.left.taken
            await asyncio.sleep(2)

    async def take(self, count):
        """Let agents have chats, 100 each."""
        for number in range(1, count + 1):
            self._say(number // 100, f"!take {number}")
            if number % 50 == 0:
                await self.left._adapter.flushed()
                await asyncio.sleep(0.05)

    async def answer(self, count, chats, per_second):
        began = time.monotonic()
        for n in range(count):
            number = n % chats + 1
            self._say(number // 100, f"{number}: {time.monotonic()}")
            await asyncio.sleep(max(0.0, began + (n + 1) / per_second - time.monotonic()))

    def say(self, visitor):
        """Say something new to a visitor. Returns it."""
        said = f"{time.monotonic()}"
        self._say(visitor // 100, f"{self.chats[visitor]}: {said}")
        return said

    def _say(self, agent, text):
        self.left.say("one", f"agent{agent}", text)


async def ordinary(folder):
    left, port = Network("left"), free_port()
    desk = Desk(left)
    async with serving(folder, port, left), Crowd(port) as crowd:
        await crowd.ask("open", 20)
        gc.collect()
        before = resident()
        began = time.monotonic()
        await crowd.ask("open", OPEN)
        took = time.monotonic() - began
        gc.collect()
        print(
            f"{OPEN:,} chats are opened in {took:.1f} s: {(resident() - before) * 1024 / OPEN:.1f} KiB each"
        )
        await desk.take(OPEN)
        await desk.quiet()
        desk.latencies.clear()
        desk.heard.clear()
        await crowd.ask("say", LINES, PER_SECOND)
        await desk.until(LINES)
        print(f"a visitor's line to agents, {PER_SECOND}/s: {_spread(desk.latencies)}")
        await desk.answer(LINES, OPEN, PER_SECOND)
        seen = await crowd.ask("seen", LINES)
        print(f"an agent's line to its visitor, {PER_SECOND}/s: {_spread(seen['latencies'])}")
        print(f"lines out of order or lost: {seen['wrong']}")


class Remembering(Network):
    """Also keeps what agents say while the desk is away, and tells it on its return, as a history does."""

    def __init__(self, name):
        super().__init__(name)
        self._missed = []

    def show(self, events):
        if self._adapter is None:
            self._missed += events
        super().show(events)

    def since(self, token):
        return self._missed


async def restarted(folder, each):
    """A restart around which one in `each` visitors says something and is answered; 0: nobody."""
    left, port = Remembering("left"), free_port()
    desk = Desk(left)
    talking = range(0, MANY, each) if each else ()
    async with Crowd(port) as crowd:
        async with serving(folder, port, left) as stop:
            await crowd.ask("open", MANY)
            await desk.know(MANY)
            gc.collect()
            full = resident()
            await crowd.ask("begin", each, WAITING, SAYING)
            await asyncio.sleep(SAYING / 2)
        await crowd.ask("lost")
        before = len(desk.heard)
        answers = {visitor: [desk.say(visitor) for _ in range(WAITING)] for visitor in talking}
        began, cpu = time.monotonic(), time.process_time()
        async with serving(folder, port, left):
            up = time.monotonic() - began
            await crowd.ask("back")
            back, cpu = time.monotonic() - began, time.process_time() - cpu
            lines = await crowd.ask("said")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(desk.until(len(talking) * WAITING), 30)
            await desk.quiet()  # a line that comes twice comes later
            answered = await crowd.ask("answered")
    print(
        f"{MANY:,} visitors after a restart ({up:.1f} s): all follow again after {back:.1f} s "
        f"({cpu:.1f} s CPU); the process had {full:.0f} MiB; the stop took {stop[0]:.1f} s "
        f"({stop[1]:.1f} s CPU)"
    )
    if each:
        print(f"  what visitors said ({before:,} heard before it): {_fate(lines, desk.by_visitor())}")
        print(f"  what agents said: {_fate(answers, answered)}")


def _fate(said, heard):
    """What became of lines, both by the visitor's number and in order."""
    said, heard = ({int(visitor): lines for visitor, lines in one.items()} for one in (said, heard))
    count, arrived = (sum(map(len, one.values())) for one in (said, heard))
    known = {(visitor, line) for visitor, lines in said.items() for line in lines}
    once = {(visitor, line) for visitor, lines in heard.items() for line in lines}
    order = sum(sorted(lines, key=float) != lines for lines in heard.values())
    return (
        f"{count:,} lines; {len(known - once)} lost, {arrived - len(once)} twice, "
        f"{len(once - known)} at the wrong one, out of order at {order}"
    )


def main():
    for measure, *more in ((ordinary,), (restarted, 0), (restarted, 10)):
        with tempfile.TemporaryDirectory() as name:
            asyncio.run(measure(Path(name), *more))


if __name__ == "__main__":
    main()
