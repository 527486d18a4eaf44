"""What only a real server shows: Prosody, with an archive."""

import asyncio

import pytest

from adapters.xmpp import Adapter
from adapters.xmpp.connection import connection
from adapters.xmpp.rooms import refusals
from bridge import (
    Content,
    Endpoint,
    Kind,
    Mark,
    MessageEdited,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    Span,
    plain,
)
from tests.adapters.xmpp.harness import MUC, Ears, command, failure, give, running, unstored_both_ways
from tests.adapters.xmpp.servers import Archive, Plain

ROOMS = "rooms.demo.hubbub.test"


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    demo = Archive(tmp_path_factory.mktemp("prosody"))
    demo.folder.chmod(0o755)
    await demo.start()
    try:
        yield demo
    finally:
        await demo.stop()


def adapter(server, user="hubbub", **more):
    server.account(user, user)
    config = Adapter.NetworkConfig(
        jid=f"{user}@demo.hubbub.test",
        password=user,
        server="127.0.0.1",
        port=server.port,
        tls="none",
        **more,
    )
    return Adapter("home", config, "I am a bridge.")


async def entered(made, room, **more):
    """The adapter in one room."""
    return running(made, {made.room_id(room): made.RoomConfig(create=True, **more)}, joined=False)


async def test_names_of_the_archive_are_believed(server):
    """XEP-0313, XEP-0359: the room's own name for a message, on both ways; and XEP-0421."""
    made = adapter(server, "arch")
    room = f"arch@{ROOMS}"
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        alice = await server.person("alice", room)
        assert made.capabilities(room).window == 256
        receipt = await give(made, command("hello", room=room))
        assert receipt.part.id != "1.ab"
        assert (await alice.heard.get()).content == plain("hello")
        await alice.say(plain("one"))
        await alice.say(plain("two"))
        one, two = await ears.said(), await ears.said()
        assert one.id != two.id
        assert one.sender == two.sender
        assert one.sender.id.startswith("occupant:")
        assert one.sender.proof == f"{alice._stream._user}@{server.domain}", "we may see addresses here"
        assert made.peer() == Endpoint(f"127.0.0.1:{server.port}")


async def test_what_nobody_is_to_keep_is_in_no_archive(server):
    """XEP-0334; and XEP-0045 section 10.2.1: while there is no archive it is not open to newcomers."""
    made = adapter(server, "unstored")
    room = f"unstored@{ROOMS}"
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        alice = await server.person("alice", room)
        await unstored_both_ways(made, ears, alice, room)
        kind = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
        for archiving in (0, 1):
            field = f"<field var='muc#roomconfig_enablearchiving'><value>{archiving}</value></field>"
            form = f"<x xmlns='jabber:x:data' type='submit'>{kind}{field}</x>"
            asked = f"<query xmlns='{MUC}#owner'>{form}</query>"
            assert (await made._connection._client.ask("set", room, asked)).get("type") == "result"
            async with asyncio.timeout(10):
                while made.history_is_open(room) is not (True if archiving else None):
                    await asyncio.sleep(0.01)


async def test_a_room_that_is_named_as_gateways_do(server):
    """RFC 7622 section 3.3.1 allows it: a channel of IRC, and the server that it is on."""
    made = adapter(server, "gateway")
    room = f"#channel%irc.example.org@{ROOMS}"
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        await give(made, command(room=room))
        alice = await server.person("alice", room)
        await alice.say(plain("hello"))
        assert (await ears.said()).content == plain("hello")


async def test_a_room_is_left_alone_that_nobody_made(server):
    """XEP-0045 section 10.1: create is off by default."""
    made = adapter(server, "nomake")
    room = f"nowhere@{ROOMS}"
    async with running(made, {room: made.RoomConfig()}, joined=False) as ears:
        assert "set create: true" in await ears.state(RoomState.REFUSED, room)
    assert "does not exist" in (await made.look({room: made.RoomConfig()}))[room]


async def test_history_is_not_said_again(server):
    """XEP-0045 section 7.2.13: what was said before we came."""
    room = f"past@{ROOMS}"
    alice = await server.person("alice", room)
    bob = await server.person("bob", room)
    await alice.say(plain("old"))
    await bob.heard.get()
    made = adapter(server, "past")
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        await alice.say(plain("new"))
        assert (await ears.said()).content == plain("new")


class PastRules(Plain):
    """Prosody whose rooms keep much of what is said, and no archive."""

    def settings(self):
        return (
            super()
            .settings()
            .replace("history_length = 20", "history_length = 100\n  max_history_messages = 100")
        )


@pytest.mark.parametrize(("kind", "window"), [(PastRules, 100), (Plain, 20)])
async def test_a_room_of_others_shows_how_much_it_keeps(tmp_path, kind, window):
    """XEP-0045 section 7.2.14: only its owner is told the length of a room's history."""
    tmp_path.chmod(0o755)
    server = kind(tmp_path)
    try:
        await server.start()
        room = f"others@{ROOMS}"
        alice = await server.person("alice", room)
        made = adapter(server, "guest")
        async with await entered(made, room) as ears:
            await ears.state(RoomState.JOINED, room)
            assert made.capabilities(room).window == 16
            for n in range(300):
                await give(made, command(room=room, txn=f"{n:x}.aa"))
            assert made.capabilities(room).window == window
            heard = [(await alice.heard.get()).content for _ in range(300)]
            await alice.say(plain("live"))
            assert (await ears.said()).content == plain("live")
        assert len(heard) == 300
    finally:
        await server.stop()


async def test_the_end_and_return_of_our_place(server, monkeypatch):
    """XEP-0045 section 8.2: a kick by a moderator, who made the room."""
    monkeypatch.setattr(refusals, "_SOON", 0.1)
    room = f"kick@{ROOMS}"
    alice = await server.person("alice", room)
    made = adapter(server, "kicked")
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        alice._send(
            f"<iq type='set' id='k' to='{room}'><query xmlns='http://jabber.org/protocol/muc#admin'>"
            "<item nick='kicked' role='none'><reason>out</reason></item></query></iq>"
        )
        assert "kicked from the room (out)" in await ears.state(RoomState.REFUSED, room)
        await ears.state(RoomState.JOINED, room)
        await give(made, command(room=room))


async def test_a_moderated_room(server):
    """XEP-0045 section 7.4: a visitor has no voice."""
    room = f"quiet@{ROOMS}"
    alice = await server.person("alice", room)
    alice._send(
        f"<iq type='set' id='c' to='{room}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
        "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"
        "<field var='muc#roomconfig_moderatedroom'><value>1</value></field></x></query></iq>"
    )
    made = adapter(server, "visitor")
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        error = await failure(give(made, command(room=room)))
    assert isinstance(error, RoomUnavailable)
    assert "voice" in str(error)


async def test_a_room_with_a_password(server):
    """XEP-0045 section 7.2.6."""
    room = f"locked@{ROOMS}"
    alice = await server.person("alice", room)
    alice._send(
        f"<iq type='set' id='c' to='{room}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
        "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"
        "<field var='muc#roomconfig_roomsecret'><value>sesame</value></field></x></query></iq>"
    )
    made = adapter(server, "locked")
    async with await entered(made, room) as ears:
        assert "needs a password" in await ears.state(RoomState.REFUSED, room)
    assert "needs a password" in (await made.look({room: made.RoomConfig()}))[room]
    async with await entered(made, room, password="wrong") as ears:
        assert "does not take the password" in await ears.state(RoomState.REFUSED, room)
    async with await entered(made, room, password="sesame") as ears:
        await ears.state(RoomState.JOINED, room)


async def test_a_nick_that_somebody_has(server):
    """XEP-0045 section 7.2.8."""
    room = f"nicks@{ROOMS}"
    alice = await server.person("bridge", room)
    made = adapter(server, "nicked", nick="bridge")
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        await give(made, command(room=room))
        assert (await alice.heard.get()).sender == "bridge_"


async def test_a_stream_is_resumed(server):
    """XEP-0198 section 5: what was said while we were away comes, and nothing twice."""
    room = f"resume@{ROOMS}"
    made = adapter(server, "resume")
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        alice = await server.person("alice", room)
        await alice.say(plain("one"))
        assert (await ears.said()).content == plain("one")
        made._connection._client.transport.abort()
        await failure(ears.task)
    await alice.say(plain("two"))
    ears = Ears()
    run = asyncio.ensure_future(made.run(ears))
    try:
        assert (await ears.said()).content == plain("two")
        assert made._connection._client.resumed
        await ears.state(RoomState.JOINED, room)
        await give(made, command(room=room))
        assert (await alice.heard.get()).content == plain("hello")
        await alice.say(plain("three"))
        assert (await ears.said()).content == plain("three")
    finally:
        run.cancel()
        await asyncio.wait({run})


async def test_a_room_that_forgot_us_is_entered_again(server, monkeypatch):
    """XEP-0410: we left behind the adapter's back."""
    monkeypatch.setattr(connection, "_TICK", 0.05)
    monkeypatch.setattr(connection, "_ROOM_QUIET", 0.1)
    room = f"forget@{ROOMS}"
    made = adapter(server, "forget")
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        rooms = made._connection._rooms
        hear = rooms.presence
        rooms.presence = lambda seen: None if seen.type == "unavailable" else hear(seen)
        made._connection._client.say(f"<presence to='{room}/forget' type='unavailable'/>")
        await ears.state(RoomState.REFUSED, room)
        await ears.state(RoomState.JOINED, room)


async def test_corrections_and_emotes(server):
    """XEP-0308, XEP-0245, XEP-0393 through a real server."""
    room = f"kinds@{ROOMS}"
    made = adapter(server, "kinds")
    async with await entered(made, room) as ears:
        await ears.state(RoomState.JOINED, room)
        alice = await server.person("alice", room)
        await alice.say(Content((Span("waves "), Span("much", frozenset({Mark.BOLD})))), Kind.EMOTE)
        event = await ears.said()
        assert (event.kind, event.content.spans[1]) == (Kind.EMOTE, Span("much", frozenset({Mark.BOLD})))
        alice._send(
            f"<message to='{room}' type='groupchat' id='e2'><body>better</body>"
            "<replace xmlns='urn:xmpp:message-correct:0' id='p1'/></message>"
        )
        edit = await ears.said()
        assert isinstance(edit, MessageEdited)
        assert edit.target in event.aliases


async def test_many_rooms(server):
    """Two hundred rooms, in a few seconds."""
    made = adapter(server, "many")
    rooms = {f"many{n}@{ROOMS}": made.RoomConfig(create=True) for n in range(200)}
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with running(made, rooms, joined=False) as ears:
        for room in rooms:
            async with asyncio.timeout(25):
                await ears.state(RoomState.JOINED, room)
    assert loop.time() - start < 15


async def test_another_nick_is_taken_in_the_room(server):
    """XEP-0045 section 7.6: a presence, and nobody leaves; the network's nick, or the room's own."""
    made = adapter(server, "renamed")
    room = f"renamed@{ROOMS}"
    rooms = {made.room_id(room): made.RoomConfig(create=True)}
    async with running(made, rooms, joined=False) as ears:
        await ears.state(RoomState.JOINED, room)
        alice = await server.person("alice", room)
        for number, follow in enumerate(
            (
                lambda: made.follow(made.config.model_copy(update={"nick": "bridge"})),
                lambda: made.serve({made.room_id(room): made.RoomConfig(nick="ours")}),
            )
        ):
            if (waiting := follow()) is not None:
                await waiting
            await alice.say(plain(f"hello {number}"))
            assert (await ears.said()).content == plain(f"hello {number}")
            await give(made, command(f"hi {number}", txn=f"{number}.ab", room=room))
            event = await alice.heard.get()
            assert (event.sender, event.content) == (("bridge", "ours")[number], plain(f"hi {number}"))
    events = [event for batch in ears.batches for event in batch]
    assert [event.state for event in events if isinstance(event, RoomStateChanged)].count(
        RoomState.JOINED
    ) == 1
