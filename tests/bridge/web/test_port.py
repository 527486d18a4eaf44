"""Unfinished visits hold up nobody, and take nothing that a network needs."""

import asyncio
import contextlib
import os
import resource
import subprocess
import sys

import pytest

from bridge.testing import free_port

from .conftest import linked


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
async def test_who_does_not_finish_is_shown_out(visitor, monkeypatch, words):
    monkeypatch.setattr("bridge.kit.port._ASKING", 0.2)
    async with unfinished(visitor.port, 3, words) as visitors:
        for reader, _ in visitors:
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), 8)


async def test_a_reader_who_does_not_read_is_shown_out(visitor, server, monkeypatch):
    monkeypatch.setattr("bridge.kit.port._ASKING", 0.2)
    monkeypatch.setattr("bridge.kit.port._SLOWEST", 1e9)
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
    await asyncio.sleep(0.1)
    for descriptor in list(asyncio.get_running_loop()._selector.get_map()):
        os.fstat(descriptor)  # raises when it is closed: then the next socket of that number is of no use


async def test_those_who_say_nothing_make_room_for_who_asks(visitor, server):
    link = await linked(visitor, server, b"words", name="a.txt")
    async with unfinished(visitor.port, 300):
        status, _, body = await visitor.open(link)
    assert (status, body) == (200, b"words")


async def test_a_link_of_a_visitor_is_for_one_request(visitor):
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
from bridge.web import Site, add_files

async def main(folder, port):
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    config = Media(folder=Path(folder), public_url="https://a.example")
    site = Site("media", f"127.0.0.1:{port}", proxied=True)
    add_files(site, Files(config, b"k" * 32, lambda *_: None, lambda _: False), config.public_url)
    async with site.serving():
        await work()

async def work():
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
