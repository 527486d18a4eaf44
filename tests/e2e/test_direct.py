"""Two people talk alone: one by a private message of XMPP, and one on IRC, who answers by way of the bot."""

import asyncio

import pytest

from adapters.irc.wire.line import line
from adapters.xmpp import encode
from bridge.model import plain
from tests.e2e.five import PLACES, gathered
from tests.e2e.test_puppets import Component
from tests.e2e.world import hubbub


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("direct")
    (folder / "bridge.yaml").write_text(
        """\
networks:
  irc: {protocol: irc, server: 127.0.0.1, port: "${IRC_PORT}", tls: false, nick: hubbub, direct: ask,
    flood: {burst: 10000, per_second: 10000}}
  jabber: {protocol: xmpp, jid: hubbub.demo.hubbub.test, password: hubbub.demo.hubbub.test, direct: ask,
    server: 127.0.0.1, port: "${JABBER_PORT}"}
conversations:
  lobby:
    irc: "#lobby"
    jabber: {room: lobby@rooms.demo.hubbub.test, create: true}
"""
    )
    async with gathered(folder, {"irc": PLACES["irc"], "jabber": Component}) as world:
        yield world


class Two:
    """Somebody on each side."""

    def __init__(self, world):
        self.irc, self.jabber = world.people["irc"], world.people["jabber"]

    def say_irc(self, text):
        self.irc._send(line("PRIVMSG", "hubbub", trailing=text))

    def say_jabber(self, text):
        to = encode.quote(f"{self.jabber._place.room}/{self.irc.name}")
        self.jabber._send(f"<message to='{to}' type='chat'><body>{text}</body></message>")

    async def told(self, who, *words):
        async with asyncio.timeout(20):
            while True:
                said = await who.alone.get()
                if all(word in said for word in words):
                    return said


async def test_two_talk_alone_also_after_a_restart(world):
    two = Two(world)
    ada, grace = two.jabber.name, two.irc.name
    async with hubbub(world) as bridge:
        await bridge.joined("irc", "jabber")
        await two.irc.say(plain("hello"))
        await two.jabber.say(plain("hello"))
        await world.heard("irc")
        await world.heard("jabber")
        two.say_jabber("something secret")
        await two.told(two.irc, f"{ada} (jabber) wants to talk with you alone.", f"`!accept {ada}@jabber`")
        await two.told(two.jabber, f"{grace} (irc) is asked")
        two.say_irc(f"!accept {ada}")
        await two.told(two.irc, "talk alone from now on", "!msg")
        await two.told(two.jabber, "talk alone from now on")
        await talk(two)
        assert await bridge.stop() == 0
    async with hubbub(world) as bridge:
        await back(bridge, two)
        await talk(two)
        two.say_irc("who hears that?")
        await two.told(two.irc, "That reached nobody", f"!msg {ada}@jabber")
        for network in ("irc", "jabber"):
            await world.recorded(network)
        await bridge.kill()
    async with hubbub(world) as bridge:
        await back(bridge, two)
        await talk(two)
        two.say_irc(f"!end {ada}")
        await two.told(two.jabber, "talk no more")
        two.say_jabber("one more thing")
        await two.told(two.irc, "wants to talk with you alone")
        two.say_irc(f"!ignore {ada}")
        await two.told(two.irc, "Done.")
        await two.irc.say(plain("all can hear this"))
        assert await world.heard("jabber") == ["all can hear this"]
    assert world.quiet()


async def talk(two):
    """Both ways, and in order; the first words wait until both can be written to."""
    for number in range(3):
        two.say_jabber(f"question {number}")
        said = await two.told(two.irc, "question")
        assert said.replace("\u200b", "") == f"<{two.jabber.name}> question {number}"
    for number in range(3):
        two.say_irc(f"!msg {two.jabber.name} answer {number}")
    for number in range(3):
        assert await two.told(two.jabber, "answer") == f"answer {number}"


async def back(bridge, two):
    """Both can be written to again: who writes to somebody who is not there yet is told so by the server."""
    await bridge.joined("irc", "jabber")
    async with asyncio.timeout(20):
        while two.irc.name not in two.jabber._place.people:
            await asyncio.sleep(0.02)
