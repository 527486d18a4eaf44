"""What may stand in the configuration."""

import pytest
from pydantic import ValidationError

from adapters.bots import Adapter
from bridge.config import load
from bridge.errors import ConfigError
from bridge.protocols import find


def settings(**given):
    return Adapter.NetworkConfig.model_validate({"nickname": "pricebot", **given})


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1", "bots.example.org"])
def test_other_machines_need_a_token(host):
    for token in ({}, {"token": "short"}):
        with pytest.raises(ValidationError, match="it needs a token: of 16 letters or more"):
            settings(listen=f"{host}:5700", **token)
    assert settings(listen=f"{host}:5700", token="x" * 16).access == "x" * 16


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "[::1]", "localhost"])
def test_this_machine_needs_none(host):
    assert settings(listen=f"{host}:5700").address == (host.strip("[]"), 5700)


@pytest.mark.parametrize(
    "wrong",
    [
        {"listen": "5700"},
        {"listen": "127.0.0.1:0"},
        {"listen": "127.0.0.1:99999"},
        {"token": ""},
        {"token": "two words"},
        {"connect": ["http://127.0.0.1:8080/"]},
        {"connect": ["ws://user:password@127.0.0.1/"]},
        {"post": ["ws://127.0.0.1:8080/"]},
        {"nickname": " "},
        {"nickname": "a\nb"},
        {"self_id": 0},
        {"self_id": 2**53},
    ],
    ids=str,
)
def test_what_is_refused(wrong):
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_no_secret_is_shown():
    assert "hush" not in repr(settings(token="hush", secret="hush"))


def test_check_names_the_place(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(
        "networks:\n  bots:\n    protocol: bots\n    nickname: pricebot\n    listen: 0.0.0.0:5700\n"
        "conversations: {}\n"
    )
    with pytest.raises(ConfigError, match="it needs a token: of 16") as found:
        load(file, find, {})
    assert any(":3:" in problem for problem in found.value.problems), found.value.problems
