"""What was said while we were away, against a homeserver that is told what to do."""

import asyncio
import time

import pytest

from bridge import CatchUp, ConnectionLost, MessageCreated, RoomState, RoomStateChanged

from .homeserver import ALIAS, USER, WIRE, Answer, Core, Homeserver, adapter_for, again, error


@pytest.fixture
async def server():
    async with Homeserver() as server:
        server.page = 5
        yield server


async def was_here(server, *rooms):
    """A core whose adapter was joined and is gone."""
    async with Core(adapter_for(server.url, *rooms)) as core:
        first = await core.joined(*rooms[:1])
        assert not first.caught_up, "nobody knows what was said before the first time"
    return core


async def back(core, room=ALIAS):
    """What is said before the room is joined again, and how it is joined."""
    texts = []
    while True:
        event = await core.next(object)
        if isinstance(event, MessageCreated):
            assert event.replayed
            texts.append(event.content.text)
        elif isinstance(event, RoomStateChanged) and event.room == room and event.state is RoomState.JOINED:
            core.left_out = event.left_out
            return texts, event.caught_up and event.left_out == 0


async def returned(server, core, **limits):
    """The same, and what is live afterwards comes once."""
    core = again(core)
    core.adapter.catch_up = CatchUp(**limits)
    async with core:
        found = await back(core)
        server.left_out = core.left_out
        server.say("live")
        said = await core.said()
        assert (said.content.text, said.replayed) == ("live", False)
        assert core.events.empty()
    return found


def numbers(*args):
    return [str(number) for number in range(*args)]


async def test_history_comes_before_the_room_is_joined(server):
    core = await was_here(server)
    for text in numbers(23):
        server.say(text)
    assert await returned(server, core) == (numbers(23), True)


async def test_nothing_said_is_nothing_missed(server):
    core = await was_here(server)
    assert await returned(server, core) == ([], True)


@pytest.mark.parametrize(("most", "left_out"), [(1, None), (3, None), (5, None), (12, 11)])
async def test_only_the_newest_are_read(server, most, left_out):
    """As much again is read to be counted."""
    core = await was_here(server)
    for text in numbers(23):
        server.say("mine", sender=USER)
        server.say(text)
    assert await returned(server, core, max_messages=most) == (numbers(23 - most, 23), False)
    assert server.left_out == left_out
    assert server.count("messages") <= 11


@pytest.mark.parametrize("count", [5, 23])
async def test_all_that_is_wanted_is_all_that_was_said(server, count):
    core = await was_here(server)
    for text in numbers(count):
        server.say(text)
    assert await returned(server, core, max_messages=count) == (numbers(count), True)


@pytest.mark.parametrize("count", [1, 23])
async def test_catching_up_can_be_off(server, count):
    """The position moves on all the same, and that something is missing is known."""
    core = await was_here(server)
    for text in numbers(count):
        server.say(text)
    assert await returned(server, core, max_messages=0) == ([], False)
    assert await returned(server, await was_here(server), max_messages=0) == ([], True)
    assert server.count("messages") == 0


async def test_the_limits_are_not_for_what_is_said_while_we_listen(server):
    adapter = adapter_for(server.url)
    adapter.catch_up = CatchUp(max_messages=2, max_age="1s")
    async with Core(adapter) as core:
        await core.joined()
        for text in numbers(23):
            server.say(text)
        said = [await core.said() for _ in range(23)]
    assert [event.content.text for event in said] == numbers(23)
    assert not any(event.replayed for event in said)
    assert server.count("messages") >= 4


async def test_more_than_can_be_read_while_we_listen_is_told(server, monkeypatch):
    """The homeserver was away for long, and we were not."""
    monkeypatch.setattr("adapters.matrix.history.history._LONGEST_GAP", 20)
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        for text in numbers(60):
            server.say(text)
        state = await core.joined()
        assert state.caught_up
        assert state.left_out is None
        assert (await core.said()).content.text == "35"


async def test_a_gap_that_nobody_can_read_while_we_listen_is_told(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["messages"].append(error(403, "M_FORBIDDEN"))
        for text in numbers(12):
            server.say(text)
        assert not (await core.joined()).caught_up
        assert (await core.said()).content.text == "7"


async def test_what_is_too_old_is_not_read(server):
    """As soon as a whole page is: one forged time hides nothing."""
    core = await was_here(server)
    for text in numbers(40):
        server.say(text)
        age = 500 if int(text) < 25 else 0
        server._log[-1][1]["origin_server_ts"] = int((time.time() - age) * 1000)
    server._log[33][1]["origin_server_ts"] = 1
    texts, caught_up = await returned(server, core, max_age="100s")
    assert not caught_up
    assert texts[-15:] == numbers(25, 40)
    assert len(texts) <= 20
    assert server.count("messages") <= 4


async def test_whoever_was_out_cannot_know_what_was_said(server, monkeypatch):
    monkeypatch.setattr("adapters.matrix.rooms.rooms._FIRST_PAUSE", 0.05)
    server.joinable.add(WIRE)
    core = await was_here(server)
    async with again(core) as core:
        assert await back(core) == ([], True)
        server.kick()
        assert (await core.refused()).reason
        assert not (await core.joined()).caught_up
    server.kick()
    server.say("not for us")
    async with again(core) as core:
        assert await back(core) == ([], False)


@pytest.mark.parametrize("count", [1, 12])
async def test_whoever_came_back_meanwhile_was_out(server, count):
    """Somebody used the account: what was said before it came in is not for us."""
    core = await was_here(server)
    server.say("not for us")
    server.happen("m.room.member", {"membership": "join"}, WIRE, USER, state_key=USER)
    for text in numbers(count):
        server.say(text)
    assert await returned(server, core) == (numbers(count), False)


@pytest.mark.parametrize("answer", [error(403, "M_FORBIDDEN"), error(400, "M_INVALID_PARAM")])
async def test_a_gap_that_nobody_can_read_is_told(server, caplog, answer):
    core = await was_here(server)
    for text in numbers(12):
        server.say(text)
    server.answers["messages"].append(answer)
    assert await returned(server, core) == (numbers(7, 12), False)
    assert "cannot be read" in caplog.text


async def cut_off():
    raise ConnectionResetError


@pytest.mark.parametrize(
    "failure", [Answer(502, "<html>"), Answer(200, "<html>"), error(500, "M_UNKNOWN"), cut_off]
)
async def test_a_gap_is_never_lost_to_what_passes(server, failure):
    """Of two rooms one is read and the other is not: the position stays, and both come when it passed."""
    server.aliases["#b:s"] = "!b:s"
    server.joined.add("!b:s")
    core = await was_here(server, ALIAS, "#b:s")
    for text in numbers(12):
        server.say(text)
        server.say(text, "!b:s")
    server.answers["messages"] += [failure]
    async with again(core) as failed:
        assert isinstance(await failed.end(), ConnectionLost)
    assert failed.positions == core.positions
    async with again(failed) as core:
        said = [await core.said() for _ in range(24)]
    for room in (ALIAS, "#b:s"):
        assert [event.content.text for event in said if event.room == room] == numbers(12)


async def many_gaps(server):
    """A core that has missed something in each of twenty rooms."""
    names = [f"#r{number}:s" for number in range(20)]
    for name in names:
        server.aliases[name] = "!" + name[1:]
        server.joined.add("!" + name[1:])
    async with Core(adapter_for(server.url, *names)) as core:
        for _ in names:
            await core.next(RoomStateChanged)
    for name in names:
        for text in numbers(12):
            server.say(text, "!" + name[1:])
    return core


async def test_what_cannot_be_written_is_not_read(server):
    """As long as the journal is full, a few rooms are in memory and the others stay with their server."""
    full = []

    class Full(Core):
        def __call__(self, events, *positions):
            super().__call__(events, *positions)
            full.append(asyncio.get_running_loop().create_future())
            return full[-1]

    core = Full((await many_gaps(server)).adapter)
    core.positions[""] = "s0"
    async with core:
        await core.said()
        while len(full) < 7:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # that no more follows is what is tested
        assert (len(full), core.positions[""]) == (7, "s0")
        while core.positions[""] == "s0":
            for done in full:
                if not done.done():
                    done.set_result(None)
            await asyncio.sleep(0)
    assert len(full) >= 21


async def test_many_gaps_are_read_a_few_at_a_time(server):
    core = await many_gaps(server)
    names = list(core.adapter.rooms)
    reading = most = 0
    page = server._messages

    async def messages(*args):
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        try:
            return await page(*args)
        finally:
            reading -= 1

    server._messages = messages
    async with again(core) as core:
        events = [await core.next(object) for _ in range(20 * 13)]
    for name in names:
        heard = [event for event in events if event.room == name]
        assert [event.content.text for event in heard[:-1]] == numbers(12)
        assert heard[-1].caught_up
    assert most <= 4


async def test_a_position_that_the_server_does_not_know_is_a_gap(server):
    core = await was_here(server)
    core.positions[""] = "strange"
    async with again(core) as core:
        assert await back(core) == ([], False)
