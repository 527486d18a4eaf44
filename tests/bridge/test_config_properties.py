"""Whatever stands in the file: it loads, or ConfigError says where and why."""

import random
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.config import Config, Direction
from bridge.errors import ConfigError

from .fake_protocol import Bench
from .test_config import FULL

RICH = FULL.replace(
    "start: later", 'start: later\n    nick: "${NICK:-x}"\n    login: {user: a, password_file: b}'
)
PIECES = [
    "#",
    "@",
    "!",
    "*",
    "&",
    "%",
    "`",
    "${",
    "${X}",
    "}",
    "{",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    "\t",
    '"',
    "'",
    "\\",
]
PIECES += [
    "\n",
    "\n  ",
    "|",
    ">",
    "?",
    "? ",
    ",",
    "~",
    "---",
    "...",
    "<<: ",
    "!!int ",
    "\x00",
    "\x85",
    "\ufeff",
    "😀",
    "\\U",
]
PLACE = re.compile(r"(?P<file>[^:]+bridge\.yaml):(?P<line>\d+):(?P<column>\d+): \S.*")

once = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def judge(bench: Bench, text: str) -> Config | None:
    """Load it; what is wrong must be told line by line, printable, in order, within the file."""
    try:
        return bench.load(text.encode("utf-8", "surrogatepass"), X="x")
    except ConfigError as error:
        problems = error.problems
    assert problems
    assert all(problem.isprintable() for problem in problems)
    found = [PLACE.fullmatch(problem) for problem in problems]
    assert all(found), problems
    places = [(int(place["line"]), int(place["column"])) for place in found if place]
    assert places == sorted(places)
    assert places[-1][0] <= len(re.split("\r\n|[\r\n\x85\u2028\u2029]", text)) + 1
    return None


@once
@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=4
    )
)
def test_a_configuration_with_pieces_cut_out_and_put_in(bench: Bench, edits: list[tuple[float, int, str]]):
    (bench.folder / "b").write_text("secret")
    text = RICH
    for where, length, piece in edits:
        at = int(where * len(text))
        text = text[:at] + piece + text[at + length :]
    judge(bench, text)


@once
@given(text=st.text(st.sampled_from("ab \n:-#{}[]'\"!&*?|>%@`\\~,$\t0"), max_size=40))
@example("? a")
@example("a: |\n b\nc: >+\n\n")
@example("a: !<tag:yaml.org,2002:python/object/apply:os.system> x")
@example("%YAML 2.0\n---\na: b")
@example("%TAG ! x\n---\n!a b")
def test_any_text(bench: Bench, text: str):
    judge(bench, text)


@once
@given(text=st.text(max_size=30))
def test_any_text_for_a_room_and_for_a_name(bench: Bench, text: str):
    inside = "".join(f"\\U{ord(letter):08X}" for letter in text)
    config = judge(bench, FULL.replace("#third", inside).replace("ada@", inside))
    if config is not None:
        assert config.conversations["news"].rooms[2].room == text.lower()


KEYS = [
    "networks",
    "conversations",
    "one",
    "two",
    "protocol",
    "server",
    "room",
    "direction",
    "ignore",
    "prefix",
    "login",
]
DATA = st.recursive(
    st.sampled_from(["fake", "#a", "#b", "x", "1", "to", "", "~", "${X}", "${Y}", "{name}", "{x}"]).map(
        lambda t: f'"{t}"'
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(
            lambda found: "{" + ", ".join(f'"{key}": {value}' for key, value in found.items()) + "}"
        ),
    ),
    max_leaves=12,
)


@once
@given(networks=DATA, conversations=DATA)
def test_any_structure(bench: Bench, networks: str, conversations: str):
    judge(bench, f"networks: {networks}\nconversations: {conversations}\n")
    judge(bench, FULL[: FULL.index("conversations:")] + f"conversations: {{lobby: {conversations}}}\n")
    judge(bench, FULL.replace("{protocol: fake, server: two.example}", networks))


@once
@given(directions=st.lists(st.sampled_from(Direction), min_size=2, max_size=5))
def test_a_conversation_in_which_something_can_flow(bench: Bench, directions: list[Direction]):
    rooms = [f'{{room: "#{index}", direction: {direction}}}' for index, direction in enumerate(directions)]
    text = FULL[: FULL.index("conversations:")] + f"conversations: {{lobby: {{one: [{', '.join(rooms)}]}}}}\n"
    flows = any(
        source is not Direction.TO and target is not Direction.FROM
        for index, source in enumerate(directions)
        for other, target in enumerate(directions)
        if index != other
    )
    assert (judge(bench, text) is not None) is flows


@pytest.mark.parametrize("seed", range(5))
def test_lines_in_any_order(bench: Bench, seed: int):
    lines = FULL.splitlines()
    random.Random(seed).shuffle(lines)
    judge(bench, "\n".join(lines))
