"""What an adapter of which only the protocol is written does when something goes wrong."""

import asyncio
import contextlib

import pytest

from bridge import (
    AuthenticationFailed,
    Authorship,
    CatchUp,
    ConnectionLost,
    DeleteMessage,
    MessageCreated,
    MessageId,
    Part,
    RateLimited,
    RoomId,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    Speaker,
    Unsupported,
    plain,
)
from bridge.testing import Place

from .chat import ChatAdapter, ChatServer, Network, Room

LOBBY, HALL = RoomId("lobby"), RoomId("hall")


@pytest.fixture
async def server():
    server = ChatServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def place(server, clock):
    person = await server.person("alice")
    adapter = ChatAdapter("chat", Network(port=server.port), "I am a bridge.")
    adapter.clock = clock
    await adapter.serve({LOBBY: Room()})
    yield Place(adapter, LOBBY, server, person)
    await person.leave()


async def told(place, state):
    """The next time that the adapter says that we stand so."""
    async with asyncio.timeout(5):
        while True:
            event = await place.events.get()
            if isinstance(event, RoomStateChanged) and event.state is state:
                return event


async def said(person, *texts):
    """Let somebody say this, and wait until the server has it."""
    for text in texts:
        await person.say(plain(text))


async def test_who_is_thrown_out_says_so_fails_what_is_on_its_way_and_comes_back(place, server, clock):
    async with place.running():
        server.mute = True
        landed = await place.send(plain("<ada> hello"))
        server.mute = False
        server.kick("lobby", "hubbub", "spam")
        with pytest.raises(RoomUnavailable, match="spam"):
            await landed
        assert "spam" in (await told(place, RoomState.REFUSED)).reason
        with pytest.raises(RoomUnavailable, match="not in lobby"):
            await place.send(plain("<ada> hello"))
        clock.move(60)
        await told(place, RoomState.JOINED)


async def test_why_a_room_does_not_let_us_in_is_told(place, server):
    server.banned["hall"] = "you are banned"
    await place.serve({LOBBY: Room(), HALL: Room()})
    async with place.running():
        event = await told(place, RoomState.REFUSED)
        assert (event.room, event.reason) == (HALL, "hall does not let hubbub in: you are banned")
        server.banned.clear()
        place.adapter.again(HALL)
        assert (await told(place, RoomState.JOINED)).room == HALL


async def test_a_reload_enters_and_leaves(place, server):
    async with place.running():
        await place.serve({HALL: Room()})
        assert (await told(place, RoomState.JOINED)).room == HALL
        with pytest.raises(RoomUnavailable):
            await place.send(plain("<ada> hello"))
        while "hubbub" in [server.nicks[one] for one in server.members["lobby"]]:
            await asyncio.sleep(0)


async def test_every_confirmation_ends_with_the_connection(place, server):
    async with place.running() as run:
        server.mute = True
        landed = [await place.send(plain(f"<ada> {number}")) for number in range(3)]
        await server.stop()
        for one in landed:
            with pytest.raises(ConnectionLost):
                await one
        with pytest.raises(ConnectionLost, match="the server has closed the connection"):
            await run
        with pytest.raises(ConnectionLost, match="not connected"):
            await place.send(plain("<ada> hello"))


async def test_one_that_was_cancelled_before_it_began_ends_too(place):
    async with place.running() as run:
        landed = await place.send(plain("<ada> hello"))
        run.cancel()
        await asyncio.wait({run})
        assert landed.done()


async def test_what_nobody_confirms_ends_the_connection(place, server, monkeypatch):
    """So that it is looked for, and not sent again."""
    monkeypatch.setattr(ChatAdapter, "patience", 0.05)
    async with place.running() as run:
        server.mute = True
        landed = await place.send(plain("<ada> hello"))
        with pytest.raises(ConnectionLost, match="has confirmed nothing"):
            await landed
        with pytest.raises(ConnectionLost, match="has confirmed nothing"):
            await run


async def test_a_post_that_finds_the_connection_gone_ends_it(place, monkeypatch):
    async def gone(self, command):
        raise ConnectionResetError

    monkeypatch.setattr(ChatAdapter, "post", gone)
    async with place.running() as run:
        landed = await place.send(plain("<ada> hello"))
        for one in (landed, run):
            with pytest.raises(ConnectionLost, match="the server has closed the connection"):
                await one


async def test_who_asks_for_a_pause_has_one_and_the_end_is_that_of_all_who_wait(place, clock, monkeypatch):
    async def limited(self, command):
        raise RateLimited("too fast", 1000.0)

    monkeypatch.setattr(ChatAdapter, "post", limited)
    monkeypatch.setattr(ChatAdapter, "pace", lambda _: (10, 10))
    async with place.running() as run:
        with pytest.raises(RateLimited):
            await (await place.send(plain("<ada> hello")))
        waiting = asyncio.ensure_future(place.send(plain("<ada> hello")))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        run.cancel()
        with pytest.raises(ConnectionLost):
            await waiting


async def test_a_server_that_answers_nothing_is_dead(place, server, clock):
    async with place.running() as run:
        before = place.adapter.heard(LOBBY)
        server.mute = True
        for _ in range(60):
            clock.move(1)
            await asyncio.sleep(0.001)
        with pytest.raises(ConnectionLost, match="silent"):
            await run
    assert place.adapter.heard(LOBBY) == before


async def test_what_was_heard_is_proven(place, clock):
    async with place.running():
        before = clock.now()
        for _ in range(60):
            clock.move(1)
            await asyncio.sleep(0.001)
        assert before + 10 < place.adapter.heard(LOBBY) <= clock.now()


async def test_nobody_there_and_nobody_who_lets_us_in(place, server):
    other = await server.person("hubbub")
    with pytest.raises(AuthenticationFailed, match="taken"):
        await place.adapter.run(place.core.gate({LOBBY}))
    await other.leave()
    await server.stop()
    with pytest.raises(ConnectionLost, match="cannot be reached: Connection refused"):
        await place.adapter.run(place.core.gate({LOBBY}))
    with pytest.raises(ConnectionLost, match="cannot be reached"):
        await place.adapter.look(place.adapter.rooms)


async def test_what_the_record_excludes(place):
    async with place.running():
        target = Part(MessageId("1"))
        command = DeleteMessage(
            room=LOBBY, speaker=Speaker(Authorship.PREFIX, "ada"), txn=place.next_txn(), target=target
        )
        with pytest.raises(Unsupported):
            await (await place.adapter.send(command))
        await place.deliver(plain("<ada> the connection stands"))


async def test_a_bug_is_told_as_what_it_is(place, monkeypatch):
    async def wrong(self, *_):
        raise KeyError("room")

    async with place.running():
        pass
    monkeypatch.setattr(ChatAdapter, "post", wrong)
    async with place.running():
        with pytest.raises(KeyError):
            await (await place.adapter.send(place.message(plain("<ada> hello"))))
    monkeypatch.setattr(ChatAdapter, "read", wrong)
    with pytest.raises(KeyError):
        await place.adapter.run(place.core.gate({LOBBY}))


async def test_live_talk_waits_until_the_past_is_read(place, server):
    """Said while we enter: behind JOINED, in order, and once, though the history has some of it."""
    async with place.running():
        await said(place.person, "before")
        await place.said()
    await said(place.person, "missed")
    while len(server.lines["lobby"]) < 2:
        await asyncio.sleep(0)
    adapter, entered = place.adapter, asyncio.Event()
    enter = adapter.enter

    async def slowly(room, config, since):
        missed = await enter(room, config, since)
        await said(place.person, "meanwhile 1", "meanwhile 2")
        while len(server.lines["lobby"]) < 4:
            await asyncio.sleep(0)
        await adapter.ping()  # all of it is here
        entered.set()
        return missed

    adapter.enter = slowly
    async with place.running():
        assert entered.is_set()
        assert [event.content.text for event in place.past] == ["missed"]
        assert all(event.replayed for event in place.past)
        assert place.caught_up
        live = [await place.said() for _ in range(2)]
        assert [event.content.text for event in live] == ["meanwhile 1", "meanwhile 2"]
        assert not any(event.replayed for event in live)
    assert place.core.position("lobby") == live[-1].id


@pytest.mark.parametrize(
    ("rules", "texts", "left_out"),
    [
        (CatchUp(max_messages=2), ["m3", "m4"], 3),
        (CatchUp(max_messages=5), ["m0", "m1", "m2", "m3", "m4"], 0),
        (CatchUp(max_messages=0), [], 5),
        (CatchUp(max_age=0.0), [], 5),
    ],
)
async def test_the_owner_has_as_much_of_the_past_as_they_want(place, server, rules, texts, left_out):
    place.adapter.catch_up = rules
    async with place.running():
        pass
    await said(place.person, *[f"m{number}" for number in range(5)])
    while len(server.lines["lobby"]) < 5:
        await asyncio.sleep(0)
    joined = []
    keep = place.events.put_nowait
    place.events.put_nowait = lambda event: (joined.append(event), keep(event))
    async with place.running():
        pass
    assert [event.content.text for event in joined if isinstance(event, MessageCreated)] == texts
    assert [event.left_out for event in joined if event_is_joined(event)] == [left_out]
    assert place.core.position("lobby") == "5", "what was left out is not read again"


def event_is_joined(event):
    return isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED


async def test_a_look_says_what_is_wrong_and_leaves_nothing_behind(place, server):
    server.banned["hall"] = "no bots"
    async with place.running():
        found = await place.adapter.look({LOBBY: Room(), HALL: Room()})
        assert found == {LOBBY: None, HALL: "hall does not let hubbub in: no bots"}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                while "hubbub-check" in server.nicks.values():
                    await asyncio.sleep(0)
        assert "hubbub-check" not in server.nicks.values()
