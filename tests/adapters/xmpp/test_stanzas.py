"""Threads, subjects, who writes and who is there, stanza by stanza."""

import asyncio

import pytest

from adapters.xmpp import encode
from adapters.xmpp.session import Place
from bridge import (
    Change,
    MemberChanged,
    MessageCreated,
    Part,
    RoomId,
    RoomState,
    SetTopic,
    SetTyping,
    Support,
    TopicChanged,
    Txn,
    TypingChanged,
    by_author,
    plain,
)
from tests.adapters.xmpp.harness import (
    ALICE,
    JID,
    MUC,
    ROOM,
    Server,
    adapter,
    give,
    message,
    presence,
    running,
)

STATE = "<{} xmlns='http://jabber.org/protocol/chatstates'/>"
DELAY = f"<delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2020-01-01T00:00:00Z'/>"
EITHER = MessageCreated | MemberChanged | TopicChanged | TypingChanged


@pytest.fixture
async def server():
    async with Server() as made:
        yield made


def said(nick, inside, name="m1"):
    return f"<message from='{ROOM}/{nick}' to='{JID}' type='groupchat' id='{name}'>{inside}</message>"


@pytest.mark.parametrize(
    ("inside", "thread"),
    [
        ("<thread>t1</thread>", "t1"),
        ("<thread parent='t0'>t1</thread>", "t0"),
        (f"<thread>{'x' * 200}</thread>", "x" * 200),
        (f"<thread>{'x' * 201}</thread>", None),
        ("<thread> </thread>", None),
        ("<thread>a\nb</thread>", None),
        ("<thread/>", None),
    ],
)
async def test_threads(server, inside, thread):
    """XEP-0201: opaque text, and nobody writes a book there."""
    async with running(adapter(server.port)) as ears:
        server.say(message("alice", "hi", more=inside))
        assert (await ears.said()).thread == thread


def test_the_name_of_a_thread():
    """The last name that no author is bound to, or else the room's."""
    mine = by_author(f"{ROOM}/x", "m1")
    assert encode.thread(Part("q1", (mine,))) == "<thread>q1</thread>"
    assert encode.thread(Part("q1", (mine, "old", "a & b"))) == "<thread>a &amp; b</thread>"


async def test_what_is_told_as_we_come_in_is_no_news(server):
    """XEP-0045 sections 7.2.2 and 7.2.15: who is there, and what it is about; a reminder of it is none."""
    server.answer = lambda element: (
        presence("alice") + presence("hubbub", 110) + said("alice", f"<subject>old</subject>{DELAY}")
        if element.tag.endswith("presence") and element.get("to") == f"{ROOM}/hubbub"
        else None
    )
    async with running(adapter(server.port)) as ears:
        server.say(presence("alice", inside="<x xmlns='urn:x'/>") + said("alice", "<subject>old</subject>"))
        server.say(f"<presence from='{ROOM}' to='{JID}'><x xmlns='vcard-temp:x:update'/></presence>")
        server.say(presence("hubbub") + presence("nobody", kind="unavailable"))
        server.say(said("", "<subject>new</subject>").replace(f"{ROOM}/'", f"{ROOM}'"))
        heard = await ears.hears(EITHER)
        assert (type(heard), heard.topic, heard.sender.id) == (TopicChanged, "new", ROOM)
        server.say(said("alice", STATE.format("composing") + DELAY) + said("bob", STATE.format("gone")))
        heard = await ears.hears(EITHER)
        assert (heard.sender.name, heard.typing) == ("bob", False)


@pytest.mark.parametrize(
    ("codes", "inside", "change", "by"),
    [
        ((), "", Change.LEFT, None),
        ((301,), "<actor nick='mod'/>", Change.BANNED, "mod"),
        ((307,), "<actor jid='mod@x'/>", Change.KICKED, None),
        ((307, 333), "", Change.LEFT, None),
        ((321,), "<actor nick='mod'/>", Change.LEFT, None),
        ((322,), "", Change.LEFT, None),
        ((332,), "", Change.LEFT, None),
    ],
)
async def test_how_people_go(server, codes, inside, change, by):
    """XEP-0045 sections 7.14, 8.2, 9.1, 9.4 and 10.9."""
    server.features = ("urn:xmpp:occupant-id:0",)
    named = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-{}'/></presence>"
    async with running(adapter(server.port)) as ears:
        for nick in ("mod", "alice"):
            server.say(presence(nick).replace("</presence>", named.format(nick)))
            assert (await ears.hears(MemberChanged)).sender.id == f"occupant:o-{nick}"
        gone = presence("alice", *codes, kind="unavailable", item="affiliation='none' role='none'")
        server.say(gone.replace("role='none'/>", f"role='none'>{inside}<reason>why  not</reason></item>"))
        heard = await ears.hears(MemberChanged)
        assert (heard.change, heard.reason, heard.sender.id) == (change, "why not", "occupant:o-alice")
        assert (heard.by.id if heard.by else None) == (f"occupant:o-{by}" if by else None)


@pytest.mark.parametrize(
    ("anybodys", "role", "topics"),
    [
        (True, "participant", Support.FULL),
        (False, "participant", Support.NO),
        (None, "participant", Support.PARTIAL),
        (False, "moderator", Support.FULL),
        (True, "visitor", Support.NO),
        (None, "none", Support.NO),
    ],
)
def test_who_may_set_the_subject(anybodys, role, topics):
    """XEP-0045 section 8.1."""
    place = Place(RoomId(ROOM), "hubbub", anybodys=anybodys)
    place.rank(role)
    assert place.topics is topics


async def test_a_role_that_changes(server):
    """XEP-0045 section 9.3: at once."""
    made = adapter(server.port)
    async with running(made) as ears:
        assert made.capabilities(ROOM).topic is Support.PARTIAL
        server.say(
            presence("hubbub", 110, item="affiliation='none' role='moderator'") + message("alice", "x")
        )
        await ears.said()
        assert made.capabilities(ROOM).topic is Support.FULL


def topic(text, number):
    return SetTopic(room=ROOM, speaker=ALICE, txn=Txn(f"{number}.2.0.0123456789abcdef"), topic=text)


async def test_a_subject_that_comes_back_without_its_id(server):
    """Each is confirmed once; what somebody else says meanwhile confirms nothing."""
    server.answer = lambda element: "" if element.tag.endswith("message") else None
    made = adapter(server.port)
    async with running(made) as ears:
        first, second = give(made, topic("a", 1)), give(made, topic("b", 2))
        server.say(said("alice", "<subject>b</subject>", "") + said("hubbub", "<subject>b</subject>", ""))
        assert (await ears.hears(TopicChanged)).topic == "b"
        assert (await second).part.id
        assert not first.done()
        server.say(said("hubbub", "<subject>a</subject>", ""))
        await first
        assert (await give(made, topic("a", 3))).part is None


async def test_hints_that_come_too_early_or_too_late(server):
    """They are dropped."""
    made = adapter(server.port)
    made.hint(SetTyping(room=ROOM, typing=True))
    async with running(made) as ears:
        made.hint(SetTyping(room="other@muc.example.org", typing=True))
        made._connection._client.transport.pause_reading()
        made.hint(SetTyping(room=ROOM, typing=True))
        assert (await server.hears("message")).get("to") == ROOM
        server.cut()
        made._connection._client.transport.resume_reading()
        await asyncio.wait({ears.task})
        made.hint(SetTyping(room=ROOM, typing=True))


async def test_a_history_that_ends_with_an_old_subject(server):
    """XEP-0045 section 7.2.15: a room may say since when it has been about that."""
    shown = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='q1'/>{DELAY}"

    def answer(element):
        if element.tag.endswith("presence") and element.get("to") == f"{ROOM}/hubbub":
            history = (
                message("alice", "missed", more=shown)
                if element.find(f".//{{{MUC}}}history[@maxstanzas]") is not None
                else ""
            )
            return presence("hubbub", 110) + history + said("alice", f"<subject>cats</subject>{DELAY}")
        return None

    server.answer = answer
    made = adapter(server.port)
    async with running(made, positions={ROOM: "0 q0"}, joined=False) as ears:
        (missed,), _ = await ears.until_joined()
        assert (missed.content, missed.replayed) == (plain("missed"), True)
        server.say(said("bob", "<subject>dogs</subject>"))
        assert (await ears.hears(TopicChanged | RoomState)).topic == "dogs"
