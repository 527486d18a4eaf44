"""People as themselves on XMPP, where the bridge is a component that is killed at each step."""

import asyncio
import time

import pytest

from bridge.model import plain
from tests.adapters.xmpp.servers import Archive
from tests.e2e.five import PLACES, gathered, kill_server, revive_server
from tests.e2e.kills import STEPS, survive
from tests.e2e.talk import Talk
from tests.e2e.world import hubbub


class Component(Archive):
    """Prosody with an archive, whose port for components is the one to tell."""

    async def start(self):
        await super().start()
        return {"COMPONENTS": str(self.components)}


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("puppets")
    (folder / "bridge.yaml").write_text(
        """\
networks:
  irc: {protocol: irc, server: 127.0.0.1, port: "${IRC_PORT}", tls: false, nick: hubbub,
    flood: {burst: 10000, per_second: 10000}, ping: {after: 3, timeout: 2}, tell_gap: 0s}
  prosody: {protocol: xmpp, jid: hubbub.demo.hubbub.test, password: hubbub.demo.hubbub.test,
    server: 127.0.0.1, port: "${PROSODY_PORT}", tell_gap: 0s}
  matrix: {protocol: matrix, homeserver: "http://127.0.0.1:${MATRIX_PORT}", user: "@hubbub:demo.hubbub.test",
    password: hubbub}
conversations:
  lobby:
    irc: "#lobby"
    prosody: {room: lobby@rooms.demo.hubbub.test, create: true}
    matrix: "#lobby:demo.hubbub.test"
"""
    )
    places = {"irc": PLACES["irc"], "prosody": Component, "matrix": PLACES["matrix"]}
    async with gathered(folder, places) as world:
        yield world


@pytest.fixture(autouse=True)
def begin_anew(world):
    world.forget()


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_loses_nothing_and_repeats_nothing(world, step):
    kills = [("prosody", 3), ("irc", 2), ("prosody", 7), ("matrix", 3), ("prosody", 5)]
    await survive(world, [(step, *kill) for kill in kills], rate=4)


async def test_a_server_that_dies_loses_nothing_that_was_taken(world):
    """Nobody is in its rooms any more, and everybody comes back with the first word."""
    async with hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined("irc", "prosody", "matrix")
        async with talk.talking(5, ["irc", "matrix"]):
            async with talk.talking(5, ["prosody"]):
                await asyncio.sleep(1.5)
            async with talk.interrupted(bridge, "prosody"):
                died = time.time()
                await kill_server(world, "prosody")
                talk.again.add("prosody")
                await revive_server(world, "prosody")
                await asyncio.sleep(0.5)  # the past is shown to who comes back
                talk.again.clear()
                talk.dead["prosody"].append((died, time.time()))
                await world.proxies["prosody"].start()
            async with talk.talking(5, ["prosody"]):
                await asyncio.sleep(1.5)
        await talk.end(bridge)


async def test_who_is_removed_by_a_moderator_hears_of_it(world):
    """The people who are silenced on one side are told so on theirs, by what could not be delivered."""
    async with hubbub(world) as bridge:
        await bridge.joined("irc", "prosody", "matrix")
        irc, prosody = world.people["irc"], world.people["prosody"]
        await irc.say(plain("hello"))
        assert (await prosody.heard.get()).sender == irc.name
        await prosody.kick(irc.name, "enough")
        await irc.say(plain("what?"))
        (told,) = await world.heard("irc")
        assert "was sent out there" in told
