"""What `catch_up` leaves out can be asked for: `hubbub catch-up`, as the owner uses it, on real servers."""

import asyncio
import os

import pytest

from adapters.matrix.testing import Demo as Synapse
from bridge.model import plain
from tests.adapters.xmpp.servers import Archive
from tests.e2e.five import gathered
from tests.e2e.world import HUBBUB, hubbub

CONFIG = """\
networks:
  prosody: {protocol: xmpp, jid: hubbub@demo.hubbub.test, password: hubbub, server: 127.0.0.1,
    port: "${PROSODY_PORT}", tls: none, tell_gap: 0s, catch_up: {max_messages: 1}}
  matrix: {protocol: matrix, homeserver: "http://127.0.0.1:${MATRIX_PORT}", user: "@hubbub:demo.hubbub.test",
    password: hubbub, tell_gap: 0s, catch_up: {max_messages: 1}}
conversations:
  lobby:
    prosody: {room: lobby@rooms.demo.hubbub.test, create: true}
    matrix: "#lobby:demo.hubbub.test"
"""
ROOMS = {"prosody": "lobby@rooms.demo.hubbub.test", "matrix": "#lobby:demo.hubbub.test"}


@pytest.fixture
async def world(tmp_path):
    (tmp_path / "bridge.yaml").write_text(CONFIG)
    async with gathered(tmp_path, {"prosody": Archive, "matrix": Synapse}) as world:
        yield world


async def ask(world, *arguments):
    process = await asyncio.create_subprocess_exec(
        HUBBUB, "catch-up", *arguments, "bridge.yaml", cwd=world.folder,
        env={**os.environ, **world.variables},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def heard(world, network, count):
    """So many lines of people, without what the bridge tells."""
    lines = []
    while len(lines) < count:
        lines += [line for line in await world.heard(network) if line.startswith("<")]
    return lines


async def test_what_was_left_out_is_told_and_fetched(world):
    names = {network: person.name for network, person in world.people.items()}
    async with hubbub(world) as bridge:
        await bridge.joined(*ROOMS)
        for here, there in (("prosody", "matrix"), ("matrix", "prosody")):
            await world.people[here].say(plain("hello"))
            assert await heard(world, there, 1) == [f"<{names[here]}> hello"]
        await bridge.stop()
    for network, person in world.people.items():
        for number in range(4):
            await person.say(plain(f"{network} {number}"))
    async with hubbub(world) as bridge:
        await bridge.joined(*ROOMS)
        for here, there in (("prosody", "matrix"), ("matrix", "prosody")):
            assert await heard(world, there, 1) == [f"<{names[here]}> {here} 3"]
            told = "3 messages had been missed" if here == "matrix" else "messages had been missed"
            code, said = await ask(world, here, ROOMS[here])
            assert (code, told in said) == (0, True), said
            assert await heard(world, there, 3) == [f"<{names[here]}> {here} {number}" for number in range(3)]
            assert await ask(world, here, ROOMS[here]) == (
                0,
                f"0 messages had been missed in {ROOMS[here]} and will be relayed.\n",
            )
        code, said = await ask(world, "matrix", "#looby:demo.hubbub.test")
        assert code == 1
        assert 'did you mean "#lobby:demo.hubbub.test"?' in said
        assert "the first 3 messages that were said in #lobby:demo" in bridge.log.read_text()
