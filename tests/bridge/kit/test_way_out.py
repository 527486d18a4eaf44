"""The way to a network: through real proxies, or from an address of this machine; what is said of trouble."""

import asyncio
import contextlib
import ssl
import subprocess
from ipaddress import ip_address

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from bridge.config import WayOut
from bridge.examination import Grade
from bridge.kit import ProxyFailed, connector, dial, route, see_certificate, see_name
from bridge.testing.server import free_port

from .proxies import NAMES, NamingProxy, looked_up, microsocks, tinyproxy  # noqa: F401 - a fixture

KINDS = {"socks5": microsocks, "http": tinyproxy}
LOGIN = ("ada", "secret-word")


def through(address, **more):
    return WayOut.model_validate({"proxy": {"address": address, **more}})


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A server's context and a client's."""
    pem = tmp_path_factory.mktemp("tls") / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", pem, "-out", pem.with_suffix(".crt"), "-days", "2", "-subj", "/CN=x",
         "-addext", f"subjectAltName=DNS:tls{NAMES},IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem.with_suffix(".crt"), pem)
    return serving, ssl.create_default_context(cafile=pem.with_suffix(".crt"))


@contextlib.asynccontextmanager
async def shouting(context=None):
    """A server that says everything again in capitals, and from where it was asked first."""

    answering = set()

    async def answer(reader, writer):
        answering.add(asyncio.current_task())
        with contextlib.suppress(OSError):
            writer.write(writer.get_extra_info("peername")[0].encode() + b"\n")
            while line := await reader.readline():
                writer.write(line.upper())
        writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
        if answering:
            await asyncio.wait(answering, timeout=5)
        await asyncio.sleep(0)


async def asked(way_out, host, port, context=None):
    """What such a server answers, and from where it was asked."""
    way = await route(way_out, host, port)
    reader, writer = await asyncio.open_connection(
        **way, ssl=context, server_hostname=host if context is not None else None
    )
    peer = (await reader.readline()).decode().strip()
    writer.write(b"hello\n")
    said = (await reader.readline()).decode().strip()
    writer.close()
    return said, peer


@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_carries_plain_text_and_tls(tmp_path, kind, tls):
    async with KINDS[kind](tmp_path) as address, shouting() as plain, shouting(tls[0]) as encrypted:
        assert await asked(through(address), "127.0.0.1", plain) == ("HELLO", "127.0.0.1")
        assert (await asked(through(address), "127.0.0.1", encrypted, tls[1]))[0] == "HELLO"
        opened = await asyncio.to_thread(dial, through(address), "127.0.0.1", plain, 5.0)
        with opened, opened.makefile("rb") as lines:
            opened.sendall(b"hello\n")
            said = await asyncio.to_thread(lambda: [lines.readline(), lines.readline()])
        assert said == [b"127.0.0.1\n", b"HELLO\n"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_that_asks_who_we_are(tmp_path, kind):
    async with KINDS[kind](tmp_path, *LOGIN) as address, shouting() as port:
        user, password = LOGIN
        assert (await asked(through(address, user=user, password=password), "127.0.0.1", port))[0] == "HELLO"
        for wrong in ({}, {"user": user, "password": "another"}):
            with pytest.raises(
                ProxyFailed, match=r"does not let us in .*: check user and password below proxy:"
            ):
                await route(through(address, **wrong), "127.0.0.1", port)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_proxy_does_not_reach_is_said(tmp_path, kind):
    gone = free_port()
    async with KINDS[kind](tmp_path) as address:
        with pytest.raises(ProxyFailed, match=rf"does not reach 127\.0\.0\.1 port {gone} \("):
            await route(through(address), "127.0.0.1", gone)
        with pytest.raises(ProxyFailed, match="does not reach"):
            await asyncio.to_thread(dial, through(address), "127.0.0.1", gone, 5.0)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_that_is_not_there_is_said(kind):
    address = f"{kind}://127.0.0.1:{free_port()}"
    sentence = r"cannot be reached \(Connection refused\): see that it runs, and that proxy: names it"
    with pytest.raises(ProxyFailed, match=sentence):
        await route(through(address), "irc.example.org", 6697)
    with pytest.raises(ProxyFailed, match=sentence):
        await asyncio.to_thread(dial, through(address), "irc.example.org", 6697, 5.0)
    async with aiohttp.ClientSession(connector=connector(through(address))) as session:
        with pytest.raises(ProxyFailed, match=sentence):
            await session.get("http://example.org/")


async def test_what_is_no_proxy_is_said():
    async with shouting() as port:
        with pytest.raises(ProxyFailed, match=r"does not reach example\.org port 80"):
            await route(through(f"socks5://127.0.0.1:{port}"), "example.org", 80)
        with pytest.raises(ProxyFailed, match=r"does not reach example\.org port 80"):
            await route(through(f"http://127.0.0.1:{port}"), "example.org", 80)


async def test_names_are_left_to_the_proxy(looked_up, tls):  # noqa: F811
    async with shouting() as plain, shouting(tls[0]) as encrypted:
        proxy = NamingProxy({f"plain{NAMES}": plain, f"tls{NAMES}": encrypted})
        await proxy.start()
        way_out = through(proxy.address)
        assert (await asked(way_out, f"plain{NAMES}", plain))[0] == "HELLO"
        assert (await asked(way_out, f"tls{NAMES}", encrypted, tls[1]))[0] == "HELLO"
        with await asyncio.to_thread(dial, way_out, f"plain{NAMES}", plain, 5.0):
            pass
        with pytest.raises(ProxyFailed, match="does not reach nowhere"):
            await route(way_out, f"nowhere{NAMES}", 80)
        await proxy.stop()
    assert proxy.asked == [f"{name}{NAMES}" for name in ("plain", "tls", "plain", "nowhere")]
    assert not [name for name in looked_up if name.endswith(NAMES)]


async def page(context=None):
    """A page that tells by which name it was asked for, and from where; and its port."""

    async def told(request):
        return web.Response(text=f"{request.host} {request.remote}")

    app = web.Application()
    app.router.add_get("/", told)
    runner, port = web.AppRunner(app), free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    return runner, port


@pytest.mark.parametrize("encrypted", [False, True])
async def test_http_goes_through_it_too(looked_up, tls, encrypted):  # noqa: F811
    runner, port = await page(tls[0] if encrypted else None)
    proxy = NamingProxy({f"tls{NAMES}": port, f"other{NAMES}": port})
    await proxy.start()
    scheme = "https" if encrypted else "http"
    async with aiohttp.ClientSession(connector=connector(through(proxy.address))) as session:
        for _ in range(2):
            async with session.get(f"{scheme}://tls{NAMES}:{port}/", ssl=tls[1]) as answer:
                assert await answer.text() == f"tls{NAMES}:{port} 127.0.0.1"
        if encrypted:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(f"https://other{NAMES}:{port}/", ssl=tls[1])
        with pytest.raises(ProxyFailed):
            await session.get(f"http://nowhere{NAMES}/")
    await proxy.stop()
    await runner.cleanup()
    assert proxy.asked[0] == f"tls{NAMES}"
    assert not [name for name in looked_up if name.endswith(NAMES)]


async def test_a_look_at_a_server_goes_no_other_way(looked_up, tls):  # noqa: F811
    async with shouting(tls[0]) as port:
        proxy = NamingProxy({f"tls{NAMES}": port})
        await proxy.start()
        way_out = through(proxy.address)
        named = await see_name(f"tls{NAMES}", 1, way_out)
        seen = await see_certificate(f"tls{NAMES}", 1, tls[1], way_out=way_out)
        await proxy.stop()
        gone = await see_certificate(f"tls{NAMES}", 1, tls[1], way_out=way_out)
    assert "looked up by the proxy" in named.sentence
    assert (named.grade, seen.grade, gone.grade) == (Grade.WELL, Grade.DOUBTFUL, Grade.WRONG)
    assert "ends in" in seen.sentence
    assert f"the proxy 127.0.0.1 port {proxy.port} cannot be reached" in gone.sentence
    assert proxy.asked == [f"tls{NAMES}"]
    assert not [name for name in looked_up if name.endswith(NAMES)]


async def test_we_connect_from_an_address_of_this_machine():
    way_out = WayOut(source=ip_address("127.0.0.9"))
    async with shouting() as port:
        assert await asked(way_out, "127.0.0.1", port) == ("HELLO", "127.0.0.9")
        with await asyncio.to_thread(dial, way_out, "127.0.0.1", port, 5.0) as opened:
            assert opened.getsockname()[0] == "127.0.0.9"
    runner, port = await page()
    async with (
        aiohttp.ClientSession(connector=connector(way_out)) as session,
        session.get(f"http://127.0.0.1:{port}/") as answer,
    ):
        assert (await answer.text()).endswith(" 127.0.0.9")
    await runner.cleanup()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("127.0.0.1:9050", "must be the address of a proxy, such as socks5://127.0.0.1:9050"),
        ("socks4://127.0.0.1:9050", "must be the address of a proxy"),
        ("socks5://127.0.0.1", "must be the address of a proxy"),
        ("socks5://127.0.0.1:0", "must be the address of a proxy"),
        ("socks5h://127.0.0.1:9050", "must begin with socks5: names are always left to the proxy"),
        ("socks5://ada:word@127.0.0.1:9050", "must hold no user and no password"),
        ({"address": "http://[::1]:3128", "user": "a:b"}, "without a colon"),
        ({"user": "a"}, "Field required"),
    ],
)
def test_a_mistake_is_named(written, said):
    with pytest.raises(ValidationError) as error:
        WayOut.model_validate({"proxy": written})
    assert said in str(error.value)
    assert "word@" not in str(error.value)


def test_a_proxy_is_an_address_or_more():
    one = WayOut.model_validate({"proxy": "http://[::1]:3128/"})
    assert one.proxy is not None
    assert (one.proxy.kind, one.proxy.there, one.proxy.login) == ("http", ("::1", 3128), None)
    other = through("socks5://tor.example:9050", user="ada", password="secret-word")
    assert other.proxy is not None
    assert other.proxy.there == ("tor.example", 9050)
    assert other.proxy.login == ("ada", "secret-word")
    assert "secret-word" not in repr(other)
    assert WayOut().is_direct
