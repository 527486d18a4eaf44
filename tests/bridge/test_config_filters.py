"""Filters as a person writes them: where they may stand, and what is said of a mistake."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bridge.config import EVERYTHING, Filters, Replacement, changed_settings, needs_connection
from bridge.filters import rewriting, sieve
from bridge.model import plain

from .fake_protocol import Bench

PAGE = Path(__file__).parents[2] / "docs/filters.md"
MAP = """\
networks:
  one: {{protocol: fake, server: a{one}}}
  two: {{protocol: fake, server: b}}
conversations:
  lobby:
    one: {{room: "#a"{room}}}
    two: "#b"
    {lobby}
"""


def test_they_stand_at_a_network_a_conversation_and_a_room(bench: Bench):
    config = bench.load(
        MAP.format(
            one=", ignore_text: [spam], replace_names: [{find: 'x$'}]",
            room=', ignore_commands: ["!"], ignore: [echo]',
            lobby="ignore_names: ['bot$$']\n    replace_text: [{find: '(a)', put: '\\1b'}]",
        )
    )
    assert config.networks["one"].filters == Filters(
        ignore_text=("spam",), replace_names=(Replacement(find="x$", put=""),)
    )
    assert config.networks["two"].filters is EVERYTHING
    lobby = config.conversations["lobby"]
    assert lobby.filters == Filters(
        ignore_names=("bot$",), replace_text=(Replacement(find="(a)", put=r"\1b"),)
    )
    assert lobby.rooms[0].filters == Filters(ignore_commands=("!",), ignore=("echo",))
    assert lobby.rooms[1].filters is EVERYTHING


@pytest.mark.parametrize(
    ("lobby", "problem"),
    [
        (
            "ignore_text: [ok, '(?=a)b']",
            "8:23: conversations.lobby.ignore_text: cannot look at what follows",
        ),
        (
            "ignore_names: ['(a']",
            "8:20: conversations.lobby.ignore_names: is no regular expression: missing )",
        ),
        (
            "replace_text: [{find: '(a)\\1', put: b}]",
            "8:27: conversations.lobby.replace_text.find: cannot refer",
        ),
        (
            "replace_text: [{find: a, put: '\\2'}]",
            "8:20: conversations.lobby.replace_text: puts \\2, but find",
        ),
        (
            "replace_text: [{find: a, with: b}]",
            '8:30: conversations.lobby.replace_text.with: unknown key "with"',
        ),
        ("replace_names: [[a, b]]", "8:21: conversations.lobby.replace_names: must be a mapping"),
        ("replace_names: [{put: b}]", '8:21: conversations.lobby.replace_names: "find" is missing'),
        ("ignore_commands: ['']", "8:23: conversations.lobby.ignore_commands: must not be empty"),
        ("ignore_text: spam", "8:18: conversations.lobby.ignore_text: must be a list, not text"),
    ],
)
def test_a_mistake_has_its_line(bench: Bench, lobby, problem):
    (found,) = bench.problems(MAP.format(one="", room="", lobby=lobby))
    assert found.startswith(f"bridge.yaml:{problem}")


def test_a_map_that_changes_them_keeps_its_connections(bench: Bench):
    old = bench.load(MAP.format(one="", room="", lobby=""))
    new = bench.load(
        MAP.format(
            one=", ignore_text: [a]", room=', ignore_commands: ["!"]', lobby="replace_text: [{find: a}]"
        )
    )
    assert not needs_connection(old.networks["one"], new.networks["one"])
    assert [str(setting) for setting in changed_settings(old, new)] == [
        'one: ignore_text: nothing → ["a"]',
        'conversation lobby: replace_text: nothing → [{"find": "a", "put": ""}]',
        'conversation lobby, one #a: ignore_commands: nothing → ["!"]',
    ]


def test_a_room_may_have_others_in_another_conversation(bench: Bench):
    text = MAP.format(one="", room=', ignore_commands: ["!"]', lobby="")
    config = bench.load(f'{text}  log: {{one: "#a", two: "#log"}}\n')
    assert config.conversations["log"].rooms[0].filters is EVERYTHING


def test_the_page_shows_a_map_that_does_what_it_says(bench: Bench):
    (block,) = re.findall(r"^    conversations:\n(?:      .*\n)+", PAGE.read_text(), re.MULTILINE)
    networks = "networks: {libera: {protocol: fake, server: a}, home: {protocol: fake, server: b}}\n"
    lobby = bench.load(networks + textwrap.dedent(block)).conversations["lobby"]
    assert lobby.rooms[0].filters.ignore_commands == ("!", ".")
    told = rewriting(lobby.filters)
    assert told is not None
    assert told.name("ada[m]") == "ada"
    assert told.content(plain("https://twitter.com/x, 555-1234")).text == "https://nitter.example/x, 555-xxxx"
    assert sieve(lobby.filters) is not None
    keys = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))
    assert keys == Filters.model_fields.keys()


def test_the_library_is_loaded_when_there_is_an_expression():
    """It takes 2.6 MB."""
    code = (
        "import sys; from bridge.config import Filters; from bridge.filters import rewriting, sieve\n"
        "import bridge.app, bridge.config.check\n"
        "sieve(Filters(ignore=('a',), ignore_commands=('!',))); print('re2' in sys.modules)\n"
        "sieve(Filters(ignore_text=('a',))); print('re2' in sys.modules)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True"]
