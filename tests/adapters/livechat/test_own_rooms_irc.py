"""Rooms of single chats on a real IRC server, where whoever is out of one needs to be invited again."""

import asyncio

import pytest

from adapters.irc.testing import Demo as Ngircd
from adapters.livechat import own_rooms
from adapters.livechat.testing import Person as Visitor
from bridge import app
from bridge.config import load
from bridge.model import RoomId
from bridge.protocols import find
from bridge.testing import free_port
from tests.adapters.irc.harness import client

MAP = """
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub, flood: {{burst: 1000}}}}
  shop: {{protocol: livechat, listen: '127.0.0.1:{port}'}}
conversations:
  sales: {{irc: '#sales', shop: {{room: sales, mode: rooms}}}}
"""


@pytest.fixture
async def irc(tmp_path):
    tmp_path.chmod(0o755)
    server = Ngircd(tmp_path / "irc")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def zoe(irc, tmp_path, monkeypatch):
    """A visitor of the desk."""
    monkeypatch.setattr(own_rooms, "_RETURNS", 0.5)
    file, port = tmp_path / "bridge.yaml", free_port()
    file.write_text(MAP.format(irc=irc.port, port=port))
    bridge = asyncio.ensure_future(app.Bridge(load(file, find)).run())
    visitor = Visitor("zoe", f"http://127.0.0.1:{port}", RoomId("sales"))
    yield visitor
    await visitor.leave()
    bridge.cancel()
    await asyncio.wait({bridge})


async def hears(visitor):
    return (await asyncio.wait_for(visitor.heard.get(), 20)).content.text


async def test_an_agent_is_heard_from_the_first_word_and_let_in_again(irc, zoe):
    """RFC 2811 section 4.2.6: who leaves an invite-only channel needs another invitation."""
    async with client(irc.port, "anna", "#sales") as anna:
        await zoe.join("which sizes?")
        await anna.heard("INVITE anna :?#sales-1")
        anna.say("JOIN #sales-1", "PRIVMSG #sales-1 :!take", "PRIVMSG #sales-1 :S to XL")
        assert await hears(zoe) == "S to XL"
        await anna.heard("#sales-1 .*which sizes")
    async with client(irc.port, "anna", "#sales") as anna:
        await anna.heard("INVITE anna :?#sales-1")
        anna.say("JOIN #sales-1", "PRIVMSG #sales-1 :I am back")
        assert await hears(zoe) == "I am back"
