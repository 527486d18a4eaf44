"""Conversations that adapters open and close while the map, a network or the journal is just changing."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from bridge.config import ShowRules
from bridge.errors import JournalError
from bridge.model import RoomId
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.world import config, killed, opened, running

MAP = {"lobby": ["left one", "right two"]}
VISIT = [("left", RoomId("visit")), ("right", RoomId("desk"))]


class Slow(ScriptedAdapter):
    """Ends its connection when it may."""

    ends = asyncio.Event()
    ending = asyncio.Event()

    async def run(self, emit):
        try:
            await super().run(emit)
        finally:
            Slow.ending.set()
            await Slow.ends.wait()


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


def slow(tmp_path):
    """A map whose second network takes its time to end."""
    first = config(tmp_path, MAP)
    protocol = f"{__name__}:Slow"
    return replace(
        first, networks={**first.networks, "right": replace(first.networks["right"], protocol=protocol)}
    )


@contextlib.asynccontextmanager
async def while_it_is_connected_anew(bridge, mapped, right):
    """In the midst of a reload that connects the second network anew."""
    Slow.ends, Slow.ending = asyncio.Event(), asyncio.Event()
    ScriptedNetwork._by_name["other"] = right
    settings = ScriptedAdapter.NetworkConfig(server="other")
    anew = replace(mapped.networks["right"], settings=settings)
    reload = asyncio.ensure_future(
        bridge.reload(replace(mapped, networks={**mapped.networks, "right": anew}))
    )
    await Slow.ending.wait()
    yield
    Slow.ends.set()
    await reload


async def test_what_is_opened_with_a_network_that_is_just_connected_anew_carries(tmp_path, left, right):
    mapped = slow(tmp_path)
    async with running(mapped) as bridge:
        async with while_it_is_connected_anew(bridge, mapped, right):
            conversations(left).open("visit", VISIT)
            left.say("visit", "alice", "1")
            await left.settled()
        async with asyncio.timeout(10):
            await right.until(1)
        assert right.texts("desk") == ["<alice> 1"]


async def test_what_is_closed_when_its_network_is_just_connected_anew_keeps_what_it_is_owed(
    tmp_path, left, right
):
    mapped = slow(tmp_path)
    async with running(mapped) as bridge:
        conversations(left).open("visit", VISIT)
        await until(lambda: len(bridge.rooms()) == 4 and all(status.joined for status in bridge.rooms()))
        right.gate.clear()
        left.say("visit", "alice", "bye")
        await left.settled()
        async with while_it_is_connected_anew(bridge, mapped, right):
            conversations(left).close("visit")
            conversations(left).open("another", [("left", RoomId("another")), ("right", RoomId("new"))])
            conversations(left).close("another")
            await bridge.patrol()
        right.gate.set()
        async with asyncio.timeout(10):
            await right.until(1)
        assert right.texts("desk") == ["<alice> bye"]
        await right.settled()
        await bridge.patrol()
        await until(lambda: set(bridge.adapter("right").rooms) == {"two"})


async def test_what_is_replaced_keeps_what_it_is_owed_also_after_a_kill(tmp_path, after, left, right):
    first = config(tmp_path, MAP)
    async with running(first) as bridge:
        conversations(left).open("visit", VISIT)
        await until(lambda: len(bridge.rooms()) == 4 and all(status.joined for status in bridge.rooms()))
        right.gate.clear()
        left.say("visit", "alice", "1")
        conversations(left).open("visit", [VISIT[0], ("right", RoomId("other"))])
        left.say("visit", "alice", "2")
        conversations(left).open("visit", [VISIT[0], ("right", RoomId("third"))])
        left.say("visit", "alice", "3")
        await left.settled()
        again = killed(first, after)
    right.gate.set()
    async with running(again) as bridge:
        async with asyncio.timeout(10):
            await right.until(3)
        left.say("visit", "alice", "4")
        async with asyncio.timeout(10):
            await right.until(4)
        await right.settled()
        await bridge.patrol()
        assert [right.texts(room) for room in ("desk", "other", "third")] == [
            ["<alice> 1"],
            ["<alice> 2"],
            ["<alice> 3", "<alice> 4"],
        ]
        assert {status.id for status in bridge.rooms()} == {"one", "two", "visit", "third"}
        with opened(again.journal) as database:
            assert database.execute("SELECT name FROM opened").fetchall() == [("visit",)]


async def test_a_room_of_the_map_is_shown_what_the_map_says(tmp_path, left, right):
    german = ShowRules(language="de", members="note")
    mapped = config(tmp_path, MAP)
    rooms = tuple(replace(room, show=german) for room in mapped.conversations["lobby"].rooms)
    lobby = replace(mapped.conversations["lobby"], rooms=rooms)
    async with running(replace(mapped, conversations={"lobby": lobby})) as bridge:
        shown = bridge._router.rooms.directory.routes.shown
        before = dict(shown)
        conversations(left).open("visit", [VISIT[0], ("right", RoomId("two"))])
        assert before.items() < shown.items()
        conversations(left).close("visit")
        await bridge.patrol()
        assert shown == before


async def test_a_room_in_other_letters_is_the_room_of_the_map(tmp_path, left, right):
    async with running(config(tmp_path, MAP)) as bridge:
        conversations(left).open("visit", [VISIT[0], ("right", RoomId("TWO"))])
        left.say("visit", "alice", "1")
        await right.until(1)
        assert right.texts("two") == ["<alice> 1"]
        assert len(bridge.rooms()) == 3


async def test_nothing_is_opened_or_closed_while_the_journal_cannot_be_written(tmp_path, left, right):
    first = config(tmp_path, MAP)
    async with running(first) as bridge:
        conversations(left).open("open", [("left", RoomId("a")), ("right", RoomId("b"))])
        await until(lambda: len(bridge.rooms()) == 4 and all(status.joined for status in bridge.rooms()))
        database = bridge._router.journal._database
        bridge._router.dispatch.commit()
        database.execute("PRAGMA query_only = ON")
        with pytest.raises(JournalError):
            conversations(left).open("visit", VISIT)
        with pytest.raises(JournalError):
            conversations(left).open("open", VISIT)
        with pytest.raises(JournalError):
            conversations(left).close("open")
        await bridge.patrol()
        assert len(bridge.rooms()) == 4
        database.execute("PRAGMA query_only = OFF")
        await bridge.patrol()
        left.say("a", "alice", "1")
        async with asyncio.timeout(10):
            await right.until(1)
        conversations(left).open("visit", VISIT)
        left.say("visit", "alice", "2")
        async with asyncio.timeout(10):
            await right.until(2)
    assert (right.texts("b"), right.texts("desk")) == (["<alice> 1"], ["<alice> 2"])


async def test_what_ends_while_the_journal_cannot_be_written_ends_nothing_else(tmp_path, left, right):
    first = config(tmp_path, MAP)
    async with running(first) as bridge:
        conversations(left).open("visit", VISIT)
        await until(lambda: len(bridge.rooms()) == 4 and all(status.joined for status in bridge.rooms()))
        conversations(left).close("visit")
        bridge._router.dispatch.commit()
        database = bridge._router.journal._database
        database.execute("PRAGMA query_only = ON")
        await bridge.patrol()
        await until(lambda: set(bridge.adapter("right").rooms) == {"two"})
        database.execute("PRAGMA query_only = OFF")
        conversations(left).open("visit", VISIT)
        left.say("visit", "alice", "1")
        async with asyncio.timeout(10):
            await right.until(1)


class Ending(ScriptedAdapter):
    """Closes at the end of a connection what it opened."""

    raised: BaseException | None = None

    async def run(self, emit):
        try:
            await super().run(emit)
        finally:
            try:
                self.conversations.close("visit")
            except BaseException as error:
                Ending.raised = error
                raise


async def test_what_an_adapter_closes_when_the_service_ends_is_closed(tmp_path, left, right, caplog):
    mapped = config(tmp_path, MAP)
    ending = replace(mapped.networks["left"], protocol=f"{__name__}:Ending")
    mapped = replace(mapped, networks={**mapped.networks, "left": ending})
    async with asyncio.timeout(20):
        async with running(mapped) as bridge:
            conversations(left).open("visit", VISIT)
            await until(lambda: len(bridge.rooms()) == 4 and all(status.joined for status in bridge.rooms()))
            left.say("visit", "alice", "bye")
            await right.until(1)
    assert Ending.raised is None
    assert "bug" not in caplog.text
    async with running(config(tmp_path, MAP)) as bridge:
        await bridge.patrol()
        assert {status.id for status in bridge.rooms()} == {"one", "two"}
