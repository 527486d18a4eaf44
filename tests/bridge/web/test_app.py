"""The one HTTP application: who may ask for what."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from bridge.errors import HubbubError
from bridge.testing import free_port
from bridge.web import Site


async def words(_):
    return web.Response(text="words")


async def answers(site, port, path, **headers):
    """What is answered on a path: status and text."""
    async with site.serving(), aiohttp.ClientSession() as session:
        response = await session.get(f"http://127.0.0.1:{port}{path}", headers=headers)
        return response.status, await response.text()


def made(*, public=False, **options):
    """A site with one path, and its port."""
    port = free_port()
    site = Site("media", f"127.0.0.1:{port}", **options)
    site.add("/it", words, public=public)
    return site, port


async def test_this_machine_may_ask():
    assert await answers(*made(), "/it") == (200, "words")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8484", 200),
        ("[::1]", 200),
        ("127.0.0.2", 200),
        ("evil.example", 401),
        ("localhost.evil", 401),
    ],
)
async def test_a_page_that_leads_a_browser_here_may_not(host, status):
    """Its name can be made to mean 127.0.0.1 after it was loaded (DNS rebinding)."""
    site, port = made()
    assert (await answers(site, port, "/it", Host=host))[0] == status


@pytest.mark.parametrize("options", [{}, {"token": "secret"}], ids=["none", "one"])
async def test_behind_a_proxy_nobody_is_on_this_machine(options):
    status, text = await answers(*made(proxied=True, **options), "/it")
    assert (status, text) == (401, "This needs a token, in a header: Authorization: Bearer TOKEN\n")


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("secret", "Bearer secret", 200),
        ("secret", "Bearer secre", 401),
        ("secret", "secret", 401),
        ("secret", "Bearer ", 401),
        ("", "Bearer ", 401),
        ("", "", 401),
    ],
)
async def test_who_has_the_token_may_ask(token, given, status):
    site, port = made(proxied=True, token=token)
    assert (await answers(site, port, "/it", Authorization=given))[0] == status


async def test_where_there_is_a_token_this_machine_needs_it_too():
    """A proxy on it may send us everybody, and leave no trace of that."""
    assert (await answers(*made(token="secret"), "/it"))[0] == 401
    assert (await answers(*made(token="secret"), "/it", Authorization="Bearer secret"))[0] == 200


async def test_what_is_public_is_for_everybody():
    assert await answers(*made(proxied=True, token="secret", public=True), "/it") == (200, "words")


async def test_elsewhere_than_on_the_loopback_a_token_is_asked_for(monkeypatch):
    """As it would be on 0.0.0.0, which no test may listen on."""
    monkeypatch.setattr("bridge.web.app.is_loopback", lambda _: False)
    assert (await answers(*made(), "/it"))[0] == 401


@pytest.mark.parametrize("options", [{}, {"proxied": True, "token": "secret"}])
async def test_where_there_is_nothing_nobody_is_asked_for_a_token(options):
    assert await answers(*made(**options), "/other") == (404, "There is nothing here, or no longer.\n")


async def test_a_site_without_paths_listens_nowhere():
    port = free_port()
    async with Site("media", f"127.0.0.1:{port}").serving():
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_that_is_taken_is_said():
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        site = Site("media", f"127.0.0.1:{port}")
        site.add("/it", words)
        with pytest.raises(
            HubbubError, match=rf"127.0.0.1:{port} cannot be used \(somebody listens there already\):"
        ):
            async with site.serving():
                pass


async def test_what_clients_send_is_taken_up_to_a_size():
    async def echo(request):
        return web.Response(text=str(len(await request.read())))

    site, port = made()
    site.add("/echo", echo, method="POST")
    async with site.serving(), aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/echo"
        assert await (await session.post(url, data=b"x" * 60_000)).text() == "60000"
        assert (await session.post(url, data=b"x" * 70_000)).status == 413
        assert (await session.get(url)).status == 404


async def test_who_reads_a_stream_is_not_shown_out(monkeypatch):
    """Others have so many seconds for what they are given."""
    monkeypatch.setattr("bridge.kit.port._ASKING", 0.1)
    go_on = asyncio.Event()

    async def stream(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one ")
        await go_on.wait()
        await response.write(b"two")
        return response

    async def same(request):
        return await stream(request)

    site, port = made()
    site.add("/stream", stream, lasting=True)
    site.add("/short", same)
    async with site.serving(), aiohttp.ClientSession() as session:
        lasting = await session.get(f"http://127.0.0.1:{port}/stream")
        short = await session.get(f"http://127.0.0.1:{port}/short")
        with pytest.raises(aiohttp.ClientPayloadError):
            await short.read()
        go_on.set()
        assert await lasting.text() == "one two"
