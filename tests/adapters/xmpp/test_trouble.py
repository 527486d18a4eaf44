"""What an owner is told when there is no getting in: the same by `check --online` and by `run`."""

import pytest

from adapters.xmpp import Adapter
from bridge import AdapterError
from bridge.testing import free_port
from tests.adapters.irc.harness import Collector
from tests.adapters.trouble import certificate, listening, plain

HELLO = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' version='1.0' from='localhost'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)
ERRORS = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'"


async def told(port, **settings):
    """What a look and a run say."""
    given = {"jid": "hubbub@localhost", "password": "pw", "server": "localhost", "port": port, **settings}
    sentences = []
    for _ in range(2):
        adapter = Adapter("jabber", Adapter.NetworkConfig.model_validate(given), "hi")
        with pytest.raises(AdapterError) as caught:
            await (adapter.run(Collector()) if sentences else adapter.look({}))
        assert plain(str(caught.value)), caught.value
        sentences.append(str(caught.value))
    assert sentences[0] == sentences[1]
    return sentences[0]


async def test_nobody_there():
    port = free_port()
    assert (await told(port)).startswith(f"nothing listens at localhost port {port}: check server and port")
    assert (await told(port, server="nohost.invalid")).endswith("not known to the DNS: check jid and server")


@pytest.mark.parametrize(
    ("data", "tls", "sentence"),
    [
        (
            b"HTTP/1.1 400 No\r\n\r\n",
            "starttls",
            "sent something that is not XMPP: check server, port and tls",
        ),
        (b"ERROR :no\r\n", "direct", "does not speak TLS there: check port and tls"),
        (b"", "starttls", "closed the connection before hubbub was in: check server, port and tls"),
    ],
)
async def test_something_else_there(data, tls, sentence):
    async with listening(data) as port:
        assert await told(port, tls=tls) == f"localhost port {port} {sentence}"


async def test_without_tls_where_there_is_tls(tmp_path):
    _, tls = certificate(tmp_path)
    async with listening(b"", tls) as port:
        assert "check server, port and tls" in await told(port)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"expired": True}, "(certificate has expired): its owner has to renew it"),
        ({"name": "other.example"}, "it is made out to another name; check the name of the server"),
        (None, "where that is right, name its authority in ca_file"),
    ],
)
async def test_a_certificate_that_is_no_good(tmp_path, made, sentence, capfd):
    pem, tls = certificate(tmp_path, **(made or {}))
    trusted = {"ca_file": str(pem)} if made else {}
    async with listening(b"", tls) as port:
        assert sentence in await told(port, tls="direct", **trusted)
    assert "CERT" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (f"<host-unknown {ERRORS}/>", "does not serve localhost: check jid and server"),
        (f"<host-gone {ERRORS}/>", "does not serve localhost: check jid and server"),
        (
            f"<see-other-host {ERRORS}>x.example:5222</see-other-host>",
            "says that hubbub@localhost is served by x.example:5222: set server and port to it",
        ),
        (
            f"<policy-violation {ERRORS}/><text {ERRORS}>too fast</text>",
            "ended the connection (policy-violation): too fast",
        ),
    ],
)
async def test_the_server_refuses(error, sentence):
    """RFC 6120 section 4.9.3."""
    async with listening(f"{HELLO}<stream:error>{error}</stream:error></stream:stream>".encode()) as port:
        assert await told(port, tls="none") == f"localhost port {port} {sentence}"


async def test_a_file_of_certificates_that_is_none(tmp_path):
    (tmp_path / "junk").write_text("x")
    for name, sentence in (("none", "No such file or directory"), ("junk", "it holds no certificate in PEM")):
        path = tmp_path / name
        assert await told(1, ca_file=str(path)) == f"ca_file {path} cannot be read: {sentence}"
