"""Lines to and fro, confirmations, and all that can go wrong with them; against a scripted server."""

import asyncio

import pytest

from adapters.irc.wire.line import Line, parse
from bridge import (
    ConnectionLost,
    RateLimited,
    Rejected,
    RoomId,
    RoomUnavailable,
)

from .harness import ScriptedServer, running

HOSTILE = [
    b"",
    b" ",
    b":",
    b"@",
    b"@a=b",
    b":source",
    b"QUIT",
    b":x QUIT",
    b"PING",
    b":bob!b@h PRIVMSG #lobby",
    b":bob!b@h PRIVMSG",
    b"PRIVMSG #lobby :no source",
    b"NICK",
    b"NICK other",
    b":hubbub NICK",
    b" leading :space",
    b"001",
    b":s 005 hubbub PREFIX=ov TARGMAX=A:x:y CASEMAPPING= NICKLEN=-1 LINELEN=x CHANNELLEN=\xff :x",
    b":s 005",
    b":s 433 hubbub",
    b":s 404",
    b":s 999 x y z",
    b"BATCH",
    b"BATCH +x",
    b"BATCH -nothing",
    b"CAP",
    b"CAP hubbub",
    b"CAP hubbub ACK",
    b"CAP hubbub LS",
    b"JOIN",
    b":hubbub!h@x JOIN",
    b":op!o@h KICK #lobby",
    b":op!o@h KICK",
    b"INVITE",
    b"CHGHOST x",
    b":hubbub!h@x CHGHOST one",
    b"PONG",
    b"PONG s :h999999",
    b":s 396",
    b"\xff\xfe\x00\x01",
    b"\x00" * 50,
    b":bob!b@h PRIVMSG #lobby :\x01",
    b":bob!b@h PRIVMSG #lobby :\x01\x01",
    b":bob!b@h PRIVMSG #lobby :\x03\x04\x0f\x16",
    b"@time=;msgid=;batch=;label= :bob!b@h PRIVMSG #lobby :\x02",
    b":bob!b@h PRIVMSG " + b"#" * 600 + b" :x",
    b":bob!b@h TAGMSG #lobby",
    b"AUTHENTICATE",
    b"FAIL",
    b"\xc2\xa0",
]


async def test_one_bad_line_never_ends_a_connection() -> None:
    """RFC 2812 section 2.3.1: whatever comes, the next good line is heard."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        for raw in HOSTILE:
            server.say(raw, b":bob!b@h PRIVMSG #lobby :after")
            assert (await run.emitted.message()).content.text == "after", raw
        await (await run.send("#lobby", "and we can still talk"))


async def test_bytes_that_are_no_utf8() -> None:
    """modern.ircdocs.horse "Character encodings": one byte of Latin-1 is text."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say(b":bob!b@h PRIVMSG #lobby :caf\xe9")
        assert (await run.emitted.message()).content.text == "café"


async def test_the_network_has_an_encoding_of_its_own() -> None:
    """`encoding`: read after UTF-8, written always; what it lacks is a question mark."""
    async with ScriptedServer() as server, running(server.port, "#lobby", encoding="koi8-r") as run:
        await run.joined()
        server.say(b":bob!b@h PRIVMSG #lobby :" + "привет".encode("koi8-r"))
        assert (await run.emitted.message()).content.text == "привет"
        server.say(":bob!b@h PRIVMSG #lobby :да")
        assert (await run.emitted.message()).content.text == "да"
        await (await run.send("#lobby", "нет 中"))
        # the scripted server reads as Windows-1252 what is no UTF-8
        assert await server.heard("^PRIVMSG #lobby :") == "PRIVMSG #lobby :" + "нет ?".encode(
            "koi8-r"
        ).decode("cp1252")


async def test_lines_without_end_and_lines_in_pieces() -> None:
    """A line may come byte by byte; one that never ends is dropped, not kept for ever."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        connection = run.adapter._connection._transport
        for byte in b":bob!b@h PRIVMSG #lobby :slowly\r\n":
            connection.process_data(bytes([byte]))
        assert (await run.emitted.message()).content.text == "slowly"
        connection.process_data(b"x" * 1_000_000)
        assert len(connection._rest) < 100_000
        connection.process_data(b"\r\n:bob!b@h PRIVMSG #lobby :next\r\n")
        assert (await run.emitted.message()).content.text == "next"


async def test_many_lines_are_one_batch() -> None:
    """What is read in one go is emitted in one go."""
    async with ScriptedServer() as server, running(server.port, "#lobby") as run:
        await run.joined()
        run.emitted.batches.clear()
        run.adapter._connection._transport.process_data(b":bob!b@h PRIVMSG #lobby :x\r\n" * 50)
        assert [len(batch) for batch in run.emitted.batches] == [50]


# -- confirmation


@pytest.mark.parametrize("caps", ["", "echo-message", "echo-message labeled-response message-tags batch"])
async def test_confirmed(caps: str) -> None:
    """A PING of its own follows each message; with echo-message the echo names the message."""
    async with ScriptedServer(caps=caps) as server, running(server.port, "#lobby") as run:
        await run.joined()
        receipt = await (await run.send("#lobby", "hello"))
        sent = await server.heard("PRIVMSG #lobby :hello$")
        assert sent.startswith("@label=") == ("labeled" in caps)
        assert server.received[server.received.index(sent) + 1].startswith("PING :h")
        assert receipt.part.id.startswith("m") if caps else receipt.part is None
        assert run.emitted.events.empty()


@pytest.mark.parametrize(
    ("denied", "marked"),
    [
        ("", True),
        (" CLIENTTAGDENY=*", False),
        (" CLIENTTAGDENY=*,-hubbub/txn", True),
        (" CLIENTTAGDENY=typing,hubbub/txn", False),
        (" CLIENTTAGDENY=typing", True),
    ],
)
async def test_what_we_say_is_marked(denied: str, marked: bool) -> None:
    """IRCv3 message-tags: the txn goes along as a client-only tag, unless ISUPPORT keeps it back."""
    async with (
        ScriptedServer(caps="message-tags", isupport=f"CASEMAPPING=ascii{denied}") as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        await (await run.send("#lobby", "hello"))
        sent = await server.heard("PRIVMSG #lobby :hello$")
        assert parse(sent).tags == ({"+hubbub/txn": "1.abc"} if marked else {})


async def test_the_longest_line_is_not_shorter_with_its_tags() -> None:
    """IRCv3 message-tags: tags have a limit of their own."""
    caps = "echo-message labeled-response message-tags batch"
    async with ScriptedServer(caps=caps) as server, running(server.port, "#lobby") as run:
        await run.joined()
        text = "x" * run.adapter.capabilities(RoomId("#lobby")).text_limit
        await (await run.send("#lobby", text))
        sent = await server.heard(f"PRIVMSG #lobby :{text}$")
        assert parse(sent).tags.keys() == {"label", "+hubbub/txn"}


async def test_the_mark_of_a_copy_is_told() -> None:
    """IRCv3 message-tags: whoever said it, what bears a mark is some Hubbub's copy."""
    async with ScriptedServer(caps="message-tags") as server, running(server.port, "#lobby") as run:
        await run.joined()
        server.say("@+hubbub/txn=1a.2.0.0123456789abcdef :other!o@h PRIVMSG #lobby :a copy")
        assert (await run.emitted.message()).mark == "1a.2.0.0123456789abcdef"
        server.say(
            f"@+hubbub/txn={'f' * 4000} :eve!e@h PRIVMSG #lobby :nonsense", ":bob!b@h NOTICE #lobby :x"
        )
        assert len((await run.emitted.message()).mark) <= 64
        assert (await run.emitted.message()).mark == ""


@pytest.mark.parametrize("caps", ["", "message-tags"])
async def test_nothing_is_read_while_nothing_can_be_kept(caps: str) -> None:
    """The journal cannot be written: the server's lines wait in its own memory, none is lost."""
    async with ScriptedServer(caps=caps) as server, running(server.port, "#lobby") as run:
        await run.joined()
        full = run.emitted.full = asyncio.get_running_loop().create_future()
        server.say(":bob!b@h PRIVMSG #lobby :first")
        assert (await run.emitted.message()).content.text == "first"
        server.say(*[f":bob!b@h PRIVMSG #lobby :{number}" for number in range(1000)])
        landed = await run.send("#lobby", "what we say goes out")
        await server.heard("goes out")
        assert not run.adapter._connection._transport.transport.is_reading()
        assert run.emitted.texts == ["first"]
        run.emitted.full = None
        full.set_result(None)
        await landed
        assert run.emitted.texts[1:] == [str(number) for number in range(1000)]


async def test_swallowed() -> None:
    """IRCv3 echo-message: no echo and no error before the PONG."""
    async with (
        ScriptedServer(caps="echo-message", replies={"PRIVMSG": lambda _: []}) as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        with pytest.raises(Rejected, match="swallowed"):
            await (await run.send("#lobby", "spam"))


async def test_an_echo_within_a_labelled_batch() -> None:
    """IRCv3 labeled-response: several answers come in a batch that carries the label."""

    def privmsg(got: Line) -> list[str]:
        label = got.tags["label"]
        return [
            f"@label={label} :s BATCH +b labeled-response",
            "@batch=b;msgid=in-batch :hubbub!hub@host PRIVMSG #lobby :x",
            ":s BATCH -b",
        ]

    caps = "echo-message labeled-response batch message-tags"
    async with (
        ScriptedServer(caps=caps, replies={"PRIVMSG": privmsg}) as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        assert (await (await run.send("#lobby", "x"))).part.id == "in-batch"


async def test_another_session_of_ours_confirms_nothing() -> None:
    """IRCv3 labeled-response: an echo without our label is of another session behind the same bouncer."""
    caps = "echo-message labeled-response batch message-tags"
    foreign = {"PRIVMSG": lambda _: ["@msgid=z :hubbub!hub@host PRIVMSG #lobby :by hand"]}
    async with ScriptedServer(caps=caps, replies=foreign) as server, running(server.port, "#lobby") as run:
        await run.joined()
        with pytest.raises(Rejected, match="swallowed"):
            await (await run.send("#lobby", "x"))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (":s 404 hubbub #Lobby :Cannot send to channel (+m)", RoomUnavailable),
        (":s 404 hubbub #lobby :You cannot send messages containing colors to this channel", Rejected),
        (":s 404 hubbub #lobby :Your message contained a banned phrase and was blocked", Rejected),
        (":s 404 hubbub #lobby :No such luck", Rejected),
        (":s 404 hubbub #lobby :Cannot send to nick/channel", RoomUnavailable),
        (":s 404 hubbub #lobby :You cannot send messages to this channel whilst banned", RoomUnavailable),
        (":s 408 hubbub #lobby :You cannot use control codes on this channel", Rejected),
        (":s 442 hubbub #lobby :You're not on that channel", RoomUnavailable),
        (":s 403 hubbub #lobby :No such channel", RoomUnavailable),
        (":s 401 hubbub #lobby :No such nick/channel", RoomUnavailable),
        (":s 407 hubbub #lobby :Too many targets", RateLimited),
        (":s 439 hubbub #lobby :Target change too fast", RateLimited),
        (":s 263 hubbub PRIVMSG :Please wait a while and try again", RateLimited),
        (":s 412 hubbub :No text to send", Rejected),
        (":s 417 hubbub :Input line was too long", Rejected),
        (":s 531 hubbub #lobby :Cannot send", Rejected),
        ("FAIL PRIVMSG SOME_CODE #lobby :You may not", Rejected),
    ],
)
async def test_refused(answer: str, kind: type[Exception]) -> None:
    """RFC 2812 section 5.2, modern.ircdocs.horse, IRCv3 standard replies: the error before the PONG."""
    async with (
        ScriptedServer(replies={"PRIVMSG": lambda _: [answer]}) as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        with pytest.raises(kind) as caught:
            await (await run.send("#lobby", "x"))
        assert getattr(caught.value, "retry_after", 30.0) == 30.0
        server.replies.clear()
        await (await run.send("#lobby", "and on"))


@pytest.mark.parametrize(
    "answer",
    [
        ":s 401 hubbub eve :No such nick",
        ":s 437 hubbub hubbub :Nick is temporarily unavailable",
        ":s 404 hubbub #other :Cannot send to channel",
        ":s 433 hubbub x :Nickname is already in use",
        ":s 482 hubbub #lobby :You're not a channel operator",
    ],
)
async def test_errors_about_something_else(answer: str) -> None:
    """RFC 2812 section 5.2: an error counts for the target that it names."""
    async with (
        ScriptedServer(replies={"PRIVMSG": lambda _: [answer]}) as server,
        running(server.port, "#lobby", "#other") as run,
    ):
        for _ in range(2):
            await run.joined()
        await (await run.send("#lobby", "x"))


async def test_rooms_are_confirmed_side_by_side() -> None:
    """An error counts for the message that it answers, whatever else is on its way."""

    def privmsg(got: Line) -> list[str]:
        return [":s 404 hubbub #b :Cannot send to channel"] if got.params[0] == "#b" else []

    async with (
        ScriptedServer(replies={"PRIVMSG": privmsg}) as server,
        running(server.port, "#a", "#b", "#c") as run,
    ):
        for _ in range(3):
            await run.joined()
        landed = [await run.send(room, "x") for room in ("#a", "#b", "#c")]
        results = await asyncio.gather(*landed, return_exceptions=True)
        assert [type(result).__name__ for result in results] == ["Receipt", "RoomUnavailable", "Receipt"]


async def test_in_flight_when_the_connection_ends() -> None:
    """What nobody confirmed fails with ConnectionLost, and so does what comes after."""

    def hang_up(_: Line) -> list[str]:
        server.hang_up()
        return []

    async with (
        ScriptedServer(replies={"PRIVMSG": hang_up}) as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        landed = await run.send("#lobby", "x")
        with pytest.raises(ConnectionLost):
            await landed
        with pytest.raises(ConnectionLost):
            await run.task
        with pytest.raises(ConnectionLost):
            await run.send("#lobby", "y")


async def test_a_dead_peer_ends_the_run() -> None:
    """No PONG: after `ping.timeout` the connection counts as dead and what was in flight is in doubt."""
    async with (
        ScriptedServer() as server,
        running(server.port, "#lobby", ping={"after": 0.2, "timeout": 0.2}) as run,
    ):
        await run.joined()
        server.replies["PING"] = lambda _: []
        landed = await run.send("#lobby", "x")
        with pytest.raises(ConnectionLost, match="counts as dead"):
            await run.task
        with pytest.raises(ConnectionLost):
            await landed


async def test_a_quiet_server_is_asked_and_kept() -> None:
    """RFC 2812 section 3.7.2: PING after silence; a PONG keeps the connection."""
    async with (
        ScriptedServer() as server,
        running(server.port, "#lobby", ping={"after": 0.1, "timeout": 0.4}) as run,
    ):
        await run.joined()
        before = sum(text.startswith("PING") for text in server.received)
        await server.heard("^PING", times=before + 3)
        assert not run.task.done()


async def test_ping_is_answered_before_everything() -> None:
    """RFC 2812 section 3.7.2: PONG waits for no token, and gives back any token."""
    flood = {"burst": 6, "per_second": 0.001}
    async with ScriptedServer() as server, running(server.port, "#lobby", flood=flood) as run:
        await run.joined()
        for _ in range(2):
            await run.send("#lobby", "x")
        server.say("PING :a b", "PING token")
        await server.heard("^PONG :a b$")
        await server.heard("^PONG :token$")
