"""Desks that would hear each other's agents, or each other."""

import pytest

from bridge.config import load
from bridge.errors import ConfigError
from bridge.protocols import find

NETWORKS = """
networks:
  irc: {protocol: irc, server: 127.0.0.1, nick: hubbub}
  shop: {protocol: livechat, listen: '127.0.0.1:8490'}
  other: {protocol: livechat, listen: '127.0.0.1:8491'}
conversations:
"""


@pytest.mark.parametrize(
    ("conversations", "problem"),
    [
        ("  one: {irc: '#one', shop: sales, other: sales}", "shop sales and other sales cannot be in one"),
        ("  one: {irc: '#one', shop: [sales, support]}", "shop sales and shop support cannot be in one"),
        (
            "  one: {irc: '#one', shop: sales}\n  two: {irc: '#one', other: sales}",
            'what is said in "#one" would go to shop sales and to other sales',
        ),
        ("  one: {irc: '#one', shop: sales}\n  two: {irc: '#two', other: sales}", None),
        ("  one: {irc: '#one', shop: sales}\n  two: {irc: '#two', shop: sales}", None),
    ],
)
def test_what_is_said_in_a_room_goes_to_one_desk(tmp_path, conversations, problem):
    path = tmp_path / "bridge.yaml"
    path.write_text(f"{NETWORKS}{conversations}\n")
    if problem is None:
        assert load(path, find, {}).conversations
    else:
        with pytest.raises(ConfigError, match=problem):
            load(path, find, {})
