"""What people get wrong about YAML: each mistake has its own sentence, at its own place."""

import os
from pathlib import Path

import pytest
import yaml

from bridge.config import load
from bridge.config.document import Document
from bridge.config.yaml import compose
from bridge.errors import ConfigError

from .fake_protocol import GOOD, Bench, find
from .test_config import FULL

INVALID = "this is not valid YAML: check the indentation and the quotes of this line and the one before"
FAST = getattr(yaml, "CSafeLoader", None)
EMPTY = "the file is empty: it must say networks: and conversations:"


@pytest.fixture(autouse=True, params=["libyaml", "PyYAML alone"])
def _reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both tell all mistakes: some installations have no libyaml."""
    if request.param == "PyYAML alone":
        monkeypatch.setattr(yaml, "CSafeLoader", None)


def room(text: str) -> str:
    """The good configuration with this as the first room, at line 6, column 10."""
    return GOOD.replace('one: "#lobby"', f"one: {text}")


def network(text: str) -> str:
    """The good configuration with this behind the first network's server, at line 2, column 44."""
    return GOOD.replace("one.example", f"one.example, {text}")


@pytest.mark.parametrize(
    ("text", "column", "sentence"),
    [
        ("#lobby", 9, 'a room that begins with # must stand in quotes: "#lobby"'),
        ("##lobby", 9, 'a room that begins with # must stand in quotes: "##lobby"'),
        ("[##lobby]", 10, 'a room that begins with # must stand in quotes: "##lobby"'),
        ("{room: #lobby, direction: from}", 10, 'a room that begins with # must stand in quotes: "#lobby"'),
        ("[#lobby]", 10, 'a room that begins with # must stand in quotes: "#lobby"'),
        ("[x, #lobby]", 10, 'a room that begins with # must stand in quotes: "#lobby"'),
        ("@lobby:example.org", 10, 'a room that begins with @ must stand in quotes: "@lobby:example.org"'),
        ("[@lobby:example.org]", 11, 'a room that begins with @ must stand in quotes: "@lobby:example.org"'),
        ("{room: @lobby}", 17, 'a room that begins with @ must stand in quotes: "@lobby"'),
        ("`lobby`", 10, 'a room that begins with ` must stand in quotes: "`lobby`"'),
        ("%lobby", 10, 'a room that begins with % must stand in quotes: "%lobby"'),
        ("!id:example.org", 10, 'a room that begins with ! must stand in quotes: "!id:example.org"'),
        ("!id!x y", 10, 'a room that begins with ! must stand in quotes: "!id!x"'),
        ("!", 10, 'a room that begins with ! must stand in quotes: "!"'),
        ("&local", 10, 'a room that begins with & must stand in quotes: "&local"'),
        ("& local", 10, 'a room that begins with & must stand in quotes: "&"'),
        ("*lobby", 10, 'a room that begins with * must stand in quotes: "*lobby"'),
        ("**lobby**", 10, 'a room that begins with * must stand in quotes: "**lobby**"'),
    ],
)
def test_a_room_without_quotes(bench: Bench, text: str, column: int, sentence: str):
    (problem, *others) = bench.problems(room(text))
    assert problem.startswith(f"bridge.yaml:6:{column}: ")
    assert problem.endswith(f": {sentence}")
    assert not others


def test_what_is_no_room_is_not_called_one(bench: Bench):
    (problem,) = bench.problems(room('"#lobby"\n    ignore: [*bot]'))
    assert problem.startswith("bridge.yaml:7:14: ")
    assert problem.endswith("ignore: a value that begins with * must stand in quotes")


def test_a_room_in_curled_quotes(bench: Bench):
    (problem,) = bench.problems(room("“#lobby”"))
    assert problem.endswith(': curled quotes are no quotes here: write "#lobby"')


def test_a_room_s_key_without_quotes_is_not_repeated(bench: Bench):
    (problem,) = bench.problems(room('{room: "#lobby", key: #hunter2}'))
    assert problem == "bridge.yaml:6:10: a value that begins with # must stand in quotes"


def test_an_unquoted_room_in_a_list_of_its_own_lines(bench: Bench):
    text = GOOD.replace('one: "#lobby"', 'one:\n      - "#a"\n      - #b')
    assert bench.problems(text) == [
        'bridge.yaml:8:8: conversations.lobby.one: a room that begins with # must stand in quotes: "#b"'
    ]


@pytest.mark.parametrize("sign", "#@!&*%`")
@pytest.mark.parametrize(
    "shape", ["token: {}", "login: {{user: x, password: {}}}", "login: {{password: {}, user: x}}"]
)
def test_a_value_without_quotes_is_not_repeated(bench: Bench, sign: str, shape: str):
    (problem, *_) = bench.problems(network(shape.format(f"{sign}hunter2")))
    assert problem.endswith(f"a value that begins with {sign} must stand in quotes")
    assert "hunter2" not in problem


def test_a_comment_in_place_of_a_value(bench: Bench):
    text = GOOD.replace("{protocol: fake, server: one.example}", "\n    protocol: fake\n    server: # to do")
    assert bench.problems(text) == ["bridge.yaml:4:12: networks.one.server: has no value"]


def test_a_comment_behind_a_value_is_a_comment(bench: Bench):
    assert bench.problems(room('"#lobby" #really')) == []


def test_a_tab(bench: Bench):
    assert bench.problems(GOOD.replace("  lobby:", "\tlobby:")) == [
        "bridge.yaml:5:1: a tab cannot stand here: indent with spaces"
    ]


def test_duplicate_keys(bench: Bench):
    assert bench.problems(GOOD + '    one: "#other"\n') == [
        'bridge.yaml:8:5: conversations.lobby: duplicate key "one"; it stands at line 6, column 5 already'
    ]


def test_duplicate_keys_at_the_top(bench: Bench):
    assert bench.problems(GOOD + "networks: {}\n") == [
        'bridge.yaml:8:1: duplicate key "networks"; it stands at line 1, column 1 already'
    ]


@pytest.mark.parametrize("key", ["[a, b]", "{a: b}", "''"])
def test_a_key_that_is_not_text(bench: Bench, key: str):
    assert bench.problems(GOOD + f"    {key}: x\n") == [
        "bridge.yaml:8:5: conversations.lobby: a key must be text, followed by a colon"
    ]


def test_a_key_that_is_missing(bench: Bench):
    assert bench.problems(GOOD + "    : x\n") == [f"bridge.yaml:8:5: {INVALID}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", f"1:1: {EMPTY}"),
        ("# nothing yet\n", f"1:1: {EMPTY}"),
        ("---\n", f"2:1: {EMPTY}"),
        ("hello", "1:1: the file must be a mapping, with networks: and conversations:"),
        ("- a\n- b", "1:1: the file must be a mapping, with networks: and conversations:"),
        ("a: 1\n---\nb: 2", "2:1: only one document can stand in the file: what follows --- must go"),
        ("a: b: c", '1:5: a colon cannot stand here: check the indentation, or put text with ": " in quotes'),
        ("a: 1\nb\nc: 2", "2:1: a colon is missing after this key"),
        ("a:\n  b: 1\n c: 2", f"3:2: {INVALID}"),
        ('a: "b" c', f"1:8: {INVALID}"),
        ("a: ]", f"1:4: {INVALID}"),
        ('a: "b', "1:4: the quote that opens here is not closed"),
        ("a: 'b\n---\n", "1:4: the quote that opens here is not closed"),
        ('a: "\\q"', "1:6: a backslash in double quotes must be written twice; or use single quotes"),
        ('a: "\\uZZZZ"', "1:7: a backslash in double quotes must be written twice; or use single quotes"),
        (
            'a: "\\UFFFFFFFF"',
            "1:1: a: has an escape that names no character: use single quotes, or two backslashes",
        ),
        ("a: {b: c", "1:4: the { that opens here is not closed, or something between needs quotes"),
        ("a: [b\nc: d", "1:4: the [ that opens here is not closed, or something between needs quotes"),
        ("a: {b: ${C}}", "1:4: inside { } and [ ] a ${VARIABLE} must stand in quotes"),
        ("a: \x07", "1:4: the character U+0007 cannot stand in YAML"),
        ("a: b\nc: \x1b[31m", "2:4: the character U+001B cannot stand in YAML"),
        ("a: " + "[" * 1000, "1:6: a: is nested too deeply"),
    ],
)
def test_not_a_configuration(bench: Bench, text: str, problem: str):
    assert bench.problems(text) == [f"bridge.yaml:{problem}"]


@pytest.mark.parametrize("escape", [r"\0", r"\uD800"])
def test_characters_that_are_not_text(bench: Bench, escape: str):
    assert bench.problems(room(f'"#a{escape}"')) == [
        "bridge.yaml:6:10: conversations.lobby.one: contains a character that is not text"
    ]


def test_not_utf_8(bench: Bench):
    assert bench.problems("a: b\nü: ".encode() + "ü".encode("latin-1")) == [
        "bridge.yaml:2:5: the file is not UTF-8 text: save it as UTF-8"
    ]


def test_utf_16(bench: Bench):
    assert bench.problems(GOOD.encode("utf-16")) == [
        "bridge.yaml:1:1: the file is not UTF-8 text: save it as UTF-8"
    ]


def test_no_file(bench: Bench):
    with pytest.raises(ConfigError) as caught:
        load(bench.folder / "no.yaml", find)
    assert caught.value.problems == [
        f"{bench.folder}/no.yaml: there is no such file: write it, or name another"
    ]


def test_a_folder(bench: Bench):
    with pytest.raises(ConfigError) as caught:
        load(bench.folder, find)
    assert caught.value.problems == [f"{bench.folder}: the file cannot be read: Is a directory"]


def test_a_name_that_no_file_can_have(bench: Bench):
    with pytest.raises(ConfigError) as caught:
        load(Path("a\0b"), find)
    assert caught.value.problems == [r"a\x00b: the file cannot be read: that is no file's name"]


def test_a_file_that_is_too_large(bench: Bench):
    large = bench.folder / "large"
    with large.open("wb") as file:
        file.truncate(2**33)
    with pytest.raises(ConfigError) as caught:
        load(large, find)
    assert caught.value.problems == [f"{large}: the file is too large to be a configuration"]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
def test_what_may_never_end_is_not_read(bench: Bench, name: str):
    os.mkfifo(bench.folder / "pipe")
    with pytest.raises(ConfigError) as caught:
        load(bench.folder / name, find)
    reason = "it is a pipe or a device: name a regular file"
    assert caught.value.problems == [f"{bench.folder / name}: the file cannot be read: {reason}"]


def test_what_is_said_about_rooms_comes_with_all_other_mistakes(bench: Bench):
    text = room("!id:example.org").replace("server: two.example", "sever: two.example")
    assert bench.problems(text) == [
        'bridge.yaml:3:25: networks.two.sever: unknown key "sever"; did you mean "server"?',
        (
            "bridge.yaml:6:10: conversations.lobby.one: "
            'a room that begins with ! must stand in quotes: "!id:example.org"'
        ),
    ]


def test_nothing_from_the_file_reaches_the_terminal_unescaped(bench: Bench):
    problems = bench.problems(GOOD + '    "\\e[31m\\u202Ered\\x7f\\n": "#x"\n')
    assert problems == [
        (
            r'bridge.yaml:8:5: conversations.lobby."\x1b[31m\u202ered\x7f\n": '
            r'unknown network "\x1b[31m\u202ered\x7f\n"'
        )
    ]


TIGHT = """# a comment
networks: {a: {protocol: irc, server: , nick: "h\\u00fc\\"x", list: [a, 'b''s', {c: }]}}
conversations:
  lobby:
    a: ['#x', {room: '#y', direction: to}]   # another
    b:

    c: |
      two
      lines
    d: >-
      one
      line
    "e f": ~
    ? g
    : h
"""


@pytest.mark.parametrize("text", [TIGHT, GOOD, FULL, GOOD.replace("one", "\ufeffone")])
def test_both_readers_see_the_same_at_the_same_places(text: str, monkeypatch: pytest.MonkeyPatch):
    found = []
    for reader in (FAST, None):
        monkeypatch.setattr(yaml, "CSafeLoader", reader)
        found.append(Document(Path("bridge.yaml")))
        compose(text, found[-1])
    assert found[1].whole
    assert found[0] == found[1]
