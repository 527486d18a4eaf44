"""What a reload changes without a new connection, and a network that has another name."""

import asyncio
from dataclasses import replace

import pytest

from bridge.config import CatchUp, DeliveryRules, Filters, Network
from bridge.config.mail import Mail
from bridge.errors import JournalError
from bridge.keepsake import Keepsake
from bridge.model import RoomId
from bridge.testing import ScriptedAdapter, ScriptedNetwork

from .world import PROTOCOL, config, opened, running


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


def with_network(config, name, **changes):
    return replace(config, networks={**config.networks, name: replace(config.networks[name], **changes)})


async def test_what_the_connection_does_not_need_is_followed_at_once(tmp_path, left, right):
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    rules, catch_up = DeliveryRules(max_queue=7), CatchUp(max_messages=3)
    async with running(first) as bridge:
        left.say("one", "alice", "hello")
        await right.until(1)
        await bridge.reload(
            with_network(
                first,
                "right",
                prefix="{name}: ",
                filters=Filters(ignore=("bob",)),
                rules=rules,
                catch_up=catch_up,
            )
        )
        left.say("one", "alice", "hello")
        await right.until(2)
        right.say("two", "bob", "not heard")
        right.say("two", "carol", "heard")
        await left.until(1)
        assert (left.connections, right.connections) == (1, 1)
        assert right.texts("two") == ["<alice> hello", "alice: hello"]
        assert left.texts("one") == ["<carol> heard"]
        (worker,) = [worker for worker in bridge._router.workers.values() if worker.room.id == "two"]
        assert worker.room.rules == rules
        assert bridge.adapter("right").catch_up == catch_up


async def test_adapters_know_the_mail_server_of_the_map(tmp_path, left, right):
    def by(server):
        post = Mail.model_validate({"server": server, "from": "hubbub@shop.example"})
        return replace(config(tmp_path, {"lobby": ["left one", "right two"]}), mail=post)

    first, second = by("one.example"), by("two.example")
    async with running(first) as bridge:
        assert bridge.adapter("right").mail == first.mail
        await bridge.reload(second)
        assert bridge.adapter("right")._adapter.mail == second.mail
        assert right.connections == 1


async def test_a_room_that_stays_knows_whom_it_hears_now(tmp_path, left, right):
    third = ScriptedNetwork("third")
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first) as bridge:
        await bridge.reload(config(tmp_path, {"lobby": ["left one", "right two", "third three"]}))
        while not third.connected:
            await asyncio.sleep(0)
        third.say("three", "carol", "hello")
        await right.until(1)
        (worker,) = [worker for worker in bridge._router.workers.values() if worker.room.id == "two"]
        voices = [sender.name for _, sender in worker.composer.view.facts.voices(60.0)]
        assert voices == ["carol"]


def under(config, old, new):
    """The same map, with a network under another name."""
    networks = {name: network for name, network in config.networks.items() if name != old}
    settings = ScriptedAdapter.NetworkConfig(server=old)
    networks[new] = Network(new, PROTOCOL, settings, was=old)
    conversations = {
        name: replace(
            found,
            rooms=tuple(replace(room, network=new) if room.network == old else room for room in found.rooms),
        )
        for name, found in config.conversations.items()
    }
    return replace(config, networks=networks, conversations=conversations)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_renamed_network_keeps_all_that_is_its_own(tmp_path, left, right, restarted, caplog):
    """What waits for it, how far it was read, what its messages are called, and what it gave us."""
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    second = under(first, "right", "new")
    Keepsake(first.journal, "right").write("a session")
    async with running(first) as bridge:
        right.say("two", "bob", "heard before")
        await left.until(1)
        right.refusals[RoomId("two")] = "full"
        right.drop()
        left.say("one", "alice", "waits")
        await left.settled()
        if not restarted:
            right.refusals.clear()
            await bridge.reload(second)
            await right.until(1)
            await bridge.reload(second)
    if restarted:
        right.refusals.clear()
        async with running(second):
            await right.until(1)
    async with running(second):
        right.say("two", "bob", "heard after")
        await left.until(2)
    assert right.texts("two") == ["<alice> waits"]
    assert left.texts("one") == ["<bob> heard before", "<bob> heard after"]
    assert "given up" not in caplog.text
    assert Keepsake(first.journal, "new").read() == "a session"
    assert Keepsake(first.journal, "right").read() is None
    with opened(first.journal) as database:
        rooms = database.execute("SELECT network, room FROM room ORDER BY network").fetchall()
        networks = {network for (network,) in database.execute("SELECT network FROM position")}
    assert rooms == [("left", "one"), ("new", "two")]
    assert "right" not in networks


async def test_people_of_a_renamed_network_keep_the_names_that_they_have_elsewhere(tmp_path, left, right):
    """Nobody is a namesake of whom they were; who had a name first still has it."""
    third = ScriptedNetwork("third")
    first = config(tmp_path, {"lobby": ["left one", "right two", "third three"]})
    async with running(first) as bridge:
        while not third.connected:
            await asyncio.sleep(0)
        right.say("two", "bob", "a")
        await left.until(1)
        third.say("three", "bob", "b")
        await left.until(2)
        await bridge.reload(under(first, "right", "new"))
        right.say("two", "bob", "c")
        await left.until(3)
        third.say("three", "bob", "d")
        await left.until(4)
    assert left.texts("one") == ["<bob> a", "<bob (third)> b", "<bob> c", "<bob (third)> d"]


async def test_while_the_journal_cannot_be_written_nothing_changes(tmp_path, left, right):
    """A new name, or a new room, could not be kept."""
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first) as bridge:
        bridge._router.journal._database.execute("PRAGMA query_only = ON")
        left.say("one", "alice", "waits for room")
        while not bridge._router.journal.failing:
            await asyncio.sleep(0)
        with pytest.raises(JournalError, match="make room on its disk"):
            await bridge.reload(under(first, "right", "new"))
        assert right.connected
        bridge._router.journal._database.execute("PRAGMA query_only = OFF")
        await right.until(1)
        await bridge.reload(under(first, "right", "new"))
        left.say("one", "alice", "and on")
        await right.until(2)


async def test_what_the_new_name_has_itself_stays(tmp_path, left, right):
    """Somebody renamed it without a word before, and now says so."""
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(first):
        left.say("one", "alice", "a")
        await right.until(1)
    second = under(first, "right", "new")
    unsaid = with_network(second, "new", was=None)
    async with running(unsaid):
        left.say("one", "alice", "b")
        await right.until(2)
    async with running(second):
        left.say("one", "alice", "c")
        await right.until(3)
    assert right.texts("two") == ["<alice> a", "<alice> b", "<alice> c"]
