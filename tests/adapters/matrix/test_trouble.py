"""What an owner is told when there is no getting in: the same by `check --online` and by `run`."""

import pytest

from adapters.matrix import Adapter
from bridge import AdapterError, RateLimited
from bridge.testing import free_port
from tests.adapters.irc.harness import Collector
from tests.adapters.trouble import certificate, listening, plain


async def told(address, **settings):
    """What a look and a run say."""
    given = {"homeserver": address, "user": "@hubbub:localhost", "password": "pw", **settings}
    errors = []
    for _ in range(2):
        adapter = Adapter("matrix", Adapter.NetworkConfig.model_validate(given), "hi")
        with pytest.raises(AdapterError) as caught:
            await (adapter.run(Collector()) if errors else adapter.look({}))
        assert plain(str(caught.value)), caught.value
        errors.append(caught.value)
    assert str(errors[0]) == str(errors[1])
    return errors[0]


def http(status, body="", kind="text/html"):
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


async def test_nobody_there():
    address = f"https://localhost:{free_port()}"
    assert str(await told(address)) == (
        f"{address} cannot be reached, nothing listens there: check homeserver"
    )
    assert str(await told("https://nohost.invalid")).endswith("is unknown: check homeserver")


@pytest.mark.parametrize(
    ("scheme", "data", "sentence"),
    [
        ("http", b"", "the connection to ADDRESS broke; if it speaks TLS there, write https"),
        (
            "http",
            b"ERROR :no\r\n",
            "what answers at ADDRESS does not speak HTTP as it should: check homeserver",
        ),
        ("https", b"ERROR :no\r\n", "ADDRESS does not speak TLS as it should: check homeserver"),
        ("http", http(200, "<html>"), "there is no Matrix homeserver at ADDRESS: check homeserver"),
        (
            "http",
            http(404, "no"),
            "there is no Matrix homeserver at ADDRESS (it answers 404): check homeserver",
        ),
        (
            "http",
            http(403, "no"),
            "there is no Matrix homeserver at ADDRESS (it answers 403): check homeserver",
        ),
        ("http", http(502), "what stands before the homeserver answers 502: is the homeserver running?"),
        (
            "http",
            http(403, '{"errcode": "M_FORBIDDEN", "error": "go away"}', "application/json"),
            "there is no Matrix homeserver at ADDRESS (the homeserver says: go away): check homeserver",
        ),
    ],
)
async def test_something_else_there(scheme, data, sentence):
    async with listening(data) as port:
        address = f"{scheme}://localhost:{port}"
        assert str(await told(address)) == sentence.replace("ADDRESS", address)


async def test_a_proxy_that_wants_us_to_wait():
    async with listening(http(429)) as port:
        error = await told(f"http://localhost:{port}")
    assert isinstance(error, RateLimited)
    assert str(error) == f"http://localhost:{port} asks to wait 5 s"


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"expired": True}, "(certificate has expired): its owner has to renew it"),
        ({"name": "other.example"}, "it is made out to another name; check the name of the server"),
        (None, "where that is right, name its authority in ca_file"),
    ],
)
async def test_a_certificate_that_is_no_good(tmp_path, made, sentence):
    pem, tls = certificate(tmp_path, **(made or {}))
    trusted = {"ca_file": str(pem)} if made else {}
    async with listening(b"", tls) as port:
        assert sentence in str(await told(f"https://localhost:{port}", **trusted))


async def test_a_file_of_certificates_that_is_none(tmp_path):
    (tmp_path / "junk").write_text("x")
    for name, sentence in (("none", "No such file or directory"), ("junk", "it holds no certificate in PEM")):
        path = tmp_path / name
        error = await told("https://localhost:1", ca_file=str(path))
        assert str(error) == f"ca_file {path} cannot be read: {sentence}"
