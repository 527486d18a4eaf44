"""What an owner is told when there is no getting in: the same by `check --online` and by `run`."""

from pathlib import Path

import pytest

from bridge import AdapterError, AuthenticationFailed, ConnectionLost, RateLimited
from bridge.testing import free_port
from tests.adapters.trouble import certificate, listening, plain

from .harness import Collector, make

HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


async def told(port: int, **settings: object) -> AdapterError:
    """What a look and a run say."""
    errors = []
    settings = {"server": "localhost", **settings}
    for _ in range(2):
        adapter = make(port, **settings)
        with pytest.raises(AdapterError) as caught:
            await (adapter.run(Collector()) if errors else adapter.look({}))
        assert plain(str(caught.value)), caught.value
        errors.append(caught.value)
    assert type(errors[0]) is type(errors[1])
    assert str(errors[0]).partition(" (")[0] == str(errors[1]).partition(" (")[0]
    return errors[0]


async def test_nobody_there() -> None:
    port = free_port()
    assert str(await told(port)) == f"nothing listens on port {port} of localhost: check server and port"
    assert str(await told(port, server="nohost.invalid")).startswith("there is no host nohost.invalid: check")


@pytest.mark.parametrize(
    ("data", "tls", "sentence"),
    [
        (b"ERROR :no\r\n", True, "localhost does not speak TLS on port PORT: check port, or set tls: false"),
        (HTTP, False, "check port PORT and tls; it said 'HTTP/1.1 400 Bad Request', which is not IRC"),
        (b"", False, "localhost closed the connection before hubbub was in: check port PORT and tls"),
    ],
)
async def test_something_else_there(data: bytes, tls: bool, sentence: str) -> None:
    async with listening(data) as port:
        assert sentence.replace("PORT", str(port)) in str(await told(port, tls=tls))


async def test_without_tls_where_there_is_tls(tmp_path: Path) -> None:
    _, tls = certificate(tmp_path)
    async with listening(b"", tls) as port:
        assert f"check port {port} and tls" in str(await told(port))


async def test_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.irc.preflight._PATIENCE", 0.3)
    monkeypatch.setattr("adapters.irc.connection.login._REGISTER_TIMEOUT", 2.0)
    async with listening(None) as port:
        assert "says nothing: check port and tls" in str(await told(port))
        assert "does not answer in TLS on port" in str(await told(port, tls=True))


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"expired": True}, "(certificate has expired): its owner has to renew it"),
        ({"name": "other.example"}, "it is made out to another name; check the name of the server"),
        (None, "where that is right, name its authority in ca_file"),
    ],
)
async def test_a_certificate_that_is_no_good(
    tmp_path: Path, made: dict[str, object] | None, sentence: str
) -> None:
    pem, tls = certificate(tmp_path, **(made or {}))  # type: ignore[arg-type]
    trusted = {"ca_file": str(pem)} if made else {}
    async with listening(b"", tls) as port:
        error = str(await told(port, tls=True, **trusted))
    assert error.startswith("the certificate of localhost does not verify (")
    assert sentence in error


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        (
            ":s 465 * :You are banned",
            AuthenticationFailed,
            "bans hubbub: ask its operators (it says: You are",
        ),
        ("ERROR :Closing Link: (K-Lined)", AuthenticationFailed, "bans hubbub"),
        ("ERROR :Closing Link: (Z:Lined)", AuthenticationFailed, "bans hubbub"),
        ("ERROR :You are listed in DroneBL", AuthenticationFailed, "bans hubbub"),
        (
            ":s 464 * :Password incorrect",
            AuthenticationFailed,
            "check password (it says: Password incorrect)",
        ),
        ("ERROR :Reconnecting too fast, throttled.", RateLimited, "connected to too often"),
        ("ERROR :Trying to reconnect too fast.", RateLimited, "connected to too often"),
        ("ERROR :No more connections", ConnectionLost, "closed the connection: No more connections"),
    ],
)
async def test_the_server_refuses(said: str, kind: type[AdapterError], sentence: str) -> None:
    async with listening(f"{said}\r\n".encode()) as port:
        error = await told(port)
    assert type(error) is kind
    assert sentence in str(error)


async def test_a_file_of_certificates_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "junk").write_text("x")
    for name, sentence in (("none", "No such file or directory"), ("junk", "it holds no certificate in PEM")):
        path = tmp_path / name
        error = await told(1, tls=True, ca_file=str(path))
        assert str(error) == f"ca_file {path} cannot be read: {sentence}"
