"""What the map's text becomes when rooms are put in and taken out: everything else stays, to the letter."""

import difflib

import pytest

from bridge.config import Direction
from bridge.config.edit import NewRoom, WrittenMap, WrittenRoom, change
from bridge.errors import ConfigError

MAP = """\
# our map
networks:
  irc: {protocol: irc,   server: irc.example.org}   # the old one
  home:
    protocol: matrix


conversations:   # who talks with whom
  lobby:
    # everybody
    irc: "#lobby"   # no key
    # since May
    home: {room: "#lobby:example.org"}

    ignore: [spam*]

  # only for us
  'on':
    irc:
      - "#ops"   # first
      # the second
      - room: "#ops2"
        direction: from
    home: [ '#a:x', "#b:x" ]
  flow: {irc: "#f", home: 12:30}
# the end
journal: here.sqlite3
"""


def differs(new, old=MAP):
    """The lines that went and came."""
    lines = difflib.ndiff(old.splitlines(), new.splitlines())
    return [line for line in lines if line[:1] in "+-"]


def test_rooms_are_read_as_they_stand():
    found = WrittenMap.of(MAP)
    assert found.networks == ["irc", "home"]
    assert found.rooms["on"] == [
        WrittenRoom("irc", 0, "#ops", "both"),
        WrittenRoom("irc", 1, "#ops2", "from"),
        WrittenRoom("home", 0, "#a:x", "both"),
        WrittenRoom("home", 1, "#b:x", "both"),
    ]
    assert [room.network for room in found.rooms["lobby"]] == ["irc", "home"]


@pytest.mark.parametrize(
    ("conversation", "add", "remove", "changed"),
    [
        ("lobby", [NewRoom("other", "#x y")], [], ['+     other: "#x y"']),
        (
            "lobby",
            [NewRoom("irc", "#two")],
            [],
            ['-     irc: "#lobby"   # no key', '+     irc: ["#lobby", "#two"] # no key'],
        ),
        ("on", [NewRoom("irc", "#ops3")], [], ['+       - "#ops3"']),
        ("on", [], [("irc", 0)], ['-       - "#ops"   # first']),
        ("on", [], [("irc", 1)], ['-       - room: "#ops2"', "-         direction: from"]),
        ("lobby", [], [("irc", 0)], ['-     irc: "#lobby"   # no key']),
        (
            "flow",
            [NewRoom("mqtt", "a/b", Direction.TO)],
            [],
            [
                '-   flow: {irc: "#f", home: 12:30}',
                '+   flow: {irc: "#f", home: 12:30, mqtt: {room: a/b, direction: to}}',
            ],
        ),
        (
            "new one",
            [NewRoom("irc", "off"), NewRoom("home", "#n:x"), NewRoom("irc", "cost$5")],
            [],
            ['+   "new one":', '+     irc: ["off", "cost$$5"]', '+     home: "#n:x"'],
        ),
        ("flow", [], [("irc", 0), ("home", 0)], ['-   flow: {irc: "#f", home: 12:30}']),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_only_what_was_meant_changes(conversation, add, remove, changed):
    """Comments, blank lines, quotes and words that other readers take for numbers stay as they are."""
    assert differs(change(MAP, conversation, add=add, remove=remove)) == changed


def test_an_entry_of_a_list_on_one_line_goes():
    assert differs(change(MAP, "on", remove=[("home", 0)])) == [
        "-     home: [ '#a:x', \"#b:x\" ]",
        '+     home: ["#b:x"]',
    ]


def test_a_file_without_a_last_newline():
    text = "networks: {}\nconversations:\n  a:\n    irc: x\n    home: y"
    assert change(text, "b", add=[NewRoom("irc", "q")]) == text + "\n  b:\n    irc: q\n"
    assert change(text, "a", add=[NewRoom("home", "q")]).endswith("home: [y, q]\n")


@pytest.mark.parametrize(
    ("text", "conversation", "remove", "why"),
    [
        (MAP, "lobby", [("irc", 1)], "no such room any more"),
        (MAP, "lobby", [("mqtt", 0)], "no such room any more"),
        ("conversations:\n  a: {irc: x, home: y}\n", "a", [("irc", 0), ("home", 0)], "the last conversation"),
        ("conversations: {a: {irc: x}, b: {irc: y}}\n", "a", [("irc", 0)], "change it in the file"),
        ("conversations:\n  a: [x]\n", "a", [("irc", 0)], "change it in the file"),
        ("conversations: [", "a", [], "bridge.yaml:1:"),
    ],
)
def test_what_cannot_be_done_is_said(text, conversation, remove, why):
    with pytest.raises(ConfigError, match=why):
        change(text, conversation, remove=remove)


_HEAD = "networks: {a: {}, b: {}}\nconversations:\n"


def test_whoever_indents_by_more_keeps_that():
    four = _HEAD + '    x: # it\n        a:\n            - "#1" # one\n        b: "#2"\n'
    new = change(four, "x", add=[NewRoom("a", "#3"), NewRoom("b", "#4")])
    assert differs(new, four) == [
        '+             - "#3"',
        '-         b: "#2"',
        '+         b: ["#2", "#4"]',
    ]


@pytest.mark.parametrize(
    "rooms",
    [
        "  x: {a: '#1', # a comment amid braces\n      b: '#2'}\n",
        "  x:\n    a: '#1'\t# behind a tab\n    b: '#2'\n",
        "  ? x\n  : a: '#1'\n    b: '#2'\n",
    ],
)
def test_what_cannot_be_kept_is_left_to_its_owner(rooms):
    with pytest.raises(ConfigError, match="change it in the file"):
        change(_HEAD + rooms, "x", add=[NewRoom("a", "#3")])
