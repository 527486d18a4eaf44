"""A list on real servers: subscribed to and ended in private messages of IRC and XMPP, over a restart."""

import asyncio
import contextlib
import os

import pytest

from adapters.irc.wire.line import line
from adapters.xmpp import encode
from bridge.app import Bridge
from bridge.config import load
from bridge.model import RoomId, plain
from bridge.protocols import find
from tests.e2e.pair import pair

_CONFIG = """\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub}}
  jabber: {{protocol: xmpp, jid: "hubbub@{domain}", password: hubbub, server: 127.0.0.1, port: {jabber},
    tls: none}}
conversations:
  news: {{irc: "#news-desk", announce: {{announcers: ["irc/ann!*"]}}}}
  lobby: {{irc: "#lobby", jabber: {{room: "lobby@{rooms}", create: true}}}}
"""


@pytest.fixture(scope="module")
async def servers(tmp_path_factory):
    async with pair(tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@contextlib.asynccontextmanager
async def running(file):
    bridge = Bridge(load(file, find, os.environ))
    task = asyncio.create_task(bridge.run())
    try:
        async with asyncio.timeout(30):
            while not hasattr(bridge, "_router") or sum(room.joined for room in bridge.rooms()) < 3:
                await asyncio.sleep(0.01)
        yield bridge
    finally:
        task.cancel()
        await asyncio.wait([task])


async def told(person, words, bridge):
    """What somebody is told alone with these words in it, in all its lines."""
    said = ""
    async with asyncio.timeout(20):
        while words not in said:
            await bridge.patrol()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    said += (await person.alone.get()).replace("\u200b", "") + "\n"
    return said


def confirmation(said):
    return said.partition("`!confirm ")[2][:6]


async def test_a_list_on_two_networks(tmp_path, servers):
    irc, jabber = servers
    file = tmp_path / "bridge.yaml"
    ports = {"irc": irc.port, "jabber": jabber.port, "domain": jabber.domain, "rooms": jabber.rooms}
    file.write_text(_CONFIG.format(**ports))
    ann, carol = await irc.person("ann", "#news-desk"), await irc.person("carol", "#lobby")
    dave = await irc.person("dave", "#lobby")  # who never subscribes

    def say_irc(text):
        carol._send(line("PRIVMSG", "hubbub", trailing=text))

    def say_jabber(text):
        to = encode.quote(f"hubbub@{jabber.domain}")
        grace._send(f"<message to='{to}' type='chat'><body>{text}</body></message>")

    async with running(file) as bridge:
        grace = await jabber.person("grace", RoomId(f"lobby@{jabber.rooms}"))
        for say, person in ((say_irc, carol), (say_jabber, grace)):
            say("!subscribe news")
            say(f"!confirm {confirmation(await told(person, '!confirm', bridge))}")
            await told(person, "You get news from now on", bridge)
        await ann.say(plain("!announce We open at ten."))
        assert "news: 2 people" in await told(ann, "2 people", bridge)
        for person in (carol, grace):
            assert "We open at ten." in await told(person, "STOP", bridge)
    async with running(file) as bridge:  # where the server has not shown yet who has carol's nick
        await ann.say(plain("!announce And close at six."))
        for person in (carol, grace):
            assert "And close at six." in await told(person, "STOP", bridge)
        say_irc("STOP")
        await told(carol, "You get nothing more of news.", bridge)
        say_jabber("退订")
        await told(grace, "You get nothing more of news.", bridge)
        await ann.say(plain("!announce Last words."))
        await told(ann, "Nobody is subscribed to news", bridge)
        await bridge.patrol()
    assert dave.alone.empty()
    for person in (carol, grace):
        left = [person.alone.get_nowait() for _ in range(person.alone.qsize())]
        assert not [text for text in left if "Last" in text or "ten" in text or "six" in text]
