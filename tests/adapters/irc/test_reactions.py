"""Reactions of ours: which lines they take, and on a real server."""

import pytest

from adapters.irc import encode
from adapters.irc.rooms import reactions as memory
from adapters.irc.rooms.reactions import OwnReactions
from bridge import (
    ConnectionLost,
    MessageId,
    Part,
    ReactionsChanged,
    Receipt,
    RoomId,
    RoomUnavailable,
    SetReactions,
    Support,
    Txn,
)

from .harness import ALICE, Running, ScriptedServer, client, running
from .servers import Inspircd

LOBBY = RoomId("#lobby")
CAPS = "message-tags server-time echo-message labeled-response"


def react(txn: int, *emojis: str, target: str = "m1") -> SetReactions:
    return SetReactions(
        room=LOBBY, speaker=ALICE, txn=Txn(f"{txn}.abc"), target=Part(MessageId(target)), emojis=emojis
    )


def changes(known: OwnReactions, command: SetReactions) -> list[tuple[str, str]]:
    """What is given (+) and taken back (-)."""
    tags = [data.decode().split(";", 1)[1].split(" ")[0].split("=") for data in known.lines(command, "utf-8")]
    return [("-" if name == "+draft/unreact" else "+", emoji) for name, emoji in tags]


def test_to_the_wire() -> None:
    """IRCv3 draft/react and reply: one TAGMSG per reaction, values escaped, no line break for ever."""
    assert encode.reaction("#lobby", "m;1", "👍", taken=False) == (
        "@+draft/reply=m\\:1;+draft/react=👍 TAGMSG #lobby".encode()
    )
    data = encode.reaction("#lobby", "m1", " a b;\r\n\0c\x02 ", taken=True)
    assert data == b"@+draft/reply=m1;+draft/unreact=a\\sb\\:\\sc TAGMSG #lobby"
    assert not any(encode.can_react(emoji) for emoji in ("", " ", "\x02", "x" * 65))


def test_only_what_is_new_and_what_is_gone() -> None:
    """What is unknown has none; the same command again takes the same lines."""
    known = OwnReactions()
    assert changes(known, react(1, "a", "b")) == [("+", "a"), ("+", "b")]
    assert changes(known, react(2, "b", "c", "")) == [("-", "a"), ("+", "c")]
    assert changes(known, react(2, "b", "c")) == [("-", "a"), ("+", "c")]
    assert changes(known, react(3, "b", "c")) == []
    assert changes(known, react(4, target="m2")) == []
    assert changes(known, react(5)) == [("-", "b"), ("-", "c")]


def test_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message that changed last is forgotten last."""
    monkeypatch.setattr(memory, "_MOST", 2)
    known = OwnReactions()
    for txn, target in enumerate(("m1", "m2", "m1", "m3")):
        known.lines(react(txn, "a", target=target), "utf-8")
    assert changes(known, react(5, target="m1")) == [("-", "a")]
    assert changes(known, react(6, target="m2")) == []


@pytest.mark.parametrize(
    ("caps", "isupport", "support"),
    [
        (CAPS, "X", Support.PARTIAL),
        (CAPS, "CLIENTTAGDENY=*,-draft/reply,-draft/react,-draft/unreact", Support.PARTIAL),
        (CAPS, "CLIENTTAGDENY=*,-draft/reply,-draft/react", Support.NO),
        (CAPS, "CLIENTTAGDENY=draft/react", Support.NO),
        (CAPS, "CLIENTTAGDENY=draft/reply", Support.NO),
        ("server-time", "X", Support.NO),
    ],
)
async def test_where_we_can_react(caps: str, isupport: str, support: Support) -> None:
    """IRCv3 message-tags, CLIENTTAGDENY."""
    async with ScriptedServer(caps=caps, isupport=isupport) as server, running(server.port, "#lobby") as run:
        await run.joined()
        assert run.adapter.capabilities(LOBBY).reaction is support


async def test_confirmed_by_order() -> None:
    """A PONG behind the last line; a change of nothing needs no line; a refusal is the room's matter."""
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby") as run:
        await run.joined()
        for txn, emojis in enumerate(("ab", "b", "b", "")):
            assert await (await run.adapter.send(react(txn, *emojis))) == Receipt(None)
        assert [line.split(";+draft/")[1] for line in server.received if "TAGMSG" in line] == [
            "react=a TAGMSG #lobby",
            "react=b TAGMSG #lobby",
            "unreact=a TAGMSG #lobby",
            "unreact=b TAGMSG #lobby",
        ]
        assert "" not in server.received
        server.replies["TAGMSG"] = lambda _: [":s 404 hubbub #lobby :Cannot send to channel (+m)"]
        with pytest.raises(RoomUnavailable):
            await (await run.adapter.send(react(9, "c")))


async def test_more_than_a_burst() -> None:
    """Flood control: no more lines at once than may be; all of them come."""
    flood = {"burst": 4, "per_second": 200}
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby", flood=flood) as run:
        await run.joined()
        command = react(1, *"abcdefgh")
        assert not run.adapter.send_now(command, lambda _: None)
        await (await run.adapter.send(command))
        assert len([line for line in server.received if "TAGMSG" in line]) == 8


async def test_in_doubt() -> None:
    """What may have come is safe to be sent again, and is: with the same lines."""
    async with ScriptedServer(caps=CAPS) as server, running(server.port, "#lobby") as run:
        await run.joined()
        await (await run.adapter.send(react(1, "a")))
        server.replies["TAGMSG"] = lambda _: server.hang_up() or []
        with pytest.raises(ConnectionLost):
            await (await run.adapter.send(react(2, "b")))
        del server.replies["TAGMSG"]
        await run.again()
        await run.joined()
        assert await run.adapter.find_sent(LOBBY, 0, [Txn("2.abc")]) == {Txn("2.abc"): None}
        server.received.clear()
        await (await run.adapter.send(react(2, "b")))
        assert len([line for line in server.received if "TAGMSG" in line]) == 2


async def test_inspircd(inspircd: Inspircd) -> None:
    """Client-only tags get through; our own reactions are no event."""
    async with (
        client(inspircd.port, "bob", "#lobby", caps=CAPS) as bob,
        running(inspircd.port, "#lobby") as run,
    ):
        await run.joined()
        assert run.adapter.capabilities(LOBBY).reaction is Support.PARTIAL
        bob.say("PRIVMSG #lobby :who comes?")
        asked = await run.emitted.message()
        await _react(run, react(1, "👍", "🎉", target=asked.id))
        for emoji in "👍🎉":
            line = await bob.heard(":hubbub!.* TAGMSG :?#lobby")
            assert f"+draft/reply={asked.id}" in line
            assert f"+draft/react={emoji}" in line
        await _react(run, react(2, "🎉", target=asked.id))
        assert "+draft/unreact=👍" in await bob.heard(":hubbub!.* TAGMSG :?#lobby")
        bob.say("PRIVMSG #lobby :thanks")
        await run.emitted.message()
        assert run.emitted.events.empty()
        assert not any(isinstance(e, ReactionsChanged) for batch in run.emitted.batches for e in batch)


async def _react(run: Running, command: SetReactions) -> None:
    assert await (await run.adapter.send(command)) == Receipt(None)
