"""What is said of an edit where nothing can be edited."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge import Block, Content, Mark, Span, plain
from bridge.compose.correction import correction

BOLD = frozenset({Mark.BOLD})
WORDS = st.sampled_from(
    ["a", "I", "am", "here.", "now", "Brücke", "what?", "…", "中文。", "longer-words", "5"]
)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", "  ", "\n", "\t"])), max_size=30).map(
    lambda parts: "".join(word + gap for word, gap in parts)
) | st.text(max_size=60)
MARKS = st.sampled_from([frozenset[Mark](), BOLD])
BLOCKS = st.sampled_from([Block(), Block(quote=1), Block(code="")])
CONTENTS = st.lists(st.builds(Span, TEXTS, MARKS, block=BLOCKS), max_size=4).map(
    lambda spans: Content(tuple(spans))
)


def said(old: str | None, new: str) -> str:
    return correction(None if old is None else plain(old), plain(new)).text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Die Brüke ist offen", "Die Brücke ist offen", "*Brücke"),
        ("helo", "hello", "*hello"),
        ("see you there at 5 tomorrow", "see you there at 6 tomorrow", "*at 6 tomorrow"),
        ("I do think that this is so", "I do not think that this is so", "*do not think"),
        ("come home now, please, we wait", "come home, please, we wait", "*come home, please, we wait"),
        ("One. I am heer now. Three and four.", "One. I am here now. Three and four.", "*here"),
        (
            "It is late. I go to bed. Sleep well and see you tomorrow.",
            "It is late. We all stay up. Sleep well and see you tomorrow.",
            "*We all stay up.",
        ),
        (
            "It is late. I do not go to bed. Sleep well and see you tomorrow.",
            "It is late. I go to bed. Sleep well and see you tomorrow.",
            "*I go to bed.",
        ),
        ("First this. Then that. Done.", "First this. Done.", "*First this. Done."),
        ("one\ntwo\nthree and some more", "one\n2\nthree and some more", "*2"),
        ("quite another thing", "now we talk of this", "*now we talk of this"),
        (None, "  who knows what that was\n", "*who knows what that was"),
        ("", "now there is text", "*now there is text"),
    ],
)
def test_as_a_person_would_say_it(old: str | None, new: str, told: str) -> None:
    """A word or two, a sentence, or all of it."""
    assert said(old, new) == told


@pytest.mark.parametrize("new", ["same words", " same  words\n", "", " \n"])
def test_nothing_to_say(new: str) -> None:
    """No other word, or none at all."""
    assert correction(plain("same words"), plain(new)) == Content()


def test_formatting_stays() -> None:
    """On a word, and on everything; a word is no quotation, all of a quotation is one."""
    new = Content((Span("Die "), Span("Brücke", BOLD), Span(" ist offen")))
    assert correction(plain("Die Brüke ist offen"), new).spans == (Span("*"), Span("Brücke", BOLD))
    assert correction(None, new).spans == (Span("*"), *new.spans)
    quote = Block(quote=1)
    new = Content((Span("Die Brücke ist offen", block=quote),))
    assert correction(plain("Die Brüke ist offen"), new) == Content((Span("*"), Span("Brücke")))
    assert correction(None, new) == Content((Span("*", block=quote), *new.spans))


def test_of_code_the_line() -> None:
    """It stays code."""
    code = Block(code="")
    new = Content((Span("Look:\n"), Span("a = 1\n    b = 3\nc = 4\n", block=code)))
    old = plain(new.text.replace("3", "2"))
    assert correction(old, new).spans == (Span("*", block=code), Span("b = 3", block=code))


@given(st.none() | CONTENTS, CONTENTS)
@example(plain("well a a a am "), plain("well a\na am "))
def test_what_always_holds(old: Content | None, new: Content) -> None:
    """Something for other words and nothing for the same; out of the new text, and no longer."""
    told = correction(old, new).text
    changed = old is None or old.text.split() != new.text.split()
    assert bool(told) == (changed and bool(new.text.split()))
    assert told[:1] in {"", "*"}
    assert told[1:] in new.text
    assert told[1:] == told[1:].strip()
    assert all(word in new.text.split() for word in told[1:].split())


@given(CONTENTS)
def test_the_same_again_is_nothing(content: Content) -> None:
    """Whatever it is."""
    assert correction(content, content) == Content()
