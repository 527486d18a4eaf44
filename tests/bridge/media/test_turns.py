"""Slow files hold up their own kind alone, and unfinished visits nobody."""

import asyncio
import contextlib
import resource
import subprocess
import sys

import pytest
from aiohttp import web

from bridge.media import Missing
from bridge.media.intake import Job
from bridge.media.line import Line
from bridge.model import Attachment, File
from bridge.testing import free_port

from .test_links import linked, visitor  # noqa: F401 a fixture


def job(sender, host="a", network="net", number=0):
    return Job(network, number, 0, Attachment(f"https://{host}/{number}"), 0.0, sender)


async def taken(line, count):
    """So many turns, and that there is no further one."""
    jobs = [await line.next() for _ in range(count)]
    rest = asyncio.ensure_future(line.next())
    await asyncio.sleep(0)
    assert not rest.done()
    rest.cancel()
    return jobs


@pytest.mark.parametrize(
    ("jobs", "count"),
    [
        ([job("eve", f"{n}", number=n) for n in range(50)], 2),
        ([job(f"eve{n}", "slow", number=n) for n in range(50)], 4),
        ([job(f"eve{n}", f"{n}", number=n) for n in range(50)], 6),
    ],
    ids=["a person", "a host", "a network"],
)
async def test_nobody_takes_all_places(jobs, count):
    line = Line()
    for one in jobs:
        line.add(one)
    assert len(await taken(line, count)) == count
    good = job("ada", "good", "net" if count < 6 else "other")
    line.add(good)
    assert await line.next() is good


async def test_people_take_turns_however_much_they_send():
    line = Line()
    crowd = [job(f"eve{e}", f"{e}.{n}") for e in range(5) for n in range(100)]
    for one in crowd:
        line.add(one)
    busy = await taken(line, 6)
    good = job("ada", "good")
    line.add(good)
    turns = 0
    while good not in busy:
        line.leave(busy.pop(0))
        busy.append(await line.next())
        turns += 1
    assert turns <= 6


async def test_one_that_was_not_done_is_the_first_of_its_sender_again():
    line = Line()
    first, second = job("ada"), job("ada", number=1)
    line.add(first)
    line.add(second)
    assert await line.next() is first
    line.leave_undone(first)
    assert await line.next() is first


async def test_what_waits_is_visible():
    line = Line()
    for one in [*(job("eve", "slow") for _ in range(5)), job("ada", "good")]:
        line.add(one)
    await taken(line, 3)
    found = {one.host: (one.network, one.at_work, one.waiting) for one in line.standing()}
    assert found == {"slow": ("net", 2, 3), "good": ("net", 1, 0)}
    assert all(one.seconds > 0 for one in line.standing())


async def test_slow_files_of_many_people_hold_up_no_other(server, serve):
    """A dozen people send what never ends, of one host; somebody's picture of another comes meanwhile."""

    async def trickle(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    server.paths["slow"] = trickle
    service = await serve(hosts=("127.0.0.1:*", "localhost:*"))
    slow = [asyncio.ensure_future(service.got(seq, server.address("slow"))) for seq in range(12)]
    while len(server.asked) < 4:
        await asyncio.sleep(0.01)
    server.put("good", b"words")
    assert isinstance(await service.got(99, server.address("good", "localhost")), File)
    assert not any(one.done() for one in slow)
    for one in slow:
        one.cancel()


async def test_what_comes_too_slowly_ends_and_is_not_tried_again(server, serve, monkeypatch, caplog):
    monkeypatch.setattr("bridge.media.fetch._WITHIN", 0.2)

    async def trickle(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 100)
            await asyncio.sleep(0.01)

    server.paths["a"] = trickle
    service = await serve()
    assert isinstance(await service.got(1, server.address("a")), Missing)
    assert "it comes too slowly" in caplog.text
    assert len(server.asked) == 1


async def test_what_comes_steadily_may_take_longer(server, serve, monkeypatch):
    monkeypatch.setattr("bridge.media.fetch._WITHIN", 0.5)
    monkeypatch.setattr("bridge.media.fetch._LEAST", 1000)

    async def steady(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(20):
            await response.write(b"x" * 1000)
            await asyncio.sleep(0.05)
        return response

    server.paths["a"] = steady
    service = await serve()
    assert isinstance(await service.got(1, server.address("a")), File)


# Visitors


@contextlib.asynccontextmanager
async def unfinished(port, count, words=b"GET / HTTP/1.1\r\nHost: a\r\n"):
    """Visitors who begin to ask and stop in the middle."""
    open_ones = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    for _, writer in open_ones:
        writer.write(words)
    try:
        yield open_ones
    finally:
        for _, writer in open_ones:
            writer.transport.abort()


@pytest.mark.parametrize(
    "words",
    [b"", b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx"],
    ids=["nothing", "headers", "body"],
)
async def test_who_does_not_finish_is_shown_out(visitor, monkeypatch, words):  # noqa: F811
    monkeypatch.setattr("bridge.media.door._ASKING", 0.2)
    async with unfinished(visitor.port, 3, words) as visitors:
        for reader, _ in visitors:
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), 8)


async def test_a_reader_who_does_not_read_is_shown_out(visitor, server, monkeypatch):  # noqa: F811
    monkeypatch.setattr("bridge.media.door._ASKING", 0.2)
    monkeypatch.setattr("bridge.media.door._SLOWEST", 1e9)
    link = await linked(visitor, server, b"\0" * 30_000_000)
    reader, writer = await asyncio.open_connection("127.0.0.1", visitor.port, limit=1000)
    writer.write(f"GET {link.removeprefix('https://files.example.org')} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await asyncio.sleep(0.5)
    got = 0
    with contextlib.suppress(ConnectionError):
        while chunk := await asyncio.wait_for(reader.read(65536), 8):
            got += len(chunk)
    assert 0 < got < 30_000_000
    writer.transport.abort()


async def test_those_who_say_nothing_make_room_for_who_asks(visitor, server):  # noqa: F811
    link = await linked(visitor, server, b"words", name="a.txt")
    async with unfinished(visitor.port, 300):
        status, _, body = await visitor.open(link)
    assert (status, body) == (200, b"words")


async def test_a_link_of_a_visitor_is_for_one_request(visitor):  # noqa: F811
    reader, writer = await asyncio.open_connection("127.0.0.1", visitor.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
    answer = await asyncio.wait_for(reader.read(), 8)
    assert answer.count(b"HTTP/1.1") == 1
    writer.close()


_SHORT = """
import asyncio, logging, os, resource, sys
from pathlib import Path
from bridge.adapter import Source
from bridge.config import Media
from bridge.media import Files

async def main(folder, port):
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    config = Media(folder=Path(folder), public_url="https://a.example", listen=f"127.0.0.1:{port}")
    files = asyncio.ensure_future(Files(config, b"k" * 32, lambda *_: None, lambda _: False).run())
    await asyncio.sleep(0.5)
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline) != "\\n":
        if sys.argv[3] == "network":  # does a network get what it needs?
            opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(60)]
        else:  # others take all that there is
            opened = []
            try:
                while True:
                    opened.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                pass
        print("taken", flush=True)
        await asyncio.sleep(2)
        for one in opened:
            os.close(one)
        print("done", flush=True)
    files.cancel()

logging.basicConfig(stream=sys.stdout)
asyncio.run(main(*sys.argv[1:3]))
"""


async def shortage(folder, who):
    """What a service with 128 descriptors says while visitors stand at its door and somebody needs some."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SHORT, str(folder), str(port), who,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert await process.stdout.readline() == b"ready\n"
    async with contextlib.AsyncExitStack() as stack:
        if who == "network":
            await stack.enter_async_context(unfinished(port, 300))
        process.stdin.write(b"go\n")
        said = [await process.stdout.readline()]
        if who == "all":
            await stack.enter_async_context(unfinished(port, 100))
        while said[-1] not in (b"done\n", b""):
            said.append(await process.stdout.readline())
    process.stdin.write(b"\n")
    rest, _ = await process.communicate()
    return b"".join(said) + rest


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1024, reason="has too few itself")
async def test_visitors_leave_descriptors_for_networks(tmp_path):
    assert await shortage(tmp_path, "network") == b"taken\ndone\n"


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1024, reason="has too few itself")
async def test_a_want_of_descriptors_is_said_once(tmp_path):
    said = await shortage(tmp_path, "all")
    assert said.count(b"nobody can be let in") == 1
    assert len(said) < 300
