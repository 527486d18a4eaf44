"""Logging in, against a scripted server."""

import asyncio
import base64
import contextlib
import logging
from pathlib import Path

import pytest

from adapters.irc.connection import login
from adapters.irc.testing import server as ngircd
from adapters.irc.wire.line import Line
from bridge import AuthenticationFailed, ConnectionLost, RateLimited, RoomState
from bridge.testing import free_port
from tests.adapters.places import demo_server

from .harness import ScriptedServer, make, running
from .servers import make_certificate

SASL = {"user": "hubbub", "password": "sekret"}
EVERYTHING = (
    "message-tags server-time batch echo-message labeled-response account-tag setname away-notify chghost "
    "multi-prefix cap-notify"
)


async def failure(port: int, **settings: object) -> Exception:
    """What ends a run that cannot get in."""
    async with running(port, "#lobby", **settings) as run:
        async with asyncio.timeout(25):
            with pytest.raises((AuthenticationFailed, ConnectionLost, RateLimited)) as caught:
                await run.task
        return caught.value


async def test_asks_only_for_what_is_offered() -> None:
    """IRCv3 capability negotiation 302: over several lines; unknown ones are left alone."""

    def listing(got: Line) -> list[str] | None:
        if got.params[0] == "LS":
            return [":s CAP * LS * :batch=x draft/odd msgid", ":s CAP * LS :server-time tls=1"]
        return None

    async with ScriptedServer(replies={"CAP": listing}) as server, running(server.port, "#lobby") as run:
        await run.joined()
        assert server.acknowledged == {"batch", "server-time"}
        assert "CAP END" in server.received


async def test_a_refused_capability_takes_no_other_with_it() -> None:
    """IRCv3 capability negotiation: NAK is for the whole request, so they are asked for one by one."""

    def refusing(got: Line) -> list[str] | None:
        if got.params[0] == "REQ" and "setname" in got.params[1].split():
            return [f":s CAP * NAK :{got.params[1]}"]
        return None

    async with (
        ScriptedServer(caps=EVERYTHING, replies={"CAP": refusing}) as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        assert server.acknowledged == set(EVERYTHING.split()) - {"setname"}


async def test_a_server_without_capabilities() -> None:
    """RFC 2812 section 3.1: a server that knows no CAP lets us in by NICK and USER."""
    late: list[str] = []

    def user(got: Line) -> list[str]:
        return [":s 421 * CAP :Unknown command", *server.welcome()]

    async with (
        ScriptedServer(replies={"CAP": lambda _: late, "USER": user}) as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()


@pytest.mark.parametrize("password", ["sekret", "p" * 400, "p" * 289])
async def test_sasl_plain(password: str) -> None:
    """RFC 4616 and IRCv3 SASL 3.1: chunks of 400, an empty one behind a full one; JOIN comes after."""
    chunks: list[str] = []

    def authenticate(got: Line) -> list[str]:
        if got.params == ["PLAIN"]:
            return ["AUTHENTICATE +"]
        chunks.append(got.params[0])
        return [":s 903 * :ok"] if len(got.params[0]) < 400 else []

    async with (
        ScriptedServer(caps="sasl=PLAIN,EXTERNAL", replies={"AUTHENTICATE": authenticate}) as server,
        running(server.port, "#lobby", sasl={"user": "hubbub", "password": password}) as run,
    ):
        await run.joined()
    whole = "".join(chunk for chunk in chunks if chunk != "+")
    assert base64.b64decode(whole) == f"hubbub\0hubbub\0{password}".encode()
    assert all(len(chunk) == 400 for chunk in chunks[:-1])
    order = [text.split(" ")[0] for text in server.received]
    assert order.index("JOIN") > order.index("AUTHENTICATE")


async def test_sasl_refused_is_no_reason_to_join() -> None:
    """IRCv3 SASL: 904; the owner is told what to check, and nothing secret."""

    def authenticate(got: Line) -> list[str]:
        return ["AUTHENTICATE +"] if got.params == ["PLAIN"] else [":s 904 * :SASL authentication failed"]

    async with ScriptedServer(caps="sasl", replies={"AUTHENTICATE": authenticate}) as server:
        error = await failure(server.port, sasl=SASL)
        assert isinstance(error, AuthenticationFailed)
        assert "sasl.password" in str(error)
        assert "sekret" not in repr(error)
        assert not any(text.startswith("JOIN") for text in server.received)


async def test_another_mechanism_is_not_tried() -> None:
    """IRCv3 SASL 3.2: the capability's value names the mechanisms."""
    async with ScriptedServer(caps="sasl=SCRAM-SHA-256,EXTERNAL") as server:
        error = await failure(server.port, sasl=SASL)
    assert isinstance(error, AuthenticationFailed)
    assert "SCRAM-SHA-256" in str(error)


async def test_waits_for_sasl_while_the_services_are_away(caplog: pytest.LogCaptureFixture) -> None:
    """IRCv3 SASL 3.2 and cap-notify: nothing is joined before CAP NEW offers sasl and it is through."""

    def authenticate(got: Line) -> list[str]:
        return ["AUTHENTICATE +"] if got.params == ["PLAIN"] else [":s 903 * :ok"]

    async with (
        ScriptedServer(caps="cap-notify", replies={"AUTHENTICATE": authenticate}) as server,
        running(server.port, "#lobby", sasl=SASL) as run,
    ):
        refused = await run.emitted.state(RoomState.REFUSED)
        assert "offers no SASL" in refused.reason
        assert "SASL" not in caplog.text, "the rooms' refusals say it"
        assert not any(text.startswith("JOIN") for text in server.received)
        server.say(":s CAP hubbub NEW :sasl=PLAIN")
        await run.joined()
        order = [text.split(" ")[0] for text in server.received]
        assert order.index("JOIN") > order.index("AUTHENTICATE")


async def test_nickserv_when_sasl_is_not_wanted() -> None:
    """The services' own way: identified before the first JOIN."""

    def privmsg(got: Line) -> list[str]:
        return [
            ":NickServ!s@services. NOTICE hubbub :This nickname is registered. Please identify.",
            ":NickServ!s@services. NOTICE hubbub :You are now identified for hubbub.",
        ]

    async with (
        ScriptedServer(replies={"PRIVMSG": privmsg}) as server,
        running(server.port, "#lobby", nickserv={"user": "hub", "password": "sekret"}) as run,
    ):
        await run.joined()
        sent = [text for text in server.received if text.startswith(("PRIVMSG", "JOIN"))]
        assert sent == ["PRIVMSG NickServ :IDENTIFY hub sekret", "JOIN #lobby"]


async def test_nickserv_when_sasl_is_not_offered() -> None:
    """Both configured, no SASL on this server: NickServ's word is as good."""

    def privmsg(got: Line) -> list[str]:
        return [":NickServ!s@services. NOTICE hubbub :Password accepted - you are now recognized."]

    async with (
        ScriptedServer(replies={"PRIVMSG": privmsg}) as server,
        running(server.port, "#lobby", sasl=SASL, nickserv={"password": "sekret"}) as run,
    ):
        await run.joined()
        assert not any(text.startswith("AUTHENTICATE") for text in server.received)


async def test_nickserv_refuses() -> None:
    """A wrong password for NickServ is told as such."""

    def privmsg(got: Line) -> list[str]:
        return [":NickServ!s@services. NOTICE hubbub :Invalid password for \x02hubbub\x02."]

    async with ScriptedServer(replies={"PRIVMSG": privmsg}) as server:
        error = await failure(server.port, nickserv={"password": "sekret"})
    assert isinstance(error, AuthenticationFailed)
    assert "nickserv.password" in str(error)


async def test_the_server_password_goes_first() -> None:
    """RFC 2812 section 3.1.1: PASS before NICK; it may hold spaces."""
    async with ScriptedServer() as server, running(server.port, "#lobby", password="open it") as run:
        await run.joined()
        commands = [text.split(" ")[0] for text in server.received]
        assert commands.index("PASS") < commands.index("NICK")
        assert "PASS :open it" in server.received


@pytest.mark.parametrize(
    ("numeric", "text", "kind", "sentence"),
    [
        ("464", "Password incorrect", AuthenticationFailed, "check password"),
        ("465", "You are banned", AuthenticationFailed, "ask its operators"),
    ],
)
async def test_not_let_in(numeric: str, text: str, kind: type[Exception], sentence: str) -> None:
    """RFC 2812 section 5.2: wrong password, banned."""
    async with ScriptedServer(replies={"NICK": lambda _: [f":s {numeric} * :{text}"]}) as server:
        error = await failure(server.port, password="x")
    assert isinstance(error, kind)
    assert sentence in str(error)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Closing link: (K-lined: spam)", AuthenticationFailed),
        ("Closing Link: Server is full", ConnectionLost),
        ("Closing Link: Your host is trying to (re)connect too fast", RateLimited),
    ],
)
async def test_error_before_the_welcome(text: str, kind: type[Exception]) -> None:
    """RFC 2812 section 3.7.4: ERROR names the reason."""
    async with ScriptedServer(replies={"NICK": lambda _: [f"ERROR :{text}"]}) as server:
        error = await failure(server.port)
    assert type(error) is kind
    assert text in str(error)


async def test_a_nick_in_use_is_taken_back() -> None:
    """RFC 2812 section 5.2 (433): another nick at first, ours as soon as its owner goes."""

    def nick(got: Line) -> list[str] | None:
        if got.params[0] == "hubbub" and taken:
            return [":s 433 * hubbub :Nickname is already in use."]
        if "NICK" in server._have:
            return [f":hubbub_!hub@host NICK {got.params[0]}"]
        return None

    taken = True
    async with ScriptedServer(replies={"NICK": nick}) as server, running(server.port, "#lobby") as run:
        await run.joined()
        assert run.adapter._session.nick == "hubbub_"
        taken = False
        server.say(":hubbub!old@ghost QUIT :Ping timeout")
        await server.heard("^NICK hubbub$", times=2)
        receipt = await run.send("#lobby", "after")
        await receipt
        assert run.adapter._session.nick == "hubbub"


async def test_a_nick_that_the_server_does_not_take() -> None:
    """RFC 2812 section 5.2 (432)."""
    async with ScriptedServer(replies={"NICK": lambda _: [":s 432 * x :Erroneous nickname"]}) as server:
        error = await failure(server.port)
    assert isinstance(error, AuthenticationFailed)
    assert str(error).endswith("choose another nick (it says: Erroneous nickname)")


async def test_a_server_with_short_nicks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ngIRCd takes nine letters unless it is told otherwise (RFC 2812 section 1.2.1): a check is let in as
    well as the bridge, or is not either.
    """
    monkeypatch.setattr(ngircd, "_SETTINGS", ngircd._SETTINGS.replace(" MaxNickLength = 30\n", ""))
    async with demo_server("irc", tmp_path) as (_, variables):
        port = int(variables["DEMO_IRC_PORT"])
        for nick in ("hub", "hubbub", "hubbub123"):
            assert await make(port, nick=nick).look({}) == {}
            async with running(port, "#lobby", nick=nick) as run:
                await run.joined()
        assert "(it says: Nickname too long, max. 9 characters)" in str(
            await failure(port, nick="hubbub1234")
        )
        with pytest.raises(AuthenticationFailed, match="choose another nick"):
            await make(port, nick="hubbub1234").look({})


async def test_tells_that_it_is_a_bot() -> None:
    """IRCv3 bot mode: the letter comes from ISUPPORT. The realname says what it is."""
    async with (
        ScriptedServer(isupport="BOT=B CASEMAPPING=ascii") as server,
        running(server.port, "#lobby", umodes="+i") as run,
    ):
        await run.joined()
        assert [text for text in server.received if text.startswith("MODE")] == [
            "MODE hubbub +i",
            "MODE hubbub +B",
        ]
        assert any(text.startswith("USER hubbub 0 * :Hubbub, a bot that relays") for text in server.received)


async def test_a_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and says nothing is left after a while."""
    monkeypatch.setattr(login, "_REGISTER_TIMEOUT", 0.2)
    silent = {command: lambda _: [] for command in ("CAP", "NICK", "USER")}
    async with ScriptedServer(replies=silent) as server:
        error = await failure(server.port)
    assert "says nothing: check port and tls" in str(error)


async def test_services_that_vanish_while_we_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """SASL on offer, and nobody behind it: never joined without, and the owner is told why."""
    monkeypatch.setattr(login, "_REGISTER_TIMEOUT", 0.2)
    async with ScriptedServer(caps="sasl", replies={"AUTHENTICATE": lambda _: []}) as server:
        error = await failure(server.port, sasl=SASL)
        assert isinstance(error, ConnectionLost)
        assert "services may be away" in str(error)
        assert not any(text.startswith("JOIN") for text in server.received)


async def test_garbage_instead_of_irc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something else listens there: it is named with what it said."""
    monkeypatch.setattr(login, "_REGISTER_TIMEOUT", 0.2)
    silent = {command: lambda _: [] for command in ("NICK", "USER")}
    async with ScriptedServer(replies={"CAP": lambda _: ["!garbage \x00\x01"], **silent}) as server:
        error = await failure(server.port)
    assert "does not speak IRC" in str(error)
    assert "garbage" in str(error)


async def test_closed_at_once() -> None:
    """A server that hangs up before the welcome."""

    def hang_up(_: Line) -> list[str]:
        server.hang_up()
        return []

    async with ScriptedServer(replies={"CAP": hang_up}) as server:
        error = await failure(server.port)
    assert "closed the connection before" in str(error)


async def test_nobody_listens() -> None:
    error = await failure(free_port())
    assert "nothing listens" in str(error)


async def test_no_such_host() -> None:
    """RFC 6761: the top level name invalid never resolves."""
    error = await failure(6667, server="nowhere.invalid")
    assert isinstance(error, ConnectionLost)
    assert "no host nowhere.invalid" in str(error)


async def test_tls_is_verified(tmp_path: Path) -> None:
    """A certificate that nobody vouches for is refused; with ca_file it is trusted."""
    import ssl

    certificate, key = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with ScriptedServer(tls=context) as server:
        error = await failure(server.port, tls=True)
        assert "does not verify" in str(error)
        assert "ca_file" in str(error)
        async with running(server.port, "#lobby", tls=True, ca_file=certificate) as run:
            await run.joined()


async def test_tls_to_a_port_without() -> None:
    """Plain IRC where TLS was expected: the sentence names port and tls."""
    async with ScriptedServer(replies={"CAP": lambda _: []}) as server:
        listening = await asyncio.start_server(_speak_plainly, "127.0.0.1", 0)
        async with listening:
            error = await failure(listening.sockets[0].getsockname()[1], tls=True)
        assert "does not speak TLS" in str(error)
        assert server.connections == 0


async def _speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b":s NOTICE * :Looking up your host\r\n")
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    writer.close()


async def test_unreadable_files(tmp_path: Path) -> None:
    """A missing ca_file or a cert_file that is none: both are named."""
    error = await failure(6697, tls=True, ca_file=tmp_path / "none.pem")
    assert "ca_file" in str(error)
    odd = tmp_path / "odd.pem"
    odd.write_text("no certificate")
    error = await failure(6697, tls=True, cert_file=odd)
    assert isinstance(error, AuthenticationFailed)
    assert "cert_file" in str(error)


async def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Not even at DEBUG."""
    caplog.set_level(logging.DEBUG)

    def authenticate(got: Line) -> list[str]:
        return ["AUTHENTICATE +"] if got.params == ["PLAIN"] else [":s 903 * :ok"]

    settings = {"sasl": SASL, "password": "sekret", "nickserv": {"password": "sekret"}}
    async with (
        ScriptedServer(caps="sasl", replies={"AUTHENTICATE": authenticate}) as server,
        running(server.port, "#lobby", keys={"#lobby": "sekret"}, **settings) as run,
    ):
        await run.joined()
        assert "JOIN #lobby sekret" in server.received
        assert "sekret" not in repr(run.adapter.config)
    encoded = base64.b64encode(b"hubbub\0hubbub\0sekret").decode()
    assert "sekret" not in caplog.text
    assert encoded not in caplog.text
