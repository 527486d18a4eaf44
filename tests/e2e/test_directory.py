"""A visitor's session, opened by a network's adapter with rooms of real servers."""

import asyncio
import contextlib
import os

import pytest

from bridge.app import Bridge
from bridge.config import load
from bridge.model import RoomId, plain
from bridge.protocols import find
from bridge.testing import ScriptedNetwork
from tests.adapters.xmpp.servers import Archive
from tests.e2e.pair import pair

DESK = RoomId(f"desk@{Archive.rooms}")
_CONFIG = """\
networks:
  web: {{protocol: "bridge.testing:ScriptedAdapter", server: web}}
  irc: {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub}}
  jabber: {{protocol: xmpp, jid: "hubbub@{domain}", password: hubbub, server: 127.0.0.1, port: {jabber},
    tls: none}}
conversations:
  lobby: {{web: lobby, irc: "#lobby", jabber: {{room: "lobby@{rooms}", create: true}}}}
"""


@pytest.fixture(scope="module")
async def servers(tmp_path_factory):
    async with pair(tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@contextlib.asynccontextmanager
async def running(file, joined):
    """The bridge, in so many rooms."""
    bridge = Bridge(load(file, find, os.environ))
    task = asyncio.create_task(bridge.run())
    try:
        await until(lambda: hasattr(bridge, "_router") and count(bridge) == joined)
        yield bridge
    finally:
        task.cancel()
        await asyncio.wait([task])


def count(bridge):
    return sum(room.joined for room in bridge.rooms())


async def until(true):
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


async def heard(person, text):
    async with asyncio.timeout(30):
        while text not in (found := (await person.heard.get()).content.text.replace("\u200b", "")):
            pass
    return found


async def test_a_session_is_opened_outlives_a_restart_and_is_closed(tmp_path, servers):
    irc, jabber = servers
    web = ScriptedNetwork("web")
    file = tmp_path / "bridge.yaml"
    ports = {"irc": irc.port, "jabber": jabber.port, "domain": jabber.domain, "rooms": jabber.rooms}
    file.write_text(_CONFIG.format(**ports))
    ada, passer = await irc.person("ada", "#desk"), await irc.person("eve", "#lobby")
    grace = await jabber.person("grace", DESK)
    rooms = [("web", RoomId("visit")), ("irc", RoomId("#desk")), ("jabber", DESK)]
    async with running(file, 3):
        web._adapter.conversations.open("visit", rooms)
        web.say("visit", "visitor", "is anybody there?")
        assert await heard(ada, "anybody") == "<visitor> is anybody there?"
        assert await heard(grace, "anybody") == "<visitor> is anybody there?"
        await ada.say(plain("I am"))
        await web.until(1)
        await grace.say(plain("so am I"))
        await web.until(2)
        assert web.texts("visit") == ["<ada> I am", "<grace> so am I"]
        assert await heard(grace, "I am") == "<ada> I am"
        assert await heard(ada, "so am I") == "<grace> so am I"
    web.say("visit", "visitor", "still there?")
    async with running(file, 6) as bridge:
        assert await heard(ada, "still") == "<visitor> still there?"
        assert await heard(grace, "still") == "<visitor> still there?"
        web.say("visit", "visitor", "bye")
        web._adapter.conversations.close("visit")
        assert await heard(ada, "bye") == "<visitor> bye"
        assert await heard(grace, "bye") == "<visitor> bye"
        await until(lambda: len(bridge.rooms()) == 3)  # when it is looked for, every few seconds
        await until(lambda: set(bridge.adapter("irc").rooms) == {"#lobby"})
        await ada.say(plain("nobody hears this"))
        await passer.say(plain("all is as before"))
        await until(lambda: web.texts("lobby") == ["<eve> all is as before"])
        assert len(web.said) == 3
