"""People from elsewhere whom a real server does not let in: nobody asks again and again, and nobody else
suffers.
"""

import asyncio
import contextlib
import re

import pytest

from adapters.irc.puppets import names
from bridge import AdapterError, Authorship, Rejected, Speaker
from tests.adapters.irc.harness import client
from tests.adapters.irc.servers import Inspircd, inspircd_version, webirc
from tests.adapters.irc.test_puppets import ADA, BOB, Room, rejected

pytestmark = pytest.mark.xdist_group("irc puppets")

EVE = Speaker(Authorship.PUPPET, "Eve", "jabber/eve@example.org")
MASK = f"{names.ident_of(ADA.key)}@*"
PREFIX = "2001:db8:5:6::/64"
_SETTINGS = '<module name="sanick"> <module name="svshold">'
WEBIRC = {"webirc": {"password": "gateway", "ipv6_prefix": PREFIX}}


class Narrow(Inspircd):
    """A server with few places for one address."""

    places = 10_000

    def _command(self, port):
        command = super()._command(port)
        settings = self.folder / "inspircd.conf"
        narrowed = settings.read_text().replace('localmax="10000"', f'localmax="{self.places}"')
        settings.write_text(narrowed)
        return command


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    server = Narrow(tmp_path_factory.mktemp("refusing"), more=_SETTINGS + webirc("gateway"))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    async with client(server.port, f"olga{room.number}", room.room) as room.owner:
        yield room


@pytest.fixture(scope="module")
async def oper(server):
    async with client(server.port, "oper") as oper:
        oper.say("OPER root root")
        await oper.heard(" 381 ")
        yield oper


async def accepted(oper):
    """How many connections the server has taken since it was started."""
    oper.say("STATS T")
    said = await oper.heard(" 249 .*accepts")
    return int(re.search(r"accepts (\d+)", said)[1])


@contextlib.asynccontextmanager
async def banned(oper, command, mask):
    oper.say(f"{command} {mask} 1h :go away")
    await oper.sync()
    try:
        yield
    finally:
        oper.say(f"{command} {mask}")
        await oper.sync()


def told(caplog, words):
    return [said for said in caplog.messages if words in said]


async def test_who_is_banned_from_the_network_is_banned_alone(room, oper, caplog):
    async with room.bridge():
        for who in (ADA, BOB):
            await room.say(who, "one")
        before = await accepted(oper)
        async with banned(oper, "KLINE", MASK):
            await room.owner.heard(" QUIT ")
            await asyncio.sleep(0.2)
            for _ in range(5):
                rejected(await room.say(ADA, "me again"), "Ada is banned from 127.0.0.1", "go away")
            await room.say(BOB, "two")
            await room.say(EVE, "hello")
            assert await accepted(oper) == before + 1
        await room.heard(("Bob", "two"), ("Eve", "hello"))
    assert len(told(caplog, "ada@example.org is banned from")) == 1


async def test_for_who_is_killed_nobody_speaks_however_long_others_wait(room, oper):
    async with room.bridge(burst=1, per_second=0.001):
        await room.say(ADA, "rude")
        assert room.how(BOB) is Authorship.PREFIX
        oper.say("KILL Ada :out")
        await room.owner.heard(" QUIT ")
        await asyncio.sleep(0.2)
        assert room.how(ADA) is Authorship.PUPPET
        rejected(await room.say(ADA, "me again"), "Ada was sent off the network", "out")


async def test_while_nobody_else_is_there_the_bridge_speaks_for_who_is_banned(room, oper):
    async with banned(oper, "GLINE", MASK), room.bridge():
        assert not_alone(await room.say(ADA, "one"))
        assert room.how(ADA) is Authorship.PREFIX
        await room.say(BOB, "I am not")
        rejected(await room.say(ADA, "two"), "Ada is banned from")


async def test_a_ban_of_all_is_asked_about_seldom_and_told_once(room, oper, caplog):
    async with room.bridge(**WEBIRC):
        clock = room.clock()
        await room.say(ADA, "one")
        await room.say(BOB, "two")
        before = await accepted(oper)
        async with banned(oper, "ZLINE", PREFIX):
            await room.gone("Ada", "Bob")
            await asyncio.sleep(0.2)
            for speaker in (ADA, BOB, EVE):
                assert room.how(speaker) is Authorship.PREFIX
            for _ in range(3):
                clock.move(7 * 3600)
                assert room.how(ADA) is Authorship.PUPPET
                assert not_alone(await room.say(ADA, "me again"))
                assert not_alone(await room.say(EVE, "and I"))
                assert room.how(BOB) is Authorship.PREFIX
        assert await accepted(oper) <= before + 6 + 2  # two that look whether they are gone
        clock.move(7 * 3600)
        await room.say(BOB, "we are back")
        await room.heard(("Ada", "one"), ("Bob", "two"), ("Bob", "we are back"))
    assert len(told(caplog, "lets nobody else")) == 1


async def test_where_no_place_is_left_for_our_address_those_inside_speak_on(room, oper, caplog):
    if inspircd_version() > 3:
        pytest.skip("how InspIRCd 4 says that is not known yet")
    async with room.bridge():
        clock = room.clock()
        await room.say(ADA, "one")
        await narrow(room.server, oper, 4)
        try:
            before = await accepted(oper)
            pauses = []
            for _ in range(3):
                assert not_alone(await room.say(BOB, "two"))
                assert room.how(BOB) is room.how(EVE) is Authorship.PREFIX
                pauses.append(waited(room, clock, EVE))
            assert await accepted(oper) == before + 3
        finally:
            await narrow(room.server, oper, 10_000)
        assert pauses == sorted(pauses)
        assert pauses[-1] > 2 * pauses[0] > 60
        await room.say(ADA, "three")
        await room.say(EVE, "four")
        await room.heard(("Ada", "one"), ("Ada", "three"), ("Eve", "four"))
    assert len(told(caplog, "lets nobody else")) == 1


async def test_a_room_that_is_closed_is_asked_seldom(room, oper):
    async with room.bridge():
        clock = room.clock()
        before = await accepted(oper)
        for mode in ("+i", "+k sesame", "+R"):
            room.owner.say(f"MODE {room.room} {mode}")
            await room.owner.sync()
            assert not_alone(await room.say(ADA, "one"))
            assert room.how(ADA) is Authorship.PREFIX
            room.owner.say(f"MODE {room.room} -{mode[1]} sesame")
            await room.owner.sync()
            clock.move(3600)
        assert await accepted(oper) == before + 3
        await room.say(ADA, "two")
        await room.heard(("Ada", "two"))
        room.owner.say(f"MODE {room.room} +M")
        await room.owner.sync()
        assert not_alone(await room.say(ADA, "three"))


async def test_a_nick_that_is_taken_away_is_not_asked_for_again(room, oper):
    async with room.bridge():
        clock = room.clock()
        await room.say(ADA, "one")
        oper.say("SANICK Ada Guest12")
        await room.owner.heard("NICK :?Guest12")
        for text in ("two", "three"):
            clock.move(61)
            await room.say(ADA, text)
        await room.heard(("Guest12", "two"), ("Ada[jabber]", "three"))


async def test_a_nick_that_services_hold_is_nobodys(room):
    async with room.bridge():
        await room.say(BOB, "one")
        async with client(room.server.port, "Robert"):
            await room.say(Speaker(Authorship.PUPPET, "Robert", BOB.key), "two")
            await room.say(Speaker(Authorship.PUPPET, "Robert", BOB.key), "three")
            said = await room.owner.heard("PRIVMSG .*three")
            assert said.startswith(":Robert[matrix]!")


def not_alone(outcome):
    """Whether the bridge can speak for who could not."""
    assert isinstance(outcome, AdapterError), outcome
    return not (isinstance(outcome, Rejected) and outcome.alone)


def waited(room, clock, speaker):
    """Seconds until somebody may try again."""
    seconds = 0
    while room.how(speaker) is Authorship.PREFIX:
        clock.move(10)
        seconds += 10
    return seconds


async def narrow(server, oper, places):
    server.places = places
    server._command(server.port)
    oper.say("REHASH")
    await oper.heard(" 382 ")
    await oper.heard("NOTICE .*ehash")
    await oper.sync()
