"""What was said while we were away, on a server that does what the specification allows, and worse."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime

import pytest

from adapters.xmpp.connection import connection
from adapters.xmpp.history import archive, history
from bridge import (
    CatchUp,
    ConnectionLost,
    Holdback,
    MessageCreated,
    RoomState,
    RoomUnavailable,
    TemporaryFailure,
    Txn,
    by_author,
)
from tests.adapters.xmpp.harness import (
    JID,
    MUC,
    ROOM,
    Ears,
    Server,
    adapter,
    command,
    error,
    failure,
    give,
    message,
    presence,
    running,
    subject,
)  # fmt: skip

MAM = "{urn:xmpp:mam:2}"
RSM = "{http://jabber.org/protocol/rsm}"
TXN = Txn("1.2.0.0123456789abcdef")
HERS = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='hers'/>"
OTHER = Txn("2.2.0.0123456789abcdef")


def stamp(at):
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def said(name, *, nick="alice", own=None, ago=0, room=ROOM, occupant=""):
    """A message as an archive keeps it."""
    inside = (
        f"<message xmlns='jabber:client' from='{room}/{nick}' type='groupchat' id='{own or name}'>"
        f"<body>{name}</body>{occupant}</message>"
    )
    return name, f"<delay xmlns='urn:xmpp:delay' stamp='{stamp(time.time() - ago)}'/>{inside}"


def result(query, name, inside, source=ROOM):
    return (
        f"<message from='{source}' to='{JID}'><result xmlns='urn:xmpp:mam:2' queryid='{query}' id='{name}'>"
        f"<forwarded xmlns='urn:xmpp:forward:0'>{inside}</forwarded></result></message>"
    )


def shown(name, *, nick="alice", own=None, ago=0, named=True):
    """A message as a room shows it to somebody who enters."""
    delay = f"<delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='{stamp(time.time() - ago)}'/>"
    return message(nick, name, name=own or name, stanza_id=name if named else None, more=delay)


class Archive:
    """The archive of a room: pages as asked for, and what else a test wants to happen meanwhile."""

    def __init__(self, *items):
        self.items = list(items)
        self.queries = []
        self.meanwhile = []
        """What comes before the answer to each query."""

    def __call__(self, element):
        query = element.find(f"{MAM}query")
        if query is None:
            return None
        self.queries.append(query)
        end = len(self.items)
        if before := query.findtext(f"{RSM}set/{RSM}before"):
            end = [name for name, _ in self.items].index(before)
        start = max(end - int(query.findtext(f"{RSM}set/{RSM}max")), 0)
        page = self.items[start:end]
        complete = "complete='true'" if start == 0 else ""
        first = f"<first>{page[0][0]}</first>" if page else ""
        extra = self.meanwhile.pop(0)(query.get("queryid")) if self.meanwhile else ""
        return (
            extra
            + "".join(result(query.get("queryid"), *item) for item in page)
            + f"<iq from='{ROOM}' id='{element.get('id')}' type='result'>"
            f"<fin xmlns='urn:xmpp:mam:2' {complete}><set xmlns='http://jabber.org/protocol/rsm'>{first}</set></fin></iq>"
        )


class History:
    """A room that keeps a few messages and shows them to who asks when entering."""

    def __init__(self, *stanzas):
        self.stanzas = stanzas
        self.asked = 0

    def __call__(self, element):
        if element.find(f"{{{MUC}}}x/{{{MUC}}}history[@maxstanzas]") is None:
            return None
        self.asked += 1
        return presence("hubbub", 110) + "".join(self.stanzas) + subject()


@pytest.fixture
async def server():
    async with Server() as server:
        server.features = ("urn:xmpp:sid:0", "urn:xmpp:mam:2", f"{MUC}#stable_id")
        server.answer = Archive()
        yield server


def position(name, ago=60):
    return {ROOM: f"{int(time.time()) - ago} {name}"}


async def caught(server, positions, **rules):
    """What is replayed, and whether that is all."""
    made = adapter(server.port)
    made.catch_up = CatchUp(**rules)
    async with running(made, joined=False, positions=positions) as ears:
        events, caught_up = await ears.until_joined()
        server.left_out = ears.left_out
        assert all(event.replayed for event in events)
        return [event.content.text for event in events], caught_up


def corrected(name, target, occupant):
    """A correction (XEP-0308) as an archive keeps it."""
    _, inside = said(name, occupant=occupant)
    replace = f"<replace xmlns='urn:xmpp:message-correct:0' id='{target}'/>"
    return name, inside.replace("</body>", f"</body>{replace}")


def taken_back(name, target, occupant):
    """A retraction (XEP-0424) as an archive keeps it."""
    _, inside = said(name, occupant=occupant)
    retract = f"<retract xmlns='urn:xmpp:message-retract:1' id='{target}'/>"
    return name, inside.replace(f"<body>{name}</body>", retract)


@pytest.mark.parametrize("occupant", ["", HERS])
async def test_whose_word_counts(server, occupant):
    """XEP-0308 section 4, XEP-0424 section 5: a nick may be another's by now, unless XEP-0421 tells."""
    known = bool(occupant)
    server.features += ("urn:xmpp:occupant-id:0",) if known else ()
    server.answer = Archive(
        said("a1"),
        corrected("e1", "a1", occupant),
        corrected("e2", "e2", occupant),
        taken_back("r1", "a1", occupant),
        said("b1", occupant=occupant),
        corrected("e3", "b1", occupant),
        taken_back("r2", "b1", occupant),
    )
    async with running(adapter(server.port), joined=False, positions=position("a1")) as ears:
        events, _ = await ears.until_joined()
    hers = events[0].sender.id
    targets = {event.id: event.target for event in events if not isinstance(event, MessageCreated)}
    assert (targets["e1"] == by_author(hers, "a1")) is known
    assert (targets["e2"] == by_author(hers, "e2")) is known
    assert ("r1" in targets) is known
    assert targets["e3"] == by_author(hers, "b1")
    assert "r2" in targets


@pytest.mark.parametrize(("target", "whole"), [("a1", True), ("a2", False)])
async def test_the_last_message_was_taken_back(server, target, whole):
    """ejabberd 24.12 keeps nothing of it: that it is missing does not mean that more is."""
    server.features += ("urn:xmpp:occupant-id:0",)
    server.answer = Archive(said("a3"), taken_back("r1", target, HERS))
    async with running(adapter(server.port), joined=False, positions=position("a1")) as ears:
        events, caught_up = await ears.until_joined()
    assert ([event.id for event in events[:2]], caught_up) == (["a3", "r1"], whole)


async def test_what_is_said_during_the_reading_comes_after(server):
    """And only once, though the archive has it as well; the position ends behind it."""
    archive = server.answer = Archive(said("a1"), said("a2"), said("a3"), said("b1"))
    archive.meanwhile.append(
        lambda _: message("alice", "b1", stanza_id="b1") + message("bob", "b2", stanza_id="b2")
    )
    async with running(adapter(server.port), joined=False, positions=position("a1")) as ears:
        events, caught_up = await ears.until_joined()
        assert ([event.id for event in events], caught_up) == (["a2", "a3", "b1"], True)
        live = await ears.said()
        assert (live.id, live.replayed) == ("b2", False)
        assert ears.positions[ROOM].endswith(" b2")


async def test_more_is_said_during_the_reading_than_can_be_held(server, monkeypatch):
    """It is read from the archive, from where the first reading ended."""
    monkeypatch.setattr(Holdback, "most", 3)
    archive = server.answer = Archive(said("a1"), said("a2"))

    def flood(_):
        names = [f"b{n}" for n in range(5)]
        archive.items += [said(name) for name in names]
        return "".join(message("alice", name, stanza_id=name) for name in names)

    archive.meanwhile.append(flood)
    async with running(adapter(server.port), joined=False, positions=position("a1")) as ears:
        events, caught_up = await ears.until_joined()
    assert [event.id for event in events] == ["a2", "b0", "b1", "b2", "b3", "b4"]
    assert caught_up
    assert len(archive.queries) == 2


@pytest.mark.parametrize("source", [f"{ROOM}/mallory", "mallory@example.org/x", "other@muc.example.org"])
async def test_nobody_but_the_room_speaks_for_its_archive(server, source):
    """XEP-0313 section 8 (Security Considerations)."""
    archive = server.answer = Archive(said("a1"), said("a2"))
    archive.meanwhile.append(lambda query: result(query, *said("forged"), source=source))
    assert await caught(server, position("a1")) == (["a2"], True)


async def test_an_answer_to_nothing_is_nothing(server):
    archive = server.answer = Archive(said("a1"), said("a2"))
    archive.meanwhile.append(lambda _: result("guessed", *said("forged")) + result("", *said("forged")))
    assert await caught(server, position("a1")) == (["a2"], True)


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<message xmlns='jabber:client'/>",
        f"<presence xmlns='jabber:client' from='{ROOM}/alice'/>",
        f"<message xmlns='jabber:client' from='{ROOM}' type='groupchat'><body>the room</body></message>",
        f"<message xmlns='jabber:client' from='{ROOM}/a' type='chat'><body>private</body></message>",
        said("x", room="other@muc.example.org")[1],
        f"<delay xmlns='urn:xmpp:delay' stamp='yesterday'/><message xmlns='jabber:client' from='{ROOM}/a'/>",
    ],
)
async def test_what_an_archive_may_hold_besides_talk(server, inside):
    server.answer = Archive(said("a1"), ("odd", inside), said("a2"))
    assert await caught(server, position("a1")) == (["a2"], True)


async def test_an_archive_that_has_lost_our_place(server):
    """What was said shortly before is read again, the core knows it; nobody can tell what else was lost."""
    server.answer = Archive(said("a1", ago=1000), said("a2", ago=90), said("a3"))
    assert await caught(server, position("gone")) == (["a2", "a3"], True)
    server.answer = Archive(said("a2", ago=90), said("a3"))
    assert await caught(server, position("gone")) == (["a2", "a3"], False)


async def test_a_first_visit_begins_at_now(server):
    server.answer = Archive(said("a1"), said("a2"))
    positions = {}
    assert await caught(server, positions) == ([], False)
    assert positions[ROOM].endswith(" a2")


@pytest.mark.parametrize(("most", "left_out"), [(150, 89), (239, 0)])
async def test_the_newest_count(server, most, left_out):
    """What is left out of a history is missing, and counted: 239 were said after a10."""
    server.answer = Archive(*(said(f"a{n}") for n in range(250)))
    names, caught_up = await caught(server, position("a10"), max_messages=most)
    assert (names, caught_up) == ([f"a{n}" for n in range(250 - most, 250)], left_out == 0)
    assert server.left_out == left_out


async def test_more_than_can_be_counted(server, monkeypatch):
    monkeypatch.setattr(history, "_MOST_PAGES", 2)
    server.answer = Archive(*(said(f"a{n}") for n in range(350)))
    names, caught_up = await caught(server, position("a10"), max_messages=150)
    assert (names, caught_up) == ([f"a{n}" for n in range(200, 350)], False)
    assert server.left_out is None


async def test_the_newest_of_what_a_room_shows(server):
    server.features = ("urn:xmpp:sid:0",)
    server.answer = History(*(shown(f"a{n}") for n in range(10)))
    assert await caught(server, position("a2"), max_messages=4) == (["a6", "a7", "a8", "a9"], False)
    assert await caught(server, position("a2"), max_messages=7) == ([f"a{n}" for n in range(3, 10)], True)


async def test_an_archive_that_goes_round_in_circles(server):
    """Its pages have no end: it is left."""
    archive = Archive(*(said(f"a{n}") for n in range(150)))
    server.answer = lambda element: (answer := archive(element)) and answer.replace("complete='true'", "")
    names, caught_up = await caught(server, position("gone"))
    assert (len(names), caught_up) == (150, False)
    assert len(archive.queries) == 3


@pytest.mark.parametrize("archive", [True, False])
async def test_nothing_is_read_that_nobody_wants(server, archive):
    if not archive:
        server.features = ("urn:xmpp:sid:0",)
    server.answer = Archive(said("a1"), said("a2")) if archive else History(shown("a1"), shown("a2"))
    assert await caught(server, position("a1"), max_messages=0) == ([], False)


def refused(element):
    return (
        f"<iq from='{ROOM}' id='{element.get('id')}' type='error'>{error('forbidden')}</iq>"
        if element.find(f"{MAM}query") is not None
        else None
    )


@pytest.mark.parametrize("archive", [True, False])
async def test_the_history_of_a_room(server, archive):
    """XEP-0045 section 7.2.14: where the archive is none, or not for us."""
    if not archive:
        server.features = ("urn:xmpp:sid:0",)
    room = History(shown("a1"), shown("a2"), shown("mine", nick="hubbub", own=TXN), shown("a3"))
    server.answer = lambda element: (refused(element) if archive else None) or room(element)
    positions = position("a1")
    assert await caught(server, positions) == (["a2", "a3"], True)
    assert positions[ROOM].endswith(" a3")
    assert await caught(server, position("gone")) == (["a1", "a2", "a3"], False)


async def test_a_history_without_names(server):
    """Nobody could tell what of it was heard before, so it is not even asked for."""
    server.features = ()
    room = server.answer = History(shown("a1"), shown("a2"))
    positions = {}
    assert await caught(server, positions) == ([], False)
    assert positions[ROOM], "but it was there"
    assert await caught(server, positions) == ([], False)
    assert room.asked == 0


@pytest.mark.parametrize("features", [("urn:xmpp:sid:0", "urn:xmpp:mam:2"), ("urn:xmpp:sid:0",)])
async def test_a_room_whose_past_never_comes(server, monkeypatch, features):
    """It is joined all the same, and what is said there is heard."""
    monkeypatch.setattr(archive, "_PATIENCE", 0.3)
    server.features = features

    def answer(element):
        asked = element.find(f"{MAM}query") is not None or History()(element)
        return message("alice", "now", stanza_id="b1") if asked else None

    server.answer = answer
    async with running(adapter(server.port), joined=False, positions=position("a1")) as ears:
        assert await ears.until_joined() == ([], False)
        assert (await ears.said()).id == "b1"


async def test_a_kick_during_the_reading(server, monkeypatch):
    """The room is entered again, and nothing is missing."""
    monkeypatch.setattr("adapters.xmpp.rooms.refusals._AT_ONCE", 0.05)
    archive = server.answer = Archive(said("a1"), said("a2"))

    def kick(_):
        archive.items.append(said("a3"))
        return presence("hubbub", 110, kind="unavailable")

    archive.meanwhile.append(kick)
    async with running(adapter(server.port), joined=False, positions=position("a1")) as ears:
        events, caught_up = await ears.until_joined()
    assert [event.id for event in events] == ["a2", "a3"]
    assert caught_up


# -- what was sent


@contextlib.asynccontextmanager
async def inside(server):
    made = adapter(server.port)
    async with running(made):
        yield made


async def test_what_was_sent_stands_in_the_archive(server):
    """The first one that bears the mark is ours: who repeats it does so later."""
    server.answer = Archive(
        said("a", ago=2000),
        said("q1", nick="hubbub_", own=TXN),
        *(said(f"a{n}") for n in range(120)),
        said("q2", nick="mallory", own=TXN),
    )
    async with inside(server) as made:
        found = await made.find_sent(ROOM, time.time(), [TXN, OTHER])
    assert found[TXN].part.id == "q1"
    assert found[TXN].part.aliases == (by_author(f"{ROOM}/hubbub_", TXN),)
    assert found[OTHER] is None


async def test_an_archive_that_may_have_been_lost(server):
    """What begins after we sent cannot say that something is not there, unless we know its past."""
    server.answer = Archive(said("a1"), said("q1", nick="hubbub", own=TXN))
    now = time.time()
    for known, certain in (("gone", False), ("a1", True)):
        made = adapter(server.port)
        async with running(made, positions=position(known)):
            found = await made.find_sent(ROOM, now, [TXN, OTHER])
        assert found[TXN].part.id == "q1"
        assert (OTHER in found) is certain


MODERATED = (
    "<message from='{room}' to='{jid}' type='groupchat'><retract xmlns='urn:xmpp:message-retract:1' id='q0'>"
    "<moderated xmlns='urn:xmpp:message-moderate:1' by='{room}/mod'/></retract>"
    "<delay xmlns='urn:xmpp:delay' from='{room}' stamp='{at}'/></message>"
)


@pytest.mark.parametrize("archive", [True, False])
@pytest.mark.parametrize(
    ("features", "reach", "moderated", "certain"),
    [
        ((), 500, False, True),
        (("",), 500, False, True), (("",), 500, True, False), (("",), 5, False, False),
        (("", "#tombstone"), 500, True, True),
    ],
)  # fmt: skip
async def test_what_was_taken_back_may_have_been_ours(server, archive, features, reach, moderated, certain):
    """XEP-0424 section 5: it may leave no trace where it stood; the room itself tells of it for a while."""
    server.features = (
        *(server.features if archive else ("urn:xmpp:sid:0",)),
        *(f"urn:xmpp:message-retract:1{feature}" for feature in features),
    )
    kept = Archive(said("a1", ago=2000), said("q1", nick="hubbub", own=TXN))
    told = [MODERATED.format(room=ROOM, jid=JID, at=stamp(time.time()))] if moderated else []
    room = History(shown("a2", ago=reach), *told, shown("q1", nick="hubbub", own=TXN))
    server.answer = lambda element: kept(element) or room(element)
    async with inside(server) as made:
        found = await made.find_sent(ROOM, time.time(), [TXN, OTHER])
    assert found[TXN].part.id == "q1"
    assert (OTHER in found) is certain
    assert found.get(OTHER) is None


async def test_an_archive_that_ends_in_the_middle(server):
    """What was read of it counts, and nobody says that it is all."""
    archive = Archive(*(said(f"a{n}") for n in range(150)))
    server.answer = lambda element: refused(element) if archive.queries else archive(element)
    assert await caught(server, position("a0")) == ([f"a{n}" for n in range(50, 150)], False)


async def test_what_was_sent_is_shown_by_the_room(server):
    """Without an archive; a room that shows too little cannot say that something is not there."""
    server.features = ("urn:xmpp:sid:0",)
    room = History(shown("a1", ago=2000), shown("q1", nick="hubbub", own=TXN))
    server.answer = room
    now = time.time()
    async with inside(server) as made:
        found = await made.find_sent(ROOM, now, [TXN, OTHER])
        assert (found[TXN].part.id, found[OTHER]) == ("q1", None)
        server.answer = History(shown("q1", nick="hubbub", own=TXN))
        assert set(await made.find_sent(ROOM, now, [TXN, OTHER])) == {TXN}
        server.answer = History()
        assert await made.find_sent(ROOM, now, [TXN, OTHER]) == {}
    server.features = ()
    server.answer = History(shown("q1", nick="hubbub", own=TXN, named=False))
    async with inside(server) as made:
        assert (await made.find_sent(ROOM, now, [TXN]))[TXN].part.id == TXN


async def test_an_archive_that_does_not_tell_what_was_sent(server, monkeypatch):
    monkeypatch.setattr(history, "_SEARCH", 0.2)
    server.answer = lambda element: "" if element.find(f"{MAM}query") is not None else None
    monkeypatch.setattr(archive, "_PATIENCE", 0.1)
    async with inside(server) as made:
        with pytest.raises(TemporaryFailure):
            await made.find_sent(ROOM, time.time(), [TXN])
        with pytest.raises(RoomUnavailable):
            await made.find_sent("other@muc.example.org", time.time(), [TXN])


@pytest.mark.parametrize("archive", [True, False])
async def test_the_end_of_the_connection_ends_the_search(server, archive):
    if not archive:
        server.features = ("urn:xmpp:sid:0",)
    async with inside(server) as made:
        asked = asyncio.Event()

        def answer(element):
            if element.find(f"{MAM}query") is not None or History()(element):
                asked.set()
            return ""

        server.answer = answer
        search = asyncio.ensure_future(made.find_sent(ROOM, time.time(), [TXN]))
        await asyncio.wait_for(asked.wait(), 5)
        server.cut()
        with pytest.raises(ConnectionLost):
            await asyncio.wait_for(search, 5)


async def test_a_stream_that_is_resumed_in_the_middle_of_the_reading(server):
    """XEP-0198 section 5: what comes with it does not move the position over what was not read."""
    archive, asked = Archive(said("a1"), said("a2")), asyncio.Event()

    def silence(element):
        if element.find(f"{MAM}query") is None:
            return None
        asked.set()
        return ""

    server.answer = silence
    made, positions = adapter(server.port), position("a1")
    async with running(made, joined=False, positions=positions) as ears:
        await server.hears("enable")
        await asyncio.wait_for(asked.wait(), 5)
        server.cut()
        assert isinstance(await failure(ears.task), ConnectionLost)
    archive.items.append(said("a3"))
    server.answer = lambda element: (
        "<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='5'/>" + message("alice", "a3", stanza_id="a3")
        if element.tag.endswith("}resume")
        else archive(element)
    )
    async with running(made, joined=False, positions=positions) as ears:
        events, caught_up = await ears.until_joined()
    assert ([event.id for event in events], caught_up) == (["a2", "a3"], True)


# -- when what is heard cannot be kept


class Full(Ears):
    """A core that can keep nothing, once it is told so, until there is room again."""

    def __init__(self):
        super().__init__()
        self.room = asyncio.get_running_loop().create_future()
        self.room.set_result(None)

    def __call__(self, events, *positions):
        super().__call__(events, *positions)
        return self.room

    def fill(self):
        self.room = asyncio.get_running_loop().create_future()


@contextlib.asynccontextmanager
async def filled(server):
    """An adapter whose core has become full with the message 0."""
    made, ears = adapter(server.port), Full()
    await made.serve({ROOM: made.RoomConfig()})
    run = asyncio.ensure_future(made.run(ears))
    try:
        await ears.state(RoomState.JOINED)
        ears.fill()
        server.say(message("alice", "0"))
        assert (await ears.said()).content.text == "0"
        yield made, ears, run
    finally:
        run.cancel()
        await asyncio.wait({run})


async def test_nothing_is_read_while_nothing_can_be_kept(server, monkeypatch):
    """It waits at the server, which does not count as dead meanwhile, and comes when there is room."""
    monkeypatch.setattr(connection, "_TICK", 0.02)
    async with filled(server) as (made, ears, _):
        receipt = give(made, command())
        monkeypatch.setattr(connection, "_DEAD", 0.1)
        monkeypatch.setattr(connection, "_LOST", 0.1)
        for n in range(1, 1500):
            server.say(message("alice", f"{n} {'x' * 10_000}"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(server._writer.drain(), 0.3)
        assert ears.events.empty()
        monkeypatch.setattr(connection, "_DEAD", 90.0)
        monkeypatch.setattr(connection, "_LOST", 90.0)
        ears.room.set_result(None)
        for n in range(1, 1500):
            assert (await ears.said()).content.text.startswith(f"{n} ")
        await receipt


async def test_an_end_while_nothing_can_be_kept(server):
    """The connection may go: nobody reads on from one that is closed."""
    async with filled(server) as (_, ears, run):
        run.cancel()
        await asyncio.wait({run})
        ears.room.set_result(None)
        await asyncio.sleep(0)
    assert run.cancelled()
