"""What a room cannot carry becomes readable text; what is too long is split well."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.compose.fit import clean, degrade, next_part
from bridge.model import (
    Block,
    Capabilities,
    Content,
    Feature,
    Mark,
    Span,
    Unit,
    of_lines,
    plain,
)

BARE = Capabilities(text_limit=400, lines=False)
RICH = Capabilities(text_limit=400, marks=frozenset(Mark), features=frozenset(Feature), mark_cost=4)


def text_of(content, capabilities=BARE):
    return "".join(span.text for span in degrade(content, capabilities))


def parts(content, capabilities, prefix="<alice> "):
    spans, start, out = degrade(content, capabilities), 0, []
    while start is not None and (part := next_part(spans, start, prefix, capabilities)) is not None:
        assert part.end is None or part.end > start, "no progress"
        out.append(part.content)
        start = part.end
    return out


def test_a_quote_a_list_and_code_are_written_out():
    content = Content(
        of_lines(
            [
                (Block(quote=2), (Span("said"),)),
                (Block(item=0), (Span("tea"),)),
                (Block(item=3, indent=1), (Span("milk"),)),
                (Block(code="py"), (Span("x = 1"),)),
                (Block(quote=1, item=0), (Span("both"),)),
            ]
        )
    )
    assert text_of(content) == "> > said\n• tea\n  3. milk\nx = 1\n> • both"


def test_a_link_that_cannot_be_made_follows_its_text():
    site = Span("the site", href="https://example.org/")
    same = Span("https://example.org/", href="https://example.org/")
    mail = Span("ann@example.org", href="mailto:ann@example.org")
    assert text_of(Content((site,))) == "the site (https://example.org/)"
    assert text_of(Content((same,))) == "https://example.org/"
    assert text_of(Content((mail,))) == "ann@example.org"


def test_a_link_of_another_kind_is_only_its_text():
    assert degrade(Content((Span("x", href="javascript:alert(1)"),)), RICH) == (Span("x"),)
    assert degrade(Content((Span("x", href="https://a b"),)), RICH) == (Span("x"),)


def test_a_spoiler_that_cannot_be_hidden_is_announced():
    assert text_of(Content((Span("he dies", frozenset({Mark.SPOILER})),))) == "[spoiler: he dies]"


def test_nothing_in_a_text_acts():
    assert clean("a\r\nb\rc\u2028d\x00\x02\x1b[31m\u202ee\ud800\tf") == "a\nb\nc\nd[31me\tf"
    assert clean("👩‍💻 ok\u200d") == "👩‍💻 ok\u200d"


def test_blank_lines_are_not_sent_where_a_message_is_a_line():
    assert [part.text for part in parts(plain("\n\n a\n \n\n  b\n"), BARE)] == ["<alice>  a", "<alice>   b"]


def test_nothing_visible_is_nothing():
    assert parts(plain(" \n \n"), BARE) == []
    assert parts(plain(""), BARE) == []


def test_a_block_stands_below_the_name():
    content = Content((Span("x = 1", block=Block(code="")),))
    assert parts(content, RICH)[0].spans == (Span("<alice>\n"), Span("x = 1", block=Block(code="")))


def test_where_no_name_is_needed_a_list_stands_below_nothing():
    for content in (plain("1. one\n2. two"), Content((Span("code", block=Block(code="")),))):
        assert [part.text for part in parts(content, RICH, prefix="")] == [content.text]


def test_an_emoji_of_many_parts_is_never_cut():
    family = "👨‍👩‍👧‍👦"
    for part in parts(plain(family * 50), Capabilities(text_limit=60, lines=False), prefix=""):
        assert part.text.replace(family, "") == ""


def test_a_character_that_is_longer_than_a_line_does_not_stop_the_room():
    zalgo = "a" + "\u0301" * 500
    assert "".join(part.text for part in parts(plain(zalgo), Capabilities(text_limit=50), prefix="")) == zalgo


def spans():
    blocks = st.builds(
        Block,
        quote=st.integers(0, 2),
        code=st.sampled_from([None, "", "py"]),
        item=st.sampled_from([None, 0, 1]),
        indent=st.integers(0, 1),
    )
    return st.lists(
        st.builds(
            Span,
            st.text(max_size=60),
            st.frozensets(st.sampled_from(list(Mark)), max_size=2),
            st.sampled_from([None, "https://example.org/", "javascript:x"]),
            st.sampled_from([None, 0xFF0000]),
            st.none(),
            blocks,
        ),
        max_size=8,
    ).map(tuple)


@given(spans(), st.integers(40, 200), st.booleans(), st.sampled_from(list(Unit)), st.booleans())
def test_every_part_keeps_to_the_record_and_no_word_is_lost(spans, limit, one_line, unit, rich):
    capabilities = Capabilities(
        text_limit=limit,
        unit=unit,
        lines=not one_line,
        marks=frozenset(Mark) if rich else frozenset(),
        features=frozenset(Feature) if rich else frozenset(),
        mark_cost=3,
    )
    content = Content(spans)
    out = parts(content, capabilities, prefix="<al> ")
    for part in out:
        size = {
            Unit.BYTES: len(part.text.encode()),
            Unit.CODE_POINTS: len(part.text),
            Unit.UTF16: len(part.text.encode("utf-16-le")) // 2,
        }[unit]
        assert size + 3 * (len(part.spans) - 1) <= limit
        assert not (one_line and "\n" in part.text.removeprefix("<al>\n"))
        for span in part.spans:
            assert span.marks <= capabilities.marks
            assert clean(span.text) == span.text
    squeezed = "".join("".join(part.text.removeprefix("<al>") for part in out).split())
    assert squeezed == "".join("".join(s.text for s in degrade(content, capabilities)).split())
