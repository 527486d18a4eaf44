"""Saved answers at work."""

import os

import pytest
from pydantic import ValidationError

from bridge.desk import ChatState, DeskRules

from .shop import Shop

FILE = """\
sizes:
  en: They run small, {visitor|there}.
  zh: 偏小，{visitor}。
  also: [size, fit]
shipping: "{agent} ships {order} within two days."
"""


@pytest.fixture
def shop(tmp_path):
    file = tmp_path / "answers.yaml"
    file.write_text(FILE)
    shop = Shop(tmp_path, DeskRules(saved=file))
    shop.answers = file
    yield shop
    shop.store.close()


def told(shop, text: str) -> str:
    shop.agent("anna", text)
    return shop.told()[-1]


def test_an_agent_says_a_saved_answer(shop):
    number = shop.open("Hello")
    assert told(shop, f"!c {number} si") == "Said to 1 小红: They run small, 小红."
    assert shop.told()[-2] == "1 小红 is Anna's: what Anna says goes to them"
    assert shop.desk.chat(number).state is ChatState.TALKING
    shop.agent("anna", "！c sizes Which one is it?")
    assert shop.seen(number)[1:] == [
        "agent: They run small, 小红.",
        "agent: They run small, 小红. Which one is it?",
    ]


def test_in_the_visitors_language(shop):
    number = shop.open("你好", language="zh-CN")
    shop.agent("anna", f"!c {number} sizes")
    assert shop.seen(number)[1:] == ["agent: 偏小，小红。"]


def test_what_cannot_be_said_is_told_and_nobody_gets_it(shop):
    number = shop.open("Hello", name="")
    assert told(shop, f"!c {number} ship") == (
        "shipping needs {order}, which nobody knows of 1: say it in your own words"
    )
    assert told(shop, f"!c {number} s") == "There is no saved answer s, but sizes, shipping"
    assert told(shop, f"!c {number} xyz") == "There is no saved answer xyz: !canned finds some"
    assert shop.seen(number) == ["visitor: Hello"]
    assert shop.desk.chat(number).state is ChatState.WAITING
    other = shop.open("Hello", fields={"order": "A1\n7"})
    assert told(shop, f"!c {other} ship").endswith("Anna ships A1 7 within two days.")


def test_they_are_listed(shop):
    assert told(shop, "!canned") == (
        "!c sizes – They run small, {visitor|there}.\n!c shipping – {agent} ships {order} within two days."
    )
    assert told(shop, "!canned days") == "!c shipping – {agent} ships {order} within two days."
    assert told(shop, "!canned wool") == "No saved answer fits."


def test_the_file_is_read_when_it_changes(shop):
    number = shop.open("Hello")
    shop.answers.write_text(f"{FILE}wool: It is merino.\n")
    shop.desk.tick()
    shop.agent("anna", "!take 1")
    assert told(shop, f"!c {number} wool") == "Said to 1 小红: It is merino."
    shop.answers.write_text(f"{FILE}wool: [x\n")
    os.utime(shop.answers, (1, 1))
    shop.desk.tick()
    assert told(shop, f"!c {number} wool") == "Said to 1 小红: It is merino."
    assert told(shop, "!canned merino").startswith(
        f"The file has a mistake, so that what it said before counts: {shop.answers}:6:"
    )


def test_agents_are_told_once_what_fits(shop):
    number = shop.open("Which size?")
    assert shop.told()[-1] == "1 小红: try !c 1 sizes (They run small, 小红.)"
    before = len(shop.told())
    shop.says(number, "And that size?")
    assert len(shop.told()) == before + 1
    assert shop.seen(number) == ["visitor: Which size?", "visitor: And that size?"]
    shop.open("Hello, which size?")
    assert shop.told()[-1].startswith("2 小红: try !c 2 sizes")


def test_visitors_who_wait_are_told_where_the_owner_wants_that(shop):
    shop.desk.follow(shop.rules.model_copy(update={"suggest": "visitors"}))
    number = shop.open("Which size?")
    assert shop.seen(number) == ["visitor: Which size?", "desk: They run small, 小红."]
    assert shop.told()[-1] == "1 小红 sees the saved answer sizes: They run small, 小红."
    shop.says(number, "How many days does shipping take?")  # nobody knows their order
    assert shop.told()[-1] == "[1 小红] How many days does shipping take?"
    other = shop.open("Hello")
    shop.agent("anna", f"!take {other}")
    shop.says(other, "Which size?")
    assert shop.seen(other) == ["visitor: Hello", "visitor: Which size?"]
    shop.desk.follow(shop.rules.model_copy(update={"suggest": "off"}))
    before = len(shop.told())
    shop.open("Which size?")
    assert len(shop.told()) == before + 2


def test_a_desk_without_any(tmp_path):
    shop = Shop(tmp_path)
    number = shop.open("Which size?")
    assert told(shop, f"!c {number} sizes") == "This desk has no saved answers: its owner can add some."
    shop.store.close()


def test_mistakes_are_found_when_the_map_is_checked(tmp_path):
    file = tmp_path / "answers.yaml"
    DeskRules(saved=file)  # it is not there yet
    file.write_text("a: x {\nb: y }\n")
    with pytest.raises(ValidationError, match=r"answers\.yaml:1:4: a: has a { or } too many.*\(and 1 more\)"):
        DeskRules(saved=file)
