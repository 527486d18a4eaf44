"""People from elsewhere in rooms of a real Synapse, as themselves, and what moderators do about them."""

import asyncio
import contextlib
from dataclasses import replace

import pytest
import yaml

from adapters.matrix import Adapter
from adapters.matrix.puppets.namespace import Namespace
from adapters.matrix.puppets.registration import new_registration
from adapters.matrix.testing import SERVER
from bridge import (
    AdapterError,
    AuthenticationFailed,
    Authorship,
    DeleteMessage,
    EditMessage,
    MemberChanged,
    MessageCreated,
    Rejected,
    Removed,
    SendMessage,
    SetReactions,
    Speaker,
    TopicChanged,
    Txn,
    plain,
)
from bridge.keepsake import Keepsake
from bridge.testing import HandClock
from tests.adapters.matrix.core import Core
from tests.adapters.matrix.test_puppets_contract import BOT, service, serving

ADA = Speaker(Authorship.PUPPET, "Ada", "irc/ada!~ada@example.org")
BOB = Speaker(Authorship.PUPPET, "Bob", "irc/Bob!bob@example.org")
HERE = Namespace("_hubbub_matrix_", SERVER)
ADA_ID = HERE.user_of(ADA.key)


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


class Room:
    """A room with somebody who owns it, and a bridge that comes and goes."""

    count = 0
    avatars = None

    def __init__(self, server, folder):
        Room.count += 1
        self.server, self.sent, self.positions = server, 0, {}
        self.room = f"#there{Room.count}:{SERVER}"
        self.keepsake = Keepsake(folder / "journal.sqlite3", "matrix")

    @contextlib.asynccontextmanager
    async def bridge(self, *, joined=True, **more):
        self.adapter = Adapter("matrix", service(self.server, **more), "I am a bridge.")
        self.adapter.keepsake, self.adapter.rooms = self.keepsake, {self.room: Adapter.RoomConfig()}
        self.adapter.avatars = self.avatars
        core = Core(self.adapter)
        core.positions = self.positions
        async with core:
            if joined:
                await core.joined(self.room)
            yield core

    def command(self, kind=SendMessage, speaker=ADA, **more):
        self.sent += 1
        return kind(room=self.room, speaker=speaker, txn=Txn(f"{self.sent:x}.1.0.00000000c0ffee00"), **more)

    async def say(self, speaker, text):
        """What becomes of a message."""
        return await self.do(self.command(speaker=speaker, content=plain(text)))

    async def do(self, command):
        try:
            return await asyncio.wait_for(await self.adapter.send(command), 20)
        except AdapterError as error:
            return error

    async def call(self, method, path, body=None):
        """What the owner does."""
        path = f"/_matrix/client/v3/rooms/{self.wire}/{path}"
        return await self.server.call(method, path, self.token, body if body is not None else {})

    async def member(self, user):
        return await self.server.call(
            "GET", f"/_matrix/client/v3/rooms/{self.wire}/state/m.room.member/{user}", self.token
        )


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    room.owner = await server.person("olga", room.room)
    room.wire, room.token = await server.room(room.room), server._owner
    yield room
    await room.owner.leave()


async def heard(room, count=1):
    found = [await asyncio.wait_for(room.owner.heard.get(), 20) for _ in range(count)]
    return [(one.sender, one.content.text) for one in found]


def nobody_else(core):
    """Whether nothing was emitted of those who are ours."""
    found = []
    while not core.events.empty():
        found.append(core.events.get_nowait())
    kinds = MemberChanged | MessageCreated | Removed
    return not [event for event in found if isinstance(event, kinds) and not getattr(event, "speaker", "")]


async def test_they_speak_in_turn_and_are_no_news(room):
    async with room.bridge() as core:
        for number in range(5):
            for who in (ADA, BOB):
                said = await room.say(who, f"{number}")
                assert said.part.speaker == who.key
        wanted = [(who.name, f"{number}") for number in range(5) for who in (ADA, BOB)]
        assert await heard(room, 10) == wanted
        await room.owner.say(plain("hello"))
        assert (await core.said()).content == plain("hello")
        assert nobody_else(core)
        assert not room.adapter.is_present(room.room, "Ada")
        assert (await room.member(ADA_ID))["displayname"] == "Ada"
        assert room.adapter.puppets() == 2


async def test_what_they_said_they_change_and_take_back_and_they_react(room):
    async with room.bridge() as core:
        question = await room.owner.say(plain("tea?"))
        await core.said()
        part = (await room.say(ADA, "yse")).part
        for who in (ADA, BOB):
            await room.do(room.command(SetReactions, who, target=replace(part, id=question), emojis=("🍵",)))
        reacted = await room.server.call(
            "GET", f"/_matrix/client/v1/rooms/{room.wire}/relations/{question}/m.annotation", room.token
        )
        assert {event["sender"] for event in reacted["chunk"]} == {ADA_ID, HERE.user_of(BOB.key)}
        await room.do(room.command(SetReactions, ADA, target=replace(part, id=question), emojis=()))
        await room.do(room.command(EditMessage, target=part, content=plain("yes")))
        await room.do(room.command(DeleteMessage, target=part))
        page = await room.server.call(
            "GET", f"/_matrix/client/v3/rooms/{room.wire}/messages?dir=b&limit=20", room.token
        )
        left = [
            (event["sender"], event["type"])
            for event in page["chunk"]
            if event["type"] in ("m.room.message", "m.reaction") and event["content"]
        ]
        assert left == [
            (HERE.user_of(BOB.key), "m.reaction"),
            (f"@olga:{SERVER}", "m.room.message"),
        ]
        assert {event["sender"] for event in page["chunk"] if event["type"] == "m.room.redaction"} == {ADA_ID}
        assert nobody_else(core)


async def test_who_is_called_otherwise_now_is_renamed(room):
    async with room.bridge() as core:
        await room.say(ADA, "one")
        await room.say(replace(ADA, name="Countess"), "two")
        assert await heard(room, 2) == [("Ada", "one"), ("Countess", "two")]
        assert nobody_else(core)
    async with room.bridge():
        await room.say(replace(ADA, name="Lady"), "three")
        assert await heard(room) == [("Lady", "three")]


async def test_two_of_one_name_are_two(room):
    again = replace(ADA, key="irc/ada!~ada@other.example.org")
    async with room.bridge():
        for who in (ADA, again, ADA):
            await room.say(who, "hello")
        assert await heard(room, 3) == [("Ada", "hello")] * 3
        assert (await room.member(HERE.user_of(again.key)))["membership"] == "join"


async def test_who_is_sent_out_says_nothing_there_until_later(room):
    async with room.bridge() as core:
        clock = room.adapter._puppets._clock = HandClock()
        await room.say(ADA, "rude")
        await heard(room)
        await room.call("POST", "kick", {"user_id": ADA_ID, "reason": "enough"})
        for wait in (0, 0.5):  # before the bridge has heard of it, and after
            await asyncio.sleep(wait)
            refused = await room.say(ADA, "me again")
            assert isinstance(refused, Rejected)
            assert refused.alone
            assert "Ada was sent out there by owner: enough" in str(refused)
        assert (await room.say(BOB, "and I")).part is not None
        clock.move(61)
        assert (await room.say(ADA, "sorry")).part is not None
        assert await heard(room, 2) == [("Bob", "and I"), ("Ada", "sorry")]
        assert nobody_else(core)


async def test_who_is_banned_stays_out_and_nobody_speaks_for_them(room):
    async with room.bridge():
        await room.say(ADA, "rude")
        await heard(room)
        await room.call("POST", "ban", {"user_id": ADA_ID})
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
        await room.call("POST", "unban", {"user_id": ADA_ID})
        await asyncio.sleep(0.5)
        assert (await room.say(ADA, "thank you")).part is not None
        assert await heard(room) == [("Ada", "thank you")]


async def test_a_moderator_takes_their_words_away_and_that_is_heard(room):
    async with room.bridge() as core:
        part = (await room.say(ADA, "rude")).part
        await room.call("PUT", f"redact/{part.id}/1", {"reason": "no"})
        gone = await core.next(Removed)
        assert (gone.target, gone.by_moderator) == (part.id, True)


async def test_who_is_muted_is_not_spoken_for_and_in_a_moderated_room_all_are(room):
    async with room.bridge():
        await room.say(ADA, "one")
        levels = await room.server.call(
            "GET", f"/_matrix/client/v3/rooms/{room.wire}/state/m.room.power_levels", room.token
        )
        for change, alone in (
            ({"users": {**levels["users"], ADA_ID: -1}}, True),
            ({"events_default": 50}, False),
        ):
            await room.call("PUT", "state/m.room.power_levels", {**levels, **change})
            refused = await room.say(ADA, "two")
            assert isinstance(refused, Rejected)
            assert "may not write" in str(refused)
            assert refused.alone is alone


async def test_a_private_room_lets_them_in_by_invitation_or_the_bridge_speaks(room):
    async with room.bridge():
        levels = await room.server.call(
            "GET", f"/_matrix/client/v3/rooms/{room.wire}/state/m.room.power_levels", room.token
        )
        await room.call("PUT", "state/m.room.join_rules", {"join_rule": "invite"})
        await room.call("PUT", "state/m.room.power_levels", {**levels, "invite": 0})
        assert (await room.say(ADA, "one")).part is not None
        await room.call("PUT", "state/m.room.power_levels", {**levels, "invite": 50})
        refused = await room.say(BOB, "two")
        assert isinstance(refused, Rejected)
        assert not refused.alone
        assert f"let {BOT} invite people" in str(refused)


async def test_who_was_sent_out_of_a_private_room_is_invited_again_later(room):
    async with room.bridge() as core:
        clock = room.adapter._puppets._clock = HandClock()
        await room.call("PUT", "state/m.room.join_rules", {"join_rule": "invite"})
        levels = await room.server.call(
            "GET", f"/_matrix/client/v3/rooms/{room.wire}/state/m.room.power_levels", room.token
        )
        await room.call("PUT", "state/m.room.power_levels", {**levels, "invite": 0})
        await room.say(ADA, "one")
        await room.call("POST", "kick", {"user_id": ADA_ID})
        assert (await room.say(ADA, "two")).alone
        await room.call("PUT", "state/m.room.topic", {"topic": "tea"})
        await core.next(TopicChanged)  # so the bot has heard of what was before it, too
        clock.move(61)
        assert (await room.say(ADA, "three")).part is not None


async def test_when_the_bot_leaves_a_room_they_all_do(room):
    async with room.bridge(leave="always"):
        await room.say(ADA, "one")
        await room.adapter.serve({})
        async with asyncio.timeout(20):
            while (await room.member(BOT))["membership"] != "leave":
                await asyncio.sleep(0.1)
        assert (await room.member(ADA_ID))["membership"] == "leave"


async def test_after_a_restart_nothing_of_theirs_is_news_and_they_are_found(room):
    async with room.bridge() as core:
        await room.say(ADA, "one")
        txn = Txn(f"{room.sent:x}.1.0.00000000c0ffee00")
        await core.next(object) if not core.events.empty() else None
    # said after the position, so that the next start reads it as the past
    token = yaml.safe_load(room.server.registrations[0].read_text())["as_token"]
    await room.server.call(
        "PUT", f"/_matrix/client/v3/rooms/{room.wire}/send/m.room.message/late", token,
        {"msgtype": "m.text", "body": "late"}, {"user_id": ADA_ID},
    )  # fmt: skip
    async with room.bridge() as core:
        await asyncio.sleep(0.5)
        assert nobody_else(core)
        found = await room.adapter.find_sent(room.room, 0.0, [txn, Txn("nobody.1.0.00000000c0ffee00")])
        assert found[txn].part.speaker == ADA.key
        assert found[Txn("nobody.1.0.00000000c0ffee00")] is None
        assert await room.adapter.past(room.room, 0.0) == []


async def test_a_repeat_is_one_message(room):
    async with room.bridge():
        command = room.command(content=plain("once"))
        first, second = await room.do(command), await room.do(command)
        assert first == second


async def test_a_topic_is_the_bridges_to_set(room):
    async with room.bridge() as core:
        assert not room.adapter.capabilities(room.room, ADA).topic
        await room.owner.set_topic("tea")
        assert (await core.next(TopicChanged)).topic == "tea"


async def test_a_key_that_is_too_long_for_an_id_is_spoken_for(room):
    async with room.bridge():
        long = replace(ADA, key="irc/" + "ä" * 100)
        assert room.adapter.capabilities(room.room, ADA).authorship is Authorship.PUPPET
        assert room.adapter.capabilities(room.room, long).authorship is Authorship.PREFIX


@pytest.mark.parametrize("name", ["a/b", "<b>&'\"", "北京", "Ada \U0001f600", "x" * 300, "  ", "é"])
async def test_all_names_can_speak(room, name):
    async with room.bridge():
        said = await room.say(Speaker(Authorship.PUPPET, name, f"xmpp/{name[:30]}@Example.org/x"), "hello")
        assert said.part is not None, said


async def test_what_is_wrong_with_a_registration_is_told(room, tmp_path):
    made = new_registration("other", BOT, tmp_path / "other.yaml")
    made.file.write_text(made.text)
    adapter = Adapter("matrix", service(room.server, registration=made.file), "")
    assert "does not know the registration" in (await adapter.look({}))[""]
    adapter = Adapter("matrix", service(room.server, registration=tmp_path / "none.yaml"), "")
    assert "cannot be read" in (await adapter.look({}))[""]
    await adapter.serve({})
    with pytest.raises(AuthenticationFailed, match="generate-registration"):
        await asyncio.wait_for(adapter.run(Core(adapter)), 20)
    adapter = Adapter("matrix", service(room.server), "")
    assert await adapter.look({}) == {}


async def test_a_registration_that_the_server_forgot_lets_the_bridge_speak(room, tmp_path):
    made = new_registration("matrix", BOT, tmp_path / "forgotten.yaml")
    made.file.write_text(made.text)
    async with room.bridge(registration=made.file) as core:
        refused = await room.say(ADA, "hello")
        assert isinstance(refused, Rejected)
        assert not refused.alone
        assert not core.run.done()
