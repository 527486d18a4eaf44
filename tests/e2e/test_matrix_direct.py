"""Somebody of Matrix, where people from elsewhere are there as themselves, talks alone with one of these."""

import asyncio
import itertools
from urllib.parse import quote

import pytest

from adapters.irc.wire.line import line
from adapters.matrix.testing import SERVER
from adapters.xmpp import encode
from bridge.model import plain
from tests.e2e.five import PLACES, gathered
from tests.e2e.test_matrix_private import Synapse
from tests.e2e.test_puppets import Component
from tests.e2e.world import hubbub

PATIENCE = 30.0
ASKED, TALK = "is asked whether you may talk alone", "talk alone from now on"


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("direct")
    places = {"irc": PLACES["irc"], "jabber": Component, "matrix": Synapse}
    async with gathered(folder, places) as world:
        (folder / "bridge.yaml").write_text(
            f"""\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: "${{IRC_PORT}}", tls: false, nick: hubbub, direct: ask,
    flood: {{burst: 10000, per_second: 10000}}, tell_gap: 0s}}
  jabber: {{protocol: xmpp, jid: hubbub.demo.hubbub.test, password: hubbub.demo.hubbub.test, direct: ask,
    server: 127.0.0.1, port: "${{JABBER_PORT}}", tell_gap: 0s}}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:${{MATRIX_PORT}}", user: "@hubbub:{SERVER}",
    direct: ask, password: hubbub, registration: registration.yaml, listen: "{world.demos["matrix"].listen}"}}
conversations:
  lobby:
    irc: "#lobby"
    jabber: {{room: lobby@rooms.demo.hubbub.test, create: true}}
    matrix: "#lobby:{SERVER}"
"""
        )
        yield world


class Client:
    """What somebody's ordinary client does besides the room: the server alone is asked, nothing of ours."""

    def __init__(self, demo, person):
        self._demo, self._person, self._txns = demo, person, itertools.count()

    async def call(self, method, path, body=None):
        return await self._demo.call(method, f"/_matrix/client/v3/{path}", self._person._token, body)

    async def user(self, name):
        """The id of the member of the lobby who is shown as this."""
        members = (await self.call("GET", f"rooms/{quote(self._person._room)}/joined_members"))["joined"]
        (found,) = (user for user, one in members.items() if one["display_name"] == name)
        return found

    async def begin(self, user):
        """Open a direct chat. Returns the room."""
        body = {"preset": "trusted_private_chat", "is_direct": True, "invite": [user]}
        return (await self.call("POST", "createRoom", body))["room_id"]

    async def invited(self):
        """Go where one is asked into next. Returns the room."""
        async with asyncio.timeout(PATIENCE):
            reply = await self.call("GET", "sync")
            while not (rooms := reply.get("rooms", {}).get("invite")):
                reply = await self.call("GET", f"sync?timeout=1000&since={reply['next_batch']}")
        (wire,) = rooms
        await self.call("POST", f"join/{wire}", {})
        return wire

    async def say(self, wire, text):
        path = f"rooms/{wire}/send/m.room.message/direct{next(self._txns)}"
        await self.call("PUT", path, {"msgtype": "m.text", "body": text})

    async def told(self, wire, *words):
        """Wait until something in a room holds these. Returns all that others said there."""
        async with asyncio.timeout(PATIENCE):
            while True:
                page = (await self.call("GET", f"rooms/{wire}/messages?dir=b&limit=100"))["chunk"]
                events = [event for event in reversed(page) if event["type"] == "m.room.message"]
                said = [event["content"]["body"] for event in events if event["sender"] != self._person._user]
                if any(all(word in one for word in words) for one in said):
                    return said
                await asyncio.sleep(0.1)


async def told(person, *words):
    async with asyncio.timeout(PATIENCE):
        while True:
            said = (await person.alone.get()).replace("\u200b", "")
            if all(word in said for word in words):
                return said


async def all_are_there(world, bridge):
    """Everybody has said something, and is known."""
    await bridge.joined("irc", "jabber", "matrix")
    for person in world.people.values():
        await person.say(plain(f"hello from {person.name}"))
    for network in world.people:
        await world.heard(network, 2)


async def test_what_is_said_to_somebody_on_irc_reaches_them_alone_also_after_restarts(world):
    ada, grace, alan = (world.people[network] for network in ("irc", "jabber", "matrix"))
    client = Client(world.demos["matrix"], alan)
    async with hubbub(world) as bridge:
        await all_are_there(world, bridge)
        wire = await client.begin(await client.user(ada.name))
        await client.say(wire, "psst")
        await client.told(wire, ASKED)
        await told(ada, f"{alan.name} (matrix) wants to talk with you alone")
        ada._send(line("PRIVMSG", "hubbub", trailing=f"!accept {alan.name}"))
        await client.told(wire, TALK)
        await client.say(wire, "first")
        assert await told(ada, f"<{alan.name}>") == f"<{alan.name}> first"
        ada._send(line("PRIVMSG", "hubbub", trailing=f"!msg {alan.name} yes"))
        await client.told(wire, "yes")
        assert await bridge.stop() == 0
    await client.say(wire, "while it was away")
    async with hubbub(world) as bridge:
        assert await told(ada, f"<{alan.name}>") == f"<{alan.name}> while it was away"
        ada._send(line("PRIVMSG", "hubbub", trailing=f"!msg {alan.name} still here"))
        await client.told(wire, "still here")
        await world.recorded("irc")
        await bridge.kill()
    await client.say(wire, "and after a crash")
    async with hubbub(world) as bridge:
        assert await told(ada, f"<{alan.name}>") == f"<{alan.name}> and after a crash"
        ada._send(line("PRIVMSG", "hubbub", trailing=f"!end {alan.name}"))
        said = await client.told(wire, "no more")
        await bridge.joined("irc", "jabber", "matrix")
        await alan.say(plain("all can hear this"))
        assert await world.heard("irc") == [f"<{alan.name}> all can hear this"]
        assert await world.heard("jabber") == ["all can hear this"]
        await world.recorded("irc")
        assert await bridge.stop() == 0  # so that nobody's nick is still taken when they come back
    assert [text for text in said if text in {"yes", "still here"}] == ["yes", "still here"]
    assert grace.alone.empty()
    assert world.quiet()


async def test_somebody_on_xmpp_begins_and_is_answered(world):
    grace, alan = world.people["jabber"], world.people["matrix"]
    client = Client(world.demos["matrix"], alan)

    def say(text):
        (nick,) = (name for name in grace._place.people if name.startswith(alan.name))
        place = encode.quote(f"{grace._place.room}/{nick}")
        grace._send(f"<message to='{place}' type='chat'><body>{text}</body></message>")

    async with hubbub(world) as bridge:
        await all_are_there(world, bridge)
        say("a secret")
        await told(grace, f"{alan.name} (matrix) {ASKED}")
        wire = await client.invited()
        (asked,) = await client.told(wire, f"{grace.name} (jabber) wants to talk with you alone")
        assert "secret" not in asked
        await client.say(wire, "!accept")
        await told(grace, TALK)
        await bridge.logged("jabber private room", "matrix private room")
        say("hello")
        said = await client.told(wire, "hello")
        await client.say(wire, "hello yourself")
        assert await told(grace, "yourself") == "hello yourself"
        members = (await client.call("GET", f"rooms/{wire}/joined_members"))["joined"]
        assert set(members) == {f"@alan:{SERVER}", await client.user(grace.name)}
    assert "hello" in said
    assert world.quiet()
