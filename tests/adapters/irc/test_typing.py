"""IRCv3 typing client tag: heard and shown."""

import pytest

from adapters.irc import decode, encode
from adapters.irc.session import Session
from adapters.irc.wire.line import parse
from bridge import MarkRead, MessageId, Part, RoomId, SetTyping, Support, TypingChanged

from .harness import ScriptedServer, client, running
from .servers import Inspircd

LOBBY = RoomId("#lobby")
BOB = ":bob!b@h"
CAPS = "message-tags server-time echo-message labeled-response"


def heard(text: str) -> TypingChanged | None:
    session = Session("hubbub")
    session.serve([LOBBY])
    return decode.typing(parse(text), session)


@pytest.mark.parametrize(
    ("tag", "state"),
    [
        ("+typing=active", True),
        ("+draft/typing=active", True),
        ("+typing=paused", False),
        ("+typing=done", False),
        ("+typing=else", None),
        ("+typing", None),
        ("typing=active", None),
    ],
)
def test_from_the_wire(tag: str, state: bool | None) -> None:
    """IRCv3 typing: active, paused, done; what is none of them is left out."""
    event = heard(f"@{tag} {BOB} TAGMSG #Lobby")
    assert (event and event.typing) is state
    assert event is None or (event.room, event.sender.id, event.sender.name) == (LOBBY, "bob!b@h", "bob")


def test_elsewhere_or_by_nobody() -> None:
    assert heard(f"@+typing=active {BOB} TAGMSG hubbub") is None
    assert heard("@+typing=active :irc.example.org TAGMSG #lobby") is None


def test_to_the_wire() -> None:
    """IRCv3 typing."""
    assert encode.typing("#lobby", True) == b"@+typing=active TAGMSG #lobby"
    assert encode.typing("#lobby", False) == b"@+typing=done TAGMSG #lobby"


@pytest.mark.parametrize(
    ("caps", "isupport", "support"),
    [
        (CAPS, "X", Support.FULL),
        (CAPS, "CLIENTTAGDENY=*,-typing", Support.FULL),
        (CAPS, "CLIENTTAGDENY=typing", Support.NO),
        ("server-time", "X", Support.NO),
    ],
)
async def test_where_it_can_be_shown(caps: str, isupport: str, support: Support) -> None:
    """IRCv3 message-tags, CLIENTTAGDENY; where it cannot, nothing is sent. Read marks: nowhere."""
    async with ScriptedServer(caps=caps, isupport=isupport) as server, running(server.port, "#lobby") as run:
        run.adapter.hint(SetTyping(room=LOBBY, typing=True))
        await run.joined()
        record = run.adapter.capabilities(LOBBY)
        assert (record.typing, record.read) == (support, Support.NO)
        run.adapter.hint(SetTyping(room=LOBBY, typing=True))
        run.adapter.hint(MarkRead(room=LOBBY, target=Part(MessageId("m1"))))
        run.adapter.hint(SetTyping(room=LOBBY, typing=False))
        await (await run.send("#lobby", "x"))
        shown = [text for text in server.received if "TAGMSG" in text]
        states = ["active", "done"] if support else []
        assert shown == [f"@+typing={state} TAGMSG #lobby" for state in states]


async def test_messages_come_first() -> None:
    """Flood control: it is shown only while half a burst is left, so that no message waits for it."""
    flood = {"burst": 8, "per_second": 0.001}
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby", flood=flood) as run:
        await run.joined()
        for _ in range(9):
            run.adapter.hint(SetTyping(room=LOBBY, typing=True))
        for text in ("one", "two"):
            await (await run.send("#lobby", text))
        # joining took two of the eight
        assert len([text for text in server.received if "TAGMSG" in text]) == 2


async def test_live_and_of_others_only() -> None:
    """Not before the room is joined, not our own echo, not from history."""
    async with ScriptedServer(caps=f"{CAPS} batch") as server:
        typed = f"@+typing=active {BOB} TAGMSG #lobby"
        server.replies["JOIN"] = lambda _: [
            "@time=2026-01-01T00:00:00.000Z :hubbub!hub@host.example JOIN #lobby",
            typed,
        ]
        async with running(server.port, "#lobby") as run:
            await run.joined()
            server.say(
                ":s BATCH +x chathistory #lobby",
                f"@batch=x;+typing=active {BOB} TAGMSG #lobby",
                ":s BATCH -x",
                "@+typing=active :hubbub!hub@host.example TAGMSG #lobby",
                f"@+typing=paused {BOB} TAGMSG #lobby",
            )
            assert not (await run.emitted.next(TypingChanged)).typing
            assert sum(isinstance(e, TypingChanged) for batch in run.emitted.batches for e in batch) == 1


async def test_inspircd(inspircd: Inspircd) -> None:
    """Both ways."""
    async with (
        client(inspircd.port, "bob", "#lobby", caps=CAPS) as bob,
        running(inspircd.port, "#lobby") as run,
    ):
        await run.joined()
        bob.say("@+typing=active TAGMSG #lobby", "@+typing=done TAGMSG #lobby")
        assert (await run.emitted.next(TypingChanged)).typing
        assert not (await run.emitted.next(TypingChanged)).typing
        for typing, state in ((True, "active"), (False, "done")):
            run.adapter.hint(SetTyping(room=LOBBY, typing=typing))
            assert f"+typing={state}" in await bob.heard(":hubbub!.* TAGMSG :?#lobby")
        assert run.emitted.events.empty()
