"""Many people who are on IRC as themselves, whose server dies and comes back."""

import asyncio
import contextlib
import re
import time

import pytest

from adapters.irc.testing import Demo as Ngircd
from tests.adapters.irc.harness import client
from tests.adapters.irc.servers import Inspircd
from tests.e2e.proxy import Proxy
from tests.e2e.world import PATIENCE, World, hubbub

MANY = 20
BURST, RATE = 3, 10
_CONFIG = f"""\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: "${{IRC_PORT}}", tls: false, nick: hubbub}}
  there: {{protocol: irc, server: 127.0.0.1, port: "${{THERE_PORT}}", tls: false, nick: hubbub,
    flood: {{burst: 10000, per_second: 10000}}, ping: {{after: 3, timeout: 2}},
    puppets: {{max: 60, per_room: 60, burst: {BURST}, per_second: {RATE}}}}}
conversations:
  lobby: {{irc: "#lobby", there: "#lobby"}}
"""
_SAID = re.compile(r":([^! ]+)\S* PRIVMSG #lobby :(?:<(p\d+)\S*> )?(\d+)$")
_JOINED = re.compile(r":(p\d+)!\S+ JOIN")


class Counting(Proxy):
    """A proxy that notes when somebody connects."""

    def __init__(self, target):
        super().__init__(target)
        self.connected = []

    async def _serve(self, reader, writer):
        self.connected.append(time.monotonic())
        await super()._serve(reader, writer)


class Ear:
    """Somebody in a room, who writes down what happens there."""

    def __init__(self):
        self.said = []
        """Who said which number, and who spoke."""
        self.joined = []

    @contextlib.asynccontextmanager
    async def listening(self, port):
        async with client(port, "ear", "#lobby") as ear:
            task = asyncio.create_task(self._listen(ear))
            try:
                yield ear
            finally:
                task.cancel()

    async def _listen(self, ear):
        while True:
            line = (await _next(ear)).replace("\u200b", "")
            if found := _SAID.match(line):
                self.said.append((found[2] or found[1], int(found[3]), found[1]))
            elif found := _JOINED.match(line):
                self.joined.append(time.monotonic())

    async def has(self, number):
        """Wait until so much was said."""
        async with asyncio.timeout(PATIENCE):
            while len(self.said) < number:
                await asyncio.sleep(0.02)

    async def full(self, number):
        async with asyncio.timeout(PATIENCE):
            while len(self.joined) < number:
                await asyncio.sleep(0.02)


async def _next(ear):
    raw = await ear._reader.readline()
    if not raw:
        await asyncio.Event().wait()
    line = raw.decode().rstrip("\r\n")
    if line.startswith("PING "):
        ear.say(line.replace("PING", "PONG", 1))
    return line


@pytest.fixture
async def world(tmp_path):
    tmp_path.chmod(0o755)
    world = World(tmp_path)
    (tmp_path / "bridge.yaml").write_text(_CONFIG)
    async with contextlib.AsyncExitStack() as stack:
        for name, make in (("irc", Ngircd), ("there", Inspircd)):
            demo = world.demos[name] = make(tmp_path / name)
            (tmp_path / name).mkdir(mode=0o755)
            await demo.start()
            stack.push_async_callback(demo.stop)
            proxy = world.proxies[name] = Counting(demo.port)
            await proxy.start()
            stack.push_async_callback(proxy.cut)
            world.variables[f"{name.upper()}_PORT"] = str(proxy.port)
        world.people = [
            await stack.enter_async_context(client(world.demos["irc"].port, f"p{number}", "#lobby"))
            for number in range(MANY)
        ]
        yield world


async def test_many_come_back_one_after_the_other_and_nothing_is_lost(world):
    here, there, after = Ear(), Ear(), Ear()
    server, number = world.demos["there"], 0

    async def all_say(ear, rounds=1):
        nonlocal number
        for _ in range(rounds):
            number += 1
            for person in world.people:
                person.say(f"PRIVMSG #lobby :{number}")
            await here.has(MANY * number)
        if ear is not None:
            await ear.has(len(here.said) - before)

    async with here.listening(world.demos["irc"].port), hubbub(world) as bridge:
        before = 0
        async with there.listening(server.port):
            await bridge.joined("irc", "there")
            await all_say(there)
            await there.full(MANY)
            await all_say(there)
        assert [one[:2] for one in there.said] == [one[:2] for one in here.said]
        assert all(who == speaker for who, _, speaker in there.said[MANY:]), "everybody is back by now"
        before = len(here.said)
        await server._ircd.stop(patience=0)
        await world.proxies["there"].cut()
        await all_say(None, rounds=3)
        await server.start_ircd()
        async with after.listening(server.port):
            began = time.monotonic()
            await world.proxies["there"].start()
            await after.has(3 * MANY)
            spoken = time.monotonic()
            await after.full(MANY)
            full = time.monotonic()
            await all_say(after)
        assert [one[:2] for one in after.said] == [one[:2] for one in here.said[before:]]
        assert all(who == speaker for who, _, speaker in after.said[-MANY:])
        connected = world.proxies["there"].connected
        assert len(there.joined) == len(after.joined) == MANY
        for first, at in enumerate(connected):
            assert sum(other < at + 1 for other in connected[first:]) <= BURST + RATE + 1
        assert spoken - began < full - began < 20
        assert not re.search("sent again|undelivered|Traceback", bridge.log.read_text()), (
            bridge.log.read_text()
        )
