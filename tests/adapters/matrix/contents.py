"""Content for property tests."""

from hypothesis import strategies as st

from adapters.matrix.html import linkable, mentioned
from bridge import Block, Content, Mark, Span, of_lines

_SIGNS = st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\n\r")
words = st.text(_SIGNS, min_size=1, max_size=20)
"""One line's worth of anything that a person may write."""

visible = words.filter(lambda text: bool(text.strip()))
"""A line of spaces alone between two blocks is nothing to HTML."""

links = st.one_of(
    st.none(),
    st.sampled_from(["https://example.org/?a=1&b=\"'<>", "mailto:a@b.example", "xmpp:room@muc.example?join"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=("Cc", "Zs"))).map(
        lambda path: "https://example.org/" + path
    ),
).filter(lambda href: href is None or (linkable(href) and mentioned(href) is None))

mentions = st.one_of(
    st.none(), st.none(), st.sampled_from(["@alice:example.org", "@a=+-._/b:[::1]:80", "@é:x.org"])
).filter(lambda user: user is None or "/" not in user)

spans = st.builds(
    lambda text, marks, target, colour: Span(
        text, marks, target[0] if target[1] is None else None, colour, target[1]
    ),
    visible,
    st.frozensets(st.sampled_from(list(Mark))),
    st.tuples(links, mentions),
    st.one_of(st.none(), st.integers(0, 0xFFFFFF)),
)

languages = st.sampled_from(["", "py", "c++", "a\"b<'&"])

blocks = st.one_of(
    st.just(Block()),
    st.builds(
        lambda quote, code, item, indent: Block(quote, code, item, indent if item is not None else 0),
        st.integers(0, 4),
        st.one_of(st.none(), languages),
        st.one_of(st.none(), st.integers(0, 12)),
        st.integers(0, 4),
    ),
)


@st.composite
def _lines(draw):
    block = draw(blocks)
    if block.code is not None:
        text = draw(st.one_of(visible, st.just("")))
        return block, (Span(text, block=block),) if text else ()
    return block, tuple(draw(st.lists(spans, max_size=4)))


def _rich(parts):
    while parts and not parts[-1][1]:
        parts.pop()  # the last line ends without a newline: an empty one would not be there
    return Content(of_lines(parts))


rich = st.lists(_lines(), max_size=8).map(_rich)
"""Content with every mark and feature that the capabilities claim, in normal form."""
