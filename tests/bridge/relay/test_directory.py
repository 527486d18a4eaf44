"""Conversations that adapters open and close while everything runs."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import EVERYTHING, Conversation, Direction, Filters, Network, Replacement, RoomEntry
from bridge.errors import Rejected
from bridge.model import RoomId, Sender, UserId
from bridge.relay.routes import Routes
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.world import config, killed, opened, running

VISIT = [("left", RoomId("visit")), ("right", RoomId("desk"))]


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


def conversations(network):
    return network._adapter.conversations


async def until(true):
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.001)


async def test_talk_crosses_in_what_an_adapter_opens(tmp_path, left, right):
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})) as bridge:
        conversations(left).open("visit", VISIT)
        left.say("visit", "alice", "at once")
        await right.until(1)
        right.say("desk", "bob", "hello")
        await left.until(1)
        right.say("two", "bob", "beside it")
        await left.until(2)
        assert right.texts("desk") == ["<alice> at once"]
        assert left.texts("visit") == ["<bob> hello"]
        assert left.texts("one") == ["<bob> beside it"]
        assert (left.connections, right.connections) == (1, 1)
        assert {status.id for status in bridge.rooms()} == {"one", "two", "visit", "desk"}


async def test_what_is_open_is_open_after_a_kill_and_a_reload(tmp_path, after, left, right):
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first):
        conversations(left).open("visit", VISIT)
        left.say("visit", "alice", "1")
        await right.until(1)
        again = killed(first, after)
    async with running(again) as bridge:
        left.say("visit", "alice", "2")
        await right.until(2)
        before = (left.connections, right.connections)
        await bridge.reload(replace(again, owner="Bea"))
        right.say("desk", "bob", "3")
        await left.until(1)
        assert right.texts("desk") == ["<alice> 1", "<alice> 2"]
        assert left.texts("visit") == ["<bob> 3"]
        assert (left.connections, right.connections) == before


async def test_what_was_said_in_it_while_we_were_away_is_relayed(tmp_path, left, right):
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first):
        conversations(left).open("visit", VISIT)
        left.say("visit", "alice", "1")
        await right.until(1)
    left.say("visit", "alice", "2")
    async with running(first):
        await right.until(2)
    assert right.texts("desk") == ["<alice> 1", "<alice> 2"]


async def test_what_is_closed_carries_nothing_more_and_ends_when_all_has_arrived(tmp_path, left, right):
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first) as bridge:
        conversations(left).open("visit", VISIT)
        await until(lambda: all(status.joined for status in bridge.rooms()) and len(bridge.rooms()) == 4)
        right.gate.clear()
        left.say("visit", "alice", "bye")
        conversations(left).close("visit")
        left.say("visit", "alice", "too late")
        await left.settled()
        await bridge.patrol()
        assert len(bridge.rooms()) == 4
        right.gate.set()
        await right.until(1)
        await right.settled()
        await bridge.patrol()
        assert {status.id for status in bridge.rooms()} == {"one", "two"}
        await until(lambda: set(bridge.adapter("right").rooms) == {"two"})
        assert set(bridge.adapter("left").rooms) == {"one"}
        left.say("one", "alice", "beside it")
        await right.until(2)
        assert right.texts("desk") == ["<alice> bye"]
        with opened(first.journal) as database:
            assert database.execute("SELECT count(*) FROM opened").fetchone() == (0,)


async def test_what_is_owed_when_it_is_closed_arrives_after_a_kill(tmp_path, after, left, right):
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first):
        conversations(left).open("visit", VISIT)
        right.gate.clear()
        left.say("visit", "alice", "bye")
        conversations(left).close("visit")
        await left.settled()
        again = killed(first, after)
    right.gate.set()
    async with running(again) as bridge:
        await right.until(1)
        left.say("visit", "alice", "too late")
        await left.settled()
        await bridge.patrol()
        await until(lambda: "visit" not in bridge.adapter("left").rooms)
    assert right.texts("desk") == ["<alice> bye"]


async def test_a_room_of_the_map_stays_when_what_shared_it_is_closed(tmp_path, left, right):
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})) as bridge:
        conversations(left).open("visit", [("left", RoomId("visit")), ("right", RoomId("two"))])
        left.say("visit", "alice", "1")
        await right.until(1)
        conversations(left).close("visit")
        await bridge.patrol()
        left.say("one", "alice", "2")
        right.say("two", "bob", "3")
        await right.until(2)
        await left.until(1)
    assert right.texts("two") == ["<alice> 1", "<alice> 2"]
    assert left.texts("visit") == []
    assert left.texts("one") == ["<bob> 3"]


async def test_the_same_name_opened_with_other_rooms_is_replaced(tmp_path, left, right):
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})) as bridge:
        conversations(left).open("visit", VISIT)
        conversations(left).open("visit", [VISIT[0], ("right", RoomId("other"))])
        left.say("visit", "alice", "1")
        await right.until(1)
        assert right.texts("other") == ["<alice> 1"]
        await bridge.patrol()
        assert {status.id for status in bridge.rooms()} == {"one", "two", "visit", "other"}
        await until(lambda: set(bridge.adapter("right").rooms) == {"two", "other"})


async def test_a_network_that_nobody_needed_before_is_connected(tmp_path, left, right):
    third = ScriptedNetwork("third")
    mapped = config(tmp_path, {"lobby": ["left one", "right two"], "more": ["third three", "left one"]})
    mapped = replace(mapped, conversations={"lobby": mapped.conversations["lobby"]})
    async with running(
        replace(mapped, networks={n: mapped.networks[n] for n in ("left", "right")})
    ) as bridge:
        await bridge.reload(mapped)
        assert third.connections == 0
        conversations(left).open("call", [("left", RoomId("call")), ("third", RoomId("three"))])
        left.say("call", "alice", "1")
        await third.until(1)
        assert third.texts("three") == ["<alice> 1"]


@pytest.mark.parametrize(
    ("name", "rooms", "why"),
    [
        ("visit", [("left", "visit")], "two rooms"),
        ("visit", [("left", "visit"), ("left", "visit")], "two rooms"),
        ("visit", [("left", "visit"), ("nowhere", "desk")], "no network nowhere"),
        ("visit", [("left", "visit"), ("right", 3)], "no name"),
        ("visit", [("left", "visit"), ("right", "")], "no name"),
        ("visit", "visit", "are no rooms"),
        (None, VISIT, "no name"),
    ],
)
async def test_what_cannot_be_opened_is_refused_and_changes_nothing(tmp_path, left, right, name, rooms, why):
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})) as bridge:
        with pytest.raises(Rejected, match=why):
            conversations(left).open(name, rooms)
        assert len(bridge.rooms()) == 2
        left.say("one", "alice", "1")
        await right.until(1)


async def test_what_was_opened_with_a_network_that_left_the_map_is_closed(tmp_path, left, right, caplog):
    ScriptedNetwork("third")
    first = config(tmp_path, {"lobby": ["left one", "right two"], "more": ["left more", "third three"]})
    async with running(first) as bridge:
        conversations(left).open("call", [("left", RoomId("call")), ("third", RoomId("call"))])
        await bridge.reload(config(tmp_path, {"lobby": ["left one", "right two"]}))
        assert len(bridge.rooms()) == 2
        assert "what call opened is closed: there is no network third" in caplog.text


async def test_what_was_opened_goes_with_a_network_that_has_another_name(tmp_path, left, right):
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first):
        conversations(left).open("visit", VISIT)
        left.say("visit", "alice", "1")
        await right.until(1)
    second = config(tmp_path, {"lobby": ["left one", "new two"]})
    settings = ScriptedAdapter.NetworkConfig(server="right")
    network = replace(second.networks["new"], settings=settings, was="right")
    async with running(replace(second, networks={"left": second.networks["left"], "new": network})):
        left.say("visit", "alice", "2")
        await right.until(2)
    assert right.texts("desk") == ["<alice> 1", "<alice> 2"]


# Routed by difference

FILTERS = {"b": Filters(ignore=("spam",))}
REPLACING = Filters(replace_names=(Replacement(find="nn", put="da"),))
NETWORKS = {name: Network(name, "scripted", None, FILTERS.get(name, EVERYTHING)) for name in "abc"}
ROOMS = [(network, RoomId(room)) for network in "abc" for room in "xy"]
ENTRIES = st.lists(
    st.builds(
        lambda room, way: RoomEntry(*room, way, None), st.sampled_from(ROOMS), st.sampled_from(Direction)
    ),
    min_size=2,
    max_size=3,
    unique_by=lambda entry: (entry.network, entry.room),
)
TALKS = st.builds(
    Conversation,
    st.sampled_from(("tea", "jam", "pie")),
    ENTRIES.map(tuple),
    st.sampled_from((EVERYTHING, Filters(ignore=("bot*",)), REPLACING)),
    st.sampled_from((None, "{name}: ")),
)


def seen(routes):
    """All that a map says, whatever order it came to be in."""
    people = [Sender(UserId(name), name) for name in ("bot1", "spam", "ann")]
    return (
        {key: [set(source.rooms_for(who)) for who in people] for key, source in routes.sources.items()},
        routes.rooms,
        routes.shown,
        {room: set(sources) for room, sources in routes.heard.items()},
        {pair: prefix.render("ann", 0, pings=False) for pair, prefix in routes.prefixes.items()},
        {pair: told.name("ann") for pair, told in routes.rewritings.items()},
    )


@given(st.lists(TALKS | st.sampled_from(("tea", "jam", "pie")), max_size=10))
def test_a_map_that_was_changed_is_the_map_that_would_have_been_made(steps):
    numbers = {room: number for number, room in enumerate(ROOMS, 1)}
    routes, standing = Routes(), {}
    for step in steps:
        name = step if isinstance(step, str) else step.name
        if standing.pop(name, None) is not None:
            routes.remove(name)
        if step is not name:
            standing[name] = step
            routes.add(step, NETWORKS, lambda *room: numbers[room])
    made = Routes()
    for conversation in standing.values():
        made.add(conversation, NETWORKS, lambda *room: numbers[room])
    assert seen(routes) == seen(made)
