"""TLS with a real Prosody: STARTTLS, direct TLS, SCRAM, and certificates that do not fit."""

import subprocess

import pytest

from adapters.xmpp import Adapter, preflight
from adapters.xmpp.examination import examine
from adapters.xmpp.testing import Demo
from bridge import AuthenticationFailed, ConnectionLost, Endpoint, Grade, RoomState
from bridge.testing import free_port
from tests.adapters.trouble import digest
from tests.adapters.xmpp.harness import command, failure, give, running

ROOM = "lobby@rooms.demo.hubbub.test"


class Secure(Demo):
    """Prosody that lets nobody in without TLS."""

    direct = 0

    async def start(self):
        self.direct = free_port()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=demo.hubbub.test", "-addext", "subjectAltName=DNS:demo.hubbub.test",
             "-keyout", f"{self.folder}/key.pem", "-out", f"{self.folder}/cert.pem"],
            check=True, capture_output=True, timeout=30,
        )  # fmt: skip
        (self.folder / "key.pem").chmod(0o644)
        return await super().start()

    def settings(self):
        tls = f'ssl = {{ certificate = "{self.folder}/cert.pem", key = "{self.folder}/key.pem" }}\n'
        return tls + (
            super()
            .settings()
            .replace('"tls", ', "")
            .replace('"smacks"', '"smacks", "tls", "time"')
            .replace("c2s_require_encryption = false", "c2s_require_encryption = true")
            .replace("c2s_direct_tls_ports = { }", f"c2s_direct_tls_ports = {{ {self.direct} }}")
        )


class Broken(Secure):
    """Where what should offer a login fails, or was forgotten."""

    def __init__(self, folder, modules):
        super().__init__(folder)
        folder.chmod(0o755)
        self.modules = modules

    def settings(self):
        return (
            super()
            .settings()
            .replace('"saslauth", ', self.modules)
            .replace("modules_disabled = { ", 'modules_disabled = { "saslauth", ')
        )


@pytest.mark.parametrize("modules", ["", '"sasl2", "sasl2_bind2", '])
async def test_a_server_that_offers_no_login(tmp_path, monkeypatch, modules):
    """Without its module Prosody ends the stream; with the others the one of Debian 12 goes silent."""
    monkeypatch.setattr(preflight, "_PATIENCE", 2.0)
    server = Broken(tmp_path, modules)
    try:
        await server.start()
        with pytest.raises(ConnectionLost, match="offers no way to log in"):
            await adapter(server).look({})
    finally:
        await server.stop()


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    secure = Secure(tmp_path_factory.mktemp("secure"))
    secure.folder.chmod(0o755)
    await secure.start()
    try:
        yield secure
    finally:
        await secure.stop()


def adapter(server, **more):
    usual = {
        "jid": "hubbub@demo.hubbub.test", "password": "hubbub", "server": "127.0.0.1", "port": server.port,
        "ca_file": server.folder / "cert.pem",
    }  # fmt: skip
    return Adapter("home", Adapter.NetworkConfig(**{**usual, **more}), "I am a bridge.")


@pytest.mark.parametrize("tls", ["starttls", "direct"])
async def test_talk_over_tls(server, tls):
    """RFC 6120 section 5 and XEP-0368."""
    made = adapter(server, tls=tls, port=server.direct if tls == "direct" else server.port)
    async with running(made, {ROOM: made.RoomConfig(create=True)}, joined=False) as ears:
        await ears.state(RoomState.JOINED, ROOM)
        await give(made, command(room=ROOM))
        assert made._connection._client.plugin["feature_mechanisms"].mech.name.startswith("SCRAM-")
        port = server.direct if tls == "direct" else server.port
        shown = digest(server.folder / "cert.pem")
        assert made.peer() == Endpoint(f"127.0.0.1:{port}", "TLSv1.3", shown)
    assert made.peer() is None


@pytest.mark.parametrize("tls", ["starttls", "direct"])
async def test_a_certificate_that_nobody_trusts(server, tls, caplog):
    """RFC 6120 section 13.7.2."""
    made = adapter(server, tls=tls, port=server.direct if tls == "direct" else server.port, ca_file=None)
    async with running(made, {}, joined=False) as ears:
        error = await failure(ears.task)
    assert isinstance(error, ConnectionLost)
    assert "for demo.hubbub.test does not verify" in str(error)
    assert "ca_file" in str(error)


async def test_a_wrong_password(server):
    """RFC 6120 section 6.5.10, by SCRAM."""
    async with running(adapter(server, password="wrong"), {}, joined=False) as ears:
        assert isinstance(await failure(ears.task), AuthenticationFailed)


async def test_a_domain_that_is_served_elsewhere(server):
    """RFC 6120 section 4.9.3.6."""
    async with running(adapter(server, jid="hubbub@example.org"), {}, joined=False) as ears:
        error = await failure(ears.task)
    assert isinstance(error, ConnectionLost)
    assert "example.org" in str(error)


async def test_a_server_that_wants_tls(server):
    """RFC 6120 section 5.3.1: it says so at once."""
    async with running(adapter(server, tls="none", ca_file=None), {}, joined=False) as ears:
        error = await failure(ears.task)
    assert isinstance(error, ConnectionLost)
    assert "lets nobody in without TLS: remove tls: none" in str(error)


@pytest.mark.parametrize("tls", ["starttls", "direct"])
async def test_the_doctor_sees_a_certificate_that_ends_soon_and_the_clock(server, tls):
    port = server.direct if tls == "direct" else server.port
    found = [finding async for finding in examine(adapter(server, tls=tls, port=port).config)]
    assert [(finding.subject, finding.grade) for finding in found] == [
        ("name", Grade.WELL),
        ("certificate", Grade.DOUBTFUL),
        ("clock", Grade.WELL),
    ]
    assert "the certificate of demo.hubbub.test ends in 1 day, on " in found[1].sentence
    assert found[2].sentence == "the clock of demo.hubbub.test is the one of this machine"


async def test_the_doctor_says_what_keeps_a_certificate_from_being_believed(server):
    config = adapter(server, ca_file=None).config
    found = {finding.subject: finding async for finding in examine(config)}
    assert found["certificate"].grade is Grade.WRONG
    assert "name its authority in ca_file" in found["certificate"].sentence
    assert "clock" not in found, "it lets nobody in"
