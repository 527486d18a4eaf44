"""What moderators of a real Synapse decide: about people, about those from elsewhere, and in policy lists."""

import asyncio

import pytest

from adapters.matrix.testing import SERVER
from bridge import (
    Change,
    MemberChanged,
    MessageCreated,
    SetPresent,
    SetTyping,
    TemporaryFailure,
    TypingChanged,
    plain,
)
from tests.adapters.matrix.test_puppets import ADA, ADA_ID, BOB, HERE, Room
from tests.adapters.matrix.test_puppets_contract import serving


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    room.owner = await server.person("olga", room.room)
    room.wire, room.token = await server.room(room.room), server._owner
    yield room
    await room.owner.leave()


async def decided(core):
    while (event := await core.next(MemberChanged)).change not in (
        *(Change.KICKED, Change.BANNED, Change.UNBANNED),
    ):
        pass
    return event.speaker or event.sender.id, event.change, event.by.name, event.reason, event.takes_back


async def test_who_is_kicked_banned_and_let_in_again(room):
    eve = await room.server.person("eve", room.room)
    async with room.bridge() as core:
        await room.say(ADA, "hello")
        for user, known in ((ADA_ID, ADA.key), (f"@eve:{SERVER}", f"@eve:{SERVER}")):
            await room.call("POST", "kick", {"user_id": user, "reason": "enough"})
            assert await decided(core) == (known, Change.KICKED, "owner", "enough", False)
            await room.call(
                "PUT",
                f"state/m.room.member/{user}",
                {"membership": "ban", "reason": "spam", "org.matrix.msc4293.redact_events": True},
            )
            assert await decided(core) == (known, Change.BANNED, "owner", "spam", True)
    await room.call("POST", "unban", {"user_id": ADA_ID})  # while nobody listens
    async with room.bridge(joined=False) as core:
        assert (await decided(core))[:2] == (ADA.key, Change.UNBANNED)
        await room.call("POST", "unban", {"user_id": f"@eve:{SERVER}"})
        assert (await decided(core))[:2] == (f"@eve:{SERVER}", Change.UNBANNED)
    await eve.leave()


async def test_words_are_taken_back_by_who_may_do_that(room):
    eve = await room.server.person("eve2", room.room)
    levels = await room.server.call(
        "GET", f"/_matrix/client/v3/rooms/{room.wire}/state/m.room.power_levels", room.token
    )
    async with room.bridge() as core:
        await room.say(BOB, "hello")
        users = {**levels["users"], f"@eve2:{SERVER}": 60}  # who made the room may do everything
        await room.call("PUT", "state/m.room.power_levels", {**levels, "redact": 70, "users": users})
        path = f"/_matrix/client/v3/rooms/{room.wire}/state/m.room.member/{HERE.user_of(BOB.key)}"
        content = {"membership": "ban", "redact_events": True}
        await room.server.call("PUT", path, eve._token, content)
        assert (await decided(core))[1:] == (Change.BANNED, "eve2", "", False)
    await room.call("PUT", "state/m.room.power_levels", levels)
    await eve.leave()


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
    async with room.bridge() as core:
        room.adapter.hint(SetPresent(room=room.room, speaker=ADA, present=True))
        async with asyncio.timeout(20):
            while ADA_ID not in await _members(room):
                await asyncio.sleep(0.05)
        room.adapter.hint(SetPresent(room=room.room, speaker=ADA, present=False))
        async with asyncio.timeout(20):
            while ADA_ID in await _members(room):
                await asyncio.sleep(0.05)
        assert core.events.empty()
        while isinstance(said := await room.say(ADA, "here again"), TemporaryFailure):
            await asyncio.sleep(0.05)  # what the room told of their coming is read only now
        assert said.part is not None


async def _members(room):
    found = await room.server.call("GET", f"/_matrix/client/v3/rooms/{room.wire}/joined_members", room.token)
    return found["joined"]


async def test_who_is_under_a_rule_of_a_policy_list_is_not_heard(room):
    eve, ann = [await room.server.person(name, room.room) for name in ("eve3", "ann3")]
    made = await room.server.call(
        "POST", "/_matrix/client/v3/createRoom", room.token,
        {"preset": "public_chat", "room_alias_name": "bans"},
    )  # fmt: skip

    async def rule(content, key="one"):
        path = f"/_matrix/client/v3/rooms/{made['room_id']}/state/m.policy.rule.user/{key}"
        await room.server.call("PUT", path, room.token, content)

    await rule({"entity": "@eve*:*", "recommendation": "m.ban", "reason": "spam"})
    async with room.bridge(policy_lists=[f"#bans:{SERVER}"]) as core:
        policies = room.adapter._session.policies
        async with asyncio.timeout(20):
            while not policies.bars(f"@eve3:{SERVER}"):
                await asyncio.sleep(0.05)
        await eve.say(plain("buy"))
        await ann.say(plain("hello"))
        assert (await core.said()).content == plain("hello")
        await rule({"entity": "@ann*:*", "recommendation": "org.matrix.mjolnir.ban"}, "two")
        await rule({})
        async with asyncio.timeout(20):
            while not policies.bars(f"@ann3:{SERVER}") or policies.bars(f"@eve3:{SERVER}"):
                await asyncio.sleep(0.05)
        await ann.say(plain("no"))
        await eve.say(plain("sorry"))
        assert (await core.next(MessageCreated)).content == plain("sorry")
    async with room.bridge(policy_lists=[f"#bans:{SERVER}"]) as core:  # by a new process
        async with asyncio.timeout(20):
            while not room.adapter._session.policies.bars(f"@ann3:{SERVER}"):
                await asyncio.sleep(0.05)
    for person in (eve, ann):
        await person.leave()
