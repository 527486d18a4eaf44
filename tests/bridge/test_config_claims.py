"""What only one network of a map can have: a port, a name at a server."""

import contextlib
import socket

import pytest

from bridge.config import Listening, load
from bridge.errors import ConfigError
from bridge.protocols import find

ROOMS = "conversations:\n  c:\n"


def problems(folder, *networks, media="", **environ):
    """What is wrong with a map of these networks, each named by its number."""
    names = [f"n{number}" for number in range(1, len(networks) + 1)]
    text = f"media: {{{media}}}\nnetworks:\n"
    text += "".join(f"  {name}: {{{network}}}\n" for name, network in zip(names, networks, strict=True))
    rooms = "".join(f"    {name}: room\n" for name in names)
    file = folder / "bridge.yaml"
    file.write_text(
        f"{text}{ROOMS}{rooms}    other: lobby\n".replace(
            "networks:\n", "networks:\n  other: {protocol: 'bridge.testing:ScriptedAdapter', server: other}\n"
        )
    )
    try:
        load(file, find, environ)
    except ConfigError as error:
        return [problem.replace(f"{folder}/", "") for problem in error.problems]
    return []


def test_two_that_listen_at_one_port(tmp_path):
    wrong = problems(
        tmp_path,
        "protocol: http, listen: '127.0.0.1:4242'",
        "protocol: bots, nickname: b, listen: '127.0.0.1:4242'",
    )
    assert wrong == [
        (
            "bridge.yaml:5:45: networks.n2.listen: listening at 127.0.0.1:4242 is for one alone, and"
            " networks.n1.listen has it already, at line 4, column 32: give one of the two another listen"
        )
    ]


def test_two_whose_port_is_the_usual_one(tmp_path):
    (wrong,) = problems(tmp_path, "protocol: http", "protocol: http")
    assert wrong.startswith("bridge.yaml:5:3: networks.n2.listen: listening at 127.0.0.1:4242 is for one")
    assert "at line 4, column 3:" in wrong


def test_a_network_and_the_files(tmp_path):
    there = "public_url: 'https://f.example', listen: '127.0.0.1:4242'"
    (wrong,) = problems(tmp_path, "protocol: http", media=there)
    assert "media.listen has it already, at line 1, column " in wrong
    assert problems(tmp_path, "protocol: http", media="listen: '127.0.0.1:4242'") == [], "no files are shown"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("127.0.0.1:5000", "0.0.0.0:5000"),
        ("0.0.0.0:5000", "localhost:5000"),
        ("localhost:5000", "127.0.0.1:5000"),
        ("[::]:5000", "[::1]:5000"),
        ("[::1]:5000", "[::1]:5000"),
        ("localhost:5000", "[::1]:5000"),
    ],
)
def test_one_port_written_in_two_ways(one, other):
    assert Listening(one).meets(Listening(other))
    assert Listening(other).meets(Listening(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("127.0.0.1", "127.0.0.2"),
        ("0.0.0.0", "::1"),
        ("127.0.0.1", "::1"),
    ],
)
def test_two_ports_of_one_number(one, other):
    """What the system lets listen beside each other is nobody's mistake."""
    with contextlib.closing(_bound(one, 0)) as first:
        port = first.getsockname()[1]
        _bound(other, port).close()
    written = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in (one, other)]
    assert not Listening(written[0]).meets(Listening(written[1]))
    assert not Listening(written[1]).meets(Listening(written[0]))


def _bound(host, port):
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


MQTT = "protocol: mqtt, server: mqtt.example, client_id: "


def test_two_sessions_of_one_name_at_one_broker(tmp_path):
    (wrong,) = problems(tmp_path, f"{MQTT}hub", f"{MQTT}hub")
    assert 'networks.n2.client_id: the client_id "hub" at mqtt.example port 8883 is for one alone' in wrong
    assert "networks.n1.client_id has it already, at line 4, column " in wrong
    assert problems(tmp_path, f"{MQTT}hub", f"{MQTT}hub2") == []
    assert problems(tmp_path, f"{MQTT}hub", f"{MQTT}hub, port: 8884") == []


def test_what_a_variable_holds_is_not_shown(tmp_path):
    (wrong,) = problems(tmp_path, f"{MQTT}'${{ID}}'", f"{MQTT}'${{ID}}'", ID="hush-hush")
    assert "networks.n2.client_id: this is for one alone" in wrong
    assert "hush" not in wrong


def test_two_names_of_this_machine_are_one_broker(tmp_path):
    own = "protocol: mqtt, tls: false, client_id: hub, server: "
    (wrong,) = problems(tmp_path, f"{own}localhost", f"{own}127.0.0.1")
    assert 'the client_id "hub" at this machine port 1883' in wrong
