"""Logging in, and what can be wrong with a server, against a homeserver that is told what to do."""

import asyncio
import contextlib
import socket
import ssl
import subprocess

import aiohttp
import nio
import pytest
from aiohttp import web

from adapters.matrix.client.account import fine
from bridge import AuthenticationFailed, ConnectionLost, MessageCreated

from .homeserver import ALIAS, USER, Answer, Core, Homeserver, adapter_for, error, message


def _subclasses(kind):
    return [kind] + [found for child in kind.__subclasses__() for found in _subclasses(child)]


@pytest.fixture
async def server():
    async with Homeserver() as server:
        yield server


async def ended(adapter):
    async with Core(adapter) as core:
        return await core.end()


async def test_a_password_login_keeps_its_device(server):
    """Client-server API, "Login": the same device after a restart, so that devices do not pile up."""
    for _ in range(2):
        async with Core(adapter_for(server.url, password="secret")) as core:
            await core.joined()
    first, second = server.logins
    assert first["device_id"] == second["device_id"]
    assert first["identifier"] == {"type": "m.id.user", "user": USER}
    async with Core(adapter_for(server.url, password="secret", device_id="MINE")) as core:
        await core.joined()
    assert server.logins[2]["device_id"] == "MINE"


async def test_a_reconnection_keeps_its_token(server):
    adapter = adapter_for(server.url, password="secret")
    for _ in range(2):
        async with Core(adapter) as core:
            await core.joined()
    assert len(server.logins) == 1


async def test_a_wrong_password(server):
    reason = await ended(adapter_for(server.url, password="wrong"))
    assert isinstance(reason, AuthenticationFailed)
    assert "check user and password" in str(reason)
    assert "wrong" not in str(reason)


async def test_an_expired_token(server):
    """Client-server API, "GET /account/whoami"."""
    reason = await ended(adapter_for(server.url, token="old"))
    assert isinstance(reason, AuthenticationFailed)
    assert "put a new one into token" in str(reason)


async def test_the_token_of_somebody_else(server):
    server.answers["whoami"].append(Answer(body={"user_id": "@other:s"}))
    reason = await ended(adapter_for(server.url))
    assert isinstance(reason, AuthenticationFailed)
    assert "@other:s" in str(reason)


async def test_a_deactivated_account(server):
    server.answers["login"].append(error(403, "M_USER_DEACTIVATED"))
    reason = await ended(adapter_for(server.url, password="secret"))
    assert isinstance(reason, AuthenticationFailed)


async def test_a_soft_logout_is_answered_by_a_login(server):
    """Client-server API, "Soft logout": the device stays, nothing is lost and the run goes on."""
    async with Core(adapter_for(server.url, password="secret")) as core:
        await core.joined()
        server.answers["sync"].append(error(401, "M_UNKNOWN_TOKEN", soft_logout=True))
        server.say("one")
        server.say("two")
        assert [(await core.said()).content.text for _ in range(2)] == ["one", "two"]
        server.answers["send"].append(error(401, "M_UNKNOWN_TOKEN", soft_logout=True))
        future = await core.adapter.send(message("x"))
        assert (await future).part.id == "$sent0"
    assert {login["device_id"] for login in server.logins} == {server.logins[0]["device_id"]}
    assert len(server.logins) in (2, 3), "one login may serve both"


async def test_a_soft_logout_of_a_token_cannot_be_mended(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["sync"].append(error(401, "M_UNKNOWN_TOKEN", soft_logout=True))
        server.say("wake")
        reason = await core.end()
    assert isinstance(reason, AuthenticationFailed)
    assert "put a new one into token" in str(reason)


async def test_a_hard_logout_ends_the_run_and_the_next_one_logs_in(server):
    adapter = adapter_for(server.url, password="secret")
    async with Core(adapter) as core:
        await core.joined()
        server.tokens.clear()
        server.say("wake")
        reason = await core.end()
    assert isinstance(reason, AuthenticationFailed)
    assert "another Hubbub" in str(reason)
    async with Core(adapter) as core:
        await core.joined()


@pytest.mark.parametrize("body", ["<html>Welcome to nginx</html>", "", "[1]"])
async def test_another_kind_of_server(server, body):
    """Client-server API, "GET /versions" fails: the address is wrong."""
    server.always["versions"] = Answer(200, body)
    reason = await ended(adapter_for(server.url))
    assert isinstance(reason, ConnectionLost)
    assert "no Matrix homeserver" in str(reason)
    assert "check homeserver" in str(reason)


async def test_a_server_that_knows_where_the_homeserver_is(server):
    """Client-server API, "Well-known URI"."""
    server.always["versions"] = Answer(404, "<html>")
    server.always["unknown"] = Answer(body={"m.homeserver": {"base_url": "https://matrix.s"}})
    assert "https://matrix.s" in str(await ended(adapter_for(server.url)))


@pytest.mark.parametrize("endpoint", ["whoami", "login", "sync"])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(502, "<html>Bad Gateway"),
        Answer(200, "<html>"),
        Answer(200, b"\xff{"),
        error(500, "M_UNKNOWN"),
    ],
)
async def test_a_broken_start_ends_the_run(server, endpoint, answer):
    server.always[endpoint] = answer
    secret = {"password": "secret"} if endpoint == "login" else {}
    assert isinstance(await ended(adapter_for(server.url, **secret)), ConnectionLost)
    assert server.count(endpoint) == 1


@pytest.mark.parametrize(
    "answer", [Answer(200, {}), Answer(200, {"user_id": 1}), Answer(200, {"access_token": "x"})]
)
@pytest.mark.parametrize("endpoint", ["whoami", "login", "sync"])
async def test_answers_that_lack_what_they_must_have(server, endpoint, answer):
    """What nio returns as an ErrorResponse, having found an answer not to its schema."""
    server.always[endpoint] = answer
    secret = {"password": "secret"} if endpoint == "login" else {}
    assert isinstance(await ended(adapter_for(server.url, **secret)), ConnectionLost)


def test_every_error_of_the_libraries_is_mapped():
    """aiohttp's are of the three families that the session catches; nio's are never raised."""
    names = [name for name in aiohttp.client_exceptions.__all__ if not name.startswith("WS")]
    kinds = [getattr(aiohttp.client_exceptions, name) for name in names]
    assert len(kinds) > 15
    assert all(issubclass(kind, aiohttp.ClientError | OSError | ValueError) for kind in kinds)


@pytest.mark.parametrize("kind", _subclasses(nio.ErrorResponse), ids=lambda kind: kind.__name__)
async def test_every_answer_that_nio_finds_wrong_is_an_error_of_ours(kind):
    async def calling():
        reply = object.__new__(kind)
        reply.message = "wrong"
        return reply

    with pytest.raises(ConnectionLost):
        await fine(calling())


async def test_a_port_that_is_closed():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    reason = await ended(adapter_for(f"http://127.0.0.1:{port}"))
    assert isinstance(reason, ConnectionLost)
    assert "cannot be reached" in str(reason)


async def test_a_host_that_is_unknown():
    reason = await ended(adapter_for("https://nowhere.invalid"))
    assert isinstance(reason, ConnectionLost)
    assert "check homeserver" in str(reason)
    assert "unknown" in str(reason)


@contextlib.asynccontextmanager
async def listening(serve):
    """A port where anything but HTTP is spoken."""
    writers = []

    async def accept(reader, writer):
        writers.append(writer)
        with contextlib.suppress(ConnectionError):
            await serve(reader, writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def test_garbage_instead_of_protocol():
    async def serve(_reader, writer):
        writer.write(b"220 mail.example.org ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()

    async with listening(serve) as url:
        reason = await ended(adapter_for(url))
    assert isinstance(reason, ConnectionLost)
    assert "check homeserver" in str(reason)


async def test_silence(monkeypatch):
    monkeypatch.setattr("adapters.matrix.client.http._ANSWER", 0.3)
    quiet = asyncio.Event()

    async def serve(_reader, _writer):
        await quiet.wait()

    async with listening(serve) as url:
        reason = await ended(adapter_for(url))
        quiet.set()
    assert isinstance(reason, ConnectionLost)
    assert "in time" in str(reason)


async def test_silence_in_the_middle(server, monkeypatch):
    """A server that takes a sync and never answers ends the run; the core comes back."""
    monkeypatch.setattr("adapters.matrix.client.api._POLL", 0.2)
    monkeypatch.setattr("adapters.matrix.client.api._GRACE", 0.2)

    async def never():
        await asyncio.sleep(20)

    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.always["sync"] = never
        assert isinstance(await core.end(), ConnectionLost)


async def test_a_certificate_that_does_not_verify(tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    async with Homeserver() as server:
        site = web.TCPSite(server._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        url = f"https://localhost:{server._runner.addresses[-1][1]}"
        reason = await ended(adapter_for(url))
        assert isinstance(reason, ConnectionLost)
        assert "does not verify" in str(reason)
        assert "ca_file" in str(reason)
        async with Core(adapter_for(url, ca_file=cert)) as core:
            await core.joined()
        assert "cannot be read" in str(await ended(adapter_for(url, ca_file=tmp_path / "none.pem")))


@pytest.mark.parametrize(
    "answer", [Answer(502, "<html>Bad Gateway</html>"), Answer(200, "<html>"), error(500, "M_UNKNOWN")]
)
async def test_a_broken_server_is_not_hammered(server, answer):
    """nio's sync_forever asks such a server 2,000 times a second."""
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        before = server.count("sync")
        server.always["sync"] = answer
        server.say("wake")
        assert isinstance(await core.end(), ConnectionLost)
    assert server.count("sync") <= before + 1


async def test_a_server_that_answers_at_once_with_nothing_is_not_hammered(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        before = server.count("sync")
        server.always["sync"] = Answer(body={"next_batch": "s0"})
        server.say("wake")
        await asyncio.sleep(1.2)  # the time is what is tested
        assert server.count("sync") - before <= 4


async def test_rate_limited_syncs_wait(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["sync"] += [error(429, "M_LIMIT_EXCEEDED", retry_after_ms=10)]
        before = server.count("sync")
        server.say("one")
        server.say("two")
        assert (await core.next(MessageCreated)).content.text == "one"
        assert server.count("sync") <= before + 3


async def test_open_sends_fail_with_the_connection(server):
    async def never():
        await asyncio.sleep(20)

    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.always["send"] = never
        future = await core.adapter.send(message("x"))
        core.run.cancel()
        with pytest.raises(ConnectionLost):
            await future
    with pytest.raises(ConnectionLost):
        await core.adapter.send(message("x"))


async def test_looking_is_as_slow_as_the_homeserver_wants(server):
    """Synapse answers ten questions about rooms at once, and then five a second."""
    server.joinable = {"!open:s"}
    server.answers["hierarchy"] += [error(429, "M_LIMIT_EXCEEDED", retry_after_ms=1)] * 3
    adapter = adapter_for(server.url)
    assert await adapter.look({"!open:s": adapter.RoomConfig()}) == {"!open:s": None}
    server.answers["hierarchy"] += [error(429, "M_LIMIT_EXCEEDED", retry_after_ms=60_000)]
    found = await adapter.look({"!open:s": adapter.RoomConfig()})
    assert found["!open:s"] == "!open:s cannot be looked at: the homeserver asks to wait 60 s"


async def test_looking_logs_in_as_another_device_and_out_again(server):
    server.aliases["#open:s"] = "!open:s"
    server.aliases["#shut:s"] = "!shut:s"
    server.aliases["#secret:s"] = "!secret:s"
    server.aliases["#mute:s"] = "!mute:s"
    server.joinable = {"!open:s"}
    server.joined |= {"!secret:s", "!mute:s"}
    server.state["!secret:s"] = [{"type": "m.room.encryption", "state_key": "", "content": {}}]
    server.state["!mute:s"] = [
        {"type": "m.room.power_levels", "state_key": "", "content": {"events_default": "50"}}
    ]
    adapter = adapter_for(server.url, password="secret")
    async with Core(adapter) as core:
        await core.joined()
        names = [ALIAS, "#open:s", "#shut:s", "#secret:s", "#mute:s", "#none:s"]
        found = await adapter.look({name: adapter.RoomConfig() for name in names})
        server.say("still here")
        await core.said()
    assert [found[name] for name in names[:2]] == [None, None]
    for name, word in zip(
        names[2:], ["invite it there", "encrypted", "power level to 50", "no room"], strict=True
    ):
        assert word in found[name]
    assert server.logins[0]["device_id"] != server.logins[1]["device_id"]
    assert server.count("logout") == 1
    assert server.count("join") == 0
