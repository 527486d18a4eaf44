"""A new configuration changes what differs, and nothing else."""

from dataclasses import replace

import pytest

from bridge.config import Conversation, Network, ShowRules
from bridge.introductions import introductions
from bridge.model import RoomId
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.world import PROTOCOL, config, entry, running


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


async def test_a_new_room_is_joined_and_nothing_is_interrupted(tmp_path, left, right, caplog):
    caplog.set_level("INFO")
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first) as bridge:
        connections = left.connections, right.connections
        await bridge.reload(config(tmp_path, {"lobby": ["left one", "right two", "right three"]}))
        left.say("one", "alice", "hello")
        await right.until(2)
        assert (left.connections, right.connections) == connections
    assert {command.room for command in right.said} == {"two", "three"}
    assert caplog.messages.count("relaying 1 conversation on 2 networks") == 2


async def test_a_new_network_is_connected(tmp_path, left, right):
    async with running(config(tmp_path, {"lobby": ["left one", "left two"]})) as bridge:
        await bridge.reload(config(tmp_path, {"lobby": ["left one", "left two", "right three"]}))
        left.say("one", "alice", "hello")
        await right.until(1)
    assert right.texts("three") == ["<alice> hello"]


async def test_a_changed_network_connects_anew_and_keeps_its_queue(tmp_path, left, right):
    other = ScriptedNetwork("other")
    right.refusals[RoomId("two")] = "invite only"
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    moved = Network("right", PROTOCOL, ScriptedAdapter.NetworkConfig(server="other"))
    async with running(first) as bridge:
        for n in range(5):
            left.say("one", "alice", str(n))
        await left.settled()
        await bridge.reload(replace(first, networks={**first.networks, "right": moved}))
        await other.until(5)
        left.say("one", "alice", "5")
        await other.until(6)
        assert not right.connected
        assert left.connections == 1
    assert other.texts("two") == [f"<alice> {n}" for n in range(6)]


async def test_a_network_that_is_gone_is_left(tmp_path, left, right, caplog):
    right.refusals[RoomId("two")] = "invite only"
    async with running(config(tmp_path, {"lobby": ["left one", "right two", "left three"]})) as bridge:
        left.say("one", "alice", "hello")
        await left.until(1)
        await bridge.reload(config(tmp_path, {"lobby": ["left one", "left three"]}))
        assert not right.connected
        left.say("one", "alice", "again")
        await left.until(2)
    assert "given up: 1 message to right two, which left the map" in caplog.text


async def test_a_direction_can_change(tmp_path, left, right):
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})) as bridge:
        left.say("one", "alice", "heard")
        await right.until(1)
        await bridge.reload(config(tmp_path, {"lobby": ["left one to", "right two"]}))
        left.say("one", "alice", "not heard")
        right.say("two", "bob", "heard there")
        await left.until(1)
        await right.settled()
    assert right.texts("two") == ["<alice> heard"]


async def test_strangers_are_told_of_no_room(tmp_path, left, right):
    private = config(tmp_path, {"board secrets": ["left one", "right two"]})
    async with running(private) as bridge:
        told = bridge.adapter("left").introduce("somebody")
    assert told == introductions(private)["left"]
    assert "bridge" in told
    assert "Ann" in told
    assert "board" not in told


def test_strangers_are_told_in_the_language_of_the_rooms(tmp_path):
    rooms = {"board": [entry("left one", ShowRules(language="de")), entry("right two")]}
    rooms["lobby"] = [
        entry("left three", ShowRules(language="de")),
        entry("right four", ShowRules(language="zh")),
    ]
    base = config(tmp_path, {"board": ["left one", "right two"]})
    told = introductions(
        replace(base, conversations={name: Conversation(name, tuple(found)) for name, found in rooms.items()})
    )
    assert told["left"].startswith("Ich bin eine Brücke (Hubbub) und kein Mensch")
    assert told["left"].endswith("Bei Fragen hilft Ann.")
    assert told["right"].startswith("I am a bridge (Hubbub)"), "its rooms do not share a language"
