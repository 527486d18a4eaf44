"""A disk that is full while people flood."""

import resource
from pathlib import Path

import pytest

from tests.e2e.five import CONFIG, PLACES, five
from tests.e2e.talk import Talk
from tests.e2e.world import hubbub

FLOOD = 2000
CALM = 30
GROWTH = 10 * 2**20


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with five(tmp_path_factory.mktemp("disk")) as world:
        yield world


def memory(process) -> int:
    """What a process has in memory, in bytes."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def unread(port: int) -> int:
    """How many bytes wait for the bridge on its connection to a port of the loopback."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[1], 16) for row in rows if row[2] == f"0100007F:{port:04X}")


def allow_files(process, size: int) -> None:
    """No write reaches further into a file than that: it fails as on a full disk."""
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))


async def test_a_full_disk_stops_the_taking_until_there_is_room(world):
    config = world.folder / "to_all_but_matrix.yaml"
    config.write_text(
        CONFIG.replace('matrix: "#', 'matrix: {room: "#').replace('.test"\n', '.test", direction: from}\n')
    )
    async with hubbub(world, config=config) as bridge, Talk(world, deaf=frozenset({"matrix"})) as talk:
        await bridge.joined(*PLACES)
        for network in PLACES:
            await talk.say(network)
        await talk.quiet(bridge)
        before = memory(bridge.process)
        allow_files(bridge.process, 4096)
        for network in PLACES:
            await talk.say(network)
        await bridge.logged("the journal cannot be written")
        for number in range(FLOOD):
            await talk.say("irc")
            if number % (FLOOD // CALM) == 0:
                for network in ("kept", "prosody", "jabber", "matrix"):
                    await talk.say(network)
        assert memory(bridge.process) - before < GROWTH
        assert unread(world.proxies["irc"].port) > FLOOD * len("PRIVMSG #lobby :line 1")
        assert all(not lines or lines[-1].number == 0 for lines in talk.heard.values())
        allow_files(bridge.process, resource.RLIM_INFINITY)
        await talk.end(bridge)
        log = bridge.log.read_text()
        assert log.count("the journal cannot be written") == 1, log
        assert log.count("the journal is being written again") == 1, log
        assert not any(line.again for lines in talk.heard.values() for line in lines)
