"""Which rooms the bot is in, on a real Synapse: not longer than it should, and not less."""

import asyncio
import logging

import pytest

from adapters.matrix.testing import SERVER
from bridge import MessageCreated, plain

from .core import Core
from .test_synapse import adapter_for, alias, create, curl, said_by_bot, synapse

pytestmark = pytest.mark.asyncio(loop_scope="module")

__all__ = ["synapse"]

BOT = f"@hubbub:{SERVER}"
ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}


async def membership(demo, wire, token):
    return (await curl(demo, "GET", f"rooms/{wire}/state/m.room.member/{BOT}", token))["membership"]


async def until_out(demo, wire, token):
    async with asyncio.timeout(20):
        while await membership(demo, wire, token) != "leave":
            await asyncio.sleep(0.05)


async def moves(demo, wire, token):
    """What became of the bot in a room, in order."""
    page = await curl(demo, "GET", f"rooms/{wire}/messages?dir=f&limit=100", token)
    members = [event for event in page["chunk"] if event.get("state_key") == BOT]
    return [event["content"]["membership"] for event in members]


async def invited(demo, token, name, **fields):
    """A private room with an invitation for the bot."""
    return await create(demo, token, name, preset="private_chat", invite=[BOT], **fields)


@pytest.mark.parametrize("leave", ["never", "public", "always"])
async def test_which_rooms_are_left_when_they_leave_the_map(synapse, leave, caplog):
    caplog.set_level(logging.INFO)
    token = await synapse.register(f"lea{leave}", "lea")
    open_, closed = f"open{leave}", f"closed{leave}"
    wires = {open_: await create(synapse, token, open_), closed: await invited(synapse, token, closed)}
    rooms = [alias(open_), alias(closed), alias("lobby")]
    async with Core(adapter_for(synapse, open_, closed, "lobby", leave=leave)) as core:
        adapter = core.adapter
        while not all(adapter._rooms and adapter._rooms.is_in(room) for room in rooms):
            await core.next(object)
        person = await synapse.person(f"len{leave}", alias("lobby"))
        await person.say(plain("now"))
        await core.said()  # and with it all that the rooms tell of themselves
        assert [adapter.parting(room) for room in rooms[:2]] == {
            "never": ["the bot stays in it", "private: the bot stays in it"],
            "public": ["", "private: the bot stays in it"],
            "always": ["", "private: needs a new invitation"],
        }[leave]
        await adapter.serve({alias("lobby"): adapter.rooms[alias("lobby")]})
        left = {"never": [], "public": [open_], "always": [open_, closed]}[leave]
        for name in left:
            await until_out(synapse, wires[name], token)
        for name in wires.keys() - set(left):
            body = {"msgtype": "m.text", "body": "who is that?"}
            await curl(synapse, "PUT", f"rooms/{wires[name]}/send/m.room.message/1", token, body)
        await person.say(plain("later"))
        await core.said()
        assert {f"left {alias(name)}" for name in left} == {
            line for line in caplog.messages if line.startswith("left ")
        }
        for name in wires.keys() - set(left):
            assert await membership(synapse, wires[name], token) == "join"
        await person.leave()


async def test_a_room_that_we_stay_in_is_not_talked_to(synapse):
    """It has people who did not turn to the bot; a room for two is another matter."""
    token = await synapse.register("quinn", "quinn")
    wire = await invited(synapse, token, "quiet")
    other = await synapse.register("pat", "pat")
    await curl(synapse, "POST", f"rooms/{wire}/invite", token, {"user_id": f"@pat:{SERVER}"})
    await curl(synapse, "POST", f"rooms/{wire}/join", other, {})
    async with Core(adapter_for(synapse, "quiet", "lobby")) as core:
        rooms = core.adapter.rooms
        while not all(core.adapter._rooms and core.adapter._rooms.is_in(room) for room in rooms):
            await core.next(object)
        await core.adapter.serve({alias("lobby"): rooms[alias("lobby")]})
        person = await synapse.person("rob", alias("lobby"))
        body = {"msgtype": "m.text", "body": "just us"}
        await curl(synapse, "PUT", f"rooms/{wire}/send/m.room.message/1", token, body)
        await person.say(plain("afterwards"))
        assert (await core.said()).content.text == "afterwards"
        assert core.adapter.introduce(wire) == "I relay", "it was not told there"
        await person.leave()
    assert await said_by_bot(synapse, wire, token) == []


async def test_an_encrypted_room_is_left(synapse, monkeypatch):
    """Once, whether it was encrypted before or becomes so; and it is not entered again."""
    monkeypatch.setattr("adapters.matrix.rooms.rooms._FIRST_PAUSE", 0.05)
    token = await synapse.register("enid", "enid")
    state = {"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION}
    secret = await create(synapse, token, "was", initial_state=[state])
    later = await create(synapse, token, "becomes")
    async with Core(adapter_for(synapse, "was", "becomes")) as core:
        assert "encrypted" in (await core.refused()).reason
        while not core.adapter._rooms.is_in(alias("becomes")):
            await core.next(object)
        await curl(synapse, "PUT", f"rooms/{later}/state/m.room.encryption/", token, ENCRYPTION)
        assert "encrypted" in (await core.refused()).reason
        for wire in (secret, later):
            await until_out(synapse, wire, token)
        await asyncio.sleep(0.5)
        assert core.events.empty(), "the reason stays"
    for wire in (secret, later):
        assert await moves(synapse, wire, token) == ["join", "leave"]


async def test_an_invitation_of_a_friend_into_an_encrypted_room(synapse):
    token = await synapse.register("fred", "fred")
    state = {"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION}
    async with Core(adapter_for(synapse, "lobby", invites_from=(f"@fred:{SERVER}",))) as core:
        await core.joined(alias("lobby"))
        wire = await invited(synapse, token, "friends", initial_state=[state])
        while "leave" not in await moves(synapse, wire, token):
            await asyncio.sleep(0.05)
    assert await moves(synapse, wire, token) == ["invite", "join", "leave"]


@pytest.mark.parametrize("versions", [("11", "12"), ("10", "11")])
async def test_an_invitation_into_the_successor_of_a_room_that_is_named_by_its_id(synapse, versions):
    """At once, and not at the next try in half a minute."""
    old, new = versions
    token = await synapse.register(f"una{new}", "una")
    wire = await invited(synapse, token, f"moves{new}", room_version=old)
    adapter = adapter_for(synapse)
    room = adapter.room_id(wire)
    adapter.rooms = {room: adapter.RoomConfig()}
    async with Core(adapter) as core:
        await core.joined(room)
        moved = (await curl(synapse, "POST", f"rooms/{wire}/upgrade", token, {"new_version": new}))[
            "replacement_room"
        ]
        assert "invite it there" in (await core.refused()).reason
        await curl(synapse, "POST", f"rooms/{moved}/invite", token, {"user_id": BOT})
        await core.joined(room)
        body = {"msgtype": "m.text", "body": "new home"}
        await curl(synapse, "PUT", f"rooms/{moved}/send/m.room.message/1", token, body)
        said = await core.next(MessageCreated)
    assert (said.content.text, said.room) == ("new home", room)


async def test_an_invitation_into_a_room_that_only_claims_to_be_the_successor(synapse):
    token = await synapse.register("eve", "eve")
    mine = await synapse.register("ida", "ida")
    wire = await create(synapse, mine, "claimed")
    adapter = adapter_for(synapse)
    room = adapter.room_id(wire)
    adapter.rooms = {room: adapter.RoomConfig(), alias("lobby"): adapter.RoomConfig()}
    async with Core(adapter) as core:
        await core.joined(room)
        claim = {"creation_content": {"predecessor": {"room_id": wire, "event_id": "$x"}}}
        trap = await invited(synapse, token, "trap", **claim)
        person = await synapse.person("ron", alias("lobby"))
        await person.say(plain("after"))
        await core.said()
        assert await membership(synapse, trap, token) == "invite"
        await person.leave()


@pytest.mark.parametrize("rule", ["restricted", "knock_restricted"])
async def test_a_room_for_members_of_a_space(synapse, rule):
    """What `check --online` says is what happens ("Restricted rooms")."""
    token = await synapse.register(f"sid{rule}", "sid")
    creation = {"creation_content": {"type": "m.space"}}
    space = await create(synapse, token, f"space-{rule}", **creation)
    other = await create(synapse, token, f"other-{rule}", **creation)
    names = {f"in-{rule}": space, f"out-{rule}": other}
    for name, allowed in names.items():
        allow = [{"type": "m.room_membership", "room_id": allowed}]
        content = {"join_rule": rule, "allow": allow}
        state = {"type": "m.room.join_rules", "state_key": "", "content": content}
        await create(synapse, token, name, initial_state=[state])
    async with Core(adapter_for(synapse, f"space-{rule}")) as core:
        await core.joined(alias(f"space-{rule}"))
    inside, outside = map(alias, names)
    adapter = adapter_for(synapse, *names)
    found = await adapter.look(adapter.rooms)
    assert found[inside] is None
    assert "invite it there" in found[outside]
    async with Core(adapter) as core:
        await core.joined(inside)
        assert not adapter._rooms.is_in(outside)


async def test_who_is_banned_or_invited_is_known_from_outside(synapse):
    """The join rule alone says neither."""
    token = await synapse.register("jo", "jo")
    barred = await create(synapse, token, "barred")
    await curl(synapse, "POST", f"rooms/{barred}/ban", token, {"user_id": BOT})
    asked = await invited(synapse, token, "asked")
    adapter = adapter_for(synapse)
    rooms = [adapter.room_id(wire) for wire in (barred, asked)]
    found = await adapter.look(dict.fromkeys(rooms))
    assert found[rooms[0]] == f"{BOT} is banned from {barred}: ask a moderator to lift the ban"
    assert found[rooms[1]] is None


async def test_an_encrypted_room_is_known_from_outside(synapse):
    token = await synapse.register("ole", "ole")
    state = {"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION}
    wire = await create(synapse, token, "dark", initial_state=[state])
    adapter = adapter_for(synapse, "dark")
    assert "is encrypted" in (await adapter.look(adapter.rooms))[alias("dark")]
    assert await moves(synapse, wire, token) == []
