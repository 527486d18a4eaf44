"""IRCv3 draft/message-redaction, against a scripted server that does it as Ergo does."""

import time

import pytest

from adapters.irc import decode, encode
from adapters.irc.history.state import stamp
from adapters.irc.session import Session
from adapters.irc.wire.line import Line, parse
from bridge import (
    ConnectionLost,
    DeleteMessage,
    MessageCreated,
    MessageId,
    Part,
    Receipt,
    Rejected,
    Removed,
    RoomId,
    RoomUnavailable,
    Support,
    Txn,
    Unsupported,
)

from .harness import ALICE, Running, ScriptedServer, running

CAPS = "message-tags server-time batch echo-message labeled-response draft/message-redaction"
LOBBY = RoomId("#lobby")
BOB = ":bob!b@h"
FAIL = ":s FAIL REDACT {code} #lobby m1 :The server's own words"


class Redacting(ScriptedServer):
    """Forgets messages on demand, once each; `wrong` answers in its place."""

    def __init__(self, caps: str = CAPS, wrong: str | None = None) -> None:
        super().__init__(caps=caps, replies={"REDACT": self._redact})
        self.wrong = wrong
        self.gone: set[str] = set()

    def _redact(self, got: Line) -> list[str]:
        room, msgid, *reason = got.params
        if self.wrong is not None:
            return [self.wrong] if self.wrong else []
        if msgid in self.gone:
            return [FAIL.format(code="UNKNOWN_MSGID")]
        self.gone.add(msgid)
        why = reason[0] if reason else ""
        return [f"@msgid=r{len(self.received)} :{self.nick}!hub@host.example REDACT {room} {msgid} :{why}"]


def delete(part: Part, reason: str = "", txn: str = "9.abc") -> DeleteMessage:
    return DeleteMessage(room=LOBBY, speaker=ALICE, txn=Txn(txn), target=part, reason=reason)


async def removed(run: Running) -> Removed:
    """The next removal."""
    while True:
        event = await run.emitted.events.get()
        if isinstance(event, Removed):
            return event


# -- golden lines


def heard(text: str) -> object:
    session = Session("hubbub")
    session.serve([LOBBY])
    session.caps.add(decode.REDACTION)
    return decode.event(parse(text), session)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("REDACT #Lobby 123 :bad \x02example", "bad example"),
        ("REDACT #lobby 123", ""),
        ("REDACT #lobby 123 :", ""),
    ],
)
def test_a_removal(text: str, reason: str) -> None:
    """draft/message-redaction: the server forwards only what it authorised, so it vouches."""
    event = heard(f"@msgid=124;time=2026-01-02T03:04:05.500Z {BOB} {text}")
    assert isinstance(event, Removed)
    assert (event.id, event.room, event.target) == ("124", "#lobby", "123")
    assert (event.reason, event.by_moderator, event.at) == (reason, True, 1767323045.5)
    assert (event.sender.id, event.sender.name) == ("bob!b@h", "bob")


@pytest.mark.parametrize(
    "text",
    [
        ":hubbub!h@x REDACT #lobby 123",
        f"{BOB} REDACT #other 123",
        f"{BOB} REDACT #lobby :",
        "REDACT #lobby 123",
    ],
)
def test_no_removal(text: str) -> None:
    """Our own, one elsewhere, one of nothing, one by nobody."""
    assert heard(text) is None


def test_a_removal_that_nobody_vouches_for() -> None:
    """draft/message-redaction: without the capability, the server never sends one."""
    session = Session("hubbub")
    session.serve([LOBBY])
    assert decode.event(parse(f"{BOB} REDACT #lobby 123"), session) is None


def test_to_the_wire() -> None:
    """draft/message-redaction: REDACT <target> <msgid> [:reason], one line whatever the reason holds."""
    assert encode.redaction("#lobby", "123", "") == b"REDACT #lobby 123"
    assert encode.redaction("#lobby", "123", "not\r\nthis\x02") == b"REDACT #lobby 123 :not this"
    for name in ("", "a b", ":a"):
        with pytest.raises(Rejected):
            encode.redaction("#lobby", name, "")


# -- our own words taken back


async def test_taken_back() -> None:
    """Confirmed by the PONG behind it; our own removal is no event; a second time is as good."""
    async with Redacting() as server, running(server.port, "#lobby") as run:
        await run.joined()
        assert run.adapter.capabilities(LOBBY).delete is Support.FULL
        receipt = await (await run.send("#lobby", "a slip"))
        for _ in range(2):
            assert await (await run.adapter.send(delete(receipt.part, "oops"))) == Receipt(None)
        assert f"REDACT #lobby {receipt.part.id} :oops" in server.received
        assert len(server.gone) == 1
        server.say(f"{BOB} PRIVMSG #lobby :next")
        await run.emitted.message()
        assert not any(isinstance(event, Removed) for batch in run.emitted.batches for event in batch)


async def test_a_reason_that_is_too_long_is_left_out() -> None:
    """RFC 2812 section 2.3: a line is 512 bytes."""
    async with Redacting() as server, running(server.port, "#lobby") as run:
        await run.joined()
        await (await run.adapter.send(delete(Part(MessageId("m1")), "é" * 300)))
        assert "REDACT #lobby m1" in server.received


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (FAIL.format(code="UNKNOWN_MSGID"), None),
        (FAIL.format(code="REDACT_FORBIDDEN"), Rejected),
        (FAIL.format(code="REDACT_WINDOW_EXPIRED"), Rejected),
        (":s FAIL REDACT INVALID_TARGET #lobby :You cannot delete messages from #lobby", Rejected),
        (":s 421 hubbub REDACT :Unknown command", Rejected),
        (":s 482 hubbub #lobby :You're not a channel operator", Rejected),
        (":s 442 hubbub #lobby :You're not on that channel", RoomUnavailable),
        (":s FAIL CHATHISTORY MESSAGE_ERROR #lobby :something else", None),
        ("", None),
    ],
)
async def test_what_the_server_may_answer(answer: str, error: type[Exception] | None) -> None:
    """draft/message-redaction, errors. Nothing at all is a confirmation, as no client needs an echo of it."""
    async with Redacting(wrong=answer) as server, running(server.port, "#lobby") as run:
        await run.joined()
        landed = await run.adapter.send(delete(Part(MessageId("m1"))))
        if error is None:
            assert await landed == Receipt(None)
        else:
            with pytest.raises(error):
                await landed


async def test_only_where_the_server_offers_it() -> None:
    """Capability negotiation: also when it comes or goes later (cap-notify)."""
    async with Redacting(caps="message-tags cap-notify") as server, running(server.port, "#lobby") as run:
        await run.joined()
        assert run.adapter.capabilities(LOBBY).delete is Support.NO
        with pytest.raises(Unsupported):
            await run.adapter.send(delete(Part(MessageId("m1"))))
        server.say(":s CAP hubbub NEW :draft/message-redaction")
        await server.heard("CAP REQ :draft/message-redaction")
        server.say(f"{BOB} PRIVMSG #lobby :now")
        await run.emitted.message()
        assert run.adapter.capabilities(LOBBY).delete is Support.FULL


async def test_in_doubt() -> None:
    """A removal whose answer never came can be sent again: it changes nothing twice."""
    async with Redacting() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.replies["REDACT"] = lambda _: server.hang_up() or []
        landed = await run.adapter.send(delete(Part(MessageId("m1"))))
        with pytest.raises(ConnectionLost):
            await landed
        await run.again()
        await run.joined()
        found = await run.adapter.find_sent(LOBBY, time.time() - 60, [Txn("9.abc"), Txn("8.abc")])
        assert found == {Txn("9.abc"): None}


# -- what others take back


async def test_others_take_back() -> None:
    """By the author and by somebody else, of theirs and of ours; what came before stands before it."""
    async with Redacting() as server, running(server.port, "#lobby") as run:
        await run.joined()
        ours = (await (await run.send("#lobby", "ours"))).part.id
        server.say(
            f"@msgid=1 {BOB} PRIVMSG #lobby :a slip",
            f"@msgid=2 {BOB} REDACT #lobby 1",
            f"@msgid=3 :op!o@h REDACT #lobby {ours} :no spam",
        )
        assert (await run.emitted.message()).id == "1"
        first, second = await removed(run), await removed(run)
        assert (first.target, first.sender.name, first.replayed) == ("1", "bob", False)
        assert (second.target, second.sender.name, second.reason) == (ours, "op", "no spam")


async def test_removed_while_away() -> None:
    """draft/message-redaction, chat history: a REDACT may stand in it; our own says nothing about marks."""
    async with Redacting(caps=f"{CAPS} draft/chathistory") as server, running(server.port, "#lobby") as run:
        me = ":hubbub!hub@host.example"

        def page(got: Line) -> list[str]:
            ago = [stamp(time.time() - seconds) for seconds in (3000, 900, 60, 50, 40)]
            return [
                ":s BATCH +x chathistory #lobby",
                f"@batch=x;time={ago[0]};msgid=0 {BOB} PRIVMSG #lobby :long ago",
                f"@batch=x;time={ago[1]};msgid=1;+hubbub/txn=1.abc {me} PRIVMSG #lobby :ours",
                f"@batch=x;time={ago[2]};msgid=2 {BOB} PRIVMSG #lobby :a slip",
                f"@batch=x;time={ago[3]};msgid=3 {BOB} REDACT #lobby 2",
                f"@batch=x;time={ago[4]};msgid=4 {me} REDACT #lobby 1",
                ":s BATCH -x",
            ]

        server.replies["CHATHISTORY"] = page
        await run.joined()
        await run.stop()
        at = stamp(time.time() - 1800)
        run.emitted.positions["#lobby"] = f"{at} {at} - "
        await run.again()
        await run.joined()
        events = [event for event in run.emitted.batches[-1] if isinstance(event, MessageCreated | Removed)]
        assert [(type(event), event.id, event.replayed) for event in events] == [
            (MessageCreated, "2", True),
            (Removed, "3", True),
        ]
        txns = [Txn("1.abc"), Txn("2.abc")]
        found = await run.adapter.find_sent(LOBBY, time.time() - 100, txns)
        assert found == {txns[0]: Receipt(Part(MessageId("1"))), txns[1]: None}
