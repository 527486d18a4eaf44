"""What was said while nobody listened, from the archives of real rooms (XEP-0313)."""

import asyncio
import dataclasses
import time

import pytest

from adapters.xmpp.history import history
from bridge import ConnectionLost, MessageCreated, RoomState, RoomUnavailable, Txn, by_author, plain
from tests.adapters.xmpp.harness import command, failure, give
from tests.adapters.xmpp.places import Bridge, witness
from tests.adapters.xmpp.servers import Ejabberd
from tests.adapters.xmpp.test_whole import MODERATE
from tests.e2e.proxy import Proxy


def leaves_no_trace(server):
    """Whether the archive keeps nothing of a message that was taken back."""
    return isinstance(server, Ejabberd) and Ejabberd.version() >= (24,)


def texts(events):
    return [event.content.text for event in events]


async def test_what_was_said_meanwhile(bridge):
    """XEP-0313 sections 4 and 5: once, in order, before the room counts as joined; as it was named live."""
    start, live = await bridge.begin()
    for n in range(5):
        await bridge.alice.say(plain(str(n)))
    async with bridge.running() as ears:
        said, caught_up = await ears.until_joined(bridge.room)
        assert (texts(said), caught_up) == (["0", "1", "2", "3", "4"], True)
        await bridge.alice.say(plain("after"))
        after = await ears.said()
    assert all(event.replayed and abs(event.at - time.time()) < 60 for event in said)
    assert {event.sender for event in said} == {live.sender}
    assert not after.replayed
    async with bridge.running() as ears:
        assert await ears.until_joined(bridge.room) == ([], True)
    async with bridge.running(start) as ears:
        again, caught_up = await ears.until_joined(bridge.room)
    assert [event.id for event in again] == [live.id, *(event.id for event in said), after.id]


async def test_a_position_that_the_archive_does_not_know(bridge):
    """By the time, then, and not from the beginning of all things."""
    _, live = await bridge.begin()
    await bridge.alice.say(plain("meanwhile"))
    async with bridge.running({bridge.room: f"{int(time.time())} 0000"}) as ears:
        said, caught_up = await ears.until_joined(bridge.room)
    assert texts(said) == ["live", "meanwhile"]
    assert said[0].id == live.id, "the core knows it"
    assert not caught_up
    async with bridge.running({bridge.room: f"{int(time.time()) + 1000} 0000"}) as ears:
        assert await ears.until_joined(bridge.room) == ([], True)


async def test_more_than_is_wanted(bridge):
    """The newest, across the pages of the archive."""
    await bridge.begin()
    for n in range(130):
        await bridge.alice.say(plain(str(n)))
    before = dict(bridge.positions)
    for most in (120, 3):
        async with bridge.running(before, max_messages=most) as ears:
            said, caught_up = await ears.until_joined(bridge.room)
        assert (texts(said), caught_up) == ([str(n) for n in range(130 - most, 130)], False)
    async with bridge.running(max_messages=0) as ears:
        assert await ears.until_joined(bridge.room) == ([], False)
        await bridge.alice.say(plain("from now on"))
        assert (await ears.said()).content == plain("from now on")
    async with bridge.running() as ears:
        assert await ears.until_joined(bridge.room) == ([], True)


@pytest.mark.parametrize("meanwhile", [0, 3, 103])
async def test_what_was_said_too_long_ago(bridge, monkeypatch, meanwhile):
    """It is missing, if there is any; nobody counts more than a page of it."""
    monkeypatch.setattr(history, "_SKEW", 0.5)
    bridge.room = f"{meanwhile}-{bridge.room}"
    await bridge.begin()
    for n in range(meanwhile):
        await bridge.alice.say(plain(str(n)))
    await asyncio.sleep(3.5)
    await bridge.alice.say(plain("new"))
    async with bridge.running(max_age=2.0) as ears:
        said, caught_up = await ears.until_joined(bridge.room)
    assert (texts(said), caught_up) == (["new"], meanwhile == 0)
    assert ears.left_out == {0: 0, 3: 3, 103: None}[meanwhile]


TXNS = [Txn(f"{n:x}.2.0.0123456789abcdef") for n in range(3)]


async def test_what_was_sent_before_the_connection_was_cut(bridge):
    """A message that arrived is found by its mark, with the room's name for it; one that did not is not."""
    await bridge.begin()
    proxy = Proxy(bridge.server.port)
    await proxy.start()
    since = time.time()
    async with bridge.running(port=proxy.port) as ears:
        await ears.state(RoomState.JOINED, bridge.room)
        confirmed = await give(bridge.adapter, command("first", TXNS[0], bridge.room))
        bridge.adapter._connection._client._listener.message = lambda element: None
        lost = give(bridge.adapter, command("second", TXNS[1], bridge.room))
        assert [(await bridge.alice.heard.get()).content.text for _ in range(2)] == ["first", "second"]
        await proxy.cut()
        assert isinstance(await failure(lost), ConnectionLost)
        await failure(ears.task)
    async with bridge.running() as ears:
        assert await ears.until_joined(bridge.room) == ([], True), "our own words are no event"
        try:
            found = await bridge.adapter.find_sent(bridge.room, since, TXNS)
        except RoomUnavailable:  # ejabberd may end the old session late, and with it the place of the new one
            await ears.until_joined(bridge.room)
            found = await bridge.adapter.find_sent(bridge.room, since, TXNS)
        assert found[TXNS[0]] == confirmed
        assert found[TXNS[1]].part.aliases == (by_author(f"{bridge.room}/hubbub", TXNS[1]),)
        assert found.get(TXNS[2]) is None
        assert (TXNS[2] in found) is not leaves_no_trace(bridge.server)


async def test_what_a_moderator_took_away(bridge, monkeypatch):
    """XEP-0425: before we knew that it had arrived. It is there, or nobody can tell."""
    if isinstance(bridge.server, Ejabberd) and not leaves_no_trace(bridge.server):
        pytest.skip("this ejabberd has no moderation")
    monkeypatch.setattr(history, "_SKEW", 0.5)
    async with witness(bridge.server, "mod", bridge.room) as mod:
        async with bridge.running() as ears:
            await ears.state(RoomState.JOINED, bridge.room)
            await mod.say(plain("before"))
            await asyncio.sleep(1)  # what the room shows has to begin before
            since = time.time()
            parts = [(await give(bridge.adapter, command(txn, txn, bridge.room))).part for txn in TXNS[:2]]
        await mod._stream.ask("set", bridge.room, MODERATE.format(parts[1].id, ""))
        async with bridge.running() as ears:
            await ears.state(RoomState.JOINED, bridge.room)
            found = await bridge.adapter.find_sent(bridge.room, since, TXNS)
    assert found[TXNS[0]].part == parts[0]
    if leaves_no_trace(bridge.server):
        assert set(found) == {TXNS[0]}
    else:
        assert (found[TXNS[1]].part, found[TXNS[2]]) == (parts[1], None)


async def test_the_mark_of_another(bridge):
    """A copy made by some Hubbub is an event that says so, live and afterwards."""
    start, live = await bridge.begin()
    async with bridge.running() as ears:
        await ears.state(RoomState.JOINED, bridge.room)
        bridge.alice._send(
            f"<message to='{bridge.room}' type='groupchat' id='{TXNS[0]}'><body>a copy</body></message>"
        )
        copy = await ears.said()
    async with bridge.running(start) as ears:
        said, _ = await ears.until_joined(bridge.room)
    assert isinstance(copy, MessageCreated)
    assert (copy.mark, live.mark) == (TXNS[0], "")
    assert [event.mark for event in said] == ["", TXNS[0]]


async def test_a_message_with_its_time_is_no_history(bridge):
    """XEP-0203: the room gives it back, and people and other bridges hear it as any other."""
    start, _ = await bridge.begin()
    await bridge.server.register("another", "another")
    other = Bridge(bridge.server, "")
    other.room, other.user = bridge.room, "another"
    long_ago = dataclasses.replace(command("of old", TXNS[0], bridge.room), at=1_600_000_000.0)
    async with bridge.running() as ears, other.running() as others:
        await ears.state(RoomState.JOINED, bridge.room)
        await others.state(RoomState.JOINED, bridge.room)
        assert bridge.adapter.capabilities(bridge.room).times
        receipt = await give(bridge.adapter, long_ago)
        assert (await bridge.alice.heard.get()).content == plain("of old")
        heard = await others.said()
    assert (heard.id, heard.at, heard.mark) == (receipt.part.id, long_ago.at, TXNS[0])
    async with other.running(start) as others:
        said, _ = await others.until_joined(bridge.room)
    assert texts(said) == ["live", "of old"]
    assert abs(said[1].at - time.time()) < 60, "the room's time decides"
