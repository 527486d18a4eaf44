"""A port at which others come to us. What those do who ask for nothing stands in tests/bridge/web."""

import asyncio
import contextlib
import socket
import sys

import aiohttp
import pytest
from aiohttp import web

from bridge.errors import ConnectionLost
from bridge.kit import serving
from bridge.testing import free_port


@pytest.fixture
def listen():
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


def application(handler):
    made = web.Application()
    made.router.add_get("/", handler)
    return made


async def words(_):
    return web.Response(text="words")


async def got(session, listen):
    async with session.get(f"http://{listen}/") as answer:
        return await answer.text()


async def test_it_serves_and_lets_go_of_the_port(session, listen):
    for _ in range(2):
        async with serving(application(words), listen):
            assert await got(session, listen) == "words"
        with pytest.raises(aiohttp.ClientError):
            await got(session, listen)


async def test_a_port_that_is_taken_is_said_and_nothing_stays_open(session, listen):
    sentence = f"listen: {listen} cannot be used \\(somebody listens there already\\): choose another"
    async with serving(application(words), listen):
        with pytest.raises(ConnectionLost, match=sentence):
            async with serving(application(words), listen):
                pass
        assert await got(session, listen) == "words"


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_an_address_that_is_not_ours_is_said(host):
    with pytest.raises(ConnectionLost, match=f"{host}:4242 cannot be used"):
        async with serving(application(words), f"{host}:4242"):
            pass


async def test_all_addresses_of_a_name(session):
    port = free_port()
    async with serving(application(words), f"localhost:{port}") as door:
        assert {"127.0.0.1"} <= set(door.hosts) <= {"127.0.0.1", "::1"}
        for host in door.hosts:
            assert await got(session, f"[{host}]:{port}" if ":" in host else f"{host}:{port}") == "words"


async def test_who_is_inside_when_it_ends_is_shown_out(session, listen):
    inside = asyncio.Event()

    async def endless(request):
        inside.set()
        await asyncio.Future()

    async with serving(application(endless), listen):
        asking = asyncio.ensure_future(got(session, listen))
        await inside.wait()
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 2
    with pytest.raises(aiohttp.ClientError):
        await asking


async def test_who_asked_may_stay_and_who_says_nothing_may_not(session, listen, monkeypatch):
    monkeypatch.setattr("bridge.kit.port._ASKING", 0.2)

    async def slow(_):
        await asyncio.sleep(0.6)
        return web.Response(text="words")

    async with serving(application(slow), listen):
        asking = asyncio.ensure_future(got(session, listen))
        reader, writer = await asyncio.open_connection(*listen.split(":"))
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        assert not asking.done()
        assert await asking == "words"
        writer.close()


async def test_those_who_asked_are_not_sent_away_for_others(session, listen, monkeypatch):
    """Who stays is counted; who has said nothing goes first."""
    monkeypatch.setattr("bridge.kit.port._MOST", 2)
    inside, go = asyncio.Semaphore(0), asyncio.Event()

    async def waits(_):
        inside.release()
        await go.wait()
        return web.Response(text="words")

    async with serving(application(waits), listen):
        first = asyncio.ensure_future(got(session, listen))
        await inside.acquire()
        silent, writer = await asyncio.open_connection(*listen.split(":"))
        second = asyncio.ensure_future(got(session, listen))
        await inside.acquire()
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(silent.read(), 5) == b"", "made room for the second"
        with pytest.raises(aiohttp.ClientError):
            await got(session, listen)
        go.set()
        assert [await first, await second] == ["words", "words"]
        writer.close()


async def test_a_port_for_many_may_come_to_have_the_files_for_them(session, listen):
    """In a process of its own: what it may have stays changed."""
    program = (
        "import asyncio, resource\n"
        "from aiohttp import web\n"
        "from bridge.kit import serving\n"
        "async def main():\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 128))\n"
        f"    async with serving(web.Application(), '{listen}', most=500) as port:\n"
        "        print(resource.getrlimit(resource.RLIMIT_NOFILE), port.most)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=-1, stderr=-1)
    out, err = await process.communicate()
    assert out.decode() == "(128, 128) 112\n"
    assert f"{listen}: 112 clients at most can be here at once" in err.decode()


@pytest.mark.parametrize("turns", range(4))
async def test_who_comes_as_it_ends_is_not_left_alone(listen, session, turns):
    """Whatever the loop has done about them by then."""
    host, port = listen.split(":")
    async with serving(application(words), listen):
        await got(session, listen)
        client = socket.create_connection((host, int(port)))
        for _ in range(turns):
            await asyncio.sleep(0)
    with client, contextlib.suppress(ConnectionResetError):
        client.settimeout(5)
        assert await asyncio.to_thread(client.recv, 1) == b""
