"""Message styling, section by section of XEP-0393, and its properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.xmpp.text import styling
from bridge import Block, Mark, Span, normal
from tests.adapters.xmpp.contents import any_text, anything, expressible, signs

BOLD, ITALIC = frozenset({Mark.BOLD}), frozenset({Mark.ITALIC})
STRIKE, CODE = frozenset({Mark.STRIKE}), frozenset({Mark.CODE})


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a *b* c", (Span("a "), Span("b", BOLD), Span(" c"))),
        ("_b_", (Span("b", ITALIC),)),
        ("~b~", (Span("b", STRIKE),)),
        ("`b`", (Span("b", CODE),)),
        ("*two words*", (Span("two words", BOLD),)),
        ("*a _b_ c*", (Span("a ", BOLD), Span("b", BOLD | ITALIC), Span(" c", BOLD))),
        ("*_b_*", (Span("b", BOLD | ITALIC),)),
        ("`*b*`", (Span("*b*", CODE),)),
        ("*a*b*", (Span("a", BOLD), Span("b*"))),
    ],
)
def test_spans_are_read(text, spans):
    """XEP-0393 section 6 (Spans) and its table of directives."""
    assert styling.parse(text) == spans


@pytest.mark.parametrize(
    "text",
    [
        "a*b*c",
        "* a *",
        "*a",
        "a*",
        "**",
        "2 * 3 * 4",
        "*a *",
        "snake_case_name",
        "a\n*b\nc*",
        "<*a*>",
        "http://x/_a_",
        ">:( no",
        ">:-O",
    ],
)
def test_what_only_looks_like_a_span_stays_text(text):
    """XEP-0393 section 6.2 (Parsing): where directives may stand; spans do not cross lines."""
    assert styling.parse(text) == (Span(text),)
    assert not styling.is_styled(text)


def test_a_quotation_is_read():
    """XEP-0393 section 5.1.3 (Block Quotation): nested, leading spaces trimmed."""
    one, two = Block(quote=1), Block(quote=2)
    assert styling.parse("> a *b*\n>> c\nd") == (
        Span("a ", block=one), Span("b", BOLD, block=one), Span("\n", block=one),
        Span("c\n", block=two), Span("d"),
    )  # fmt: skip


def test_a_block_of_code_is_read():
    """XEP-0393 section 5.1.2 (Preformatted Text): nothing in it is styled; it may miss its end."""
    assert styling.parse("a\n```py\n*x*\n  y\n```\nb") == (
        Span("a\n"), Span("*x*\n  y\n", block=Block(code="py")), Span("b"),
    )  # fmt: skip
    assert styling.parse("```\nx") == (Span("x", block=Block(code="")),)


def test_a_block_of_code_ends_with_its_quotation():
    """XEP-0393 section 5.1.2: ... or the end of the parent block."""
    assert styling.parse("> ```\n> x\ny") == (Span("x\n", block=Block(quote=1, code="")), Span("y"))


def test_a_mark_within_a_word_is_dropped_and_nothing_else():
    """XEP-0393 section 6.2: a directive opens after a blank."""
    assert styling.build((Span("un"), Span("believ", BOLD), Span("able"))) == "unbelievable"


def test_blanks_at_the_edge_of_a_mark_go_outside():
    """XEP-0393 section 6.2: no blank behind the opening directive, none before the closing one."""
    assert styling.build((Span("a"), Span(" b ", BOLD), Span("c"))) == "a *b* c"


def test_signs_in_the_text_are_broken_beside_marks():
    """XEP-0393 section 6.2: what does not follow a blank opens nothing."""
    text = styling.build((Span("*a* "), Span("b", BOLD), Span(" _c_ d_e")))
    assert text == "\u2060*a* *b* \u2060_c_ d_e"
    assert "".join(span.text for span in styling.parse(text) if not span.marks) == "\u2060*a*  \u2060_c_ d_e"


@given(expressible)
def test_what_can_be_said_is_read_as_it_was_meant(content):
    """XEP-0393 as a whole, on what it can express."""
    assert styling.parse(styling.build(content.spans)) == content.spans


@given(anything)
def test_marks_are_dropped_rather_than_words_changed(content):
    """Whatever the content: no mark where none was, and the words are the same."""
    read = styling.parse(styling.build(content.spans))
    kept = "".join(span.text for span in content.spans)
    strip = str.maketrans({" ": None, "\n": None, "\u2060": None, "\t": None})
    if all(span.text.isprintable() or "\n" in span.text for span in content.spans):
        assert "".join(span.text for span in read).translate(strip) == kept.translate(strip)
    marked = {mark for span in content.spans for mark in span.marks}
    assert {mark for span in read for mark in span.marks} <= marked


@given(any_text | signs)
def test_reading_loses_no_words(text):
    """Whatever comes: the result is normal, and only directives have gone."""
    spans = styling.parse(text)
    assert normal(spans) == spans
    left = iter(text)
    assert all(letter in left for letter in "".join(span.text for span in spans))


@given(st.text("*_~`> a", max_size=400))
def test_reading_takes_no_long_time(text):
    """A long row of signs is read in time that grows with its length (the test's timeout says so)."""
    assert len("".join(span.text for span in styling.parse(text * 20))) <= len(text) * 20


def test_a_very_long_row_of_signs_is_read_at_once():
    assert styling.parse("*a " * 20_000) == (Span("*a " * 20_000),)
    assert styling.parse("*_~" * 4_000)
