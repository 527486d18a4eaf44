"""Being in rooms and talking there, on a server that does what the specification allows, and worse."""

import asyncio

import pytest

from adapters.xmpp.connection import connection
from adapters.xmpp.rooms import rooms
from bridge import (
    MessageCreated,
    RateLimited,
    Rejected,
    RoomState,
    RoomUnavailable,
    TemporaryFailure,
    by_author,
    plain,
)
from tests.adapters.xmpp.harness import (
    JID,
    MUC,
    ROOM,
    Server,
    adapter,
    command,
    error,
    failure,
    give,
    message,
    presence,
    running,
)  # fmt: skip


@pytest.fixture
async def server():
    async with Server() as server:
        yield server


def is_join(element):
    return (
        element.tag.endswith("}presence") and "/" in (element.get("to") or "") and element.get("type") is None
    )


def denied(element, condition, text=""):
    words = f"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>{text}</text>" if text else ""
    return (
        f"<presence from='{element.get('to')}' to='{JID}' id='{element.get('id')}' type='error'>"
        f"<error type='auth'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>{words}</error>"
        "</presence>"
    )


async def test_what_is_sent_is_confirmed_by_the_room(server):
    """XEP-0045 section 7.4, XEP-0359: the receipt bears the room's name for it."""
    made = adapter(server.port)
    async with running(made):
        receipt = await give(made, command())
    assert receipt.part.id == "q-1.ab"
    assert receipt.part.aliases == (by_author(f"{ROOM}/hubbub", "1.ab"),)


async def test_the_word_of_another_confirms_nothing(server):
    """XEP-0045 section 7.4: only what comes from our own occupant is our message."""
    made = adapter(server.port)
    server.answer = lambda element: "" if element.tag.endswith("}message") else None
    async with running(made) as ears:
        receipt = give(made, command())
        await server.hears("message")
        server.say(message("mallory", "ha", name="1.ab", stanza_id="q1"))
        server.say(message("hubbub", "ha", name="1.ab", room="other@muc.example.org"))
        for source in ("mallory@example.org", f"{ROOM}/mallory", "other@muc.example.org"):
            server.say(f"<message from='{source}' type='error' id='1.ab'>{error('forbidden')}</message>")
        event = await ears.said()
        assert (event.sender.name, receipt.done()) == ("mallory", False)
        server.say(message("hubbub", "hello", name="1.ab", stanza_id="q2"))
        assert (await receipt).part.id == "q2"


async def test_our_own_words_of_before_are_no_event(server):
    async with running(adapter(server.port)) as ears:
        server.say(message("hubbub", "said long ago", name="old"))
        server.say(message("alice", "hello"))
        assert (await ears.said()).content == plain("hello")


async def test_our_own_words_move_the_position(server, monkeypatch):
    """Where nobody else speaks: the first at once, the others now and then."""
    monkeypatch.setattr(connection, "_TICK", 0.02)
    made = adapter(server.port)
    async with running(made) as ears:
        for n in range(3):
            await give(made, command(txn=f"{n}.ab"))
            async with asyncio.timeout(5):
                while not ears.positions[ROOM].endswith(f" q-{n}.ab"):
                    await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("condition", "kind", "expected", "after"),
    [
        ("forbidden", "auth", RoomUnavailable, 30),
        ("not-acceptable", "cancel", RoomUnavailable, 30),
        ("resource-constraint", "wait", RateLimited, 5),
        ("policy-violation", "modify", RateLimited, 5),
        ("undefined-condition", "wait", RateLimited, 5),
        ("not-allowed", "cancel", Rejected, None),
        ("bad-request", "modify", Rejected, None),
        ("remote-server-not-found", "cancel", RoomUnavailable, 60),
        ("remote-server-timeout", "cancel", RoomUnavailable, 60),
    ],
)
async def test_a_refusal(server, condition, kind, expected, after):
    """RFC 6120 section 8.3.3, XEP-0045 sections 7.4 and 7.9."""
    made = adapter(server.port)
    server.answer = lambda element: (
        f"<message from='{ROOM}' to='{JID}' id='{element.get('id')}' type='error'>"
        f"{error(condition, kind)}</message>"
        if element.tag.endswith("}message")
        else None
    )
    async with running(made):
        refused = await failure(give(made, command()))
    assert type(refused) is expected
    assert getattr(refused, "retry_after", None) == after


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("not-authorized", "needs a password"),
        ("forbidden", "banned"),
        ("registration-required", "members only"),
        ("service-unavailable", "full"),
        ("not-allowed", "may not create rooms"),
        ("item-not-found", "does not exist"),
        ("not-acceptable", "nick"),
        ("remote-server-not-found", "cannot be found"),
        ("odd-condition", "odd-condition"),
    ],
)
async def test_a_room_that_does_not_let_us_in(server, condition, sentence):
    """XEP-0045 sections 7.2.5 to 7.2.11: each has its sentence, and other rooms are not disturbed."""
    made = adapter(server.port)
    other = "other@muc.example.org"
    server.answer = lambda element: (
        denied(element, condition) if is_join(element) and element.get("to").startswith(ROOM) else None
    )
    config = made.RoomConfig()
    async with running(made, {ROOM: config, other: config}, joined=False) as ears:
        assert sentence in await ears.state(RoomState.REFUSED)
        with pytest.raises(RoomUnavailable):
            give(made, command())
    async with running(made, {ROOM: config, other: config}, joined=False) as ears:
        await ears.state(RoomState.JOINED, other)


async def test_a_wrong_password_of_a_room(server):
    """XEP-0045 section 7.2.5; the password is in no event."""
    made = adapter(server.port)
    server.answer = lambda element: denied(element, "not-authorized") if is_join(element) else None
    async with running(made, {ROOM: made.RoomConfig(password="opensesame")}, joined=False) as ears:
        join = await server.hears("presence", is_join)
        assert join.findtext(f".//{{{MUC}}}password") == "opensesame"
        reason = await ears.state(RoomState.REFUSED)
    assert "does not take the password" in reason
    assert "opensesame" not in reason


async def test_patience(server, monkeypatch):
    """A room that refuses is asked again."""
    monkeypatch.setattr(rooms, "_FIRST_PAUSE", 0.05)
    tries = []

    def answer(element):
        if is_join(element):
            tries.append(element)
            return denied(element, "forbidden") if len(tries) < 4 else None
        return None

    server.answer = answer
    async with running(adapter(server.port)):
        assert len(tries) == 4


async def test_a_nick_that_is_in_use(server, monkeypatch):
    """XEP-0045 sections 7.2.8 and 7.6: another one is taken, and the right one asked for again and again."""
    monkeypatch.setattr(connection, "_TICK", 0.02)
    monkeypatch.setattr(connection, "_REGAIN", 0.05)
    free = False

    def answer(element):
        if is_join(element) and element.get("to").endswith("/hubbub"):
            if not free:
                return denied(element, "conflict")
            return presence("hubbub_", 303, 110, kind="unavailable", item="nick='hubbub'") + presence(
                "hubbub", 110
            )
        return None

    server.answer = answer
    made = adapter(server.port)
    async with running(made):
        server.say(message("hubbub_", "mine"))
        free = True
        await server.hears(
            "presence", lambda element: element.get("to") == f"{ROOM}/hubbub" and not len(element)
        )
        assert (await give(made, command())).part.id == "q-1.ab"


async def test_a_nick_that_the_server_changes(server):
    """XEP-0045 section 7.2.3, status 210."""
    server.answer = lambda element: presence("other", 110, 210) if is_join(element) else None
    async with running(adapter(server.port)) as ears:
        server.say(message("other", "my own") + message("hubbub", "of somebody else"))
        assert (await ears.said()).content == plain("of somebody else")


async def test_a_room_that_our_coming_made(server):
    """XEP-0045 section 10.1.2: an instant room."""
    server.answer = lambda element: presence("hubbub", 110, 201) if is_join(element) else None
    made = adapter(server.port)
    async with running(made, {ROOM: made.RoomConfig(create=True)}):
        form = await server.hears(
            "iq", lambda element: element.get("type") == "set" and element.get("to") == ROOM
        )
    assert form[0][0].get("type") == "submit"


async def test_a_room_that_our_coming_made_all_the_same(server):
    """It was there when it was asked: we go, and destroy nothing."""
    server.answer = lambda element: presence("hubbub", 110, 201) if is_join(element) else None
    async with running(adapter(server.port), joined=False) as ears:
        assert "set create: true" in await ears.state(RoomState.REFUSED)
        heard = [await server.hears("presence", lambda element: element.get("type") == "unavailable")]
        heard += [server.heard.get_nowait() for _ in range(server.heard.qsize())]
    assert not any(len(element) and "muc#owner" in element[0].tag for element in heard)


async def test_a_room_that_was_made_anew_behind_our_back(server, monkeypatch):
    """It was gone, and who asked it for its history was its first visitor: it is left, and asked about."""
    monkeypatch.setattr(rooms, "_ANEW", 0.05)
    made = adapter(server.port)
    async with running(made) as ears:
        server.say(presence("hubbub", 110, 201))
        await server.hears("presence", lambda element: element.get("type") == "unavailable")
        assert "was gone" in await ears.state(RoomState.REFUSED)
        await ears.state(RoomState.JOINED)


@pytest.mark.parametrize(
    ("codes", "inside", "sentence"),
    [
        ((307,), "", "kicked"),
        ((301,), "", "banned"),
        ((321,), "", "lost its place"),
        ((322,), "", "members only"),
        ((332,), "", "shutting down"),
        ((), "<destroy jid='new@muc.example.org'/>", "write new@muc.example.org into the map"),
        ((), "", "let hubbub go"),
    ],
)
async def test_being_shown_out(server, monkeypatch, codes, inside, sentence):
    """XEP-0045 sections 8.2, 9.1, 9.4, 10.9: what is under way fails, and we come back."""
    monkeypatch.setattr(rooms.refusals, "_SOON", 0.05)
    monkeypatch.setattr(rooms.refusals, "_PAUSE", 0.05)
    monkeypatch.setattr(rooms.refusals, "_AT_ONCE", 0.05)
    made = adapter(server.port)
    server.answer = lambda element: "" if element.tag.endswith("}message") else None
    async with running(made) as ears:
        receipt = give(made, command())
        await server.hears("message")
        server.say(presence("hubbub", 110, *codes, kind="unavailable", inside=inside))
        assert sentence in await ears.state(RoomState.REFUSED)
        assert isinstance(await failure(receipt), RoomUnavailable)
        await ears.state(RoomState.JOINED)


@pytest.mark.parametrize(
    ("condition", "back"),
    [
        ("not-acceptable", True),
        ("not-allowed", True),
        ("item-not-found", True),
        ("service-unavailable", False),
        ("remote-server-timeout", False),
    ],
)
async def test_a_room_that_forgot_us(server, monkeypatch, condition, back):
    """XEP-0410 section 3.2: after silence we ask ourselves whether we are there."""
    monkeypatch.setattr(connection, "_TICK", 0.02)
    monkeypatch.setattr(connection, "_ROOM_QUIET", 0.05)
    pings = asyncio.Semaphore(0)

    def answer(element):
        if element.get("to") == f"{ROOM}/hubbub" and element.tag.endswith("}iq"):
            pings.release()
            return f"<iq from='{ROOM}/hubbub' id='{element.get('id')}' type='error'>{error(condition)}</iq>"
        return None

    server.answer = answer
    async with running(adapter(server.port)) as ears:
        await pings.acquire()
        if back:
            await ears.state(RoomState.JOINED)
        else:
            await pings.acquire()
            assert all(isinstance(event, MessageCreated) for event in ears.events._queue)


async def test_a_message_that_vanishes(server, monkeypatch):
    """A live connection gives an answer about each message."""
    monkeypatch.setattr(connection, "_TICK", 0.02)
    monkeypatch.setattr(connection, "_LOST", 0.1)
    made = adapter(server.port)
    server.answer = lambda element: "" if element.tag.endswith("}message") else None
    async with running(made):
        assert isinstance(await failure(give(made, command())), TemporaryFailure)


async def test_a_server_that_is_dead(server, monkeypatch):
    monkeypatch.setattr(connection, "_TICK", 0.02)
    monkeypatch.setattr(connection, "_QUIET", 0.05)
    monkeypatch.setattr(connection, "_DEAD", 0.2)
    async with running(adapter(server.port)) as ears:
        server.answer = lambda element: ""
        assert "counts as dead" in str(await failure(ears.task))


async def test_a_burst_goes_out_and_comes_in_in_one_piece(server):
    """Many messages, few writes and few batches, all in order."""
    made = adapter(server.port)
    async with running(made) as ears:
        receipts = [give(made, command(txn=f"{n:x}.ab")) for n in range(200)]
        assert [(await receipt).part.id for receipt in receipts] == [f"q-{n:x}.ab" for n in range(200)]
        ears.batches.clear()
        server.say("".join(message("alice", str(n), name=f"a{n}") for n in range(200)))
        texts = [(await ears.said()).content.text for _ in range(200)]
        assert texts == [str(n) for n in range(200)]
        assert len(ears.batches) < 10


async def test_many_rooms(server):
    """They are asked for side by side."""
    made = adapter(server.port)
    many = {made.room_id(f"r{n}@muc.example.org"): made.RoomConfig() for n in range(200)}
    async with running(made, many, joined=False) as ears, asyncio.timeout(10):
        for room in many:
            await ears.state(RoomState.JOINED, room)


async def test_other_rooms_while_it_runs(server):
    """A reload: new rooms are entered, old ones left, the rest is not touched."""
    made = adapter(server.port)
    new = made.room_id("new@muc.example.org")
    async with running(made) as ears:
        await made.serve({ROOM: made.RoomConfig(), new: made.RoomConfig()})
        await ears.state(RoomState.JOINED, new)
        await made.serve({new: made.RoomConfig()})
        left = await server.hears("presence", lambda element: element.get("type") == "unavailable")
        assert left.get("to") == f"{ROOM}/hubbub"
        assert not ears.task.done()


@pytest.mark.parametrize(
    ("features", "history", "window"),
    [
        (("urn:xmpp:sid:0", "urn:xmpp:mam:2"), None, 256),
        ((), None, 16), ((), 0, 16), ((), 100, 100), ((), 300, 256),
    ],
)  # fmt: skip
async def test_how_many_may_be_under_way(server, features, history, window):
    """As many as the room keeps, so that they can be found again (XEP-0313, XEP-0045 section 10.2)."""
    server.features = features
    field = (
        f"<field var='muc#roomconfig_historylength'><value>{history}</value></field>"
        if history is not None
        else ""
    )

    def answer(element):
        if is_join(element):
            return presence("hubbub", 110, item="affiliation='owner' role='moderator'")
        if len(element) and "muc#owner" in element[0].tag:
            return (
                f"<iq from='{ROOM}' id='{element.get('id')}' type='result'><query xmlns='{MUC}#owner'>"
                f"<x xmlns='jabber:x:data' type='form'>{field}</x></query></iq>"
            )
        return None

    server.answer = answer
    made = adapter(server.port)
    async with running(made):
        assert made.capabilities(made.room_id(ROOM)).window == window


@pytest.mark.parametrize("source", ["alice@example.org/phone", f"{ROOM}/alice"])
async def test_somebody_who_writes_to_the_bridge(server, source):
    """RFC 6121 section 5.2, XEP-0045 section 7.5: one answer within the hour."""
    async with running(adapter(server.port)) as ears:
        words = f"<message from='{source}' to='{JID}' type='chat'><body>hello</body></message>"
        server.say(words + words + message("alice", "after"))
        await ears.said()
        answer = await server.hears("message")
        assert (answer.get("to"), answer[0].text) == (source, "I am a bridge.")
        assert server.heard.empty()


@pytest.mark.parametrize("kind", ["error", "headline"])
async def test_machines_get_no_answer(server, kind):
    """RFC 6121 section 5.2.2: two bridges would never end."""
    async with running(adapter(server.port)) as ears:
        server.say(f"<message from='a@example.org/b' to='{JID}' type='{kind}'><body>hello</body></message>")
        server.say(
            f"<message from='hubbub@example.org/x' to='{JID}' type='chat'><body>hello</body></message>"
        )
        server.say(message("alice", "after"))
        await ears.said()
        assert not any(element.tag.endswith("}message") for element in server.heard._queue)


async def test_a_request_gets_an_answer(server):
    """RFC 6120 section 8.2.3: also one that we cannot serve."""
    async with running(adapter(server.port)):
        server.say("<iq from='example.org' id='z1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>")
        answer = await server.hears("iq", lambda element: element.get("id") == "z1")
        assert answer.get("type") == "error"


@pytest.mark.parametrize(
    ("features", "more", "sentence"),
    [
        ((), {}, None),
        (("muc_membersonly",), {}, "members only"),
        (("muc_passwordprotected",), {}, "needs a password"),
        (("muc_passwordprotected",), {"password": "x"}, None),
    ],
)
async def test_looking_at_a_room(server, features, more, sentence):
    """XEP-0045 section 6.4: without going in."""
    server.features = features
    made = adapter(server.port)
    (found,) = (await made.look({ROOM: made.RoomConfig(**more)})).values()
    assert found is None if sentence is None else sentence in found and ROOM not in found
    heard = [server.heard.get_nowait() for _ in range(server.heard.qsize())]
    assert not any(is_join(element) for element in heard)


@pytest.mark.parametrize(
    ("condition", "create", "sentence"),
    [
        ("item-not-found", False, "set create: true"),
        ("item-not-found", True, None),
        ("remote-server-not-found", False, "cannot be reached"),
        ("service-unavailable", False, "not a room"),
        ("forbidden", False, "forbidden"),
    ],
)
async def test_looking_at_what_is_no_room(server, condition, create, sentence):
    """XEP-0045 section 6.4, XEP-0030 section 7."""
    server.answer = lambda element: (
        f"<iq from='{ROOM}' id='{element.get('id')}' type='error'>{error(condition)}</iq>"
        if element.get("to") == ROOM
        else None
    )
    made = adapter(server.port)
    (found,) = (await made.look({ROOM: made.RoomConfig(create=create)})).values()
    assert found is None if sentence is None else sentence in found and ROOM not in found
