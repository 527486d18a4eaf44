"""What a bridge.yaml says of lists."""

import pytest

from .fake_protocol import GOOD, Bench

LIST = """\
conversations:
  news:
    one: "#desk"
    announce: {announcers: ["one/ada"], quiet: "22:00-08:00", time_zone: Europe/Berlin}
"""


@pytest.fixture
def made():
    return GOOD[: GOOD.index("conversations:")] + LIST


def test_a_list_needs_one_room(bench: Bench, made):
    rules = bench.load(made).conversations["news"].announce
    assert rules is not None
    assert (rules.quiet, rules.approve_above, rules.try_for) == ("22:00-08:00", 100, 172_800.0)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("22:00-08:00", "22-8", "must be two times of day such as 22:00-08:00"),
        ("Europe/Berlin", "Berlin", "must be a time zone"),
        ("announcers", "anouncers", 'did you mean "announcers"?'),
        ("announce: {", "archive: {keep: 1y} #", "must join two rooms or more"),
    ],
)
def test_what_is_wrong_has_a_sentence(bench: Bench, made, old, new, problem):
    problems = bench.problems(made.replace(old, new))
    assert any(problem in sentence for sentence in problems), problems
