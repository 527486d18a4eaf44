"""Rooms and what is said in them, against a homeserver that is told what to do."""

import asyncio

import pytest

from bridge import (
    ConnectionLost,
    MessageCreated,
    MessageEdited,
    RateLimited,
    Rejected,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    TemporaryFailure,
)

from .homeserver import ALIAS, USER, WIRE, Answer, Core, Homeserver, adapter_for, error, message


@pytest.fixture
async def server():
    async with Homeserver() as server:
        yield server


@pytest.fixture
def soon(monkeypatch):
    """Patience of a moment in place of half a minute."""
    monkeypatch.setattr("adapters.matrix.rooms.rooms._FIRST_PAUSE", 0.05)


# Reading


async def test_a_room_seen_first_starts_at_now(server):
    server.say("before")
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.say("after")
        assert (await core.said()).content.text == "after"


async def test_what_was_said_while_away_is_read(server):
    """Section "Syncing": from the position, in order, and told apart from what is live."""
    adapter = adapter_for(server.url)
    async with Core(adapter) as core:
        await core.joined()
    server.say("missed")
    other = adapter_for(server.url)
    again = Core(other)
    again.positions = core.positions
    async with again:
        missed = await again.said()
        server.say("live")
        live = await again.said()
    assert [(e.content.text, e.replayed) for e in (missed, live)] == [("missed", True), ("live", False)]
    assert server.count("directory") >= 1


async def test_a_room_that_is_new_in_the_map_starts_at_now(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
    server.aliases["#new:s"] = "!new:s"
    server.joined.add("!new:s")
    server.say("not for us", "!new:s")
    again = Core(adapter_for(server.url, ALIAS, "#new:s"))
    again.positions = core.positions
    async with again:
        await again.joined("#new:s")
        server.say("for us", "!new:s")
        assert (await again.said()).content.text == "for us"


async def test_a_gap_is_filled_in_order(server):
    """Section "Syncing": a limited timeline is completed backwards from prev_batch to where we were."""
    server.page = 7
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
    for number in range(50):
        server.say(str(number))
        server.say("elsewhere", "!other:s")
    again = Core(adapter_for(server.url))
    again.positions = core.positions
    async with again:
        texts = [(await again.said()).content.text for _ in range(50)]
        server.say("live")
        assert (await again.said()).content.text == "live"
    assert texts == [str(number) for number in range(50)]
    assert server.count("messages") >= 6


async def test_a_gap_is_filled_in_spite_of_rate_limits(server):
    server.page = 5
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
    server.answers["messages"].append(error(429, "M_LIMIT_EXCEEDED", retry_after_ms=1))
    for number in range(12):
        server.say(str(number))
    again = Core(adapter_for(server.url))
    again.positions = core.positions
    async with again:
        assert [(await again.said()).content.text for _ in range(12)] == [str(n) for n in range(12)]


async def test_a_gap_that_cannot_be_filled_for_now_is_tried_again(server):
    """A server that breaks meanwhile: the position is not passed."""
    server.page = 5
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
    for number in range(12):
        server.say(str(number))
    server.answers["messages"].append(Answer(502, "<html>"))
    again = Core(adapter_for(server.url))
    again.positions = dict(core.positions)
    async with again:
        assert isinstance(await again.end(), ConnectionLost)
    assert again.positions[""] == core.positions[""]
    assert again.events.empty()
    async with again:
        assert [(await again.said()).content.text for _ in range(12)] == [str(n) for n in range(12)]


async def test_a_gap_has_an_end(server, monkeypatch):
    monkeypatch.setattr("adapters.matrix.history.history._LONGEST_GAP", 20)
    server.page = 5
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
    for number in range(60):
        server.say(str(number))
    again = Core(adapter_for(server.url))
    again.positions = core.positions
    async with again:
        assert (await again.said()).content.text == "40"
        assert (await again.joined()).left_out is None


async def test_a_position_that_the_server_does_not_know(server, caplog):
    """The server was set up anew: going on from now beats never going on."""
    adapter = adapter_for(server.url)
    core = Core(adapter)
    core.positions[""] = "strange"
    async with core:
        await core.joined()
        server.say("now")
        assert (await core.said()).content.text == "now"
    assert "going on from now" in caplog.text


async def test_names_come_with_the_messages(server):
    """Section "Lazy-loading room members"."""
    server.state[WIRE] = [
        {
            "type": "m.room.member",
            "state_key": "@alice:s",
            "content": {"membership": "join", "displayname": "Alice"},
        }
    ]
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.say("x")
        assert (await core.said()).sender.name == "Alice"
        changed = {"membership": "join", "displayname": "Alicia"}
        server.happen("m.room.member", changed, state_key="@alice:s")
        server.say("y")
        assert (await core.said()).sender.name == "Alicia"


async def test_our_own_words_are_no_events(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.say("mine", sender=USER)
        server.say("theirs")
        assert (await core.said()).content.text == "theirs"


async def test_edits_are_events(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        relation = {"rel_type": "m.replace", "event_id": "$e1"}
        server.say(
            "* new", **{"m.new_content": {"body": "new", "msgtype": "m.text"}, "m.relates_to": relation}
        )
        assert (await core.next(MessageEdited)).target == "$e1"


HOSTILE = [
    {"body": 1, "msgtype": []},
    {"body": "x", "format": "org.matrix.custom.html", "formatted_body": {"a": 1}},
    {"body": "x", "format": "org.matrix.custom.html", "formatted_body": "<b>" * 20_000},
    {"body": "\ud800\x00", "msgtype": "m.text"},
    {"body": "x", "m.relates_to": [[[]]], "m.new_content": "y"},
    {"m.relates_to": {"rel_type": "m.replace", "event_id": {}}, "body": "x"},
]


async def test_hostile_events_harm_nobody(server):
    deep = {"body": "x"}
    for _ in range(400):
        deep = {"body": deep}
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        for content in (*HOSTILE, deep, "text", None, [], 5):
            server.happen("m.room.message", content)
        server.happen("m.room.member", "x", state_key=[1])
        server.happen("m.room.tombstone", {"replacement_room": 5}, state_key="")
        server._log.append((WIRE, "not an event"))
        server.say("well")
        while (await core.said()).content.text != "well":
            pass


@pytest.mark.parametrize(
    "rooms",
    [
        [],
        {"join": []},
        {"join": {WIRE: 5}},
        {"join": {WIRE: {"timeline": {"events": {}}}}},
        {"leave": {WIRE: None}, "invite": {"x": 1}},
    ],
)
async def test_hostile_syncs_harm_nobody(server, rooms):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["sync"].append(Answer(body={"next_batch": "s1", "rooms": rooms}))
        server.say("skipped")
        server.say("well")
        while (await core.said()).content.text != "well":
            pass


# Rooms


async def test_joining_by_way_of_other_servers(server):
    """Section "Joining rooms": `via`, and what the directory tells."""
    server.joined.clear()
    server.joinable.add("!far:x")
    async with Core(
        adapter_for(server.url, "!far:x", room_config={"via": ("a.example", "b.example")})
    ) as core:
        await core.joined("!far:x")
    (request,) = [request for name, request in server.requests if name == "join"]
    assert request.query.getall("via") == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (error(403, "M_FORBIDDEN"), "invite it there"),
        (error(404, "M_NOT_FOUND"), "there is no room"),
        (error(502, "M_UNKNOWN"), "cannot be entered"),
        (error(400, "M_INCOMPATIBLE_ROOM_VERSION"), "cannot be entered"),
        (error(400, "M_UNKNOWN"), "cannot be entered"),
    ],
)
async def test_a_room_that_cannot_be_entered_is_told_and_tried_again(server, soon, answer, sentence):
    """And the others go on meanwhile."""
    server.aliases["#bad:s"] = "!bad:s"
    server.joinable.add("!bad:s")
    server.answers["join"] += [answer, answer]
    async with Core(adapter_for(server.url, ALIAS, "#bad:s")) as core:
        refused = await core.refused()
        assert refused.room == "#bad:s"
        assert sentence in refused.reason
        server.say("meanwhile")
        await core.said()
        await core.joined("#bad:s")


async def test_an_alias_that_does_not_exist(server, soon):
    server.aliases.clear()
    async with Core(adapter_for(server.url)) as core:
        assert "there is no room #lobby:s" in (await core.refused()).reason
        server.aliases[ALIAS] = WIRE
        await core.joined()


async def test_rate_limited_joins_wait(server):
    server.joined.clear()
    server.joinable.add(WIRE)
    server.answers["join"].append(error(429, "M_LIMIT_EXCEEDED", retry_after_ms=10))
    async with Core(adapter_for(server.url)) as core:
        await core.joined()


async def test_two_names_of_one_room(server):
    server.aliases["#other:s"] = WIRE
    async with Core(adapter_for(server.url, ALIAS, "#other:s")) as core:
        assert "are one room" in (await core.refused()).reason


@pytest.mark.parametrize(("membership", "word"), [("leave", "removed from"), ("ban", "banned from")])
async def test_a_kick_is_told_and_patience_follows(server, soon, membership, word):
    server.joinable.add(WIRE)
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.kick(membership=membership)
        reason = (await core.refused()).reason
        assert word in reason
        assert "@mod:s" in reason
        assert "bye" in reason
        with pytest.raises(RoomUnavailable):
            await core.adapter.send(message("x"))
        await core.joined()
        server.say("back")
        assert (await core.said()).content.text == "back"


async def test_an_encrypted_room_is_refused(server):
    server.state[WIRE] = [
        {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1"}}
    ]
    async with Core(adapter_for(server.url)) as core:
        refused = await core.refused()
        assert f"{ALIAS} is encrypted" in refused.reason
        with pytest.raises(RoomUnavailable):
            await core.adapter.send(message("x"))
    assert not server.sent


async def test_a_room_found_encrypted_after_joining_is_refused(server):
    server.joined.clear()
    server.joinable.add(WIRE)
    server.state[WIRE] = [
        {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1"}}
    ]
    async with Core(adapter_for(server.url)) as core:
        assert "encrypted" in (await core.refused()).reason


async def test_a_room_that_becomes_encrypted_is_refused_at_once(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.happen("m.room.encryption", {"algorithm": "m.megolm.v1"}, state_key="")
        server.happen("m.room.encrypted", {"ciphertext": "x"})
        server.say("in the clear")
        assert "encrypted" in (await core.refused()).reason
        with pytest.raises(RoomUnavailable):
            await core.adapter.send(message("x"))
        assert core.events.empty()


async def test_an_upgrade_is_followed(server):
    """Section "Room Upgrades": the new room by the server that upgraded it; our name stays."""
    server.joinable.add("!new:x")
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.happen("m.room.tombstone", {"replacement_room": "!new:x"}, sender="@admin:x", state_key="")
        await core.joined()
        server.say("in the new one", "!new:x")
        said = await core.said()
        assert (said.room, said.content.text) == (ALIAS, "in the new one")
        await (await core.adapter.send(message("hello")))
    assert server.sent[-1][0] == "!new:x"
    (join,) = [request for name, request in server.requests if name == "join"]
    assert join.query.getall("via") == ["x"]
    assert core.positions[ALIAS] == "!new:x"


async def test_an_upgrade_is_still_known_after_a_restart(server):
    """Also when the alias, or the id in the map, still names the old room."""
    server.joined.add("!new:x")
    server.state[WIRE] = [
        {
            "type": "m.room.tombstone",
            "state_key": "",
            "sender": "@a:x",
            "content": {"replacement_room": "!new:x"},
        }
    ]
    for room in (ALIAS, WIRE):
        async with Core(adapter_for(server.url, room)) as core:
            await core.joined(room)
            assert core.positions[room] == "!new:x"


async def test_an_alias_that_names_another_room_now(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
    server.aliases[ALIAS] = "!other:s"
    server.joinable.add("!other:s")
    again = Core(adapter_for(server.url))
    again.positions = core.positions
    async with again:
        await again.joined()
        await again.joined()
    assert again.positions[ALIAS] == "!other:s"


async def test_the_map_changes_while_running(server):
    server.aliases["#new:s"] = "!new:s"
    server.joinable.add("!new:s")
    async with Core(adapter_for(server.url, leave="always")) as core:
        await core.joined()
        await core.adapter.serve({"#new:s": core.adapter.RoomConfig()})
        await core.joined("#new:s")
        server.say("new", "!new:s")
        assert (await core.said()).room == "#new:s"
    assert server.count("leave") == 1


async def test_a_room_that_comes_back_into_the_map_while_it_is_left_is_entered_again(server):
    leaves = asyncio.Event()

    async def slowly():
        await leaves.wait()
        return Answer()

    server.answers["leave"].append(slowly)
    async with Core(adapter_for(server.url, leave="always")) as core:
        await core.joined()
        await core.adapter.serve({})
        while not server.count("leave"):
            await asyncio.sleep(0.01)
        joins = server.count("join")
        await core.adapter.serve({ALIAS: core.adapter.RoomConfig()})
        await asyncio.sleep(0.1)
        leaves.set()
        await core.joined()
        assert server.count("join") == joins + 1


async def test_rooms_that_take_long_hold_up_nobody(server, monkeypatch):
    monkeypatch.setattr("adapters.matrix.rooms.rooms._SLOW", 0.1)
    released = asyncio.Event()

    async def far_away():
        await released.wait()
        return error(502, "M_UNKNOWN")

    rooms = [f"!far{number}:x" for number in range(10)]
    server.answers["join"] += [far_away] * 10
    async with Core(adapter_for(server.url, *rooms, ALIAS)) as core:
        await core.joined()
        released.set()
        assert {(await core.refused()).room for _ in rooms} == set(rooms)


async def test_a_reconnection_asks_for_nothing_again(server):
    adapter = adapter_for(server.url)
    core = Core(adapter)
    for _ in range(2):
        async with core:
            await core.joined()
    assert (server.count("directory"), server.count("join")) == (1, 0)


async def test_many_rooms_are_entered_quickly(server):
    rooms = [f"#r{number}:s" for number in range(200)]
    for number, room in enumerate(rooms):
        server.aliases[room] = f"!r{number}:s"
        (server.joined if number % 2 else server.joinable).add(f"!r{number}:s")
    async with Core(adapter_for(server.url, *rooms)) as core:
        async with asyncio.timeout(8):
            left = set(rooms)
            while left:
                event = await core.next(RoomStateChanged)
                assert event.state is RoomState.JOINED
                left.discard(event.room)
    assert server.count("join") == 100


# Invitations and private talk


async def test_an_invitation_into_a_room_of_the_map_is_accepted(server):
    server.joined.clear()
    async with Core(adapter_for(server.url)) as core:
        await core.refused()
        server.invite(WIRE, "@stranger:x", ALIAS)
        await core.joined()


async def test_an_invitation_from_somebody_allowed_is_accepted_and_answered(server):
    async with Core(adapter_for(server.url, invites_from=("@*:friends.example",))) as core:
        await core.joined()
        server.invite("!talk:f", "@carol:friends.example")
        server.invite("!trap:f", "@carol:enemies.example")
        while not server.sent:
            await asyncio.sleep(0.01)
        server.say("hello bot", "!talk:f", "@carol:friends.example")
        server.say("done")
        await core.said()
    (told,) = server.sent
    assert (told[0], told[2]["msgtype"], told[2]["body"]) == (
        "!talk:f",
        "m.notice",
        "I relay, and bob owns me",
    )
    assert "!trap:f" not in server.joined


async def test_whoever_writes_where_nothing_is_relayed_is_told(server):
    server.joined |= {"!talk:s", "!secret:s"}
    server.state["!secret:s"] = [{"type": "m.room.encryption", "state_key": "", "content": {}}]
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.say("psst", "!secret:s")
        server.say("beep", "!talk:s", msgtype="m.notice")
        server.say("hello?", "!talk:s")
        server.say("hello??", "!talk:s")
        while not server.sent:
            await asyncio.sleep(0.01)
        server.say("again", "!talk:s")
        server.say("done")
        while (await core.said()).content.text != "done":
            pass
    assert [room for room, *_ in server.sent] == ["!talk:s"]


# Sending


async def test_a_receipt_names_the_event_and_the_mark_is_in_it(server):
    """Section "Transaction identifiers": the txn is the transaction's id, and stands in the content."""
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        receipt = await (await core.adapter.send(message("x", "7.fe")))
    assert receipt.part.id == "$sent0"
    ((room, txn, content, _),) = server.sent
    assert (room, txn, content["hubbub.txn"], content["m.mentions"]) == (WIRE, "7.fe", "7.fe", {})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(403, "M_FORBIDDEN"), Rejected),
        (error(404, "M_NOT_FOUND"), RoomUnavailable),
        (error(413, "M_TOO_LARGE"), Rejected),
        (error(400, "M_BAD_JSON"), Rejected),
        (error(500, "M_UNKNOWN"), TemporaryFailure),
        (Answer(502, "<html>Bad Gateway</html>"), TemporaryFailure),
        (Answer(200, {}), TemporaryFailure),
        (error(429, "M_LIMIT_EXCEEDED", retry_after_ms=15), RateLimited),
        (Answer(429, "<html>", {"Retry-After": "0"}), RateLimited),
    ],
)
async def test_a_refused_message_does_not_end_the_run(server, answer, kind):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["send"].append(answer)
        with pytest.raises(kind):
            await (await core.adapter.send(message("x")))
        await (await core.adapter.send(message("x")))
    assert server.count("send") == 2, "tried once each; when again is the core's to say"


async def test_a_forbidden_room_is_asked_again_in_a_minute(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["send"].append(error(403, "M_FORBIDDEN"))
        server.joined.discard(WIRE)
        with pytest.raises(RoomUnavailable) as caught:
            await (await core.adapter.send(message("x")))
    assert caught.value.retry_after == 60


async def test_a_slow_server_is_a_temporary_failure(server, monkeypatch):
    monkeypatch.setattr("adapters.matrix.client.http._ANSWER", 0.2)

    async def late():
        await asyncio.sleep(1)
        return Answer()

    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["send"].append(late)
        with pytest.raises(TemporaryFailure):
            await (await core.adapter.send(message("x")))


async def test_rooms_do_not_wait_for_each_other(server):
    server.aliases["#b:s"] = "!b:s"
    server.joined.add("!b:s")
    release = asyncio.Event()

    async def late():
        await release.wait()
        return Answer(body={"event_id": "$late"})

    async with Core(adapter_for(server.url, ALIAS, "#b:s")) as core:
        await core.joined(ALIAS)
        while not core.adapter._rooms.is_in("#b:s"):
            await asyncio.sleep(0.01)
        server.answers["send"].append(late)
        slow = await core.adapter.send(message("x", "1.a"))
        while not server.count("send"):
            await asyncio.sleep(0.01)
        await (await core.adapter.send(message("y", "2.a", "#b:s")))
        assert not slow.done()
        release.set()
        assert (await slow).part.id == "$late"


async def test_a_lost_connection_fails_what_is_open(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()

        async def never():
            await asyncio.sleep(20)

        server.always["send"] = never
        future = await core.adapter.send(message("x"))
        server.always["sync"] = Answer(502, "<html>")
        server.say("wake")
        assert isinstance(await core.end(), ConnectionLost)
        with pytest.raises(ConnectionLost):
            await future


async def test_the_loop_does_not_run_ahead_of_the_journal(server):
    """It waits for what was emitted once a few batches are not durable."""
    waiting = []

    class Slow(Core):
        def __call__(self, events, *positions):
            done = super().__call__(events, *positions)
            if any(isinstance(event, MessageCreated) for event in events):
                done = asyncio.get_running_loop().create_future()
                waiting.append(done)
            return done

    async with Slow(adapter_for(server.url)) as core:
        await core.joined()
        for number in range(20):
            server.say(str(number))
            await asyncio.sleep(0.02)
        assert len(waiting) == 4
        while (await core.said()).content.text != "19":
            for done in waiting:
                if not done.done():
                    done.set_result(None)
    assert not any(done.cancelled() for done in waiting)
