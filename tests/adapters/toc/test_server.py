"""What a TOC server says and does to us."""

import asyncio
from dataclasses import replace

import pytest
from pydantic import ValidationError

from adapters.toc import Adapter, encode
from bridge import (
    AuthenticationFailed,
    ConnectionLost,
    RateLimited,
    Rejected,
    RoomId,
    RoomState,
    TemporaryFailure,
    plain,
)
from bridge.model import RoomStateChanged
from bridge.testing import Place, free_port
from tests.adapters.toc.places import adapter, new_place, toc_server


@pytest.fixture
async def server():
    async with toc_server() as server:
        yield server


@pytest.fixture
async def place(server):
    async with new_place(server) as place:
        yield place


async def failure(made):
    """What a run ends with."""
    place = Place(made, RoomId("x"), None, None)
    with pytest.raises((ConnectionLost, AuthenticationFailed, RateLimited)) as found:
        await asyncio.wait_for(made.run(place.core.gate({place.room})), 30)
    return found.value


async def state(place, wanted):
    """The next time that the room is said to be so."""
    while True:
        event = await asyncio.wait_for(place.events.get(), 30)
        if isinstance(event, RoomStateChanged) and event.state is wanted:
            return event


async def test_the_login(place, server):
    """Its parts are those of other clients: the password roasted, UTF-8 asked for, and a number from both."""
    async with place.running():
        pass
    (login,) = server.logins
    assert login[:6] == ["toc2_login", "localhost", "5190", "hubbub", login[4], "English"]
    assert login[4] == "0x3549304a371d062050", "XOR with Tic/Toc"
    base = (ord("h") - 96) * 7696 + 738816
    assert login[-1] == str((ord("a") - 96) * base - base + (ord("h") - 96) * 746512 + 71665152)
    assert server.commands[0] == ["toc_init_done"]


async def test_a_password_that_is_wrong(server):
    assert isinstance(await failure(adapter(server.port, password="guess")), AuthenticationFailed)


async def test_nobody_is_there():
    assert "cannot be reached" in str(await failure(adapter(free_port())))


async def test_what_is_there_is_no_such_server():
    async def greet(reader, writer):
        writer.write(b"220 mail.example.org ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        assert isinstance(await failure(adapter(port)), ConnectionLost)


async def test_a_server_that_never_answers_the_login(monkeypatch):
    monkeypatch.setattr("adapters.toc.adapter._ENTER", 0.2)

    async def greet(reader, writer):
        writer.write(b"*\1\0\0\0\4\0\0\0\1")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        assert isinstance(await failure(adapter(other.sockets[0].getsockname()[1])), ConnectionLost)


def test_a_password_is_not_empty():
    settings = {"server": "localhost", "screen_name": "Hubbub", "password": ""}
    with pytest.raises(ValidationError, match="password"):
        Adapter.NetworkConfig.model_validate(settings)


async def test_rooms_are_found_by_name_and_have_other_numbers_each_time(place, server):
    numbers = []
    for n in range(2):
        async with place.running():
            numbers.append(dict(server._connections["hubbub"][1]))
            server.say(place.room.upper(), "Zoë K", f"hello &amp; <b>wel</b>come: {n} 你好")
            said = await place.said()
            assert said.content.text == f"hello & welcome: {n} 你好"
            assert (said.sender.id, said.sender.name) == ("zoëk", "Zoë K")
    assert not numbers[0].keys() & numbers[1].keys()


async def test_a_room_that_does_not_let_us_in(place, server):
    closed = Adapter.room_id("Closed")
    server.closed_rooms.add(closed)
    async with place.running():
        await place.serve({place.room: Adapter.RoomConfig(), closed: Adapter.RoomConfig()})
        assert "chat room" in (await state(place, RoomState.REFUSED)).reason
        await place.deliver(plain("the other one works"))


async def test_who_is_put_out_comes_back(place, server):
    async with place.running():
        number = next(iter(server._connections["hubbub"][1]))
        server.tell(f"CHAT_LEFT:{number}")
        assert "put us out" in (await state(place, RoomState.REFUSED)).reason


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("ERROR:903", RateLimited),
        ("ERROR:960:tea", RateLimited),
        ("ERROR:961:tea", Rejected),
        ("ERROR:914", TemporaryFailure),
    ],
)
async def test_errors_say_what_to_do(place, server, line, error, monkeypatch):
    monkeypatch.setattr("adapters.toc.adapter._SLOW", 0.1)
    async with place.running():
        server.errors.append(line)
        assert isinstance(await place.attempt(place.message(plain("hello"))), error)
        await place.deliver(plain("again"))
        assert (await place.heard()).content == plain("again")


async def test_an_error_about_somebody_is_not_about_a_message(place, server):
    async with place.running():
        server.reflects = False
        sent = await place.send(plain("hello"))
        server.tell("ERROR:901:ann")
        server.say(place.room, "Ann", "hi")
        await place.said()
        assert not sent.done()
        server.say(place.room, "HubBub", "hello")
        await place.landed(sent)


async def test_who_writes_to_us_is_told_what_we_are(place, server):
    async with place.running():
        server.tell(
            "IM_IN_ENC2:Ann Lee:F:F:T: O :F:L:en:hi: there", "IM_IN2:Robot:T:F:away", "IM_IN2:Ann Lee:F:F:?"
        )
        server.say(place.room, "Ann", "done")
        await place.said()
        await place.deliver(plain("so that all before was read"))
    sent = [command for command in server.commands if command[0] == "toc2_send_im"]
    assert sent == [["toc2_send_im", "annlee", "I am a bridge."]]


async def test_what_is_whispered_to_us_does_not_cross(place, server):
    async with place.running():
        server.say(place.room, "Ann", "between you and me", whisper="T")
        server.say(place.room, "Ann", "for all")
        assert (await place.said()).content == plain("for all")
        await place.deliver(plain("so that all before was read"))
    assert ["toc2_send_im", "ann", "I am a bridge."] in server.commands


async def test_what_is_odd_ends_nothing(place, server):
    async with place.running():
        server.tell(
            "", ":", "CHAT_IN", "CHAT_IN_ENC:{}:x", "CHAT_JOIN:7:Elsewhere", "ERROR", "CHAT_LEFT:9",
            "CHAT_IN:1:a:F:b", "CHAT_IN_ENC:{}:Ann:F:A:en:<img src=x><", "NEWS:\0", "IM_IN:!:F:x",
            "ERROR:950:nowhere",
        )  # fmt: skip
        server.tell("CHAT_IN_ENC:{}:Ann:F:A:en:after all")
        texts = []
        while "after all" not in texts:
            texts.append((await place.said()).content.text)
        await place.deliver(plain("still here"))


def test_only_here_unless_told():
    settings = {"server": "toc.example.org", "screen_name": "Hubbub", "password": "x"}
    with pytest.raises(ValidationError, match="insecure: true"):
        Adapter.NetworkConfig.model_validate(settings)
    assert Adapter.NetworkConfig.model_validate({**settings, "insecure": True}).insecure
    for here in ("localhost", "127.0.0.1", "::1"):
        Adapter.NetworkConfig.model_validate({**settings, "server": here})


async def test_the_longest_texts_fit_into_a_command(place):
    limit = place.record.text_limit
    for text in ("<" * limit, "\n".join("x" * limit)[:limit], '"' * limit, "&#" * (limit // 2), "\\" * limit):
        data = encode.command("toc_chat_send", "4294967295", encode.html(plain(text).spans))
        assert len(data) <= encode.COMMAND
    assert replace(place.record, text_limit=limit) == place.record


async def test_a_server_that_is_not_there_is_named(place, server):
    await server.stop()
    with pytest.raises(ConnectionLost, match=r"127.0.0.1 port \d+ cannot be reached \(Connection refused\)"):
        await place.adapter.look(place.adapter.rooms)
