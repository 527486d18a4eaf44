"""Topics: heard and set, on a scripted server and on real ones."""

from pathlib import Path

import pytest

from adapters.irc import decode, encode
from adapters.irc.session import Session
from adapters.irc.testing import Demo
from adapters.irc.wire.line import parse
from bridge import Receipt, Rejected, RoomId, SetTopic, Support, TopicChanged, Txn
from tests.adapters.places import demo_server

from .harness import ALICE, ScriptedServer, client, running
from .servers import Inspircd

LOBBY = RoomId("#lobby")
BOB = ":bob!b@h"


def setting(topic: str, txn: str = "9.abc") -> SetTopic:
    return SetTopic(room=LOBBY, speaker=ALICE, txn=Txn(txn), topic=topic)


def heard(text: str) -> object:
    session = Session("hubbub")
    session.serve([LOBBY])
    event = decode.event(parse(text), session)
    assert session.naming
    return event


@pytest.mark.parametrize("topic", ["news: \x02none\x02", "", ":-)"])
def test_from_the_wire(topic: str) -> None:
    """RFC 2812 section 3.2.4; codes of formatting are no part of it."""
    event = heard(f"@time=2026-01-02T03:04:05.500Z {BOB} TOPIC #Lobby :{topic}")
    assert isinstance(event, TopicChanged)
    assert (event.room, event.topic, event.at) == (LOBBY, topic.replace("\x02", ""), 1767323045.5)
    assert (event.sender.id, event.sender.name, event.replayed) == ("bob!b@h", "bob", False)


@pytest.mark.parametrize("text", [":hubbub!h@x TOPIC #lobby :x", f"{BOB} TOPIC #other :x", "TOPIC #lobby :x"])
def test_no_change(text: str) -> None:
    """Our own, elsewhere, by nobody."""
    assert heard(text) is None


def test_to_the_wire() -> None:
    """One line, cut between two characters, in the network's encoding."""
    assert encode.topic("#lobby", "a\r\nTOPIC #x :b\x02", 99) == b"TOPIC #lobby :a TOPIC #x :b"
    assert encode.topic("#lobby", "éé", 3) == "TOPIC #lobby :é".encode()
    assert encode.topic("#lobby", "éé", 1, "latin-1") == b"TOPIC #lobby :\xe9"
    assert encode.topic("#lobby", "", 10) == b"TOPIC #lobby :"


async def test_set_and_confirmed_by_order() -> None:
    """Cut to TOPICLEN, and to a line; what is told on joining and our own echo are no event."""
    async with ScriptedServer(isupport="TOPICLEN=7") as server:
        me = ":hubbub!hub@host.example"
        server.replies["JOIN"] = lambda _: [f"{me} JOIN #lobby", ":s 332 hubbub #lobby :old"]
        server.replies["TOPIC"] = lambda got: [f"{me} TOPIC #lobby :{got.params[1]}"]
        async with running(server.port, "#lobby") as run:
            await run.joined()
            assert await (await run.adapter.send(setting("ünderground"))) == Receipt(None)
            assert "TOPIC #lobby :ünderg" in server.received
            server.say(":s 005 hubbub -TOPICLEN :are supported")
            await (await run.send("#lobby", "so that it is heard"))
            await (await run.adapter.send(setting("é" * 500)))
            longest = max(len(text.encode()) for text in server.received if text.startswith("TOPIC"))
            assert longest in {510 - len(me) - 1, 509 - len(me) - 1}
            server.say(f"{BOB} TOPIC #lobby :theirs")
            assert (await run.emitted.next(TopicChanged)).topic == "theirs"
            assert sum(isinstance(e, TopicChanged) for batch in run.emitted.batches for e in batch) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "482 hubbub #lobby :You're not a channel operator",
        "442 hubbub #lobby :You're not on that channel",
        "403 hubbub #lobby :No such channel",
        "477 hubbub #lobby :You need a registered nick",
        "FAIL TOPIC NEED_MORE #lobby :no",
    ],
)
async def test_refused(answer: str) -> None:
    """A sentence for people, and nothing waits. Messages still mean the room by the same numerics."""
    replies = {"TOPIC": lambda _: [f":s {answer}"]}
    async with ScriptedServer(replies=replies) as server, running(server.port, "#lobby") as run:
        await run.joined()
        with pytest.raises(Rejected, match="set no topic in #lobby: "):
            await (await run.adapter.send(setting("x")))
        locked = answer.startswith("482")
        assert run.adapter.capabilities(LOBBY).topic is (Support.PARTIAL if locked else Support.FULL)
        server.say(":bob!b@h MODE #lobby -t", f"{BOB} TOPIC #lobby :x")
        await run.emitted.next(TopicChanged)
        assert run.adapter.capabilities(LOBBY).topic is Support.FULL


async def test_inspircd(inspircd: Inspircd) -> None:
    """Mode t, and a TOPICLEN in bytes."""
    async with client(inspircd.port, "bob", "#lobby") as bob, running(inspircd.port, "#lobby") as run:
        bob.say("TOPIC #lobby :before", "MODE #lobby +t")
        await bob.sync()
        await run.joined()
        with pytest.raises(Rejected):
            await (await run.adapter.send(setting("in vain")))
        bob.say("MODE #lobby -t")
        await bob.heard("MODE #lobby :?-t")
        await (await run.adapter.send(setting("é" * 400)))
        topic = (await bob.heard(":hubbub!.* TOPIC #lobby :é")).partition(" :")[2]
        assert 100 < len(topic) < 400
        assert set(topic) == {"é"}
        # what it is already is no change, and no failure
        await (await run.adapter.send(setting("é" * 400)))
        bob.say("TOPIC #lobby :after", "TOPIC #lobby :")
        assert (await run.emitted.next(TopicChanged)).topic == "after"
        assert (await run.emitted.next(TopicChanged)).topic == ""


async def test_ngircd(tmp_path: Path) -> None:
    """As everywhere: topics are older than everything else."""
    async with demo_server("irc", tmp_path) as (demo, _):
        assert isinstance(demo, Demo)
        async with client(demo.port, "bob", "#lobby") as bob, running(demo.port, "#lobby") as run:
            bob.say("TOPIC #lobby :before")
            await bob.sync()
            await run.joined()
            assert run.adapter.capabilities(LOBBY).topic is Support.FULL
            await (await run.adapter.send(setting("ours: 中文")))
            await bob.heard(":hubbub!.* TOPIC #lobby :ours: 中文")
            bob.say("MODE #lobby +t", "TOPIC #lobby :theirs")
            event = await run.emitted.next(TopicChanged)
            assert (event.topic, event.sender.name) == ("theirs", "bob")
            with pytest.raises(Rejected, match="set no topic"):
                await (await run.adapter.send(setting("in vain")))
            assert run.adapter.capabilities(LOBBY).topic is Support.PARTIAL
