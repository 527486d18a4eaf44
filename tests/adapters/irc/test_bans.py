"""Who is banned by a mask, by a scripted server and by operators of real ones."""

import asyncio

import pytest

from adapters.irc.rooms import bans
from bridge import Change, MemberChanged, SetPresent, SetTyping
from tests.adapters.irc.harness import ScriptedServer, client, running
from tests.adapters.irc.test_members import ME, nothing_more
from tests.adapters.irc.test_puppets import ADA, BOB, Room
from tests.adapters.irc.test_puppets_contract import inspircd, ngircd

pytestmark = pytest.mark.xdist_group("irc puppets")

LIBERA = {"CHANMODES": "eIbq,k,flj,CFLMPQScgimnprstuz", "PREFIX": "(ov)@+"}


@pytest.mark.parametrize(
    ("isupport", "modes", "words", "found"),
    [
        ({}, "+b", ["*!*@x"], [(True, "*!*@x")]),
        ({}, "+bo-b", ["*!*@x", "ann", "a!*@*"], [(True, "*!*@x"), (False, "a!*@*")]),
        ({}, "-l+b", ["*!*@x"], [(True, "*!*@x")]),
        ({}, "+lb", ["5", "*!*@x"], [(True, "*!*@x")]),
        (LIBERA, "+qbf", ["*!*@q", "*!*@b", "#other"], [(True, "*!*@b")]),
        (LIBERA, "+m", [], []),
        (LIBERA, "+b", [], []),
        ({"PREFIX": "(qaohv)~&@%+", "CHANMODES": "b,k,l,m"}, "+qb", ["ann", "x!*@*"], [(True, "x!*@*")]),
        ({"PREFIX": "", "CHANMODES": ""}, "+b", ["x!*@*"], []),
    ],
)
def test_what_a_mode_bans(isupport, modes, words, found):
    assert list(bans.changes(isupport, modes, words)) == found


@pytest.mark.parametrize(
    ("mask", "whether"),
    [
        ("*!*@*", False),
        ("*!*@*.*", False),
        ("*!~*@*", False),
        ("*!*@*.de", False),
        ("*!*@host.example", True),
        ("eve!*@*", True),
        ("p0!*@*", True),
        ("p?!*@*", False),
        ("$a:account", False),
        ("~account:eve", False),
        ("m:eve!*@*", False),
        ("*!*@2001:db8::1", True),
        ("#channel", False),
    ],
)
def test_which_masks_are_of_people(mask, whether):
    assert bans.is_of_people(mask) is whether


async def told(run, number):
    events = [await run.emitted.next(MemberChanged) for _ in range(number)]
    return [(event.sender.id, event.change) for event in events]


async def test_a_mask_is_about_those_whom_it_fits_and_a_wide_one_about_nobody() -> None:
    async with (
        ScriptedServer(isupport="CASEMAPPING=rfc1459") as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        people = {
            f"p{number}!u{number}@{'wide.example' if number > 1 else 'narrow.example'}" for number in range(9)
        }
        server.say(*[f":{who} JOIN #lobby" for who in sorted(people)])
        await told(run, 9)
        server.say(":op!o@h MODE #lobby +b *!*@wide.example")
        server.say(":op!o@h MODE #lobby +bb *!*@* $a:p1")
        server.say(":op!o@h MODE #lobby -b *!*@wide.example")
        server.say(":op!o@h MODE #lobby +b P0!*@*")
        assert await told(run, 1) == [("p0!u0@narrow.example", Change.BANNED)]
        server.say(":op!o@h KICK #lobby p0 :out", ":op!o@h MODE #lobby -b p0!*@*")
        assert await told(run, 2) == [
            ("p0!u0@narrow.example", Change.KICKED),
            ("p0!u0@narrow.example", Change.UNBANNED),
        ]
        server.say(f"{ME} MODE #lobby +v hubbub")
        await nothing_more(run, server)


async def test_who_is_banned_by_two_masks_may_come_back_when_neither_is_left() -> None:
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        eve = "eve!e@evil.example"
        server.say(f":{eve} JOIN #lobby", ":op!o@h MODE #lobby +bb eve!*@* *!*@evil.example")
        assert set(await told(run, 3)) == {(eve, Change.JOINED), (eve, Change.BANNED)}
        server.say(":op!o@h KICK #lobby eve :out", ":op!o@h MODE #lobby -b *!*@evil.example")
        server.say(f"{ME} MODE #lobby +v hubbub")
        assert await told(run, 1) == [(eve, Change.KICKED)]
        await nothing_more(run, server)
        server.say(":op!o@h MODE #lobby -b eve!*@*")
        assert await told(run, 1) == [(eve, Change.UNBANNED)]


@pytest.fixture(scope="module", params=[ngircd, inspircd])
async def server(request, tmp_path_factory):
    async with request.param(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    async with client(server.port, f"olga{room.number}", room.room) as room.owner:
        yield room


async def decided(ears):
    while True:
        event = await asyncio.wait_for(ears.events.get(), 20)
        if isinstance(event, MemberChanged) and event.change not in (Change.JOINED, Change.LEFT):
            return event.speaker or event.sender.name, event.change, event.by.name


async def test_an_operator_bans_and_lets_in_again(room):
    async with room.bridge() as ears:
        await room.say(ADA, "hello")
        await room.say(BOB, "hello")
        owner = f"olga{room.number}"
        async with client(room.server.port, f"eve{room.number}", room.room):
            for nick, known in (("Ada", ADA.key), (f"eve{room.number}", f"eve{room.number}")):
                room.owner.say(f"MODE {room.room} +b {nick}!*@*", f"KICK {room.room} {nick} :enough")
                assert await decided(ears) == (known, Change.BANNED, owner)
                assert await decided(ears) == (known, Change.KICKED, owner)
                room.owner.say(f"MODE {room.room} -b {nick}!*@*")
                assert await decided(ears) == (known, Change.UNBANNED, owner)


async def test_they_come_before_they_speak_and_go(room):
    async with room.bridge() as ears:
        room.adapter.hint(SetPresent(room=room.room, speaker=ADA, present=True))
        async with asyncio.timeout(20):
            while ADA.key not in room.puppets._in(room.room):
                await asyncio.sleep(0.02)
        room.adapter.hint(SetPresent(room=room.room, speaker=ADA, present=False))
        await room.gone("Ada")
        await room.quiet(ears)


async def test_who_is_there_writes_and_nobody_comes_for_that(room):
    async with (
        room.bridge(),
        client(room.server.port, f"tia{room.number}", room.room, caps="message-tags") as tia,
    ):
        await room.say(ADA, "hello")
        if not room.adapter.capabilities(room.room).typing:
            pytest.skip("this server passes no tags")
        for who in (BOB, ADA):
            room.adapter.hint(SetTyping(room=room.room, typing=True, speaker=who))
        assert "Ada!" in (got := await tia.heard(" TAGMSG "))
        assert "+typing=active" in got
        assert not room.puppets._in(room.room).keys() - {ADA.key}
