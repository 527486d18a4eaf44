"""Content is taken apart into lines, cut and put together without losing a character or a mark."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.model import PLAIN, Block, Content, Mark, Span, by_author, cut, lines, normal, of_lines, plain

BOLD = frozenset({Mark.BOLD})

blocks = st.builds(
    Block,
    quote=st.integers(0, 2),
    code=st.sampled_from([None, "", "py"]),
    item=st.sampled_from([None, 0, 1]),
    indent=st.integers(0, 1),
)
contents = st.lists(
    st.builds(Span, st.text("ab \n", max_size=8), st.sampled_from([frozenset(), BOLD]), block=blocks),
    max_size=8,
).map(tuple)


def test_lines_of_plain_text():
    assert list(lines(plain("one\n\ntwo").spans)) == [
        (PLAIN, (Span("one"),)),
        (PLAIN, ()),
        (PLAIN, (Span("two"),)),
    ]


def test_a_line_has_the_block_of_its_newline_when_it_is_empty():
    quote = Block(quote=1)
    spans = of_lines([(quote, (Span("a"),)), (PLAIN, ()), (PLAIN, (Span("b"),))])
    assert list(lines(spans)) == [
        (quote, (Span("a", block=quote),)),
        (PLAIN, ()),
        (PLAIN, (Span("b"),)),
    ]


def test_a_change_of_block_begins_a_line():
    quote = Span("said", block=Block(quote=1))
    assert list(lines((quote, Span("answer")))) == [(quote.block, (quote,)), (PLAIN, (Span("answer"),))]


def test_equal_neighbours_are_one():
    assert normal((Span("a"), Span(""), Span("b"), Span("c", BOLD), Span("d", BOLD))) == (
        Span("ab"),
        Span("cd", BOLD),
    )


@given(contents)
def test_putting_lines_together_is_the_inverse_of_taking_them_apart(spans):
    taken_apart = [(block, normal(line)) for block, line in lines(spans)]
    while taken_apart and not taken_apart[-1][1]:
        taken_apart.pop()  # a newline at the very end begins no line
    assert list(lines(of_lines(taken_apart))) == taken_apart


@given(contents, st.integers(0, 70), st.integers(0, 70))
def test_a_cut_takes_the_characters_from_start_to_end(spans, start, end):
    assert Content(cut(spans, start, end)).text == Content(spans).text[start : max(start, end)]
    assert normal((*cut(spans, 0, start), *cut(spans, start))) == normal(spans)


def test_a_name_that_an_author_chose_is_bound_to_them():
    assert by_author("alice", "1") != by_author("bob", "1")
