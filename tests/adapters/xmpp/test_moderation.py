"""What moderators of rooms on real servers decide, about people and about those from elsewhere."""

import asyncio

import pytest

from adapters.xmpp.rooms.addresses import address_of
from bridge import Change, MemberChanged, SetPresent, SetTyping, TypingChanged, plain
from tests.adapters.xmpp.test_puppets import ADA, ADMIN, BOB, Room, emitted
from tests.adapters.xmpp.test_puppets_contract import ejabberd, prosody

pytestmark = pytest.mark.xdist_group("xmpp puppets")


@pytest.fixture(scope="module", params=[prosody, ejabberd])
async def server(request, tmp_path_factory):
    async with request.param(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    room.owner = await server.person("olga", room.room)
    yield room
    await room.owner.leave()


async def decided(ears):
    while True:
        event = await ears.hears(MemberChanged)
        if event.change in (Change.KICKED, Change.BANNED, Change.UNBANNED):
            return event


async def affiliate(room, what, bare):
    await room.set(ADMIN, f"<item affiliation='{what}' jid='{bare}'><reason>spam</reason></item>")


async def test_who_is_kicked_banned_and_let_in_again(room):
    bare = address_of(ADA.key, room.server.component)
    async with room.bridge() as ears:
        await affiliate(room, "admin", room.adapter.config.bot)
        await room.say(ADA, "hello")
        await room.owner.kick("Ada", "enough")
        kicked = await decided(ears)
        assert (kicked.speaker, kicked.change, kicked.reason) == (ADA.key, Change.KICKED, "enough")
        assert kicked.by is None or kicked.by.name == "olga"
        for banned in (Change.BANNED, Change.UNBANNED):
            await affiliate(room, "outcast" if banned is Change.BANNED else "none", bare)
            told = await decided(ears)
            assert (told.speaker, told.change) == (ADA.key, banned)


async def test_the_same_of_people(room):
    async with room.bridge() as ears:
        await affiliate(room, "admin", room.adapter.config.bot)
        eve = await room.server.person("eve", room.room)
        await eve.say(plain("hello"))
        said = await ears.said()
        bare = f"{eve._stream._user}@{eve._domain}"
        await affiliate(room, "outcast", bare)
        assert ((told := await decided(ears)).change, told.sender) == (Change.BANNED, said.sender)
        await affiliate(room, "none", bare)
        assert ((told := await decided(ears)).change, told.sender) == (Change.UNBANNED, said.sender)


async def test_who_is_there_writes_and_nobody_comes_for_that(room):
    async with room.bridge():
        await room.say(ADA, "hello")
        for who in (BOB, ADA):
            room.adapter.hint(SetTyping(room=room.room, typing=True, speaker=who))
        async with asyncio.timeout(20):
            while not isinstance(seen := await room.owner.seen.get(), TypingChanged):
                pass
        assert (seen.sender.name, seen.typing) == ("Ada", True)


async def test_they_come_before_they_speak_and_go(room):
    async with room.bridge() as ears:
        for present in (True, False):
            room.adapter.hint(SetPresent(room=room.room, speaker=ADA, present=present))
            async with asyncio.timeout(20):
                while ("Ada" in room.adapter._memory.session.places[room.room].speakers) is not present:
                    await asyncio.sleep(0.02)
        assert not [event for event in emitted(ears) if isinstance(event, MemberChanged)]
        assert (await room.say(ADA, "here again")).part is not None
