"""The map that comes with Hubbub: with the adapters that come with it, nothing is wrong with it."""

import re
from pathlib import Path

import pytest

from bridge.config import Config, load
from bridge.protocols import find

FILE = Path(__file__).parents[2] / "bridge.yaml"
VARIABLES = (
    "DEMO_IRC_PORT", "DEMO_XMPP_COMPONENTS", "DEMO_MATRIX_PORT", "DEMO_MQTT_PORT", "DEMO_BOTS_PORT",
)  # fmt: skip


def test_the_demo_s_map():
    config = load(FILE, find, {})
    (lobby,) = config.conversations.values()
    assert [room.network for room in lobby.rooms] == list(config.networks)
    assert all("lobby" in room.room for room in lobby.rooms)
    assert config.journal == FILE.parent / "hubbub.sqlite3"


def test_the_demo_s_ports_come_from_variables():
    config = load(FILE, find, {name: str(port) for port, name in enumerate(VARIABLES, 1)})
    networks = config.networks
    assert (networks["irc"].settings.port, networks["jabber"].settings.port) == (1, 2)
    assert networks["matrix"].settings.homeserver == "http://127.0.0.1:3"
    assert networks["mqtt"].settings.port == 4
    assert networks["bots"].settings.listen == "127.0.0.1:5"


@pytest.mark.parametrize("name", load(FILE, find, {}).networks)
def test_the_demo_can_do_without_one_network(name: str):
    config = load(FILE, find, {}, without={name})
    assert name not in config.networks
    assert [room.network for room in config.conversations["lobby"].rooms] == list(config.networks)


@pytest.fixture
def examples(tmp_path: Path) -> Config:
    """The map with the examples in its comments taken for real."""
    (tmp_path / "secret").write_text("secret\n")
    text = re.sub(r"^( *)# ((?:  )*\w+:.*)$", r"\1\2", FILE.read_text(), flags=re.MULTILINE)
    file = tmp_path / "bridge.yaml"
    file.write_text(text.replace("/run/secrets/work", "secret"))
    return load(file, find, {"LIBERA_PASSWORD": "secret", "MATRIX_TOKEN": "secret"})


def test_the_examples_in_its_comments_are_right(examples: Config):
    assert list(examples.networks) == ["irc", "libera", "jabber", "work", "matrix", "home", "mqtt", "bots"]
    assert examples.networks["libera"].settings.sasl.user == "hubbub"
    assert len(examples.conversations["news"].rooms) == 3
    assert examples.conversations["news"].prefix == "[{network}] {name}: "
