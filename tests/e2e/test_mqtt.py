"""MQTT (mosquitto) and XMPP (Prosody with an archive) as one conversation, whatever is killed."""

import contextlib
import resource

import pytest

from adapters.mqtt.testing import Demo as Mosquitto
from tests.adapters.xmpp.servers import Archive
from tests.e2e.kills import survive
from tests.e2e.proxy import Proxy
from tests.e2e.talk import Talk
from tests.e2e.test_disk import allow_files
from tests.e2e.world import World, hubbub

CONFIG = """\
networks:
  broker: {protocol: mqtt, server: 127.0.0.1, port: "${BROKER_PORT}", tls: false, client_id: hubbub,
    tell_gap: 0s}
  prosody: {protocol: xmpp, jid: hubbub@demo.hubbub.test, password: hubbub, server: 127.0.0.1,
    port: "${PROSODY_PORT}", tls: none, tell_gap: 0s}
conversations:
  lobby:
    broker: {room: lobby, payload: text}
    prosody: {room: lobby@rooms.demo.hubbub.test, create: true}
"""
KILLS = [("commit", "broker", 4), ("confirm", "broker", 5)]


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mqtt")
    (folder / "bridge.yaml").write_text(CONFIG)
    world = World(folder)
    async with contextlib.AsyncExitStack() as stack:
        for network, kind in (("broker", Mosquitto), ("prosody", Archive)):
            (folder / network).mkdir()
            demo = world.demos[network] = kind(folder / network)
            demo.text = True  # of the broker's alone
            stack.push_async_callback(demo.stop)
            port = next(iter((await demo.start()).values()))
            proxy = world.proxies[network] = Proxy(int(port))
            await proxy.start()
            stack.push_async_callback(proxy.cut)
            world.variables[f"{network.upper()}_PORT"] = str(proxy.port)
        await world.demos["prosody"].register("hubbub", "hubbub")
        await world.join()
        yield world


async def test_a_kill_loses_nothing_and_repeats_nothing(world):
    talk = await survive(world, KILLS, rate=10)
    assert not any(line.again for lines in talk.heard.values() for line in lines)


async def test_a_broker_that_is_killed(world):
    """It has on disk what it confirms (`autosave_on_changes`)."""
    world.forget()
    demo, person = world.demos["broker"], world.people["broker"]
    async with hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined("broker", "prosody")
        for _ in range(3):
            await talk.say("broker")
            await talk.say("prosody")
        await talk.quiet(bridge)
        await person.leave()
        async with talk.interrupted(bridge, "broker"):
            await demo._server.stop(patience=0)
            for _ in range(3):
                await talk.say("prosody")
            await demo.start()
            await person.join(demo.port)
        await talk.end(bridge)


async def test_a_full_disk_stops_the_acknowledging_until_there_is_room(world):
    world.forget()
    async with hubbub(world) as bridge, Talk(world) as talk:
        await bridge.joined("broker", "prosody")
        for network in ("broker", "prosody"):
            await talk.say(network)
        await talk.quiet(bridge)
        allow_files(bridge.process, 4096)
        await talk.say("broker")
        await bridge.logged("the journal cannot be written")
        for _ in range(100):  # more than a broker hands over unacknowledged
            await talk.say("broker")
        assert [line.number for line in talk.heard["broker", "prosody"]] == [0]
        allow_files(bridge.process, resource.RLIM_INFINITY)
        await talk.end(bridge)
    assert not any(line.again for lines in talk.heard.values() for line in lines)
