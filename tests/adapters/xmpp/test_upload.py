"""Where files go, on servers that say what the test wants (XEP-0363)."""

import asyncio
import contextlib
import dataclasses
import hashlib
import ssl
import subprocess
import time
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bridge import (
    ConnectionLost,
    Content,
    File,
    FileKind,
    Receipt,
    Rejected,
    RoomState,
    RoomUnavailable,
    SendMessage,
    Support,
    TemporaryFailure,
    Thumbnail,
    Txn,
)
from tests.adapters.xmpp.harness import (
    ALICE,
    JID,
    ROOM,
    STANZAS,
    Server,
    adapter,
    disco,
    error,
    failure,
    presence,
    running,
)

NS = "urn:xmpp:http:upload:0"
FILES = "files.example.org"
FORM = (
    "<x xmlns='jabber:x:data' type='result'>"
    "<field var='FORM_TYPE'><value>urn:xmpp:http:upload:0</value></field>"
    "<field var='max-file-size'><value>{}</value></field></x>"
)
BODY = "{jabber:client}body"


class Host:
    """Takes files by HTTP, or does not, and gives slots over XMPP, or does not."""

    def __init__(self, server):
        self.server, server.answer = server, self._answer
        self.status = 201
        self.refusal = ""
        self.limit = "1000"
        self.silent = False
        self.puts = []
        self.scheme = "http"
        self.hold = None
        self.go = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self, tls=None):
        app = web.Application()
        app.router.add_put("/up/{name}", self._take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        self.scheme = "https" if tls else "http"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _take(self, request):
        if self.hold is not None:
            self.hold.set()
            await self.go.wait()
        self.puts.append((request.path, request.headers.copy(), await request.read()))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})

    def _answer(self, element):
        inside = element[0].tag if len(element) else ""
        if element.tag.endswith("iq") and "disco#items" in inside:
            return self._reply(
                element,
                f"<query xmlns='http://jabber.org/protocol/disco#items'><item jid='{FILES}'/></query>",
            )
        if element.get("to") == "example.org" and "disco#info" in inside:
            return self._reply(element, disco())
        if element.get("to") != FILES:
            return None
        if "disco#info" in inside:
            return self._reply(element, disco(NS).replace("</query>", FORM.format(self.limit) + "</query>"))
        if self.silent:
            return ""
        if self.refusal:
            return f"<iq from='{FILES}' to='{JID}' id='{element.get('id')}' type='error'>{self.refusal}</iq>"
        name = element[0].get("filename").replace(" ", "%20")
        return self._reply(
            element,
            f"<slot xmlns='{NS}'><put url='{self.scheme}://localhost:{self.port}/up/{name}?v=1'>"
            "<header name='Authorization'>Bearer a\nb</header><header name='X-Evil'>1</header>"
            f"<header name='cookie'>c=d</header></put><get url='https://x.y/up/{name}'/></slot>",
        )

    def _reply(self, element, inside):
        return (
            f"<iq from='{element.get('to')}' to='{JID}' id='{element.get('id')}' type='result'>{inside}</iq>"
        )


@pytest.fixture
async def host():
    async with Server() as server, Host(server).running() as made:
        yield made


@pytest.fixture
def file(tmp_path):
    (tmp_path / "a b.png").write_bytes(b"picture")
    return File(
        tmp_path / "a b.png",
        "a b.png",
        FileKind.IMAGE,
        "image/png",
        7,
        hashlib.sha256(b"picture").hexdigest(),
    )


@contextlib.asynccontextmanager
async def ready(host, **more):
    """An adapter that knows where files go."""
    made = adapter(host.server.port, **more)
    async with running(made) as ears:
        assert made.capabilities(ROOM).file is Support.FULL, "known as soon as the room is joined"
        yield made, ears


def sending(file):
    return SendMessage(
        room=ROOM, speaker=ALICE, txn=Txn("1.2.3.0123456789abcdef"), content=Content(), file=file
    )


async def test_only_what_a_service_may_ask_for_is_sent(host, file):
    """XEP-0363 section 5: three headers, without line ends, and the type and size that were announced."""
    async with ready(host) as (made, _):
        assert made.capabilities(ROOM).file_limit == 1000
        receipt = await (await made.send(sending(file)))
        assert isinstance(receipt, Receipt)
        ((path, headers, data),) = host.puts
        assert (path, data) == ("/up/a b.png", b"picture")
        assert (headers["Authorization"], headers["Cookie"]) == ("Bearer ab", "c=d")
        assert (headers["Content-Type"], headers["Content-Length"]) == ("image/png", "7")
        assert "X-Evil" not in headers
        said = await host.server.hears("message", lambda found: found.find(BODY) is not None)
        assert said.findtext(BODY) == "https://x.y/up/a%20b.png"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Rejected), (413, Rejected), (302, Rejected), (429, TemporaryFailure), (500, TemporaryFailure)],
)
async def test_a_put_that_is_refused(host, file, status, kind):
    async with ready(host) as (made, _):
        host.status = status
        with pytest.raises(kind, match=f"a b.png.*status {status}"):
            await made.send(sending(file))


def condition(named, more="", kind="modify"):
    return f"<error type='{kind}'><{named} xmlns='{STANZAS}'/>{more}</error>"


def retry(seconds):
    stamp = datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"<retry xmlns='{NS}' stamp='{stamp}'/>"


@pytest.mark.parametrize(
    ("refusal", "kind", "match"),
    [
        (
            lambda: condition("not-acceptable", f"<file-too-large xmlns='{NS}'/>"),
            Rejected,
            "no file that large",
        ),
        (lambda: condition("resource-constraint", retry(60), "wait"), TemporaryFailure, "now"),
        (lambda: condition("resource-constraint", retry(86400), "wait"), Rejected, "no more files"),
        (lambda: condition("resource-constraint", "", "wait"), Rejected, "no more files"),
        (lambda: condition("internal-server-error", "", "wait"), TemporaryFailure, "internal-server-error"),
        (lambda: condition("forbidden"), Rejected, "forbidden"),
    ],
    ids=["large", "soon", "tomorrow", "never", "broken", "forbidden"],
)
async def test_a_slot_that_is_refused(host, file, refusal, kind, match):
    """XEP-0363 section 4.1."""
    async with ready(host) as (made, _):
        host.refusal = refusal()
        with pytest.raises(kind, match=match):
            await made.send(sending(file))
        assert host.puts == []


async def test_a_service_that_is_broken(host, file):
    """It can be tried again; what is there is not put there twice."""
    async with ready(host) as (made, _):
        host.status = 503
        with pytest.raises(TemporaryFailure):
            await made.upload(file)
        host.status = 201
        puts = len(host.puts)
        await made.upload(file)
        await made.send(sending(file))
        assert len(host.puts) == puts + 1


async def test_what_is_not_there(host, file, tmp_path):
    """A file that is gone is given up; a thumbnail that is gone is left out."""
    async with ready(host) as (made, _):
        gone = tmp_path / "gone"
        small = Thumbnail(gone, "image/png", 1, 1, 1)
        await (await made.send(sending(dataclasses.replace(file, thumbnail=small))))
        said = await host.server.hears("message", lambda found: found.find(BODY) is not None)
        assert said.find(".//{urn:xmpp:thumbs:1}thumbnail") is None
        with pytest.raises(Rejected, match="no longer on this machine"):
            await made.send(sending(dataclasses.replace(file, path=gone)))


async def test_the_end_of_the_connection(host, file):
    """It ends while the file is under way, or while the service is asked: both say so."""
    async with ready(host) as (made, _):
        host.silent = True
        asked = asyncio.ensure_future(made.send(sending(file)))
        await host.server.hears("iq", lambda found: found[0].get("filename") == "a b.png")
        host.server.cut()
        assert isinstance(await failure(asked), ConnectionLost)
        assert made.capabilities(ROOM).file is Support.FULL, "it is still known at the next connection"
    host.silent, host.hold = False, asyncio.Event()
    async with ready(host) as (made, ears):
        asked = asyncio.ensure_future(made.send(sending(file)))
        await host.hold.wait()
        host.server.cut()
        assert isinstance(await failure(asked), ConnectionLost)
        assert isinstance(await failure(ears.task), ConnectionLost)


async def test_a_room_that_is_gone_meanwhile(host, file):
    async with ready(host) as (made, ears):
        host.hold = asyncio.Event()
        asked = asyncio.ensure_future(made.send(sending(file)))
        await host.hold.wait()
        host.server.say(presence("hubbub", 307, 110, kind="unavailable"))
        await ears.state(RoomState.REFUSED)
        host.go.set()
        assert isinstance(await failure(asked), RoomUnavailable)


async def test_a_service_that_serves_others_only(host):
    """Then there is none for us."""
    host.refusal = error("forbidden")
    made = adapter(host.server.port)
    async with running(made):
        await host.server.hears("iq", lambda found: found[0].get("filename") is not None)
        assert made.capabilities(ROOM).file is Support.NO


async def test_certificates(file, tmp_path):
    """What does not verify gets no file; ca_file adds to whom we trust."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", f"{tmp_path}/key.pem", "-out", f"{tmp_path}/cert.pem"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    async with Server() as server, Host(server).running(context) as host, ready(host) as (made, _):
        with pytest.raises(Rejected, match="does not prove who it is"):
            await made.send(sending(file))
        made._connection._config = made.config.model_copy(update={"ca_file": tmp_path / "cert.pem"})
        await made.send(sending(file))
        assert len(host.puts) == 1
