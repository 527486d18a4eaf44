"""Three real servers, people on them, and the bridge as a process of its own between them."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from bridge.testing import Demo, Heard, Person
from tests.adapters.places import chat_map, demo_server
from tests.e2e.proxy import Proxy

HUBBUB = str(Path(sys.executable).with_name("hubbub"))
NETWORKS = {"irc": "irc", "jabber": "xmpp", "matrix": "matrix"}
PEOPLE = ("ada", "grace", "alan", "edsger", "barbara")
PATIENCE = 60.0


class World:
    """The servers, each behind a proxy that the bridge goes through; people go to them directly."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.demos: dict[str, Demo] = {}
        self.proxies: dict[str, Proxy] = {}
        self.people: dict[str, Person] = {}
        self.variables: dict[str, str] = {}

    async def join(self) -> None:
        """Let one person into the room of each network."""
        for number, (network, demo) in enumerate(self.demos.items()):
            self.people[network] = await demo.person(PEOPLE[number])

    async def heard(self, network: str, count: int = 1) -> list[str]:
        """The next messages that the person on a network hears, without what keeps names from pinging."""
        found = [await self._next(self.people[network]) for _ in range(count)]
        return [heard.content.text.replace("\u200b", "") for heard in found]

    async def _next(self, person: Person) -> Heard:
        return await asyncio.wait_for(person.heard.get(), PATIENCE)

    async def recorded(self, network: str) -> None:
        """Wait until everything that a network confirmed is on record: a kill then leaves no doubt."""
        query = "SELECT count(*) FROM delivery WHERE room IN (SELECT number FROM room WHERE network = ?)"
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.closing(sqlite3.connect(self.folder / "hubbub.sqlite3")) as database:
                    if database.execute(query, (network,)).fetchone() == (0,):
                        return
                await asyncio.sleep(0.02)

    def forget(self) -> None:
        """Let everything begin anew: the journal, and what people have heard."""
        for leftover in self.folder.glob("hubbub.sqlite3*"):
            leftover.unlink()
        for person in self.people.values():
            while not person.heard.empty():
                person.heard.get_nowait()

    def quiet(self) -> bool:
        """Whether nobody has heard anything that was not asked for."""
        return all(person.heard.empty() for person in self.people.values())


@contextlib.asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[World]:
    """All three servers."""
    world = World(folder)
    async with contextlib.AsyncExitStack() as stack:

        async def start(network: str, protocol: str) -> tuple[str, Demo, dict[str, str]]:
            place = folder / network
            place.mkdir()
            return network, *await stack.enter_async_context(demo_server(protocol, place))

        for network, demo, variables in await asyncio.gather(*(start(*item) for item in NETWORKS.items())):
            ((name, port),) = ((n, v) for n, v in variables.items() if n.endswith("_PORT"))
            proxy = world.proxies[network] = Proxy(int(port))
            await proxy.start()
            stack.push_async_callback(proxy.cut)
            world.demos[network] = demo
            world.variables |= variables | {name: str(proxy.port)}
        yield world


class Hubbub:
    """`hubbub run` as a process."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log

    async def logged(self, *words: str) -> None:
        """Wait until the log holds each of these."""
        async with asyncio.timeout(PATIENCE):
            while not all(word in self.log.read_text() for word in words):
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.02)

    async def joined(self, *networks: str) -> None:
        """Wait until the bridge is in the room of each network."""
        await self.logged(*(f"{network} " for network in networks))
        async with asyncio.timeout(PATIENCE):
            while not all(self.is_in(network) for network in networks):
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.02)

    def is_in(self, network: str) -> bool:
        """Whether the bridge has come into the room of a network."""
        return self.joins(network) > 0

    def joins(self, network: str) -> int:
        """How often it has."""
        lines = self.log.read_text().splitlines()
        return sum(f" {network} " in line and line.endswith("is joined") for line in lines)

    async def kill(self) -> None:
        """SIGKILL: as a crash or a loss of power to the process."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM, as a service manager does; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@contextlib.asynccontextmanager
async def hubbub(
    world: World,
    *,
    config: Path | None = None,
    variables: Mapping[str, str] | None = None,
    command: Sequence[str] = (HUBBUB,),
) -> AsyncIterator[Hubbub]:
    """The bridge, started. Its journal stays in the configuration's folder."""
    file = config or world.folder / "bridge.yaml"
    if not file.exists():
        file.write_text(chat_map())
    log = world.folder / f"hubbub-{len(list(world.folder.glob('hubbub-*.log')))}.log"
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            "run",
            str(file),
            stderr=output,
            env={**os.environ, "HUBBUB_LOG": "text", **world.variables, **(variables or {})},
        )
    try:
        yield Hubbub(process, log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
