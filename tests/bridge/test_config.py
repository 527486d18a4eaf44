"""What a good bridge.yaml gives."""

from pathlib import Path

import pytest

from bridge.config import Conversation, Direction, Network, RoomEntry, ShowRules, needs_connection

from .fake_protocol import GOOD, Bench, FakeNetwork, FakeRoom


def test_a_small_configuration(bench: Bench):
    config = bench.load(GOOD)

    assert config.networks == {
        "one": Network("one", "fake", FakeNetwork(server="one.example")),
        "two": Network("two", "fake", FakeNetwork(server="two.example")),
    }
    rooms = tuple(RoomEntry(name, "#lobby", Direction.BOTH, FakeRoom()) for name in ("one", "two"))
    assert config.conversations == {"lobby": Conversation("lobby", rooms)}
    assert config.owner is None
    assert config.journal == bench.folder / "hubbub.sqlite3"


FULL = """\
owner: Ada, ada@example.org
journal: data/talk.sqlite3
networks:
  one:
    protocol: fake
    ignore: ["*bot", "*!*@spam.example"]
    prefix: "[{protocol}/{network}] {name}: "
    server: one.example
    port: 7001
    tls: off
    start: later
    pace: {burst: 1e3}
  two: {protocol: fake, server: two.example}
conversations:
  news:
    two: [{room: "#News", direction: from}, {room: "#extra", direction: to, create: yes}, "#third"]
    one: {room: "#news", direction: to}
    ignore: [echo]
    prefix: "{{{name}}} "
  lobby: {one: "#a", two: "#b"}
"""


def test_everything_that_may_be_written(bench: Bench):
    config = bench.load(FULL)

    assert config.owner == "Ada, ada@example.org"
    assert config.journal == bench.folder / "data/talk.sqlite3"
    one = config.networks["one"]
    assert one.filters.ignore == ("*bot", "*!*@spam.example")
    assert one.prefix == "[{protocol}/{network}] {name}: "
    assert (one.settings.port, one.settings.tls, one.settings.pace.burst) == (7001, False, 1000.0)
    news = config.conversations["news"]
    assert (news.filters.ignore, news.prefix) == (("echo",), "{{{name}}} ")
    assert [(room.network, room.room, str(room.direction)) for room in news.rooms] == [
        ("two", "#news", "from"),
        ("two", "#extra", "to"),
        ("two", "#third", "both"),
        ("one", "#news", "to"),
    ]
    assert news.rooms[1].settings == FakeRoom(create=True)


def test_conversations_keep_the_order_of_the_file(bench: Bench):
    assert list(bench.load(FULL).conversations) == ["news", "lobby"]


def test_an_absolute_journal_stays_where_it_is(bench: Bench):
    assert bench.load(GOOD + "journal: /var/lib/hubbub/j.sqlite3").journal == Path(
        "/var/lib/hubbub/j.sqlite3"
    )


def test_files_that_a_protocol_names_are_beside_the_configuration(bench: Bench):
    text = GOOD.replace("server: one.example", "server: one.example, ca_file: certificates/ca.pem")
    assert bench.load(text).networks["one"].settings.ca_file == bench.folder / "certificates/ca.pem"


def test_what_yaml_takes_for_something_else_is_text_here(bench: Bench):
    text = (
        GOOD.replace("one:", "on:").replace("lobby:", "12:30:").replace("server: two.example", "server: 0123")
    )
    config = bench.load(text)
    assert list(config.networks) == ["on", "two"]
    assert list(config.conversations) == ["12:30"]
    assert config.networks["two"].settings.server == "0123"


@pytest.mark.parametrize(
    ("word", "meaning"), [("yes", True), ("on", True), ("false", False), ('"no"', False)]
)
def test_truth_has_many_words(bench: Bench, word: str, meaning: bool):
    assert bench.load(GOOD.replace("one.example", f"x, tls: {word}")).networks["one"].settings.tls is meaning


def test_a_room_may_be_in_several_conversations(bench: Bench):
    config = bench.load(GOOD + '  other: {one: "#LOBBY", two: "#second"}\n')
    assert config.conversations["other"].rooms[0].room == config.conversations["lobby"].rooms[0].room


def test_two_rooms_of_one_network(bench: Bench):
    assert len(bench.load(GOOD + '  other: {one: ["#a", "#b"]}\n').conversations["other"].rooms) == 2


def test_a_byte_order_mark_does_no_harm(bench: Bench):
    assert bench.load(b"\xef\xbb\xbf" + GOOD.encode()) == bench.load(GOOD)


def test_windows_line_ends_do_no_harm(bench: Bench):
    assert bench.load(GOOD.replace("\n", "\r\n")) == bench.load(GOOD)


def test_variables(bench: Bench):
    text = GOOD.replace("one.example", '"${HOST}.example", port: "${PORT:-7007}", nick: "a$$b$c"')
    settings = bench.load(text, HOST="mars").networks["one"].settings
    assert (settings.server, settings.port, settings.nick) == ("mars.example", 7007, "a$b$c")
    assert bench.load(text, HOST="x", PORT="9").networks["one"].settings.port == 9


def test_a_default_may_be_empty(bench: Bench):
    assert bench.load(GOOD.replace("one.example", 'x, nick: "${NICK:-}"')).networks["one"].settings.nick == ""


def test_variables_are_not_looked_for_in_keys(bench: Bench):
    config = bench.load(GOOD.replace("lobby:", '"${HOME} sweet home":'), HOME="hunter2")
    assert list(config.conversations) == ["${HOME} sweet home"]


def test_what_a_variable_gives_is_not_expanded_again(bench: Bench):
    text = GOOD.replace("one.example", '"${HOST}"')
    assert bench.load(text, HOST="${PATH}").networks["one"].settings.server == "${PATH}"


def test_a_network_can_be_left_out(bench: Bench):
    config = bench.load(GOOD, without=frozenset({"two"}))
    assert list(config.networks) == ["one"]
    assert [room.network for room in config.conversations["lobby"].rooms] == ["one"]


def test_what_is_wrong_with_a_network_that_is_left_out_does_not_matter(bench: Bench):
    text = GOOD.replace("two.example", '"${UNSET}", port: x')
    assert list(bench.load(text, without=frozenset({"two", "unheard-of"})).networks) == ["one"]


def test_a_conversation_without_rooms_is_left_out_too(bench: Bench):
    text = GOOD + '  other: {two: ["#a", "#b"]}\n'
    assert list(bench.load(text, without=frozenset({"two"})).conversations) == ["lobby"]


def test_no_network_is_left(bench: Bench):
    config = bench.load(GOOD, without=frozenset({"one", "two"}))
    assert (config.networks, config.conversations) == ({}, {})


def test_what_a_room_is_shown_is_as_its_network_says_unless_it_says_so_itself(bench: Bench):
    there = GOOD.replace("one.example", "one.example, edits: off, topics: sync").replace(
        'one: "#lobby"', 'one: {room: "#lobby", topics: note, long: clip}'
    )
    config, before = bench.load(there), bench.load(GOOD)
    one, two = (room.show for room in config.conversations["lobby"].rooms)
    assert (one.edits, one.topics, one.long) == ("off", "note", "clip")
    assert two == ShowRules()
    assert not needs_connection(config.networks["one"], before.networks["one"])


def test_names_are_protected_where_the_nearest_says_so(bench: Bench):
    text = GOOD.replace("one.example", "one.example, protect: [admin], names: bold").replace(
        "two.example", "two.example, protect: [root]"
    )
    for there, found in (
        (text, [("admin",), ("root",)]),
        (text.replace("lobby:", 'lobby:\n    protect: ["*support*"]'), [("*support*",)] * 2),
        (text.replace('one: "#lobby"', 'one: {room: "#lobby", protect: []}'), [(), ("root",)]),
    ):
        rooms = bench.load(there).conversations["lobby"].rooms
        assert [room.show.protect for room in rooms] == found
        assert [room.show.names for room in rooms] == ["bold", "plain"]


@pytest.mark.parametrize("where", ["network", "room"])
def test_a_choice_that_there_is_not(bench: Bench, where: str):
    old = "one.example" if where == "network" else 'one: "#lobby"'
    new = "one.example, edits: dif" if where == "network" else 'one: {room: "#lobby", edits: dif}'
    (problem,) = bench.problems(GOOD.replace(old, new))
    assert problem.endswith('edits: must be "diff", "full" or "off", not "dif"; did you mean "diff"?')
