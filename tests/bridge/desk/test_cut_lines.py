"""The rest of a long line, which a client of an agent's cut in two, is no other visitor's."""

import pytest

from .shop import Shop

LONG = "x " * 190


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    shop.open("A?")
    shop.open("B?")
    shop.agent("anna", "!take 1")
    shop.agent("anna", "!take 2")
    yield shop
    shop.store.close()


@pytest.mark.parametrize("begun", ["!note 1 ", "// ", "1: "])
def test_the_rest_of_it_reaches_no_other_visitor(shop, begun):
    shop.agent("anna", begun + LONG)
    shop.agent("anna", LONG)
    shop.agent("anna", "a secret")
    assert shop.seen(2) == ["visitor: B?"]
    assert shop.told()[-1].startswith("Nobody was told that")


def test_the_rest_of_plain_words_goes_where_they_went(shop):
    shop.agent("anna", LONG)
    shop.agent("anna", "and more")
    assert shop.seen(2)[-1] == "agent: and more"


def test_the_rest_of_what_was_addressed_to_whom_they_talk_to_goes_there_too(shop):
    shop.agent("anna", f"2: {LONG}")
    shop.agent("anna", "and more")
    assert shop.seen(2)[-1] == "agent: and more"


def test_what_is_said_later_is_no_rest(shop):
    shop.agent("anna", f"!note 1 {LONG}")
    shop.clock.move(11)
    shop.agent("anna", "Hello")
    assert shop.seen(2)[-1] == "agent: Hello"
