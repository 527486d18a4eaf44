"""Who is let in, and what those cost who ask slowly, read slowly, or ask for too much."""

import asyncio
import contextlib
import io
import json
import logging
import socket

import aiohttp
import pytest

from adapters.http import board, port
from adapters.http.board import Board, Follower, Notice
from adapters.http.decode import Upload
from adapters.http.held import HeldFiles
from bridge.errors import ConfigError, RateLimited, TemporaryFailure
from bridge.model import Receipt
from bridge.testing import HandClock, ScriptedNetwork

from .world import client, configured, running

TOKEN = "e5d1c0ffee00c0ffee00"
PATHS = ("health", "messages", "stream", "websocket")


@pytest.fixture
def chat():
    return ScriptedNetwork("chat")


async def test_nobody_comes_in_without_the_token(tmp_path, chat, caplog):
    caplog.set_level(logging.DEBUG)
    config = configured(tmp_path, network=f"token: {TOKEN}")
    async with running(config):
        for token in ("", "wrong", f"{TOKEN}x"):
            async with client(config, token) as program:
                for path in PATHS:
                    async with program.get(f"/api/{path}") as answer:
                        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
                async with program.post("/api/message", json={"text": "x", "gateway": "shop"}) as answer:
                    assert answer.status == 401
        async with client(config, TOKEN) as program, program.get("/api/health") as answer:
            assert await answer.text() == "OK"
    assert chat.said == []
    assert TOKEN not in caplog.text


async def test_no_page_of_others_gets_in(tmp_path, chat):
    """By a browser on this machine: from a page of its own, or by a name that leads here."""
    config = configured(tmp_path)
    here = config.networks["programs"].settings.listen
    async with running(config), client(config) as program:
        for headers, status in [
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Host": "evil.example"}, 401),
            ({"Host": f"localhost:{here.partition(':')[2]}"}, 200),
            ({"Origin": f"http://{here}"}, 200),
        ]:
            async with program.get("/api/health", headers=headers) as answer:
                assert answer.status == status, headers
                assert not any(name.startswith("Access-Control") for name in answer.headers)


def test_it_is_open_to_others_only_with_a_token(tmp_path):
    for network in ("listen: '0.0.0.0:4242'", "listen: 'chat.example.org:80'", "listen: '[::]:4242'"):
        with pytest.raises(ConfigError, match="it needs a token:"):
            configured(tmp_path, network=network, first=False)
    for network in ("listen: '[::1]:4242'", f"listen: '0.0.0.0:4242', token: {TOKEN}"):
        configured(tmp_path, network=network, first=False)


@pytest.mark.parametrize(
    ("network", "room", "sentence"),
    [
        ("token: 'a b'", "", "without spaces"),
        ("listen: '0.0.0.0:4242', token: short", "", "16 letters or more"),
        ("listen: here", "", "127.0.0.1:4242"),
        ("listen: '127.0.0.1:70000'", "", "127.0.0.1:4242"),
        ("", "to: 'https://x.org/'", "needs a secret: beside it"),
        ("", "secret: abc", "must be whsec_ and 24 to 64 bytes in base64"),
        ("", "secret: whsec_c2hvcnQ=", "must be whsec_ and 24 to 64 bytes in base64"),
        ("", "to: 'ftp://x.org/'", "https://shop.example.org/hubbub"),
        ("", "to: 'https://user:word@x.org/'", "without user, password"),
        ("", "to: 'https://x.org:70000/'", "Port out of range"),
    ],
)
def test_what_an_owner_gets_wrong_is_said(tmp_path, network, room, sentence):
    with pytest.raises(ConfigError, match=sentence) as caught:
        configured(tmp_path, network=network, room=room, first="listen" not in network)
    assert "abc" not in str(caught.value) or room != "secret: abc"


async def test_too_much_is_refused(tmp_path, chat, monkeypatch):
    config = configured(tmp_path)
    async with running(config), client(config) as program:
        headers = {"Content-Type": "application/json"}
        large = io.BytesIO(b"x" * (port.LARGEST + 1))
        async with program.post("/api/message", data=large, headers=headers) as answer:
            assert answer.status == 413
    monkeypatch.setattr("bridge.kit.port._MOST", 1)
    async with running(config), client(config) as program, program.get("/api/stream") as stream:
        await stream.content.readline()
        async with client(config) as other:
            with pytest.raises((aiohttp.ClientError, OSError)):
                await other.get("/api/health")
        chat.say("#one", "ann", "still here")
        assert b"still here" in await stream.content.readline()


async def test_who_says_nothing_is_shown_out(tmp_path, chat, monkeypatch):
    monkeypatch.setattr("bridge.kit.port._ASKING", 0.05)
    monkeypatch.setattr(port, "_SENDING", 0.05)
    config = configured(tmp_path)
    async with running(config):
        reader, writer = await asyncio.open_connection(*config.networks["programs"].settings.address)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_connection(*config.networks["programs"].settings.address)
        head = "POST /api/message HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 99\r\n\r\n".encode())
        assert b"408" in await reader.readline()
        writer.close()


async def test_a_slow_reader_is_shown_out_and_holds_up_nobody(tmp_path, chat, monkeypatch):
    monkeypatch.setattr(board, "_SLOWEST", 0.1)
    config = configured(tmp_path)
    async with running(config), client(config) as program:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(config.networks["programs"].settings.address)
            slow.sendall(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            async with program.get("/api/stream") as stream:
                for number in range(160):  # twice what a kernel may hold for who does not read
                    chat.say("#one", "ann", f"{number} {'x' * 50_000}")
                found = [json.loads(await stream.content.readuntil(b"\n")) for _ in range(161)]
            slow.settimeout(5)
            size = 0
            with contextlib.suppress(ConnectionResetError):
                while data := await asyncio.to_thread(slow.recv, 1_000_000):
                    size += len(data)
    assert [said["text"].partition(" ")[0] for said in found[1:]] == [str(number) for number in range(160)]
    assert size < 160 * 50_000


# -- who reads


class Clerk:
    """Settles notices, and notes whether somebody reads."""

    def __init__(self):
        self.clock = HandClock()
        self.read = []
        self.settled = []
        self.board = Board(self.clock, lambda: self.read.append(self.board.read))

    def put(self, line):
        self.board.put(Notice(line, Receipt(None), lambda outcome: self.settled.append((line, outcome))))


def outcomes(clerk):
    return [(line, type(outcome)) for line, outcome in clerk.settled]


async def gone(_):
    raise ConnectionResetError


async def test_what_is_written_is_had_and_what_is_not_comes_back():
    clerk = Clerk()
    assert await clerk.board.fetch() == []
    clerk.put("one")
    found = await clerk.board.fetch()
    assert clerk.settled == [], "it was not written yet"
    clerk.board.took(found)
    clerk.put("two")
    clerk.clock.move(14)
    assert clerk.read == [True]
    clerk.clock.move(2)
    while clerk.read != [True, False]:
        await asyncio.sleep(0)
    assert outcomes(clerk) == [("one", Receipt), ("two", RateLimited)], "nobody had two: it is not in doubt"


async def test_who_comes_back_in_time_has_what_nobody_was_given():
    clerk = Clerk()
    wrote = []

    async def write(line):
        wrote.append(line)

    idle = Follower(gone)
    clerk.board.join(idle)
    clerk.board.part(idle)
    clerk.put("one")
    clerk.clock.move(10)
    back = Follower(write)
    clerk.board.join(back)
    reading = asyncio.ensure_future(back.read())
    while not clerk.settled:
        await asyncio.sleep(0)
    reading.cancel()
    clerk.clock.move(60)
    assert (wrote, clerk.read) == (["one"], [True])


async def test_what_a_reader_may_have_had_is_in_doubt_and_what_is_behind_it_stays_behind():
    clerk = Clerk()
    reader = Follower(gone)
    clerk.board.join(reader)
    clerk.put("one")
    clerk.put("two")
    with pytest.raises(ConnectionResetError):
        await reader.read()
    clerk.board.part(reader)
    assert outcomes(clerk) == [("one", TemporaryFailure), ("two", RateLimited)]
    clerk.put("three")
    await clerk.board.fetch()
    clerk.board.missed()
    assert outcomes(clerk)[2:] == [("three", TemporaryFailure)]


async def test_what_one_reader_misses_another_has():
    clerk = Clerk()
    broken, fine = Follower(gone), Follower(gone)
    for reader in (broken, fine):
        clerk.board.join(reader)
    clerk.put("one")
    with pytest.raises(ConnectionResetError):
        await broken.read()
    clerk.board.part(broken)
    clerk.board.missed()
    assert clerk.settled == []


async def test_a_program_has_all_that_waited_in_many_rooms(tmp_path, chat):
    rooms = "\n".join(f"  c{n}: {{chat: '#r{n}', programs: g{n}}}" for n in range(8))
    config = configured(tmp_path, more=rooms)
    async with running(config), client(config) as program:
        for room in range(8):
            for number in range(16):
                chat.say(f"#r{room}", "ann", f"{number}")
        async with asyncio.timeout(20), program.get("/api/stream") as stream:
            heard = [json.loads(await stream.content.readline()) for _ in range(1 + 8 * 16)]
    for room in range(8):
        assert [one["text"] for one in heard if one["gateway"] == f"g{room}"] == [str(n) for n in range(16)]


async def test_a_reader_is_behind_by_what_others_have():
    reader = Follower(gone)
    for number in range(200):
        reader.offer(Notice(f"{number}", Receipt(None), settle=lambda _: None))
    await asyncio.sleep(0)
    for number in range(101):
        reader.offer(Notice(f"{number}", Receipt(None)))
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(0)
    asyncio.current_task().uncancel()


def test_only_so_many_files_are_held():
    """However small: the oldest go, which the core has fetched, or never will."""
    held = HeldFiles()
    held.keep([Upload("a.txt", b"x", "")] * 1001)
    assert len(held._files) == 1000
