"""What a server has is what the record says: InspIRCd with all modules of IRCv3, ngIRCd with next to none."""

from pathlib import Path

from adapters.irc import Adapter
from adapters.irc.testing import Demo
from bridge import Capabilities, Content, Mark, RoomId, Span, Support
from tests.adapters.places import demo_server

from .harness import ScriptedServer, client, make, running
from .servers import Inspircd

LOBBY = RoomId("#lobby")
FEATURES = ("reply", "thread", "edit", "delete", "reaction", "file", "topic", "typing", "read")


def supported(record: Capabilities) -> dict[str, Support]:
    """What it has of all this."""
    return {name: getattr(record, name) for name in FEATURES if getattr(record, name)}


TAGS = {
    "reply": Support.FULL,
    "reaction": Support.PARTIAL,
    "topic": Support.FULL,
    "typing": Support.FULL,
}


def test_typical_records() -> None:
    """For the documentation."""
    records = {name: supported(record) for name, record in Adapter.records().items()}
    assert records == {
        "IRC": {"topic": Support.FULL},
        "IRC with IRCv3 message-tags": TAGS,
        "IRC with IRCv3 message-redaction": {**TAGS, "delete": Support.FULL},
    }
    assert all(record.text_limit > 300 for record in Adapter.records().values())


async def test_inspircd(inspircd: Inspircd) -> None:
    """All that IRCv3 has there is used, or does no harm: a SETNAME is nothing that people are told."""
    async with (
        client(inspircd.port, "bob", "#lobby", caps="setname") as bob,
        running(inspircd.port, "#lobby") as run,
    ):
        await run.joined()
        assert run.adapter._session.caps == {
            *("message-tags", "echo-message", "labeled-response", "server-time", "batch", "account-tag"),
            *("setname", "chghost", "multi-prefix", "cap-notify", "away-notify", "userhost-in-names"),
        }
        assert supported(run.adapter.capabilities(LOBBY)) == TAGS
        bob.say("SETNAME :Robert", "AWAY :out", "AWAY", "PRIVMSG #lobby :hello")
        assert (await run.emitted.message()).content.text == "hello"
        assert len(run.emitted.batches[-1]) == 1
        receipt = await (await run.send("#lobby", "hi"))
        assert receipt.part is not None


async def test_an_account_is_no_part_of_a_name() -> None:
    """IRCv3 account-tag: asked for, and nobody becomes another person by logging in."""
    caps = "message-tags account-tag setname"
    async with ScriptedServer(caps=caps) as server, running(server.port, "#lobby") as run:
        await run.joined()
        assert server.acknowledged == set(caps.split())
        server.say(":bob!b@h PRIVMSG #lobby :x", ":bob!b@h SETNAME :Robert")
        server.say("@account=bob :bob!b@h PRIVMSG #lobby :x")
        first, second = await run.emitted.message(), await run.emitted.message()
        assert first.sender == second.sender


async def test_ngircd(tmp_path: Path) -> None:
    """Words and topics, and no names for messages."""
    async with demo_server("irc", tmp_path) as (demo, _):
        assert isinstance(demo, Demo)
        async with client(demo.port, "bob", "#lobby") as bob, running(demo.port, "#lobby") as run:
            await run.joined()
            assert run.adapter._session.caps == {"multi-prefix"}
            assert supported(run.adapter.capabilities(LOBBY)) == {"topic": Support.FULL}
            bob.say("PRIVMSG #lobby :hello")
            event = await run.emitted.message()
            assert (event.reply_to, event.thread) == (None, None)
            receipt = await (await run.send("#lobby", "hi"))
            assert receipt.part is None
            assert supported(run.adapter.capabilities(LOBBY)) == {"topic": Support.FULL}


def test_how_code_is_marked_is_the_owners_choice() -> None:
    """What the record says follows: of code that is not marked the core makes plain words."""
    records = {code: make(1, code=code).capabilities(LOBBY) for code in ("mirc", "backticks", "plain")}
    assert Mark.CODE in records["mirc"].marks & records["backticks"].marks
    assert records["mirc"].marks - records["plain"].marks == {Mark.CODE}
    assert records["backticks"].mark_cost > records["mirc"].mark_cost == records["plain"].mark_cost


async def test_code_arrives_as_people_type_it(tmp_path: Path) -> None:
    """With `code: backticks`, on a real server."""
    async with demo_server("irc", tmp_path) as (demo, _):
        assert isinstance(demo, Demo)
        async with (
            client(demo.port, "bob", "#lobby") as bob,
            running(demo.port, "#lobby", code="backticks") as run,
        ):
            await run.joined()
            await run.send("#lobby", Content((Span("try "), Span("make", frozenset({Mark.CODE})))))
            assert (await bob.heard("PRIVMSG #lobby")).endswith("try `make`")
