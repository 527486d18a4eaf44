"""Answers and reactions: golden lines, and on real servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.irc import decode
from adapters.irc.session import Session
from adapters.irc.testing import Demo
from adapters.irc.wire.line import parse, tag_value
from bridge import (
    US,
    Answered,
    Content,
    EditMessage,
    MessageCreated,
    MessageId,
    Part,
    ReactionsChanged,
    RoomId,
    SendMessage,
    SetReactions,
    Support,
    TalkEvent,
    Txn,
    Unsupported,
    plain,
)
from tests.adapters.places import demo_server

from .harness import ALICE, Running, ScriptedServer, client, running
from .servers import Inspircd

LOBBY = RoomId("#lobby")
BOB = ":bob!b@example.org"
CAPS = "message-tags server-time echo-message labeled-response"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Inspircd]:
    ircd = Inspircd(tmp_path / "ircd")
    try:
        await ircd.start()
        yield ircd
    finally:
        await ircd.stop()


def heard(text: str) -> TalkEvent | None:
    session = Session("hubbub")
    session.serve([LOBBY])
    return decode.event(parse(text), session)


def answer(name: str, said: str) -> SendMessage:
    return SendMessage(
        room=LOBBY,
        speaker=ALICE,
        txn=Txn("9.abc"),
        content=plain(said),
        answered=Answered(Part(MessageId(name)), "bob", "what?"),
    )


async def reaction(run: Running) -> ReactionsChanged:
    """The next reaction; anything else before it is wrong."""
    while True:
        event = await run.emitted.events.get()
        assert not isinstance(event, MessageCreated)
        if isinstance(event, ReactionsChanged):
            return event


# -- golden lines


@pytest.mark.parametrize(
    ("tags", "answered"),
    [
        ("+draft/reply=abc;msgid=def", "abc"),
        ("msgid=def;+reply=abc", "abc"),
        ("+draft/reply=a\\:b\\\\c", "a;b\\c"),
        ("+draft/reply=;+reply=", None),
        ("draft/reply=abc", None),
        ("msgid=def", None),
    ],
)
def test_an_answer(tags: str, answered: str | None) -> None:
    """IRCv3 reply client tag, as a draft and under the name that it is to have; on both kinds of message."""
    for command in ("PRIVMSG", "NOTICE"):
        event = heard(f"@{tags} {BOB} {command} #lobby :yes")
        assert isinstance(event, MessageCreated)
        assert (event.reply_to, event.content) == (answered, plain("yes"))


@pytest.mark.parametrize(
    ("tags", "added", "removed"),
    [
        ("+draft/reply=abc;+draft/react=👍", ("👍",), ()),
        ("+draft/reply=abc;+draft/unreact=👍", (), ("👍",)),
        ("+reply=abc;+react=lol", ("lol",), ()),
        ("+reply=abc;+draft/react=:-)\\sindeed\\s", (":-) indeed",), ()),
        ("+reply=abc;+draft/react=\x02\\nx\x0304", ("x",), ()),
    ],
)
def test_a_reaction(tags: str, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """IRCv3 draft/react: a TAGMSG that names the message and what is added to it or taken back."""
    event = heard(f"@time=2026-01-02T03:04:05.500Z;msgid=def;{tags} {BOB} TAGMSG #Lobby")
    assert event == ReactionsChanged(
        id=MessageId("def"),
        room=LOBBY,
        sender=event.sender if event else None,
        target=MessageId("abc"),
        added=added,
        removed=removed,
        at=1767323045.5,
    )
    assert (event.sender.id, event.sender.name) == ("bob!b@example.org", "bob")


@pytest.mark.parametrize(
    "text",
    [
        f"@+typing=active {BOB} TAGMSG #lobby",
        f"@+draft/react=x {BOB} TAGMSG #lobby",
        f"@+draft/reply=abc {BOB} TAGMSG #lobby",
        f"@+draft/reply=abc;+draft/react= {BOB} TAGMSG #lobby",
        f"@+draft/reply=abc;+draft/react=x;+draft/unreact=x {BOB} TAGMSG #lobby",
        f"@+draft/reply=abc;+draft/react={'x' * 65} {BOB} TAGMSG #lobby",
        f"@+draft/reply=abc;+draft/react=x {BOB} TAGMSG hubbub",
        f"@+draft/reply=abc;+draft/react=x {BOB} TAGMSG #other",
        "@+draft/reply=abc;+draft/react=x :hubbub!h@x TAGMSG #lobby",
        "@+draft/reply=abc;+draft/react=x :irc.example.org TAGMSG #lobby",
    ],
)
def test_no_reaction(text: str) -> None:
    """Other tags, no message, both at once (the draft forbids it), too long, elsewhere, ours, a server's."""
    assert heard(text) is None


def test_a_reaction_that_is_said_too_is_said() -> None:
    """IRCv3 draft/react: it may stand on a message, which everybody reads."""
    event = heard(f"@+draft/reply=abc;+draft/react=lol {BOB} PRIVMSG #lobby :lol")
    assert isinstance(event, MessageCreated)
    assert (event.reply_to, event.content) == ("abc", plain("lol"))


@pytest.mark.parametrize("text", ["plain", "a;b c\\d\r\n", "\\s", "\\"])
def test_a_tag_holds_any_value(text: str) -> None:
    """IRCv3 message-tags, escaping values."""
    assert parse(f"@+x={tag_value(text)} PING").tags == {"+x": text}


# -- what goes out


@pytest.mark.parametrize(
    ("caps", "isupport", "replies", "support"),
    [
        (CAPS, "X", "words", Support.NO),
        (CAPS, "X", "tag", Support.FULL),
        (CAPS, "CLIENTTAGDENY=*,-draft/reply", "tag", Support.FULL),
        (CAPS, "CLIENTTAGDENY=*", "tag", Support.NO),
        (CAPS, "CLIENTTAGDENY=typing,draft/reply", "tag", Support.NO),
        ("server-time", "X", "tag", Support.NO),
    ],
)
async def test_where_an_answer_can_name_what_it_answers(
    caps: str, isupport: str, replies: str, support: Support
) -> None:
    """IRCv3 message-tags, CLIENTTAGDENY; only if the owner wants it, and where it gets through."""
    async with (
        ScriptedServer(caps=caps, isupport=isupport) as server,
        running(server.port, "#lobby", replies=replies) as run,
    ):
        await run.joined()
        assert run.adapter.capabilities(LOBBY).reply is support
        if replies == "tag":
            await (await run.adapter.send(answer("a;b", "yes")))
            said = await server.heard("PRIVMSG")
            assert ("+draft/reply=a\\:b" in said) == (support is Support.FULL)


async def test_a_server_that_names_nothing() -> None:
    """IRCv3 message-ids: where there are none, an answer can only quote."""
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby", replies="tag") as run:
        await run.joined()
        assert run.adapter.capabilities(LOBBY).reply is Support.FULL
        server.say(f"{BOB} PRIVMSG #lobby :nameless")
        await run.emitted.message()
        assert run.adapter.capabilities(LOBBY).reply is Support.NO


async def test_what_irc_cannot_do() -> None:
    """No edits, and without tags no reactions of ours: asking all the same is a bug."""
    async with ScriptedServer(caps="server-time") as server, running(server.port, "#lobby") as run:
        await run.joined()
        record = run.adapter.capabilities(LOBBY)
        assert (record.edit, record.reaction) == (Support.NO, Support.NO)
        about = {"room": LOBBY, "speaker": ALICE, "txn": Txn("9.abc"), "target": Part(MessageId("m1"))}
        for command in (EditMessage(content=Content(), **about), SetReactions(emojis=("👍",), **about)):
            with pytest.raises(Unsupported):
                await run.adapter.send(command)


async def test_tags_to_us_alone_are_nothing() -> None:
    """A TAGMSG or REDACT in private gets no answer and does no harm."""
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(f"@+typing=active {BOB} TAGMSG hubbub", f"{BOB} REDACT hubbub abc", f"{BOB} TAGMSG")
        server.say(f"{BOB} PRIVMSG #lobby :still here")
        assert (await run.emitted.message()).content == plain("still here")
        server.say(f"{BOB} PRIVMSG hubbub :who are you?")
        await server.heard("NOTICE bob")
        assert len([text for text in server.received if "NOTICE bob" in text]) == 1


# -- real servers


async def test_inspircd(server: Inspircd) -> None:
    """Client-only tags go through, both ways; every line that has them has a msgid."""
    async with (
        client(server.port, "bob", "#lobby", caps=CAPS) as bob,
        running(server.port, "#lobby", replies="tag") as run,
    ):
        await run.joined()
        assert run.adapter.capabilities(LOBBY).reply is Support.FULL
        bob.say("PRIVMSG #lobby :who comes?")
        asked = await run.emitted.message()
        receipt = await (await run.adapter.send(answer(asked.id, "I do")))
        ours = receipt.part.id
        line = await bob.heard("PRIVMSG #lobby :I do")
        assert f"msgid={ours}" in line
        assert f"+draft/reply={asked.id}" in line
        bob.say(f"@+draft/reply={ours} PRIVMSG #lobby :good")
        assert (await run.emitted.message()).reply_to == ours
        bob.say(f"@+draft/reply={ours};+draft/react=👍 TAGMSG #lobby", "@+typing=done TAGMSG #lobby")
        bob.say(f"@+draft/reply={ours};+draft/unreact=👍 TAGMSG #lobby")
        first, second = await reaction(run), await reaction(run)
        assert (first.target, first.added, first.removed) == (ours, ("👍",), ())
        assert (second.target, second.added, second.removed) == (ours, (), ("👍",))
        assert first.id != second.id
        assert first.sender == asked.sender
        # the server named everything
        assert run.adapter.capabilities(LOBBY).reply is Support.FULL
        assert run.adapter.capabilities(LOBBY).delete is Support.NO


async def test_an_answer_while_away(server: Inspircd) -> None:
    """InspIRCd chanhistory shows the tags as they were."""
    async with client(server.port, "bob", "#lobby", caps=CAPS) as bob, running(server.port, "#lobby") as run:
        bob.say("MODE #lobby +H 20:1h")
        await run.joined()
        receipt = await (await run.send("#lobby", "anybody here?"))
        await run.stop()
        bob.say(f"@+draft/reply={receipt.part.id} PRIVMSG #lobby :I am")
        await bob.sync()
        await run.again()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert joined.caught_up
        assert [(event.content.text, event.reply_to) for event in said] == [("I am", receipt.part.id)]


async def test_ngircd(tmp_path: Path) -> None:
    """It has nothing of all that, and says so."""
    async with demo_server("irc", tmp_path) as (demo, _):
        assert isinstance(demo, Demo)
        async with (
            client(demo.port, "bob", "#lobby") as bob,
            running(demo.port, "#lobby", replies="tag") as run,
        ):
            await run.joined()
            record = run.adapter.capabilities(LOBBY)
            assert {record.reply, record.edit, record.delete, record.reaction} == {Support.NO}
            await (await run.adapter.send(answer("abc", "in vain")))
            assert await bob.heard(":hubbub!.*PRIVMSG #lobby :in vain$")


def test_our_own_name_in_an_answer_names_us() -> None:
    """Where nothing is answered, it is a word as any other."""
    for tags, named in (("@+draft/reply=abc ", True), ("", False)):
        event = heard(f"{tags}{BOB} PRIVMSG #lobby :Hubbub: yes")
        assert isinstance(event, MessageCreated)
        assert [span.mention for span in event.content.spans] == ([US, None] if named else [None])
        assert event.content.text == "Hubbub: yes"
