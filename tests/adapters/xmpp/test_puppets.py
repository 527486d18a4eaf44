"""People from elsewhere in rooms of real servers, as themselves, and what moderators do about them."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from adapters.xmpp import Adapter
from adapters.xmpp.rooms.addresses import address_of
from adapters.xmpp.rooms.observing import observe
from bridge import (
    AdapterError,
    AuthenticationFailed,
    Authorship,
    MemberChanged,
    Rejected,
    Replaced,
    SendMessage,
    Speaker,
    Txn,
    plain,
)
from bridge.keepsake import Keepsake
from bridge.testing import HandClock
from tests.adapters.xmpp.harness import Ears, running
from tests.adapters.xmpp.test_puppets_contract import component, ejabberd, prosody

pytestmark = pytest.mark.xdist_group("xmpp puppets")

ADA = Speaker(Authorship.PUPPET, "Ada", "irc/ada!~ada@example.org")
BOB = Speaker(Authorship.PUPPET, "Bob", "irc/Bob!bob@example.org")
ADMIN = "http://jabber.org/protocol/muc#admin"
OWNER = "http://jabber.org/protocol/muc#owner"


@pytest.fixture(scope="module", params=[prosody, ejabberd])
async def server(request, tmp_path_factory):
    async with request.param(tmp_path_factory.mktemp("server")) as server:
        yield server


class Room:
    """A room with somebody who owns it, and a bridge that comes and goes."""

    count = 0
    avatars = None

    def __init__(self, server, folder):
        Room.count += 1
        self.server, self.positions, self.sent = server, {}, 0
        self.room = f"there{Room.count}@{server.rooms}"
        self.keepsake = Keepsake(folder / "journal.sqlite3", "jabber")

    @contextlib.asynccontextmanager
    async def bridge(self, **more):
        self.adapter = Adapter("jabber", component(self.server, **more), "I am a bridge.")
        self.adapter.keepsake, self.adapter.avatars = self.keepsake, self.avatars
        async with running(
            self.adapter, {self.room: Adapter.RoomConfig(create=True)}, joined=False, positions=self.positions
        ) as ears:
            await ears.until_joined(self.room)
            yield ears

    def command(self, speaker, text):
        self.sent += 1
        return SendMessage(
            room=self.room,
            speaker=speaker,
            txn=Txn(f"{self.sent:x}.1.0.00000000c0ffee00"),
            content=plain(text),
        )

    async def say(self, speaker, text):
        """What becomes of a message."""
        command = self.command(speaker, text)
        try:
            landed = asyncio.get_running_loop().create_future()
            if not self.adapter.send_now(command, landed.set_result):
                landed = await self.adapter.send(command)
            return await asyncio.wait_for(landed, 20)
        except AdapterError as error:
            return error

    async def set(self, query, item):
        answer = await self.owner._stream.ask("set", self.room, f"<query xmlns='{query}'>{item}</query>")
        assert answer.get("type") == "result", answer


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    room.owner = await server.person("olga", room.room)
    yield room
    await room.owner.leave()


async def heard(room, count=1):
    found = [await asyncio.wait_for(room.owner.heard.get(), 20) for _ in range(count)]
    return [(one.sender, one.content.text) for one in found]


def emitted(ears):
    """All that was emitted since."""
    return [ears.events.get_nowait() for _ in range(ears.events.qsize())]


def nobody_else(ears):
    """Whether nothing was emitted of those who are ours."""
    told = [event for event in emitted(ears) if isinstance(event, MemberChanged)]
    return not [event for event in told if not event.speaker]


async def test_they_speak_in_turn_and_are_no_news(room):
    async with room.bridge() as ears:
        for number in range(5):
            for who in (ADA, BOB):
                said = await room.say(who, f"{number}")
                assert said.part.speaker == who.key
        wanted = [(who.name, f"{number}") for number in range(5) for who in (ADA, BOB)]
        assert await heard(room, 10) == wanted
        await room.owner.say(plain("hello"))
        assert (await ears.said()).content == plain("hello")
        assert nobody_else(ears)
        assert not room.adapter.is_present(room.room, "Ada")
        assert room.adapter.puppets() == 2


async def test_a_nick_that_is_somebodys_stays_theirs(room):
    async with room.bridge():
        other = await room.server.person("Ada", room.room)
        await asyncio.sleep(0.2)
        await room.say(ADA, "hello")
        assert await heard(room) == [("Ada (irc)", "hello")]
        await other.leave()


async def test_nobody_has_a_nick_that_looks_like_somebodys(room):
    async with room.bridge():
        other = await room.server.person("B0b", room.room)
        await asyncio.sleep(0.2)
        await room.say(ADA, "one")
        await room.say(BOB, "two")
        await room.say(replace(ADA, name="ВОB"), "three")
        assert await heard(room, 3) == [("Ada", "one"), ("Bob (irc)", "two"), ("Ada", "three")]
        await other.leave()


async def test_who_is_called_otherwise_now_is_renamed(room):
    async with room.bridge() as ears:
        await room.say(ADA, "one")
        await room.say(replace(ADA, name="Countess"), "two")
        assert await heard(room, 2) == [("Ada", "one"), ("Countess", "two")]
        assert nobody_else(ears)


async def test_a_name_passes_to_who_has_it_now(room):
    """Somebody who comes back to IRC from another host is somebody else there, of the same name."""
    again = replace(ADA, key="irc/ada!~ada@other.example.org")
    async with room.bridge() as ears:
        await room.say(ADA, "one")
        await room.say(again, "two")
        assert await heard(room, 2) == [("Ada", "one"), ("Ada", "two")]
        assert nobody_else(ears)


async def test_who_is_sent_out_says_nothing_there_until_later(room):
    async with room.bridge() as ears:
        clock = room.adapter._connection.puppets._clock = HandClock()
        await room.say(ADA, "rude")
        await heard(room)
        await room.owner.kick("Ada", "enough")
        await asyncio.sleep(0.3)
        refused = await room.say(ADA, "me again")
        assert isinstance(refused, Rejected)
        assert refused.alone
        assert "Ada was sent out there" in str(refused)
        assert (await room.say(BOB, "and I")).part is not None
        clock.move(61)
        assert (await room.say(ADA, "sorry")).part is not None
        assert await heard(room, 2) == [("Bob", "and I"), ("Ada", "sorry")]
        assert nobody_else(ears)


async def test_who_is_banned_stays_out_and_nobody_speaks_for_them(room):
    bare = address_of(ADA.key, room.server.component)
    async with room.bridge():
        await room.say(ADA, "rude")
        await heard(room)
        await room.set(ADMIN, f"<item affiliation='outcast' jid='{bare}'/>")
        await asyncio.sleep(0.3)
        for _ in range(2):
            refused = await room.say(ADA, "me again")
            assert isinstance(refused, Rejected)
            assert refused.alone
            assert "banned" in str(refused)
    async with room.bridge():
        refused = await room.say(ADA, "and now?")
        assert isinstance(refused, Rejected)
        assert refused.alone
        await room.set(ADMIN, f"<item affiliation='none' jid='{bare}'/>")


async def test_after_a_restart_they_are_known_and_there(room):
    async with room.bridge():
        await room.say(ADA, "one")
        await room.say(BOB, "two")
    async with room.bridge() as ears:
        await asyncio.sleep(0.5)
        assert nobody_else(ears)
        assert {"Ada", "Bob"} <= set(room.adapter._memory.session.places[room.room].speakers)
        await room.say(BOB, "three")
        assert await heard(room, 3) == [("Ada", "one"), ("Bob", "two"), ("Bob", "three")]


async def test_after_a_kill_they_are_known_too(room):
    async with room.bridge():
        await room.say(ADA, "one")
        room.adapter._connection._client.transport.abort()
        await asyncio.sleep(0.3)
    async with room.bridge() as ears:
        await room.say(ADA, "two")
        assert await heard(room, 2) == [("Ada", "one"), ("Ada", "two")]
        assert nobody_else(ears)


async def test_what_is_said_while_the_room_takes_us_for_who_we_were_comes_once(room, monkeypatch):
    """After a kill the room still has us: it tells us things before we have asked what it can do."""
    async with room.bridge():
        room.adapter._connection._client.transport.abort()
        await asyncio.sleep(0.3)

    async def later(*asked):
        await room.owner.say(plain("early"))
        await asyncio.sleep(0.3)
        return await observe(*asked)

    monkeypatch.setattr("adapters.xmpp.rooms.rooms.observe", later)
    async with room.bridge() as ears:
        await room.owner.say(plain("late"))
        while (await ears.said()).content != plain("late"):
            pass
        texts = [event.content.text for batch in ears.batches for event in batch if hasattr(event, "content")]
        assert texts == ["early", "late"]


async def test_who_says_nothing_for_long_leaves(room):
    async with room.bridge() as ears:
        puppets = room.adapter._connection.puppets
        clock = puppets._clock = HandClock()
        await room.say(ADA, "one")
        clock.move(3601)
        puppets.tidy(3600.0)
        await asyncio.sleep(0.3)
        assert "Ada" not in room.adapter._memory.session.places[room.room].speakers
        await room.say(ADA, "two")
        assert await heard(room, 2) == [("Ada", "one"), ("Ada", "two")]
        assert nobody_else(ears)


async def test_in_a_moderated_room_the_bridge_can_speak_for_them_but_not_for_who_was_muted(room):
    async with room.bridge():
        await room.say(ADA, "one")
        await room.set(ADMIN, "<item nick='Ada' role='visitor'/>")
        await asyncio.sleep(0.3)
        refused = await room.say(ADA, "two")
        assert isinstance(refused, Rejected)
        assert refused.alone, "who was muted is not spoken for"
        fields = {
            "FORM_TYPE": "http://jabber.org/protocol/muc#roomconfig", "muc#roomconfig_moderatedroom": "1",
            "muc#roomconfig_persistentroom": "1", "members_by_default": "0",
        }  # fmt: skip
        form = "".join(
            f"<field var='{name}'><value>{value}</value></field>" for name, value in fields.items()
        )
        await room.set(OWNER, f"<x xmlns='jabber:x:data' type='submit'>{form}</x>")
        refused = await room.say(BOB, "hello")
        assert isinstance(refused, Rejected), refused
        assert not refused.alone, "who never had a voice is spoken for"
        await room.say(replace(BOB, name="Rob"), "hello")
        await asyncio.sleep(0.3)
        assert not (await room.say(replace(BOB, name="Rob"), "hello")).alone


@pytest.mark.parametrize("name", ["a/b", "<b>&'\"", "北京", "Ada \U0001f600", "x" * 300, "  ", "é"])
async def test_all_names_can_speak(room, name):
    async with room.bridge():
        said = await room.say(Speaker(Authorship.PUPPET, name, f"matrix/@{name}:Example.org"), "hello")
        assert said.part is not None, said


async def test_a_wrong_secret_and_a_wrong_name_are_told(room):
    for field, word in (("password", "secret"), ("jid", "component")):
        adapter = Adapter(
            "jabber",
            component(room.server).model_copy(
                update={
                    field: "other.example.org"
                    if field == "jid"
                    else type(component(room.server).password)("x")
                }
            ),
            "",
        )
        await adapter.serve({})
        with pytest.raises(AuthenticationFailed, match=word):
            await asyncio.wait_for(adapter.run(Ears()), 20)


async def test_a_second_bridge_is_told(room):
    if room.server.title != "Prosody":
        pytest.skip("ejabberd lets a component connect twice")
    async with room.bridge():
        second = Adapter("jabber", component(room.server), "")
        await second.serve({})
        with pytest.raises(Replaced, match="connected already"):
            await asyncio.wait_for(second.run(Ears()), 20)
