"""Saved answers: the owner's file, what is found in it, and what is suggested."""

import re
import textwrap
from contextvars import copy_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.desk.saved import Matcher, SavedAnswers, SavedFile, filled, read_answers
from bridge.errors import ConfigError
from bridge.whose import keys_of, log_for

SHOP = """\
sizes:
  en: Our sweaters run small. Take one size more.
  de: Unsere Pullover fallen klein aus.
  zh: 我们的毛衣偏小，请选大一号。
  also: [size, fit, Größe, 尺码]
shipping:
  en: We ship within two days. Parcels take three days in Germany.
  zh-TW: 兩天內出貨。
returns: Send it back within 30 days, {visitor|dear customer}. The label is at {page}.
hello:
  en: Hello {visitor|there}, I am {agent}.
  also: hi
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.yaml"


def read(file: Path, text: str, fields=None) -> SavedAnswers:
    file.write_text(text)
    return read_answers(file, fields)


def wrong(file: Path, text: str, fields=None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(file, text, fields)
    return [problem.removeprefix(str(file)) for problem in caught.value.problems]


def test_answers_in_languages(file):
    answers = read(file, SHOP)
    assert [answer.key for answer in answers] == ["sizes", "shipping", "returns", "hello"]
    sizes, shipping = answers.find("sizes"), answers.find("shipping")
    assert sizes.text(["zh-CN"]).startswith("我们")
    assert sizes.text(["fr", "de-AT"]).startswith("Unsere")
    assert sizes.text(["fr"]).startswith("Our")
    assert shipping.text(["zh-TW"]).startswith("兩天")
    assert shipping.text(["zh"]).startswith("We")
    assert answers.find("RETURNS").text([]).startswith("Send")


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("si", "sizes"),
        ("SIZES", "sizes"),
        ("h", "hello"),
        ("s", ["sizes", "shipping"]),
        ("sises", ["sizes"]),
        ("retrun", ["returns"]),
        ("xyz", []),
        ("", ["sizes", "shipping", "returns", "hello"]),
    ],
)
def test_a_key_is_found_by_its_beginning_or_named_when_it_is_near(file, key, found):
    given_ = read(file, SHOP).find(key)
    assert found == (given_.key if isinstance(found, str) else list(given_))


def test_those_with_a_word(file):
    answers = read(file, SHOP)
    assert [answer.key for answer in answers.having("PARCELS")] == ["shipping"]
    assert [answer.key for answer in answers.having("")] == ["sizes", "shipping", "returns", "hello"]
    assert answers.having("sweatshirt") == []


def test_a_table(tmp_path):
    comma, semicolon = tmp_path / "answers.csv", tmp_path / "other.csv"
    comma.write_text(
        'key,text,language,also\nsizes,"They run small, {visitor}",en,"size, fit"\nsizes,尺码偏小,zh,尺码\n'
        '\nlong,"two\nlines",,\n'
    )
    answers = read_answers(comma)
    assert dict(answers.by_key["sizes"].texts) == {"en": "They run small, {visitor}", "zh": "尺码偏小"}
    assert answers.by_key["sizes"].also == ("size", "fit", "尺码")
    assert answers.by_key["long"].text([]) == "two\nlines"
    semicolon.write_bytes("\ufeffKey;Text\r\nmaße;Fällt klein aus, leider\r\n".encode())
    assert read_answers(semicolon).by_key["masse"].text([]) == "Fällt klein aus, leider"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- sizes\n", ":1:1: must be a mapping of keys to answers: `sizes: They run small.`"),
        ("a: b\ntwo words: x\n", ':2:1: "two words": a key must be one word'),
        ('"12": x\n', ":1:1: 12: a key must have a letter in it: a number is a chat's"),
        ("sizes: x\nSizes: y\n", ":2:1: Sizes: is there twice: sizes is the same key"),
        ("sizes:\n  english!: x\n", ':2:13: sizes: "english!" is no language'),
        ("sizes:\n", ":1:7: sizes: must be text"),
        ("sizes: {en: ''}\n", ":1:13: sizes: has no text"),
        ("sizes:\n  also: [size]\n", ":2:3: sizes: has no text"),
        ("sizes: x {\n", ":1:8: sizes: has a { or } too many"),
        ("sizes: x {} y\n", ":1:8: sizes: has braces with no name"),
        ("sizes: x {visitor!r}\n", ":1:8: sizes: has braces with no name"),
        ("sizes: for {vistor} of {order}\n", ":1:8: sizes: knows no {vistor}; did you mean {visitor}?"),
        ("sizes: |\n  a\n  \x1b[31m\n", "the character U+001B cannot stand in YAML"),
        ("sizes: a: b\n", ":1:9: a colon cannot stand here"),
    ],
)
def test_mistakes_have_their_places(file, text, problem):
    found = wrong(file, text, ["order"])
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("key,txt\na,b\n", ':1:2: unknown column "txt"; did you mean "text"?'),
        ("text\nb\n", ":1:1: the first line names the columns: key and text; key is missing"),
        ('key,text\na,"b\nc"\n,d\n', ":4:1: a key must be one word"),
        ("key,text\na,b\na,c\n", ":3:1: a: is there twice in one language"),
        ("key,text\na\n", ":2:1: a: has no text"),
        ('key,text\na,"b\n', "is no table: unexpected end of data"),
        ("key,text,language\na,b,x!\n", ':2:1: a: "x!" is no language'),
    ],
)
def test_mistakes_of_a_table_have_their_lines(tmp_path, text, problem):
    found = wrong(tmp_path / "answers.csv", text)
    assert problem in found[0]


def test_a_file_that_is_empty_has_no_answers(file):
    assert len(read(file, "\n")) == 0


def test_names_are_filled_in():
    text = "Hi {visitor|there}, your {order} is {{here}}: {page}"
    values = {"visitor": "小红 {agent}", "order": "A1", "page": "https://x"}
    assert filled(text, values) == ("Hi 小红 {agent}, your A1 is {here}: https://x", ())
    assert filled(text, {"visitor": "", "page": "p"}) == ("Hi there, your  is {here}: p", ("order",))


@given(st.text(), st.text())
def test_what_a_visitor_is_called_is_never_read_as_a_name(name, page):
    assert filled("{visitor|}: {page|}", {"visitor": name, "page": page})[0] == f"{name}: {page}"


def look(saved):
    """Look as the desk does, in a task of its network."""

    def as_shop():
        log_for("shop")
        saved.look("sales")

    copy_context().run(as_shop)


def test_the_file_is_read_when_it_changes_and_not_while_it_has_mistakes(file, caplog):
    saved = SavedFile(file)
    look(saved)  # it is not there yet
    assert len(saved.answers) == 0
    assert "there is no such file" in saved.problems[0]
    file.write_text("sizes: small\n")
    look(saved)
    assert len(saved.answers) == 1
    assert saved.problems == ()
    file.write_text("sizes: small\nother: {\n")
    look(saved)
    assert len(saved.answers) == 1
    assert saved.problems[0].startswith(f"{file}:2:")
    assert keys_of(caplog.records[-1]) == {"network": "shop", "room": "sales"}
    caplog.clear()
    look(saved)
    assert caplog.text == ""  # it is told once
    file.write_text("sizes: small\nother: x\n")
    look(saved)
    assert len(saved.answers) == 2
    assert saved.matcher.suggest("other") is saved.answers.find("other")


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("Which size should I take?", "sizes"),
        ("Welche Größe brauche ich?", "sizes"),
        ("这件毛衣的尺码怎么选？", "sizes"),
        ("does it fit well", "sizes"),
        ("How long do parcels take to Germany", "shipping"),
        ("I want to return it", "returns"),
        ("hi", "hello"),
        ("Is this wool?", None),
        ("Do you have customers in Germany?", None),
        ("the and of", None),
        ("", None),
        ("What about shipping and returns?", None),  # two fit
    ],
)
def test_what_fits_is_suggested(file, said, fits):
    found = Matcher(read(file, SHOP)).suggest(said)
    assert (found.key if found else None) == fits


def test_what_the_page_shows_can_be_read(tmp_path):
    page = (Path(__file__).parents[3] / "docs/desks.md").read_text()
    for ending, first, number in (("yaml", "sizes:", 3), ("csv", "key,text", 1)):
        shown = re.search(rf"^    {first}.*\n(?:    .*\n)+", page, re.MULTILINE)
        file = tmp_path / f"answers.{ending}"
        file.write_text(textwrap.dedent(shown[0]))
        assert len(read_answers(file, ["order"])) == number
