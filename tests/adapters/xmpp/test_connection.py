"""Getting in, and what it is told when that fails: a sentence for the owner, never a password."""

import asyncio
import base64
import logging
import socket
import ssl
import subprocess
import time

import pytest

from adapters.xmpp.connection import client
from bridge import AuthenticationFailed, ConnectionLost, Replaced, RoomUnavailable
from tests.adapters.xmpp import harness
from tests.adapters.xmpp.harness import (
    ROOM,
    Server,
    adapter,
    command,
    failure,
    give,
    message,
    running,
    settings,
)  # fmt: skip


@pytest.fixture
async def server():
    async with Server() as server:
        yield server


async def refusal(made):
    """Why the adapter does not get in."""
    async with running(made, joined=False) as ears:
        return await failure(ears.task)


async def test_a_host_that_nobody_knows():
    error = await refusal(adapter(5222, server="no-such-host.invalid", tls="starttls"))
    assert isinstance(error, ConnectionLost)
    assert "not known to the DNS" in str(error)


async def test_a_domain_that_nobody_knows():
    """RFC 6120 section 3.2: by the DNS."""
    error = await refusal(adapter(None, server=None, jid="a@no-such-host.invalid", tls="starttls"))
    assert isinstance(error, ConnectionLost)


async def test_a_port_that_is_closed():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        error = await refusal(adapter(port))
    assert isinstance(error, ConnectionLost)
    assert f"127.0.0.1 port {port}" in str(error)


async def test_no_tls_where_it_is_wanted(server):
    """RFC 6120 section 5.3.1: nothing is sent in the clear, least of all the password."""
    error = await refusal(adapter(server.port, tls="starttls"))
    assert isinstance(error, ConnectionLost)
    assert "offers no TLS" in str(error)
    assert server.heard.empty()


async def test_direct_tls_where_there_is_none(server):
    """XEP-0368."""
    server.raw = b"hello\n"
    error = await refusal(adapter(server.port, tls="direct"))
    assert isinstance(error, ConnectionLost)
    assert "check port and tls" in str(error)


async def test_something_that_is_not_xmpp(server):
    server.raw = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    error = await refusal(adapter(server.port))
    assert isinstance(error, ConnectionLost)
    assert "not XMPP" in str(error)


async def test_xml_that_is_not_xmpp(server):
    server.raw = b"<html><body>hello</body></html>"
    error = await refusal(adapter(server.port))
    assert isinstance(error, ConnectionLost)
    assert "not XMPP" in str(error)


async def test_a_server_that_says_nothing(server, monkeypatch):
    monkeypatch.setattr(client, "_PATIENCE", 1.0)
    server.raw = b""
    error = await refusal(adapter(server.port))
    assert isinstance(error, ConnectionLost)
    assert "says nothing" in str(error)


async def test_a_server_that_stops_in_the_middle(server, monkeypatch):
    monkeypatch.setattr(client, "_PATIENCE", 1.0)
    server.answer = lambda element: ""
    error = await refusal(adapter(server.port))
    assert "stopped answering during the login" in str(error)


@pytest.mark.parametrize(
    "features",
    ["", "<sub xmlns='urn:xmpp:features:pre-approval'/>", "<authentication xmlns='urn:xmpp:sasl:2'/>"],
)
async def test_a_server_that_offers_no_login(server, monkeypatch, features):
    """RFC 6120 section 6.3.3: said at once."""
    offered = f"<stream:features>{features}</stream:features>"
    monkeypatch.setattr(harness, "PLAIN_FEATURES", offered)
    error = await refusal(adapter(server.port))
    assert isinstance(error, ConnectionLost)
    assert "offers no way to log in" in str(error)


async def test_a_wrong_password(server, caplog):
    """RFC 6120 section 6.5.10."""
    caplog.set_level(logging.DEBUG)
    server.answer = lambda element: (
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
        if element.tag.endswith("}auth")
        else None
    )
    error = await refusal(adapter(server.port))
    assert isinstance(error, AuthenticationFailed)
    assert "check jid and password" in str(error)
    assert "s3cret" not in caplog.text + str(error)
    assert "AGh1YmJ1YgBzM2NyZXQ=" not in caplog.text, "the password as SASL PLAIN sends it"


async def test_without_tls_nothing_is_bound(server, monkeypatch):
    """RFC 5802 section 6: "n", for ejabberd 24.12 takes "y" for a downgrade."""
    monkeypatch.setattr(harness, "PLAIN_FEATURES", harness.PLAIN_FEATURES.replace("PLAIN", "SCRAM-SHA-256"))
    async with running(adapter(server.port), joined=False):
        asked = await server.hears("auth")
    assert base64.b64decode(asked.text).startswith(b"n,,n=hubbub,")


async def test_a_server_that_cannot_check_the_password_now(server):
    """RFC 6120 section 6.5.11: that is no wrong password."""
    server.answer = lambda element: (
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/></failure>"
        if element.tag.endswith("}auth")
        else None
    )
    assert isinstance(await refusal(adapter(server.port)), ConnectionLost)


async def test_a_login_that_is_taken_over(server):
    """RFC 6120 section 4.9.3.3."""
    async with running(adapter(server.port)) as ears:
        server.say("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
        error = await failure(ears.task)
    assert isinstance(error, Replaced)
    assert "another resource" in str(error)


@pytest.mark.parametrize(
    "end",
    [
        "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        "</stream:stream>",
        "<message></presence>",
        "\x00\x01 garbage <<<",
    ],
)
async def test_whatever_ends_the_stream_ends_the_run(server, end):
    """RFC 6120 section 4.9: and what was under way fails with it."""
    made = adapter(server.port)
    server.answer = lambda element: "" if element.tag.endswith("}message") else None
    async with running(made) as ears:
        receipt = give(made, command())
        await server.hears("message")
        server.say(end)
        assert isinstance(await failure(ears.task), ConnectionLost)
        assert isinstance(await failure(receipt), ConnectionLost)
        with pytest.raises(ConnectionLost):
            give(made, command())


async def test_stanzas_that_are_nested_without_end(server):
    async with running(adapter(server.port)) as ears:
        server.say(message("alice", "<a>" * 5000 + "</a>" * 5000) + message("alice", "after"))
        assert (await ears.said()).content.text == "after"


async def test_nothing_of_a_stranger_is_taken_before_the_login(server):
    """RFC 6120 section 13.7.1: what comes in the clear is nobody's word, even of a room known from before."""
    made = adapter(server.port)
    async with running(made) as ears:
        server.cut()
        await failure(ears.task)
    server.answer = lambda element: (
        message("alice", "forged") + "</stream:stream>" if element.tag.endswith("}auth") else None
    )
    async with running(made, joined=False) as ears:
        assert isinstance(await failure(ears.task), ConnectionLost)
        assert ears.batches == []


def certificate(folder, name):
    """A certificate of its own making for a host."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
         "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    return context


async def silent(reader, writer):
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("name", "trusted", "sentence"),
    [
        ("example.org", False, "does not verify"),
        ("example.com", True, "does not verify"),
        ("example.org", True, "says nothing"),
    ],
)
async def test_a_certificate(tmp_path, monkeypatch, name, trusted, sentence):
    """RFC 6120 section 13.7.2: it is for the domain of the account, by an authority that we trust."""
    monkeypatch.setattr(client, "_PATIENCE", 1.0)
    listening = await asyncio.start_server(silent, "127.0.0.1", 0, ssl=certificate(tmp_path, name))
    port = listening.sockets[0].getsockname()[1]
    more = {"ca_file": tmp_path / f"{name}.pem"} if trusted else {}
    error = await refusal(adapter(port, tls="direct", **more))
    listening.close()
    assert isinstance(error, ConnectionLost)
    assert sentence in str(error)


async def test_a_ca_file_that_is_none(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    error = await refusal(adapter(1, tls="direct", ca_file=tmp_path / "ca.pem"))
    assert isinstance(error, ConnectionLost)
    assert "ca_file" in str(error)


async def test_a_resumed_stream_is_still_in_its_rooms(server):
    """XEP-0198 section 5: the rooms count as joined, what came meanwhile is there, and nothing is resent."""
    made = adapter(server.port)
    server.answer = lambda element: "" if element.tag.endswith("}message") else None
    async with running(made) as ears:
        await server.hears("enable")
        receipt = give(made, command())
        await server.hears("message")
        server.cut()
        assert isinstance(await failure(ears.task), ConnectionLost)
        assert isinstance(await failure(receipt), ConnectionLost)
    resumed = []

    def answer(element):
        if element.tag.endswith("}resume"):
            resumed.append(element)
            return (
                "<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='5'/>"
                + message("hubbub", "hello", stanza_id="q1", name="1.ab")
                + message("alice", "meanwhile")
                + "<r xmlns='urn:xmpp:sm:3'/>"
            )
        return None

    server.answer = answer
    async with running(made) as ears:
        assert resumed[0].get("previd") == "sm1"
        landed = await give(made, command())
        assert landed.part.id == "q1", "it had arrived: it is not sent again"
        (meanwhile,) = [event for batch in ears.batches for event in batch if hasattr(event, "content")]
        assert meanwhile.content.text == "meanwhile"
        ack = await server.hears("a")
        assert int(ack.get("h")) == int(resumed[0].get("h")) + 2
        assert not any(element.tag.endswith("}presence") for element in list(server.heard._queue))


async def test_until_when_the_room_was_heard_is_known_as_its_messages_fail(server):
    made, heard, began = adapter(server.port), [], time.time()
    server.answer = lambda element: "" if element.tag.endswith("}message") else None
    async with running(made) as ears:
        assert made.send_now(command(), lambda _: heard.append(made.heard(ROOM)))
        await server.hears("message")
        server.cut()
        await failure(ears.task)
    assert began <= heard[0] <= time.time()


async def test_a_stream_that_is_gone_is_begun_anew(server):
    """XEP-0198 section 5: failed."""
    made = adapter(server.port)
    async with running(made) as ears:
        await server.hears("enable")
        server.cut()
        await failure(ears.task)
    server.answer = lambda element: (
        "<failed xmlns='urn:xmpp:sm:3'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
        if element.tag.endswith("}resume")
        else None
    )
    async with running(made):
        assert (await give(made, command())).part.id == "q-1.ab"


async def test_going_is_said(server):
    """RFC 6121 section 4.5: a run that is cancelled leaves."""
    async with running(adapter(server.port)):
        pass
    await server.hears("presence", lambda element: element.get("type") == "unavailable")


async def test_what_is_not_running_takes_nothing(server):
    made = adapter(server.port)
    with pytest.raises(ConnectionLost):
        give(made, command())
    async with running(made), asyncio.timeout(5):
        with pytest.raises(RoomUnavailable):
            give(made, command(room="other@muc.example.org"))


def test_the_password_is_not_shown(server):
    assert "s3cret" not in repr(settings(1)) + str(settings(1))
