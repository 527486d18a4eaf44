"""A service whose map is changed again and again while people talk: nothing is lost, nothing comes twice."""

import asyncio
import contextlib
import itertools
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.app import Bridge
from bridge.aside import aside
from bridge.config import Config, load
from bridge.control.abilities import Abilities
from bridge.control.reloading import NotFollowed
from bridge.control.requests import ReloadRequest
from bridge.model import MessageCreated, MessageId, RoomId, Sender, UserId, plain
from bridge.protocols import find
from tests.bridge.world import PROTOCOL
from tests.soak.network import Flow, Network

PAIRS, EXTRAS = 4, 6
RATE = 500
"""Messages per second, in all rooms together."""
TURN = 0.01
ANN = Sender(UserId("ann!user@host"), "ann")
PREFIXES = ["<{name}> ", "[{network}] <{name}> ", "~ <{name}> ", "<{name} ({network})> "]
MISTAKES = [
    "conversatoins: {}\n",
    "  cut: {left: [l0,\n",
    "  lonely: {left: nowhere}\n",
    "  who: {none: a, left: b}\n",
]


def resident() -> float:
    """The memory of this process, in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Load:
    """The service, its networks, who talks on them, and the map."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.file = folder / "bridge.yaml"
        self.chance = random.Random(seed)
        kept = [(f"l{n}", f"r{n}") for n in range(PAIRS)]
        self.kept = [Flow(*pair) for pair in kept] + [Flow(right, left) for left, right in kept]
        """In every map: all that is said in these has to arrive."""
        self.extras = [Flow(f"e{n}", f"x{n}") for n in range(EXTRAS)]
        """In some: nothing may come twice, and all in order."""
        into = {flow.target: flow for flow in (*self.kept, *self.extras)}
        self.networks = {"left": Network("left", 16, into), "right": Network("right", 1, into)}
        self.networks["third"] = Network("third", 16, into)
        self.done: Counter[str] = Counter()
        self.early = 0.0
        """The process's memory after a fifth of all, in MiB."""
        self.names = itertools.cycle(["right", "rechts"])
        self.right, self.was = next(self.names), ""
        self.mapped: dict[str, str] = {}
        """The extra conversations of this map, and the network of their other room."""
        self.prefixes = {"left": PREFIXES[0], "right": PREFIXES[0], "third": PREFIXES[0]}
        self.titles = [f"c{n}" for n in range(PAIRS)]
        self.write()

    # the map

    def write(self, mistake: str = "") -> None:
        servers = {"left": "left", self.right: "right"} | (
            {"third": "third"} if "third" in self.mapped.values() else {}
        )
        lines = ["networks:"]
        for name, server in servers.items():
            was = f", was: {self.was}" if server == "right" and self.was else ""
            rules = f"prefix: '{self.prefixes[server]}', catch_up: {{max_messages: 100000}}"
            lines.append(f"  {name}: {{protocol: '{PROTOCOL}', server: {server}, {rules}{was}}}")
        lines.append("conversations:")
        pairs = [f"  {self.titles[n]}: {{left: l{n}, {self.right}: r{n}}}" for n in range(PAIRS)]
        pairs += [
            f"  extra {n}: {{left: e{n[1:]}, {self.right if there == 'right' else there}: x{n[1:]}}}"
            for n, there in self.mapped.items()
        ]
        self.chance.shuffle(pairs)
        self.file.write_text("\n".join([*lines, *pairs]) + "\n" + mistake)

    def change(self) -> str:
        """Change something in the map; returns what."""
        what = self.chance.choice(["room", "room", "room", "name", "template", "title", "mistake", "order"])
        match what:
            case "room":
                name = f"x{self.chance.randrange(EXTRAS)}"
                if self.mapped.pop(name, None) is None:
                    self.mapped[name] = self.chance.choice(["right", "third"])
            case "name":
                self.was, self.right = self.right, next(self.names)
            case "template":
                self.prefixes[self.chance.choice(list(self.prefixes))] = self.chance.choice(PREFIXES)
            case "title":
                number = self.chance.randrange(PAIRS)
                self.titles[number] = f"c{number}{'' if self.titles[number].endswith(' again') else ' again'}"
        self.write(self.chance.choice(MISTAKES) if what == "mistake" else "")
        self.done[what] += 1
        return what

    async def read(self) -> Config:
        return await aside(lambda: load(self.file, find))

    async def reload(self, abilities: Abilities) -> None:
        if self.change() != "mistake":
            await abilities.do(ReloadRequest(), "a test")
            return
        with pytest.raises(NotFollowed):
            await abilities.do(ReloadRequest(), "a test")
        self.write()

    # the people

    async def talk(self) -> None:
        loop = asyncio.get_running_loop()
        began, said = loop.time(), 0
        while True:
            await asyncio.sleep(TURN)
            while said < (loop.time() - began) * RATE:
                self.say(self.chance.choice([*self.kept, *self.extras]))
                said += 1

    def say(self, flow: Flow) -> None:
        flow.said += 1
        network = self.networks["right" if flow.source.startswith("r") else "left"]
        name, content = MessageId(f"{flow.source}.{flow.said}"), plain(f"{flow.said}")
        network.happen(MessageCreated(id=name, room=RoomId(flow.source), sender=ANN, content=content))

    @contextlib.asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        talking = asyncio.ensure_future(self.talk())
        try:
            yield
        finally:
            talking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await talking

    # all of it

    async def run(self, count: int, pause: float) -> None:
        """Change the map so often, wait until all has arrived, and judge."""
        bridge = Bridge(load(self.file, find))
        service = asyncio.ensure_future(bridge.run())
        while not (self.networks["left"].connected and self.networks["right"].connected):
            await asyncio.sleep(TURN)
        abilities = Abilities(bridge, self.read, self.file)
        async with self.talking():
            for number in range(count):
                if number == count // 5:
                    self.early = resident()
                await self.reload(abilities)
                await asyncio.sleep(pause)
        while any(flow.waiting or flow.skipped for flow in self.kept) and not self.troubles():
            assert not service.done()
            await asyncio.sleep(TURN)
        assert not self.troubles()
        assert bridge.reloads.counts() == {
            "success": count - self.done["mistake"],
            "failure": self.done["mistake"],
        }
        assert all(flow.arrived for flow in self.kept)
        assert any(flow.arrived for flow in self.extras)
        service.cancel()
        await asyncio.gather(service, return_exceptions=True)

    def troubles(self) -> list[AssertionError]:
        return [network.trouble for network in self.networks.values() if network.trouble is not None]
