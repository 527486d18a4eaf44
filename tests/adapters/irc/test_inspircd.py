"""The adapter on a real InspIRCd with IRCv3 modules, and on its services."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.irc.connection import login as logging_in
from adapters.irc.rooms import channels
from bridge import (
    AuthenticationFailed,
    ConnectionLost,
    Content,
    Endpoint,
    Kind,
    Mark,
    RoomId,
    RoomState,
    RoomUnavailable,
    Span,
)
from tests.adapters.trouble import digest

from .harness import ScriptedServer, client, running
from .servers import Inspircd, make_certificate

PLAIN = {"user": "hubbub", "password": "sekret"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Inspircd]:
    ircd = Inspircd(tmp_path / "ircd")
    try:
        await ircd.start()
        yield ircd
    finally:
        await ircd.stop()


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Inspircd]:
    """With services that know hubbub."""
    ircd = Inspircd(tmp_path / "ircd", services=True)
    try:
        await ircd.start()
        await register(ircd)
        yield ircd
    finally:
        await ircd.stop()


async def register(network: Inspircd, *more: str) -> None:
    async with client(network.port, "hubbub") as owner:
        owner.say("PRIVMSG NickServ :REGISTER sekret x@example.com")
        await owner.heard("NOTICE hubbub :.*registered")
        for text in more:
            owner.say(f"PRIVMSG NickServ :{text}")
            await owner.heard("NOTICE hubbub :")


async def account(network: Inspircd, nick: str) -> str:
    """As whom the network knows somebody."""
    async with client(network.port, "asker") as asker:
        asker.say(f"WHOIS {nick}")
        return await asker.heard(" (330|318) ")


async def test_both_ways_with_names_from_the_server(server: Inspircd) -> None:
    """IRCv3 message-ids, echo-message, server-time: the receipt and the event carry the server's names."""
    async with (
        client(server.port, "bob", "#lobby", caps="message-tags server-time") as bob,
        running(server.port, "#Lobby") as run,
    ):
        await run.joined()
        assert {"echo-message", "labeled-response"} <= run.adapter._session.caps
        landed = await run.send("#lobby", Content((Span("<alice> "), Span("hi", frozenset({Mark.BOLD})))))
        receipt = await landed
        assert f"msgid={receipt.part.id}" in await bob.heard(":hubbub!.*PRIVMSG #lobby :<alice> \x02hi")
        await (await run.send("#lobby", "waves", Kind.EMOTE))
        await bob.heard("PRIVMSG #lobby :\x01ACTION waves\x01")
        await (await run.send("#lobby", "note", Kind.NOTICE))
        await bob.heard("NOTICE #lobby :note")
        bob.say("PRIVMSG #lobby :\x1dhello\x1d 中文")
        event = await run.emitted.message()
        assert event.content.spans == (Span("hello", frozenset({Mark.ITALIC})), Span(" 中文"))
        assert event.sender.id == "bob!bob@127.0.0.1"
        assert abs((event.at or 0) - time.time()) < 5
        assert run.emitted.events.empty()


async def test_the_server_sees_a_bot(server: Inspircd) -> None:
    """IRCv3 bot mode."""
    async with client(server.port, "bob", "#lobby") as bob, running(server.port, "#lobby") as run:
        await run.joined()
        bob.say("WHOIS hubbub")
        assert "Hubbub, a bot" in await bob.heard(" 311 ")
        assert "bot" in await bob.heard(" 335 ")


async def test_the_longest_line_arrives_whole(server: Inspircd) -> None:
    """RFC 2812 section 2.3: the limit counts the prefix that this server adds."""
    async with client(server.port, "bob", "#lobby") as bob, running(server.port, "#lobby") as run:
        await run.joined()
        limit = run.adapter.capabilities(RoomId("#lobby")).text_limit
        text = "é" * (limit // 2 - 1) + "." * (2 + limit % 2)
        for kind in Kind:
            await (await run.send("#lobby", text, kind))
            assert text in await bob.heard(":hubbub!.* (PRIVMSG|NOTICE) ")


async def test_nothing_makes_a_second_command(server: Inspircd) -> None:
    """RFC 2812 section 2.3: no line break reaches the server."""
    async with client(server.port, "bob", "#lobby") as bob, running(server.port, "#lobby") as run:
        await run.joined()
        bob.say("MODE #lobby +o hubbub")
        await bob.heard("MODE #lobby \\+o")
        await (
            await run.send(
                "#lobby", "x\rTOPIC #lobby :HACKED\r\nTOPIC #lobby :HACKED\nTOPIC #lobby :HACKED\0"
            )
        )
        await bob.heard("PRIVMSG #lobby :x TOPIC")
        bob.say("TOPIC #lobby")
        await bob.heard(" 331 ")


async def test_a_moderated_room(server: Inspircd) -> None:
    """ERR_CANNOTSENDTOCHAN: the room is the matter, and later the same message passes."""
    async with client(server.port, "bob", "#lobby") as bob, running(server.port, "#lobby") as run:
        await run.joined()
        bob.say("MODE #lobby +m")
        await bob.heard("MODE #lobby")
        with pytest.raises(RoomUnavailable) as caught:
            await (await run.send("#lobby", "x"))
        assert caught.value.retry_after == 30
        bob.say("MODE #lobby -m")
        await bob.heard("MODE #lobby")
        await (await run.send("#lobby", "x"))


async def test_rooms_that_refuse(server: Inspircd) -> None:
    """RFC 2812 section 3.2.1: each refusal in a sentence, the other rooms work."""
    modes = {
        "#invite": "+i",
        "#key": "+k right",
        "#full": "+l 1",
        "#banned": "+b *!*@127.0.0.1",
        "#tls": "+z",
    }
    async with client(
        server.port, "bob", "#open", "#invite", "#key", "#full", "#banned", "#fwd", "#target"
    ) as bob:
        for room, mode in modes.items():
            bob.say(f"MODE {room} {mode}")
        bob.say("MODE #fwd +l 1", "MODE #fwd +L #target")
        await bob.sync()
        rooms = ["#open", "#fwd", "#invite", "#key", "#full", "#banned"]
        async with running(server.port, *rooms, keys={"#key": "wrong"}) as run:
            refused = {}
            while len(refused) < 5:
                change = await run.emitted.state(RoomState.REFUSED)
                refused[change.room] = change.reason
            assert "invite-only" in refused["#invite"]
            assert "key:" in refused["#key"]
            assert "is full" in refused["#full"]
            assert "banned from" in refused["#banned"]
            assert "forwards to #target" in refused["#fwd"]
            await (await run.send("#open", "the others work"))
            bob.say("INVITE hubbub #invite")
            await run.joined("#invite")
        async with running(server.port, "#key", keys={"#key": "right"}) as run:
            await run.joined("#key")


async def test_kicked_and_back(server: Inspircd, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 2812 section 3.2.8."""
    monkeypatch.setattr(channels, "_KICKED", (0.2, 1.0))
    async with client(server.port, "bob", "#lobby") as bob, running(server.port, "#lobby") as run:
        await run.joined()
        bob.say("KICK #lobby hubbub :enough")
        assert (
            "bob removed hubbub from #lobby (enough)" in (await run.emitted.state(RoomState.REFUSED)).reason
        )
        await run.joined()


@pytest.mark.parametrize("without", ["", "ircv3_batch", "ircv3_batch ircv3_servertime ircv3"])
async def test_replayed_history_is_not_talk(tmp_path: Path, without: str) -> None:
    """InspIRCd's chanhistory (channel mode H), told by batch, by server-time, or by neither."""
    ircd = Inspircd(tmp_path / "ircd", without=without)
    try:
        await ircd.start()
        async with client(ircd.port, "bob", "#lobby") as bob:
            bob.say("MODE #lobby +H 20:1h", *[f"PRIVMSG #lobby :old {number}" for number in range(10)])
            await bob.sync()
            async with client(ircd.port, "carol", "#lobby") as carol:
                await carol.heard("old 9")
                async with running(ircd.port, "#lobby") as run:
                    await run.joined()
                    carol.say("PRIVMSG #lobby :new")
                    assert (await run.emitted.message()).content.text == "new"
                    assert run.emitted.texts == ["new"]
    finally:
        await ircd.stop()


async def test_two_hundred_rooms(server: Inspircd) -> None:
    """A few lines of JOIN."""
    rooms = [f"#room{number}" for number in range(200)]
    async with running(server.port, *rooms) as run:
        async with asyncio.timeout(25):
            for _ in rooms:
                await run.joined()
        await asyncio.gather(*[await run.send(room, "x") for room in rooms])


async def test_the_nick_comes_back(server: Inspircd) -> None:
    """RFC 2812 section 3.1.2: another nick while ours is taken, ours once its owner leaves."""
    async with (
        client(server.port, "hubbub", "#lobby") as squatter,
        client(server.port, "bob", "#lobby") as bob,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        await (await run.send("#lobby", "as another"))
        await bob.heard(":hubbub_!.*as another")
        squatter.say("QUIT :bye")
        await bob.heard(":hubbub_!.* NICK :?hubbub")
        await (await run.send("#lobby", "as ourselves"))
        await bob.heard(":hubbub!.*as ourselves")


async def test_the_server_goes_and_comes(server: Inspircd) -> None:
    """The run ends with the connection; another run works as soon as the server does."""
    async with running(server.port, "#lobby") as run:
        await run.joined()
        await server.stop_ircd()
        with pytest.raises(ConnectionLost):
            await run.task
        with pytest.raises(ConnectionLost, match="nothing listens"):
            await run.adapter.run(run.emitted)
        await server.start_ircd()
        run.task = asyncio.create_task(run.adapter.run(run.emitted))
        await run.joined()


async def test_the_server_password(tmp_path: Path) -> None:
    """RFC 2812 section 3.1.1."""
    ircd = Inspircd(tmp_path / "ircd", connect='password="open it" requireaccount="no"')
    try:
        await ircd.start()
        async with running(ircd.port, "#lobby", password="open it") as run:
            await run.joined()
        async with running(ircd.port, "#lobby", password="wrong") as run:
            with pytest.raises(AuthenticationFailed, match="check password"):
                await run.task
    finally:
        await ircd.stop()


# -- services


async def test_sasl_plain_over_tls(network: Inspircd) -> None:
    """IRCv3 SASL 3.2 with a verified certificate."""
    settings = {"tls": True, "ca_file": network.certificate, "sasl": PLAIN}
    async with running(network.tls_port, "#lobby", **settings) as run:
        await run.joined()
        assert " 330 asker hubbub hubbub " in await account(network, "hubbub")
        assert run.adapter.peer() == Endpoint(
            f"127.0.0.1:{network.tls_port}", "TLSv1.3", digest(network.certificate)
        )
        async with client(network.port, "ada", "#lobby") as ada:
            ada.say("PRIVMSG #lobby :who am I?")
            assert (await run.emitted.message()).sender.proof == ""
            ada.say("PRIVMSG NickServ :REGISTER sekret x@example.com")
            await ada.heard("NOTICE ada :.*registered")
            ada.say("PRIVMSG #lobby :now they know")
            assert (await run.emitted.message()).sender.proof == "ada"
    assert run.adapter.peer() is None


async def test_sasl_external(network: Inspircd, tmp_path: Path) -> None:
    """IRCv3 SASL EXTERNAL: the client certificate is the password."""
    certificate, key = make_certificate(tmp_path, "mecert", "hubbub")
    tls = {"tls": True, "ca_file": network.certificate, "cert_file": certificate, "key_file": key}
    async with running(network.tls_port, "#lobby", **tls, sasl={"mechanism": "external"}) as run:
        with pytest.raises(AuthenticationFailed, match="does not know our certificate") as told:
            await run.task
    (fingerprint,) = re.findall(r"\(NickServ CERT ADD (\w+);", str(told.value))
    async with client(network.port, "hubbub") as owner:
        owner.say("PRIVMSG NickServ :IDENTIFY sekret")
        await owner.heard("NOTICE hubbub :.*now (identified|recognized)")
        await network.trust(owner, "hubbub", fingerprint)
    async with running(network.tls_port, "#lobby", **tls, sasl={"mechanism": "external"}) as run:
        await run.joined()
        assert " 330 asker hubbub hubbub " in await account(network, "hubbub")


async def test_a_wrong_password(network: Inspircd) -> None:
    """IRCv3 SASL: 904. Never joined."""
    async with running(network.port, "#lobby", sasl={"user": "hubbub", "password": "wrong"}) as run:
        with pytest.raises(AuthenticationFailed, match=r"check sasl\.user and sasl\.password"):
            await run.task
        assert run.emitted.events.empty()


async def test_services_that_are_away(network: Inspircd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody joins before the services are back and know us. InspIRCd 3 sends no CAP NEW for that."""
    monkeypatch.setattr(logging_in, "_ASK_AGAIN", 0.2)
    await network.lose_services()
    async with running(network.port, "#lobby", sasl=PLAIN) as run:
        assert "offers no SASL" in (await run.emitted.state(RoomState.REFUSED)).reason
        assert " 318 " in await account(network, "hubbub")
        await network.start_services()
        await run.joined()
        assert " 330 asker hubbub hubbub " in await account(network, "hubbub")


@pytest.mark.parametrize("login", [{"sasl": PLAIN}, {"nickserv": {"password": "sekret"}}])
async def test_services_that_forget_us(
    network: Inspircd, caplog: pytest.LogCaptureFixture, login: dict[str, Any]
) -> None:
    """RPL_LOGGEDOUT, as after a crash of theirs: hubbub logs in again, and is silent until then (mode M)."""
    async with client(network.port, "bob", "#lobby") as bob, running(network.port, "#lobby", **login) as run:
        await run.joined()
        bob.say("MODE #lobby +M")
        await bob.sync()
        await (await run.send("#lobby", "before"))
        connection = run.adapter._connection
        assert connection is not None
        with caplog.at_level(logging.INFO):
            connection.write(b"PRIVMSG NickServ :LOGOUT")
            while "logging in again" not in caplog.text:
                await asyncio.sleep(0.01)
        await (await run.send("#lobby", "after"))
        await bob.heard("PRIVMSG #lobby :after$")
        assert " 330 asker hubbub hubbub " in await account(network, "hubbub")


async def test_services_that_die_while_they_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """IRCv3 SASL: no answer ever. What was to be said meanwhile fails with the connection."""
    monkeypatch.setattr(logging_in, "_SASL_TIMEOUT", 0.2)
    told = {"AUTHENTICATE": lambda got: ["AUTHENTICATE +"] if got.params == ["PLAIN"] else [":s 903 x :ok"]}
    async with (
        ScriptedServer(caps="sasl=PLAIN", replies=told) as server,
        running(server.port, "#lobby", sasl=PLAIN) as run,
    ):
        await run.joined()
        server.replies["AUTHENTICATE"] = lambda _: []
        server.say(":s 901 hubbub hubbub!u@h :You are now logged out")
        await server.heard("^AUTHENTICATE PLAIN", times=2)
        with pytest.raises(ConnectionLost):
            await run.send("#lobby", "x")
        with pytest.raises(ConnectionLost, match="its services may be away"):
            await run.task


async def test_nickserv(network: Inspircd) -> None:
    """Without SASL: identified before the first JOIN."""
    async with running(network.port, "#lobby", nickserv={"password": "sekret"}) as run:
        await run.joined()
        assert " 330 asker hubbub hubbub " in await account(network, "hubbub")
    async with running(network.port, "#lobby", nickserv={"password": "wrong"}) as run:
        with pytest.raises(AuthenticationFailed, match=r"nickserv\.password"):
            await run.task


async def test_another_nick_is_taken_without_a_new_connection(server: Inspircd) -> None:
    """People see NICK; and what is said before and after comes from the same connection."""
    async with (
        client(server.port, "alice", "#lobby") as alice,
        running(server.port, "#lobby", nick="hubbub") as run,
    ):
        await run.joined()
        run.adapter.follow(run.adapter.config.model_copy(update={"nick": "bridge"}))
        await alice.heard(r"^:hubbub!\S+ NICK :?bridge")
        await run.send("#lobby", "hello")
        await alice.heard(r"^:bridge!\S+ PRIVMSG #lobby :hello")
        alice.say("PRIVMSG #lobby :hi bridge")
        assert (await run.emitted.message()).content.text == "hi bridge"


async def test_a_nick_that_is_not_to_be_had_is_told_once(
    server: Inspircd, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        client(server.port, "alice", "#lobby") as alice,
        running(server.port, "#lobby", nick="hubbub") as run,
    ):
        await run.joined()
        for _ in range(2):
            run.adapter.follow(run.adapter.config.model_copy(update={"nick": "alice"}))
            await run.send("#lobby", "hello")
            await alice.heard(r"^:hubbub!\S+ PRIVMSG #lobby :hello")
        said = [line for line in caplog.messages if "does not give us the nick alice: we stay hubbub" in line]
        assert len(said) == 1
        assert "(it says: " in said[0]
