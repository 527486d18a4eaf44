"""Variables and secret files: filled in, and never shown."""

import os

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from .fake_protocol import GOOD, Bench

GONE = "No such file or directory"
PIPE = "it is a pipe or a device: name a regular file"
TOKEN = "networks.one.token_file: "
UNSET = "is not set; set it, or write"
HIDDEN = "is not valid; the value is not shown, since it is secret or comes from a variable"


def network(text: str) -> str:
    """The good configuration with this behind the first network's server, at line 2, column 46."""
    return GOOD.replace("one.example", f"one.example, {text}")


def lobby(text: str) -> str:
    """The good configuration with this as the first room, at line 6, column 10."""
    return GOOD.replace('"#lobby"', text, 1)


def test_a_secret_in_a_file(bench: Bench):
    (bench.folder / "token").write_text("hunter2 \n")
    config = bench.load(network("token_file: token"))
    assert config.networks["one"].settings.token.get_secret_value() == "hunter2 "


def test_a_secret_in_a_file_with_windows_line_ends(bench: Bench):
    (bench.folder / "token").write_bytes(b"hunter2\r\n")
    config = bench.load(network("token_file: token"))
    assert config.networks["one"].settings.token.get_secret_value() == "hunter2"


def test_a_secret_file_of_a_block_inside_and_of_a_room(bench: Bench):
    (bench.folder / "password").write_text("hunter2\n")
    (bench.folder / "key").write_text("${KEY}")
    text = network("login: {user: x, password_file: password}")
    text = text.replace('"#lobby"', f'{{room: "#lobby", key_file: {bench.folder}/key}}', 1)
    config = bench.load(text)
    assert config.networks["one"].settings.login.password.get_secret_value() == "hunter2"
    assert config.conversations["lobby"].rooms[0].settings.key.get_secret_value() == "${KEY}"


def test_a_secret_file_of_a_block_of_the_file_itself(bench: Bench):
    (bench.folder / "web").write_text("hunter2hunter2hunter2\n")
    config = bench.load("web: {listen: '0.0.0.0:8485', token_file: web}\n" + GOOD)
    assert config.web.token.get_secret_value() == "hunter2hunter2hunter2"
    config = bench.load(
        "web: {listen: '0.0.0.0:8485', token_file: '${PLACE}/web'}\n" + GOOD, PLACE=str(bench.folder)
    )
    assert config.web.token.get_secret_value() == "hunter2hunter2hunter2"
    problems = bench.problems("web: {listen: '0.0.0.0:8485', token_file: no}\n" + GOOD)
    assert problems == [f'bridge.yaml:1:43: web.token_file: the file "no" cannot be read: {GONE}']


def test_a_variable_may_name_the_file(bench: Bench):
    (bench.folder / "token").write_text("hunter2")
    config = bench.load(network('token_file: "${FOLDER}/token"'), FOLDER=str(bench.folder))
    assert config.networks["one"].settings.token.get_secret_value() == "hunter2"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("token_file: no", f'58: {TOKEN}the file "no" cannot be read: {GONE}'),
        ("token_file: folder", f'58: {TOKEN}the file "folder" cannot be read: Is a directory'),
        ("token_file: empty", f'58: {TOKEN}the file "empty" is empty'),
        ("token_file: binary", f'58: {TOKEN}the file "binary" is not UTF-8 text'),
        ("token_file: large", f'58: {TOKEN}the file "large" is too large to be a secret'),
        ("token_file: pipe", f'58: {TOKEN}the file "pipe" cannot be read: {PIPE}'),
        ("token_file: /dev/zero", f'58: {TOKEN}the file "/dev/zero" cannot be read: {PIPE}'),
        ("token_file: [a]", f"58: {TOKEN}must name a file"),
        ("token_file: ", "57: networks.one.token_file: must name a file"),
        ("token_file: ''", f"58: {TOKEN}must name a file"),
        ("token_file: !x y", f"58: {TOKEN}a value that begins with ! must stand in quotes"),
        ('token_file: "${UNSET}"', f"58: {TOKEN}the variable UNSET {UNSET} ${{UNSET:-default}}"),
        ('token_file: "${FILE}"', f"58: {TOKEN}the file cannot be read: {GONE}"),
        (
            "token: a, token_file: b",
            '56: networks.one.token_file: "token" stands here too: keep one of the two',
        ),
        (
            "login: {user: x, password_file: no}",
            f'78: networks.one.login.password_file: the file "no" cannot be read: {GONE}',
        ),
    ],
)
def test_a_secret_file_that_is_no_use(bench: Bench, text: str, problem: str):
    (bench.folder / "folder").mkdir()
    (bench.folder / "empty").write_text("\n")
    (bench.folder / "large").write_text("x" * 2**20)
    os.mkfifo(bench.folder / "pipe")
    (bench.folder / "binary").write_bytes(b"\xff\xfe\n")
    (found,) = bench.problems(network(text), FILE="nowhere/hunter2")
    assert found == f"bridge.yaml:2:{problem}"


def test_a_secret_file_that_cannot_be_read(bench: Bench):
    (bench.folder / "token").symlink_to("token")
    (problem,) = bench.problems(network("token_file: token"))
    assert problem.endswith('the file "token" cannot be read: Too many levels of symbolic links')


def test_a_file_for_what_is_no_secret(bench: Bench):
    assert bench.problems(network("nick_file: x")) == [
        'bridge.yaml:2:46: networks.one.nick_file: unknown key "nick_file"; did you mean "ca_file"?'
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('nick: "${NICK}"', "the variable NICK is not set; set it, or write ${NICK:-default}"),
        ('port: "${PORT}"', "the variable PORT is not set; set it, or write ${PORT:-default}"),
        ('nick: "${}"', "a variable is written ${NAME} or ${NAME:-default}; a $ that is meant as text, $$"),
        (
            'nick: "${A B}"',
            "a variable is written ${NAME} or ${NAME:-default}; a $ that is meant as text, $$",
        ),
        ('nick: "${1}"', "a variable is written ${NAME} or ${NAME:-default}; a $ that is meant as text, $$"),
        ('nick: "${A"', "a variable is written ${NAME} or ${NAME:-default}; a $ that is meant as text, $$"),
    ],
)
def test_a_variable_that_is_no_use(bench: Bench, text: str, problem: str):
    key = text.partition(":")[0]
    assert bench.problems(network(text)) == [f"bridge.yaml:2:52: networks.one.{key}: {problem}"]


def test_what_follows_from_an_unset_variable_is_not_told_besides(bench: Bench):
    (problem,) = bench.problems(network('token: "${TOKEN}", login: {user: x, password: y}'))
    assert problem == f"bridge.yaml:2:53: networks.one.token: the variable TOKEN {UNSET} ${{TOKEN:-default}}"


def test_an_unset_variable_in_a_room(bench: Bench):
    assert bench.problems(lobby('"${ROOM}"')) == [
        f"bridge.yaml:6:10: conversations.lobby.one: the variable ROOM {UNSET} ${{ROOM:-default}}"
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (network('port: "${X}"'), "must be a whole number"),
        (network('start: "${X}"'), 'must be "direct", "later" or "none"'),
        (network('tls: "${X}"'), "must be true or false"),
        (network('nick: "a ${X}"'), HIDDEN),
        (network('pace: "${X}"'), "must be a mapping (key: value)"),
        (network('prefix: "{${X}}"'), HIDDEN),
        (GOOD.replace("protocol: fake", 'protocol: "${X}"', 1), "the variable's value names no protocol"),
        (
            GOOD.replace("protocol: fake", 'protocol: "${X}!"', 1),
            "the variable's value is not a protocol's name",
        ),
        (lobby('"${X}"'), "is not a room of this protocol"),
        (lobby('{room: "#x", direction: "${X}"}'), 'must be "both", "from" or "to"'),
        (lobby('["#${X}", "#${X}"]'), "this room stands in this conversation already, at line 6, column 11"),
        (
            lobby('"#${X}"') + '  b: {one: {room: "#${X}", key: k}, two: "#b"}\n',
            "this room has other settings at line 6, column 10: give it the same in both",
        ),
    ],
)
def test_what_a_variable_gave_is_not_shown(bench: Bench, text: str, sentence: str):
    (problem,) = bench.problems(text, X="hunter2")
    assert problem.endswith(f": {sentence}")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    "text",
    [
        "token: [hunter2]",
        "token: {hunter2: hunter2}",
        "login: hunter2",
        "login: [hunter2]",
        "login: {user: [x], password: hunter2}",
        "login: {user: x, password: [hunter2]}",
        "login: {user: x, pasword: hunter2}",
        "passwort: hunter2",
        "token: hunter2, token_file: x",
        "token: hunter2, login: {user: x, password: hunter2}",
        "token: 'hunter2",
        "token: hunter2: hunter2",
        "token: *hunter2",
        "token: #hunter2",
    ],
)
def test_a_secret_is_not_shown_whatever_else_is_wrong(bench: Bench, text: str):
    problems = bench.problems(network(text))
    assert problems
    assert all("hunter2" not in problem.replace('unknown key "hunter2"', "") for problem in problems)


def test_a_secret_is_not_in_what_is_printed_of_a_configuration(bench: Bench):
    (bench.folder / "password").write_text("hunter2")
    text = network('login: {user: x, password_file: password}, nick: "b"')
    text = text.replace("two.example", 'two.example, token: "${TOKEN}"')
    text = text.replace('"#lobby"', '{room: "#lobby", key: hunter2}', 1)
    config = bench.load(text, TOKEN="hunter2")
    assert config.networks["two"].settings.token.get_secret_value() == "hunter2"
    assert "hunter2" not in f"{config!r} {config}"
    assert "hunter2" not in config.networks["one"].settings.model_dump_json()


SHAPES = [
    "login: {{user: x, password: {}}}",
    "login: {}",
    "token: {}",
    "token: {}, token_file: y",
    "token: {}, login: {{user: x, password: z}}",
    "tokn: {}",
    "pace:\n      burst: 1\n    token: {}",
    "token: {}\n    nick: x",
    "login:\n      password: {}\n      user: y",
]


def test_part_of_a_secret_that_yaml_cut_off_is_not_shown(bench: Bench):
    assert bench.problems(network("token: a,hunter2")) == [
        (
            "bridge.yaml:2:55: networks.one: here stands text without a colon: "
            "is it part of a value that must stand in quotes?"
        )
    ]


@given(
    shape=st.sampled_from(SHAPES),
    before=st.text("#@!&*%`'\"{}[]|>,- \\", max_size=3),
    after=st.text("'\"}],: #\\", max_size=2),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_badly_it_is_quoted_a_secret_is_not_shown(bench: Bench, shape: str, before: str, after: str):
    assume("," not in before or ":" not in after)  # between , and : stands a key, and keys are shown
    line = shape.format(f"{before}hunter2{after}")
    block = f"\n    protocol: fake\n    server: one.example\n    {line}"
    braces = GOOD.replace("{protocol: fake, server: one.example}", block) if "\n" in line else network(line)
    assert all("hunter2" not in problem for problem in bench.problems(braces))
