"""Who is in the rooms of what an adapter opened, rooms made for it, and instructions of its own."""

import asyncio
from dataclasses import replace

import pytest

from bridge.config import DeliveryRules, Filters
from bridge.errors import ConnectionLost, Rejected, Unsupported
from bridge.looks import Present
from bridge.model import RoomId, UserId
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.relay.test_directory import conversations, until
from tests.bridge.world import config, running

MAP = {"lobby": ["left one", "right two"]}
TOLD = {"take": "!take NUMBER – talk with a visitor"}


class Deaf(ScriptedAdapter):
    """Of a network where anybody may come in."""

    instructed = False


class Roomless(ScriptedAdapter):
    async def make_room(self, name, topic, invited):
        return await super(ScriptedAdapter, self).make_room(name, topic, invited)


class Nonsense(ScriptedAdapter):
    def is_away(self, room, user):
        return "yes"

    def answers(self, room):
        return {"take": 1}

    async def make_room(self, name, topic, invited):
        return 12


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    network = ScriptedNetwork("right")
    there = network.present[RoomId("two")] = Present()
    for name in ("bob", "eve"):
        there.add(f"{name}!user@host", name)
    return network


def of_kind(config, network, kind):
    """The same with another adapter for a network."""
    other = replace(config.networks[network], protocol=f"{__name__}:{kind.__name__}")
    return replace(config, networks={**config.networks, network: other})


async def test_who_is_in_the_rooms_that_are_heard_is_known_with_what_they_are_called_when_they_speak(
    tmp_path, left, right
):
    right.premises.away[UserId("bob!user@host")] = True
    async with running(config(tmp_path, MAP)) as bridge:
        await until(lambda: all(room.joined for room in bridge.rooms()))
        bob, eve = conversations(left).people(RoomId("one"))
        said = right.saying("two", "bob", "x").sender
        assert (bob.key, bob.name, bob.network, bob.user) == (f"right/{said.id}", "bob", "right", said.id)
        assert (bob.room, bob.away, eve.away) == ("two", True, None)
        assert conversations(right).people(RoomId("two")) == []
        assert conversations(left).people(RoomId("nowhere")) == []
        right.refusals[RoomId("two")] = "it is full"
        right.drop()
        await until(lambda: not conversations(left).people(RoomId("one")))


async def test_who_is_not_heard_is_nobody_there(tmp_path, left, right):
    left_out = config(tmp_path, MAP, filters={"right": Filters(ignore=("bob",))})
    async with running(left_out) as bridge:
        await until(lambda: all(room.joined for room in bridge.rooms()))
        assert [one.name for one in conversations(left).people(RoomId("one"))] == ["eve"]


async def test_a_room_is_made_opened_and_taken_down(tmp_path, left, right):
    bob = UserId("bob!user@host")
    async with running(config(tmp_path, MAP)) as bridge:
        mine = conversations(left)
        room = await mine.make("right", "desk-1", "Zoe", [bob])
        assert right.premises.made[room].topic == "Zoe"
        assert await mine.make("right", "desk-1", "Mia", []) != room
        mine.open("1", [("left", RoomId("one/1")), ("right", room)])
        left.say("one/1", "zoe", "hello")
        await right.until(1)
        assert right.texts(room) == ["<zoe> hello"]
        await mine.invite("right", room, [UserId("eve")])
        assert right.premises.made[room].invited == {bob, "eve"}
        mine.close("1")
        await bridge.patrol()
        assert room not in {status.id for status in bridge.rooms()}
        await mine.leave("right", room)
        await mine.leave("right", room)
        assert room not in right.premises.made


async def test_what_cannot_be_made_says_why(tmp_path, left, right):
    async with running(of_kind(config(tmp_path, MAP), "right", Roomless)):
        with pytest.raises(Unsupported, match="right makes no rooms"):
            await conversations(left).make("right", "desk-1", "", [])
        with pytest.raises(Rejected, match="there is no network wrong"):
            await conversations(left).make("wrong", "desk-1", "", [])
        with pytest.raises(Rejected, match="can be no name"):
            await conversations(left).invite("right", RoomId("two"), [UserId("\0")])
        right.die()
        with pytest.raises(ConnectionLost):
            await conversations(left).invite("right", RoomId("two"), [UserId("bob")])


async def test_an_adapter_that_answers_nonsense_is_not_believed(tmp_path, left, right):
    async with running(of_kind(config(tmp_path, MAP), "right", Nonsense)) as bridge:
        await until(lambda: all(room.joined for room in bridge.rooms()))
        assert [one.away for one in conversations(left).people(RoomId("one"))] == [None, None]
        with pytest.raises(Unsupported, match="make_room returned 12"):
            await conversations(left).make("right", "desk-1", "", [])
        left.say("one", "carol", "!who")
        await left.until(1)
        assert left.texts("one")[0].startswith("carol: two on right")


async def test_what_a_room_answers_itself_is_left_to_it_and_named_in_the_help(tmp_path, left, right):
    right.premises.answers[RoomId("two")] = {**TOLD, "who": "!who NUMBER – what is known of a visitor"}
    async with running(config(tmp_path, MAP)):
        left.say("one", "carol", "!who")
        left.say("one", "carol", "!help")
        await left.until(1)
        (told,) = left.texts("one")
        assert "!take NUMBER" in told
        assert "!who NUMBER" in told
        assert told.count("!who") == 1
        assert right.texts("two") == ["<carol> !who", "<carol> !help"]
        right.say("two", "dave", "!who")
        await right.until(3)
        assert right.texts("two")[2].startswith("dave: one on left")


async def test_nobody_is_answered_where_anybody_may_come_in(tmp_path, left, right):
    both = config(tmp_path, MAP, rules=DeliveryRules(direct="ask"))
    async with running(of_kind(both, "right", Deaf)):
        right.say("two", "stranger", "!who")
        right.say("two", "stranger", "!help")
        right.say("two", "stranger", "!msg carol hello")
        left.say("one", "carol", "!who")
        await left.until(4)
        await asyncio.sleep(0.05)
        texts = left.texts("one")
        assert texts[:3] == ["<stranger> !who", "<stranger> !help", "<stranger> !msg carol hello"]
        assert texts[3].startswith("carol: two on right")
        assert right.texts("two") == ["<carol> !who"]
