"""What agents' lines mean."""

import pytest

from bridge.desk.lines import AgentAside, AgentCommand, AgentWords, leading_number, read_line
from bridge.model import Content, Span, UserId, plain


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("It is red.", AgentWords("It is red.")),
        ("12: It is red.", AgentWords("It is red.", 12)),
        ("12, it is red", AgentWords("12, it is red", perhaps=12)),
        ("12，it is red", AgentWords("12，it is red", perhaps=12)),
        ("12, !close", AgentCommand("close", "", 12)),
        ("12, // odd", AgentAside("odd")),
        ("@12, it is red", AgentWords("it is red", 12)),
        ("@12 it is red", AgentWords("it is red", 12)),
        ("@12: it is red", AgentWords("it is red", 12)),
        ("12：好的", AgentWords("好的", 12)),
        ("12 : well\nyes", AgentWords("well\nyes", 12)),
        ("12:30 is fine", AgentWords("12:30 is fine")),
        ("1,5 kg", AgentWords("1,5 kg")),
        ("12 of them", AgentWords("12 of them")),
        ("12", AgentWords("12")),
        ("!take 12", AgentCommand("take", "12")),
        ("！take 12", AgentCommand("take", "12")),
        ("!TAKE", AgentCommand("take", "")),
        ("12: !close", AgentCommand("close", "", 12)),
        ("_12_bea: it is red", AgentWords("it is red", 12)),
        ("@_12, it is red", AgentWords("it is red", 12)),
        ("_1: !note odd", AgentCommand("note", "odd", 1)),
        ("_bea: it is red", AgentWords("_bea: it is red")),
        ("!note 12 a\nb", AgentCommand("note", "12 a\nb")),
        ("!noet 12 a", AgentCommand("noet", "12 a")),
        ("!!!", AgentWords("!!!")),
        ("// he is odd", AgentAside("he is odd")),
        ("/ he is odd", AgentAside("he is odd")),
        ("12: // he is odd", AgentAside("he is odd")),
        ("／／ 他很奇怪", AgentAside("他很奇怪")),
        ("/help/sizes", AgentWords("/help/sizes")),
        ("  !note odd", AgentCommand("note", "odd")),
        ("\u200b!note odd", AgentCommand("note", "odd")),
        ("\u2060// odd", AgentAside("odd")),
        ("12: \u200b!note odd", AgentCommand("note", "odd", 12)),
        ("\ufeff12: hello", AgentWords("hello", 12)),
    ],
)
def test_what_a_line_means(text: str, means: object):
    assert read_line(plain(text)) == means


def test_a_mention_of_a_visitor_addresses_them():
    said = Content((Span("12 小红", mention=UserId("12")), Span(": it is red")))
    assert read_line(said) == AgentWords("it is red", 12)
    said = Content((Span("Anna", mention=UserId("irc/anna")), Span(": it is red")))
    assert read_line(said) == AgentWords("Anna: it is red")


def test_a_link_keeps_its_address():
    said = Content((Span("See "), Span("the sizes", href="https://shop.example/sizes"), Span(".")))
    assert read_line(said) == AgentWords("See the sizes (https://shop.example/sizes).")
    bare = Content((Span("https://shop.example", href="https://shop.example"),))
    assert read_line(bare) == AgentWords("https://shop.example")


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("12 Anna", (12, "Anna")),
        ("#12", (12, "")),
        ("12: x", (12, "x")),
        ("2h x", (None, "2h x")),
        ("", (None, "")),
    ],
)
def test_the_number_that_words_begin_with(words: str, number: tuple[int | None, str]):
    assert leading_number(words) == number
