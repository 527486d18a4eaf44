"""What is fetched from where, and what is not."""

import asyncio
import logging
import ssl
import subprocess

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bridge.adapter import Source
from bridge.errors import Rejected, TemporaryFailure
from bridge.media import Missing
from bridge.media.body import TOO_LARGE
from bridge.media.guard import is_named, is_public
from bridge.model import File
from tests.bridge.media.conftest import Web

NOT_FETCHED = Missing("it could not be fetched")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "192.88.99.1",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001::1",
        "2001:db8::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "ff0e::1",
        "100::1",
        "5f00::1",
        "no address",
        "",
    ],
)
def test_an_address_that_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2606:4700::1111",
        "2a00::1",
    ],
)
def test_an_address_that_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "0",
        "[::]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "user:password@127.0.0.1",
    ],
)
async def test_this_machine_is_reached_under_no_spelling(server, serve, host, caplog, monkeypatch):
    """Also where the system's resolver reads numbers in the old ways."""
    monkeypatch.setattr("aiohttp.connector.DefaultResolver", aiohttp.ThreadedResolver)
    server.put("a", b"secret")
    service = await serve(hosts=())
    assert await service.got(1, server.address("a", host)) == NOT_FETCHED
    assert not server.asked
    assert "not a public one" in caplog.text or "its address is none" in caplog.text or host == "localhost."


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{}/b", "http://[::ffff:127.0.0.1]:{}/b", "//127.1:{}/b"]
)
async def test_a_redirect_leads_no_further_than_an_address(server, serve, target):
    server.put("b", b"secret")
    server.redirect("a", target.format(server.port))
    service = await serve(hosts=("localhost:*",))
    assert await service.got(1, server.address("a", "localhost")) == NOT_FETCHED
    assert [request.path for request in server.asked] == ["/a"]


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "data:text/plain,a",
        "mxc://a/b",
        "http://",
        "",
        "http://[",
        "//a/b",
        "http://a:99999/",
    ],
)
async def test_only_the_web_is_fetched(serve, address):
    service = await serve()
    assert await service.got(1, address) == NOT_FETCHED


async def test_a_redirect_to_another_scheme_is_not_followed(server, serve):
    service = await serve()
    assert await service.got(1, server.redirect("a", "file:///etc/passwd")) == NOT_FETCHED


async def test_the_owners_own_server_may_be_on_this_machine(server, serve):
    """But what it redirects to may not, on another port either."""
    server.put("a", b"words")
    server.redirect("b", f"http://127.0.0.1:{server.port}/a")
    server.redirect("c", f"http://localhost:{server.port}/a")
    service = await serve(hosts=(), source=lambda _network, address: Source(address, own=True))
    assert isinstance(await service.got(1, server.address("b")), File)
    assert await service.got(2, server.address("c")) == NOT_FETCHED
    assert [request.path for request in server.asked] == ["/b", "/a", "/c"]


async def test_what_comes_back_is_not_the_owners_own_word(server, serve):
    """The homeserver leads to a host of anybody's, which leads to the homeserver's other doors."""
    server.redirect("a", server.address("b", "localhost"))
    server.redirect("b", server.address("admin"))
    server.put("admin", b"secret")
    service = await serve(hosts=("localhost:*",), source=lambda _network, address: Source(address, own=True))
    assert await service.got(1, server.address("a")) == NOT_FETCHED
    assert [request.path for request in server.asked] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("address", "hosts", "named"),
    [
        ("http://files.lan/a", ("files.lan",), True),
        ("https://files.lan/a", ("files.lan",), True),
        ("https://FILES.lan/a", ("*.LAN",), True),
        ("http://files.lan:8080/a", ("files.lan",), False),
        ("http://files.lan:8080/a", ("*",), True),
        ("http://files.lan:8080/a", ("files.lan:8080",), True),
        ("http://files.lan:8081/a", ("files.lan:8080",), False),
        ("http://files.lan:8081/a", ("files.lan:*",), True),
        ("http://[::1]/a", ("::1",), True),
        ("http://[::1]:8080/a", ("::1",), False),
        ("http://[::1]:8080/a", ("[::1]:8080",), True),
    ],
)
def test_a_named_host_is_opened_at_the_ports_of_the_web(address, hosts, named):
    """What else is on it is nobody's to ask for, unless the owner says so."""
    assert is_named(URL(address), hosts) is named


async def test_ports_of_other_services_are_not_knocked_at(serve, caplog):
    service = await serve()
    for number, port in enumerate((22, 25, 143, 1023)):
        assert await service.got(number, f"http://8.8.8.8:{port}/a") == NOT_FETCHED
    assert caplog.text.count("its port is that of something else than the web") == 4


async def test_the_owners_own_authority_is_trusted_for_the_owners_own_host(serve, tmp_path):
    """And for no other."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", f"{tmp_path}/key.pem", "-out", f"{tmp_path}/cert.pem"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    trusted = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    server = await Web().start(context)
    try:
        server.put("a", b"words")
        address = f"https://localhost:{server.port}/a"
        service = await serve(
            hosts=("localhost:*",),
            source=lambda network, address: Source(address, own=network == "own", ssl=trusted),
        )
        assert isinstance(await service.got(1, address, network="own"), File)
        assert await service.got(2, address, network="other") == NOT_FETCHED
    finally:
        await server.stop()


async def test_credentials_go_to_their_own_host_alone_and_never_come_back(server, serve):
    server.redirect("a", server.address("b", "localhost"))
    server.redirect("b", server.address("c"))
    server.put("c", b"words")
    service = await serve(
        hosts=("127.0.0.1:*", "localhost:*"),
        source=lambda _network, address: Source(address, {"Authorization": "Bearer secret"}),
    )
    assert isinstance(await service.got(1, server.address("a")), File)
    sent = [(request.path, request.headers.get("Authorization")) for request in server.asked]
    assert sent == [("/a", "Bearer secret"), ("/b", None), ("/c", None)]
    assert all(request.headers["Accept-Encoding"] == "identity" for request in server.asked)


async def test_credentials_stay_within_their_host(server, serve):
    server.redirect("a", "/b")
    server.put("b", b"words")
    service = await serve(source=lambda _network, address: Source(address, {"Authorization": "secret"}))
    await service.got(1, server.address("a"))
    assert [request.headers.get("Authorization") for request in server.asked] == ["secret", "secret"]


async def test_no_cookie_is_kept_and_no_password_of_an_address_is_used(server, serve):
    server.put("a", b"words", **{"Set-Cookie": "a=b; Path=/"})
    service = await serve()
    await service.got(1, server.address("a", "user:password@127.0.0.1"))
    await service.got(2, server.address("a"))
    assert not any(
        "Cookie" in request.headers or "Authorization" in request.headers for request in server.asked
    )
    assert len(server.asked) == 2


async def test_redirects_end(server, serve):
    server.redirect("a", "/a")
    service = await serve()
    assert await service.got(1, server.address("a")) == NOT_FETCHED
    assert len(server.asked) == 6


async def test_a_file_that_says_that_it_is_too_large_is_not_read(server, serve):
    service = await serve(max_file=1_000_000)
    assert await service.got(1, server.put("a", b"x" * 1_000_001)) == Missing(TOO_LARGE, "1 MB")
    assert isinstance(await service.got(2, server.put("b", b"x" * 1_000_000)), File)
    assert await service.got(3, server.address("b"), size=1_000_001) == Missing(TOO_LARGE, "1 MB")
    assert len(server.asked) == 2


async def test_a_file_that_does_not_say_its_size_is_read_to_the_limit(server, serve, media):
    stopped = asyncio.Event()

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        finally:
            stopped.set()

    server.paths["a"] = endless
    service = await serve(max_file=500_000)
    assert await service.got(1, server.address("a")) == Missing(TOO_LARGE, "500 kB")
    await asyncio.wait_for(stopped.wait(), 20)
    assert not [path for path in media().folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("status", "tries"), [(500, 3), (503, 3), (429, 3), (403, 1), (404, 1), (410, 1), (204, 1)]
)
async def test_what_may_pass_is_tried_again(server, serve, status, tries):
    async def fail(_):
        return web.Response(status=status)

    server.paths["a"] = fail
    service = await serve()
    assert await service.got(1, server.address("a")) == NOT_FETCHED
    assert len(server.asked) == tries


async def test_a_body_that_breaks_is_read_anew_from_its_beginning(server, serve):
    async def half(request):
        if len(server.asked) < 3:
            response = web.StreamResponse(headers={"Content-Length": "300000"})
            await response.prepare(request)
            await response.write(b"half" * 30_000)
            request.transport.abort()
            return response
        return web.Response(body=b"whole")

    server.paths["a"] = half
    service = await serve()
    file = await service.got(1, server.address("a"))
    assert file.path.read_bytes() == b"whole"
    assert file.size == 5


async def test_a_server_that_says_no_more_is_not_waited_for(server, serve, monkeypatch):
    monkeypatch.setattr("bridge.media.fetch._TOTAL", 0.3)

    async def stuck(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 1000)
        await asyncio.Event().wait()

    server.paths["a"] = stuck
    service = await serve()
    assert await service.got(1, server.address("a")) == NOT_FETCHED


async def test_what_comes_packed_is_not_unpacked(server, serve):
    service = await serve()
    assert await service.got(1, server.put("a", b"\x1f\x8b", **{"Content-Encoding": "gzip"})) == NOT_FETCHED


async def test_an_adapter_that_does_not_know_the_address(server, serve):
    def refuse(_network, address):
        raise Rejected("no such file")

    service = await serve(source=refuse)
    assert await service.got(1, "mxc://a/b") == NOT_FETCHED


async def test_an_adapter_that_does_not_know_the_address_yet(server, serve):
    tries = []

    def soon(_network, address):
        tries.append(address)
        if len(tries) < 5:
            raise TemporaryFailure("not connected")
        return Source(server.put("a", b"words"))

    service = await serve(source=soon)
    assert isinstance(await service.got(1, "mxc://a/b"), File)
    assert tries == ["mxc://a/b"] * 5


async def test_what_is_logged_holds_no_secret(server, serve, caplog):
    caplog.set_level(logging.DEBUG)
    service = await serve()
    server.redirect("a", "/gone?token=secret")
    await service.got(1, server.address("a?token=secret", "name:secret@127.0.0.1"))
    await service.got(2, "http://127.0.0.1:1/?token=secret")
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 2
    assert "a file from 127.0.0.1 could not be fetched: no connection" in caplog.text
    assert "secret" not in caplog.text


async def test_only_the_wanted_types_cross(server, serve):
    service = await serve(types=("IMAGE/*", "text/plain"))
    assert await service.got(1, server.put("a", b"%PDF-1.4\n"), type="image/png") == Missing(
        "its type is not passed on"
    )
    assert isinstance(await service.got(2, server.put("b", b"words")), File)


async def test_what_will_not_cross_is_not_read_to_its_end(server, serve):
    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"\x7fELF")
        while True:
            await response.write(b"\0" * 65_536)

    server.paths["a"] = endless
    service = await serve(types=("image/*",), max_file=10**12)
    assert await service.got(1, server.address("a")) == Missing("its type is not passed on")
