"""What an owner may write, and the sentences about what not."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.irc import Adapter

LEAST = {"server": "irc.example.org", "nick": "hubbub"}


def test_defaults() -> None:
    config = Adapter.NetworkConfig.model_validate(LEAST)
    assert config.tls
    assert config.address == ("irc.example.org", 6697)
    assert Adapter.NetworkConfig.model_validate({**LEAST, "tls": False}).address[1] == 6667


@pytest.mark.parametrize("server", ["::1", "[::1]", "127.0.0.1", "localhost", "irc", "é.example"])
def test_servers(server: str) -> None:
    assert Adapter.NetworkConfig.model_validate({**LEAST, "server": server}).server == server.strip("[]")


@pytest.mark.parametrize("text", ["lobby", "ircs://irc.example.org/lobby", "https://web.example.org/#lobby"])
def test_a_room_without_its_sign(text: str) -> None:
    with pytest.raises(ValueError, match='write "#lobby"'):
        Adapter.room_id(text)


def test_numbers_may_be_text() -> None:
    """A variable's value is text."""
    config = Adapter.NetworkConfig.model_validate({**LEAST, "port": "7000", "flood": {"burst": "100"}})
    assert config.address[1] == 7000
    assert config.flood.burst == 100


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"nick": "two words"}, 'must be one word: write "two_words"'),
        ({"nick": "a\r\nQUIT"}, "one word"),
        ({"nick": "1st"}, "is not a nick"),
        (
            {"proxy": "socks5://127.0.0.1:9050", "puppets": {"source": "192.0.2.0/24"}},
            "puppets: source and ident are about connections from this machine",
        ),
        ({"nick": "a!b"}, "is not a nick"),
        ({"nick": ""}, "one word"),
        ({"realname": "x\nQUIT"}, "one line"),
        ({"username": "a@b"}, "no @"),
        ({"server": ""}, "name or address"),
        ({"server": "a b"}, "name or address"),
        ({"server": "irc.example.org\n"}, "name or address"),
        ({"server": "irc.example.org:6667"}, 'write "irc.example.org", and port: 6667 beside it'),
        ({"server": "irc.example.org/+6697"}, 'write "irc.example.org", and port: 6697 beside it'),
        ({"server": "ircs://irc.example.org"}, 'write "irc.example.org"'),
        ({"server": "ircs://a@irc.example.org:6697/#x"}, 'write "irc.example.org", and port: 6697'),
        ({"server": "[::1]:6667"}, 'write "::1", and port: 6667'),
        ({"port": 70000}, "less than or equal"),
        ({"password": "x\r\ny"}, "one line"),
        ({"sasl": {"user": "x"}}, "needs user and password"),
        ({"sasl": {"mechanism": "EXTERNAL"}}, "needs tls and cert_file"),
        ({"key_file": "x"}, "needs cert_file"),
        ({"encoding": "utf-16"}, "plain letters"),
        ({"encoding": "klingon"}, "no encoding"),
        ({"encoding": "base64"}, "no encoding"),
        ({"umodes": "i; QUIT"}, "must be modes with their signs"),
        ({"flood": {"burst": 1}}, "greater than or equal"),
        ({"ping": {"after": 0}}, "greater than"),
        ({"chanel": "#x"}, "Extra inputs"),
    ],
)
def test_wrong(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Adapter.NetworkConfig.model_validate({**LEAST, **wrong})


@pytest.mark.parametrize("key", ["", "a b", "a,b", "x\ny", ":x"])
def test_wrong_keys(key: str) -> None:
    """RFC 2812 section 2.3.1: a key is one parameter of a list."""
    with pytest.raises(ValidationError):
        Adapter.RoomConfig.model_validate({"key": key})


def test_secrets_do_not_print() -> None:
    config = Adapter.NetworkConfig.model_validate(
        {
            **LEAST,
            "password": "sekret",
            "sasl": {"user": "u", "password": "sekret"},
            "nickserv": {"password": "sekret"},
        }
    )
    assert "sekret" not in f"{config!r} {config} {Adapter.RoomConfig.model_validate({'key': 'sekret'})!r}"


def test_external_with_a_certificate() -> None:
    config = Adapter.NetworkConfig.model_validate(
        {**LEAST, "sasl": {"mechanism": "EXTERNAL"}, "cert_file": "c.pem"}
    )
    assert config.cert_file == Path("c.pem")
