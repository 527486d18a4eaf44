"""Everything else that is wrong, each with its place and what to do about it."""

from pathlib import Path

import pytest

from bridge.config.document import Document
from bridge.errors import ConfigError

from .fake_protocol import GOOD, Bench


def network(text: str) -> str:
    """The good configuration with this behind the first network's server, at line 2, column 46."""
    return GOOD.replace("one.example", f"one.example, {text}")


def lobby(text: str) -> str:
    """The good configuration with this for the only conversation, from line 6."""
    return GOOD[: GOOD.index('    one: "#lobby"')] + "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("prot: 1", '46: networks.one.prot: unknown key "prot"; did you mean "port"?'),
        ("zzz: 1", '46: networks.one.zzz: unknown key "zzz"'),
        ("token_fil: x", '46: networks.one.token_fil: unknown key "token_fil"; did you mean "token_file"?'),
        ("ignor: [x]", '46: networks.one.ignor: unknown key "ignor"; did you mean "ignore"?'),
        ("Port: 1", '46: networks.one.Port: unknown key "Port"; did you mean "port"?'),
        ("pace: {brst: 1}", '53: networks.one.pace.brst: unknown key "brst"; did you mean "burst"?'),
        ("port: abc", '52: networks.one.port: must be a whole number, not "abc"'),
        ("port: 12:30", '52: networks.one.port: must be a whole number, not "12:30"'),
        ("port: 7.5", '52: networks.one.port: must be a whole number, not "7.5"'),
        ("port: [1]", "52: networks.one.port: must be a whole number, not a list"),
        ("port: {a: b}", "52: networks.one.port: must be a whole number, not a mapping"),
        ("port: 0", "52: networks.one.port: must be at least 1"),
        ("port: 70000", "52: networks.one.port: must be at most 65535"),
        ("port: ", "51: networks.one.port: has no value"),
        ("port: ~", "52: networks.one.port: has no value"),
        ("tls: maybe", '51: networks.one.tls: must be true or false, not "maybe"'),
        ("nick: [a]", "52: networks.one.nick: must be text, not a list"),
        ("nick: a b", "52: networks.one.nick: a b has a space in it"),
        ("pace: {burst: 0}", "60: networks.one.pace.burst: must be more than 0"),
        ("pace: {burst: x}", '60: networks.one.pace.burst: must be a number, not "x"'),
        ("pace: fast", "52: networks.one.pace: must be a mapping (key: value), not text"),
        ("login: {user: x}", '46: networks.one.login: "password" (or "password_file") is missing'),
        ("login: {user: x, pasword: y}", None),
        ("token: x, login: {user: x, password: y}", "3: networks.one: give token or login, not both"),
        ("catch_up: on", "56: networks.one.catch_up: must be off, or a mapping such as {max_age: 24h}"),
        ("ignore: x", "54: networks.one.ignore: must be a list, not text"),
        ('ignore: [""]', "55: networks.one.ignore: must not be empty: it would match nobody"),
        ("ignore: [a, [b]]", "58: networks.one.ignore: must be text, not a list"),
    ],
)
def test_a_network(bench: Bench, text: str, problem: str | None):
    problem = problem or '63: networks.one.login.pasword: unknown key "pasword"; did you mean "password"?'
    assert bench.problems(network(text)) == [f"bridge.yaml:2:{problem}"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("start: latr", 'must be "direct", "later" or "none", not "latr"; did you mean "later"?'),
        ("start: x", 'must be "direct", "later" or "none", not "x"'),
    ],
)
def test_a_choice(bench: Bench, text: str, sentence: str):
    assert bench.problems(network(text)) == [f"bridge.yaml:2:53: networks.one.start: {sentence}"]


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{nam}", 'knows {name}, {id}, {network} and {protocol}, not "nam"; did you mean "name"?'),
        ("{}", 'knows {name}, {id}, {network} and {protocol}, not ""'),
        ("{0}", 'knows {name}, {id}, {network} and {protocol}, not "0"'),
        (
            "{name.__class__}",
            'knows {name}, {id}, {network} and {protocol}, not "name.__class__"',
        ),
        ("{name[0]}", 'knows {name}, {id}, {network} and {protocol}, not "name[0]"; did you mean "name"?'),
        ("{name!r}", "takes {name} as it is, without anything after the word"),
        ("{name:>999999999}", "takes {name} as it is, without anything after the word"),
        ("{name:{network}}", "takes {name} as it is, without anything after the word"),
        ("{name", "has a { or } too many: a brace that is meant as text is written twice"),
        ("name}", "has a { or } too many: a brace that is meant as text is written twice"),
        ("{name}\\n", "must be one line without control characters"),
        ("{name}\\u202e", "must be one line without control characters"),
        ("x" * 101, "must have at most 100 characters"),
    ],
)
@pytest.mark.parametrize("level", ["network", "conversation"])
def test_a_name_template(bench: Bench, level: str, template: str, sentence: str):
    text = network(f'prefix: "{template}"') if level == "network" else GOOD + f'    prefix: "{template}"\n'
    (problem,) = bench.problems(text)
    assert problem.endswith(f".prefix: {sentence}")


def test_a_name_template_of_a_family(bench: Bench):
    assert bench.problems(network('prefix: "👨‍👩‍👧 {name}: "')) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("one: '#a'\ntwo: lobby", "7:10: conversations.lobby.two: lobby is not a room: a room begins with #"),
        (
            "one: '#a'\ntwo: {room: x}",
            "7:17: conversations.lobby.two.room: x is not a room: a room begins with #",
        ),
        ("one: '#a'\ntwo:", "7:9: conversations.lobby.two: names no room"),
        ("one: '#a'\ntwo: []", "7:10: conversations.lobby.two: names no room"),
        ("one: '#a'\ntwo: {}", "7:10: conversations.lobby.two: names no room"),
        ("one: '#a'\ntwo: ''", "7:10: conversations.lobby.two: names no room"),
        ("one: '#a'\ntwo: ['#b', ~]", "7:17: conversations.lobby.two: names no room"),
        (
            "one: '#a'\ntwo: [['#b']]",
            "7:11: conversations.lobby.two: must be a room, or a mapping with room:",
        ),
        ("one: '#a'\ntwo: {key: x}", '7:5: conversations.lobby.two: "room" is missing'),
        (
            "one: '#a'\ntwo: {rom: '#b'}",
            '7:11: conversations.lobby.two.rom: unknown key "rom"; did you mean "room"?',
        ),
        (
            "one: '#a'\ntwo: {room: '#b', creat: yes}",
            '7:23: conversations.lobby.two.creat: unknown key "creat"; did you mean "create"?',
        ),
        (
            "one: '#a'\ntwo: {room: '#b', direction: form}",
            (
                '7:34: conversations.lobby.two.direction: must be "both", "from" or "to", not "form"'
                '; did you mean "from"?'
            ),
        ),
        (
            "one: '#a'\ntwo: {room: '#b', create: perhaps}",
            '7:31: conversations.lobby.two.create: must be true or false, not "perhaps"',
        ),
        ("one: '#a'\ntow: '#b'", '7:5: conversations.lobby.tow: unknown network "tow"; did you mean "two"?'),
        (
            "one: '#a'\ntwo: '#b'\nignor: []",
            '8:5: conversations.lobby.ignor: unknown network "ignor"; did you mean "ignore"?',
        ),
        (
            "one: ['#a', '#A']",
            '6:17: conversations.lobby.one: "#a" stands in this conversation already, at line 6, column 11',
        ),
        ("one: '#a'", "5:3: conversations.lobby: must join two rooms or more"),
        ("ignore: [x]", "5:3: conversations.lobby: must join two rooms or more"),
        (
            "one: {room: '#a', direction: to}\ntwo: {room: '#b', direction: to}",
            "5:3: conversations.lobby: nothing can flow here, since every room has direction: to",
        ),
        (
            "one: {room: '#a', direction: from}\ntwo: {room: '#b', direction: from}",
            "5:3: conversations.lobby: nothing can flow here, since every room has direction: from",
        ),
        ("one: '#a'\ntwo: '#b'\nprefix: [x]", "8:13: conversations.lobby.prefix: must be text, not a list"),
    ],
)
def test_a_conversation(bench: Bench, text: str, problem: str):
    assert bench.problems(lobby(text)) == [f"bridge.yaml:{problem}"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("$SERVER_NAME", "a variable is written ${SERVER_NAME}; a $ that is meant as text, $$"),
        ("a.$SET.b", "a variable is written ${SET}; a $ that is meant as text, $$"),
        ("$(hostname)", None),
        ("pa$word", ""),
        ("$ecret", ""),
        ("$$SERVER_NAME", ""),
    ],
)
def test_a_variable_as_a_shell_has_it(bench: Bench, value: str, sentence: str | None):
    found = bench.problems(network(f"nick: {value}"), SET="x")
    sentence = (
        sentence
        if sentence is not None
        else ("no command is run here: write ${NAME}, or name a file with the _file key; $$ for a $ as text")
    )
    assert found == ([f"bridge.yaml:2:52: networks.one.nick: {sentence}"] if sentence else [])


def remarks(bench: Bench, text: str) -> list[str]:
    """What is remarkable, without the folder's name."""
    return [remark.replace(f"{bench.folder}/", "") for remark in bench.load(text).remarks]


def test_a_network_that_nothing_uses(bench: Bench):
    spare = "  spare: {protocol: fake, server: x}\nconversations:"
    assert remarks(bench, GOOD.replace("conversations:", spare)) == [
        (
            "bridge.yaml:4:3: networks.spare: is in no conversation: write a room of it into one, "
            "or take the network out"
        )
    ]


def test_a_room_in_two_conversations(bench: Bench):
    more = '  other:\n    two: "#x"\n    one: "#LOBBY"\n'
    assert remarks(bench, GOOD + more) == [
        (
            'bridge.yaml:10:10: conversations.other.one: "#lobby" is in the conversation "lobby" too, and '
            "both hear what is said in it: if that is not meant, take it out of one"
        )
    ]


def test_a_comment_that_may_be_a_part_of_a_password(bench: Bench):
    bench.path.touch(0o600)
    text = GOOD.replace("one: {protocol: fake, server: one.example}", "one:\n    protocol: fake # a comment\n"
    "    server: one.example #this too\n    token: hunter2 #3")  # fmt: skip
    assert remarks(bench, text) == [
        (
            "bridge.yaml:5:12: networks.one.token: what follows the # is a comment; if it is a part of this, "
            "put all in quotes"
        )
    ]


@pytest.mark.parametrize(("mode", "open_"), [(0o600, False), (0o640, False), (0o644, True), (0o602, True)])
def test_a_file_with_passwords_that_anybody_can_open(bench: Bench, mode: int, open_: bool):
    bench.path.touch()
    bench.path.chmod(mode)
    sentence = (
        "bridge.yaml: anybody on this machine can open this file with its passwords: chmod 600 bridge.yaml"
    )
    assert remarks(bench, network("token: hunter2")) == ([sentence] if open_ else [])
    assert remarks(bench, GOOD) == []
    assert bench.load(network("token: '${TOKEN}'"), TOKEN="hunter2").remarks == ()


def test_a_file_that_is_not_there(bench: Bench):
    bench.path.touch(0o600)
    (remark,) = remarks(bench, network("ca_file: authority.pem"))
    assert remark.startswith('bridge.yaml:2:55: networks.one.ca_file: there is no file "')
    assert remark.endswith('authority.pem"')
    (bench.folder / "authority.pem").touch()
    assert remarks(bench, network("ca_file: authority.pem")) == []


def test_a_password_s_own_file_that_anybody_can_open(bench: Bench):
    (bench.folder / "token").write_text("hunter2")
    (bench.folder / "token").chmod(0o604)
    bench.path.touch(0o600)
    (remark,) = remarks(bench, network("token_file: token"))
    assert remark.startswith(
        'bridge.yaml:2:58: networks.one.token_file: anybody on this machine can open the file "'
    )
    assert remark.endswith('token": chmod 600')


def test_what_flows_needs_one_to_speak_and_one_to_hear(bench: Bench):
    assert bench.problems(lobby("one: {room: '#a', direction: from}\ntwo: {room: '#b', direction: to}")) == []


def test_one_room_with_two_settings(bench: Bench):
    more = '  other:\n    two: "#x"\n    one: {room: "#LOBBY", key: hunter2}\n'
    assert bench.problems(GOOD + more) == [
        (
            'bridge.yaml:10:17: conversations.other.one.room: "#lobby" has other settings '
            "at line 6, column 10: give it the same in both"
        )
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "networks: {}\nconversations: {}",
            ["1:11: networks: has nothing in it", "2:16: conversations: has nothing in it"],
        ),
        ("networks:\nconversations:", ["1:10: networks: has no value", "2:15: conversations: has no value"]),
        (
            "networks: []\nconversations: x",
            [
                "1:11: networks: must be a mapping (key: value), not a list",
                "2:16: conversations: must be a mapping (key: value), not text",
            ],
        ),
        ("owner: me", ['1:1: "conversations" is missing', '1:1: "networks" is missing']),
        (
            "network: {a: b}\nconversation: {}",
            [
                '1:1: network: unknown key "network"; did you mean "networks"?',
                '2:1: conversation: unknown key "conversation"; did you mean "conversations"?',
            ],
        ),
    ],
)
def test_the_two_great_blocks(bench: Bench, text: str, problem: list[str]):
    assert bench.problems(text) == [f"bridge.yaml:{line}" for line in problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("onwer: me", 'onwer: unknown key "onwer"; did you mean "owner"?'),
        ("owner: ''", "owner: must not be empty"),
        ('owner: "a\\nb"', "owner: must be one line without control characters"),
        ("owner: [me]", "owner: must be text, not a list"),
        ("journal: ''", "journal: must name a file"),
        ("journal: [a]", "journal: must be the name of a file, not a list"),
    ],
)
def test_the_rest_of_the_top(bench: Bench, text: str, problem: str):
    (found,) = bench.problems(GOOD + text + "\n")
    assert found.startswith("bridge.yaml:8:")
    assert found.endswith(f": {problem}")


@pytest.mark.parametrize("name", ["ignore", "prefix", "owner", "room", "direction", "networks", "journal"])
def test_names_that_a_network_cannot_have(bench: Bench, name: str):
    text = GOOD.replace("  two: {", f"  {name}: {{protocol: fake, server: x}}\n  two: {{")
    (problem,) = bench.problems(text)
    assert problem == (
        f'bridge.yaml:3:3: networks.{name}: "{name}" cannot name a network: the word has another meaning '
        f"here. Where it did, say `was: {name}` below the new name, so that all of it is kept"
    )


@pytest.mark.parametrize("name", ["a b", "a/b", "x" * 65, "<x>"])
def test_names_that_no_network_should_have(bench: Bench, name: str):
    text = GOOD.replace("  two: {", f"  {name}: {{protocol: fake, server: x}}\n  two: {{")
    (problem,) = bench.problems(text)
    assert problem.endswith('a network\'s name is made of letters, digits, ".", "_" and "-"')


@pytest.mark.parametrize("name", ['"a\\nb"', "x" * 101])
def test_names_that_no_conversation_can_have(bench: Bench, name: str):
    (problem,) = bench.problems(GOOD.replace("lobby:", f"{name}:"))
    assert problem.endswith("a conversation's name is one line of at most 100 characters")


@pytest.mark.parametrize("block", ["one: x", "one: [a]", "one:"])
def test_a_network_that_is_no_block(bench: Bench, block: str):
    what = "has nothing in it" if block == "one:" else "must be a mapping (key: value)"
    (problem,) = bench.problems(GOOD.replace("one: {protocol: fake, server: one.example}", block))
    assert problem.startswith("bridge.yaml:2:")
    assert problem.endswith(f": networks.one: {what}")


@pytest.mark.parametrize("block", ["'#a'", "['#a', '#b']", ""])
def test_a_conversation_that_is_no_block(bench: Bench, block: str):
    what = "must be a mapping (key: value)" if block else "has nothing in it"
    (problem,) = bench.problems(GOOD[: GOOD.index("  lobby")] + f"  lobby: {block}\n")
    assert problem.endswith(f": conversations.lobby: {what}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("protocol: fak,", "19: networks.one.protocol: there is no protocol 'fak'"),
        ("protocol: '../x',", '19: networks.one.protocol: "../x" is not a protocol\'s name'),
        ("protocol: '',", '19: networks.one.protocol: "" is not a protocol\'s name'),
        ("protocol: ,", "18: networks.one.protocol: has no value"),
        ("protocol: [x],", "19: networks.one.protocol: must be text, not a list"),
        ("", '3: networks.one: "protocol" is missing'),
        ("protocl: fake,", '9: networks.one.protocl: unknown key "protocl"; did you mean "protocol"?'),
    ],
)
def test_a_protocol(bench: Bench, text: str, problem: str):
    assert bench.problems(GOOD.replace("protocol: fake,", text, 1)) == [f"bridge.yaml:2:{problem}"]


def test_all_mistakes_of_both_passes_at_once_in_the_order_of_the_file(bench: Bench):
    text = """\
owner: []
networks:
  one: {protocol: fake, prt: 1, ignore: x}
  two: {protocol: fake, server: x, port: y}
conversations:
  lobby:
    one: {room: x, direction: up}
    three: "#x"
    prefix: "{}"
"""
    assert [problem.split(": ", 2)[:2] for problem in bench.problems(text)] == [
        ["bridge.yaml:1:8", "owner"],
        ["bridge.yaml:3:3", "networks.one"],
        ["bridge.yaml:3:25", "networks.one.prt"],
        ["bridge.yaml:3:41", "networks.one.ignore"],
        ["bridge.yaml:4:42", "networks.two.port"],
        ["bridge.yaml:7:31", "conversations.lobby.one.direction"],
        ["bridge.yaml:8:5", "conversations.lobby.three"],
        ["bridge.yaml:9:13", "conversations.lobby.prefix"],
    ]


def test_many_mistakes_cost_no_more_each_than_few():
    """Where each is compared with all before it, this does not end within a test's time."""
    document = Document(Path("bridge.yaml"))
    for number in range(40_000):
        spot = ("conversations", str(number), "irc")
        document.hidden[*spot, "password"] = "secret"
        document.broken.add(spot)
        document.problem(spot, "is wrong")
        document.problem(spot, "is wrong")
        assert document.is_broken((*spot, "room"))
        assert document.is_broken(spot[:2], within=True)
        assert not document.conceals(spot)
        assert document.betrays(spot, "the secret")
    assert len(document.report()) == 40_000


def test_so_many_mistakes_are_shown_as_somebody_reads():
    error = ConfigError([f"mistake {number}" for number in range(2_050)])
    assert error.shown()[49:] == ["mistake 49", "and 2,000 more"]
    assert str(error).count("\n") == 50
    assert len(error.problems) == 2_050
