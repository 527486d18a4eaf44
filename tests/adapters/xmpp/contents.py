"""Contents as hypothesis makes them: any text, and what the wire of XMPP can express."""

from hypothesis import strategies as st

from bridge import Block, Content, Mark, Span, normal, of_lines

any_text = st.text(st.characters(), max_size=60)
signs = st.text(st.sampled_from("*_~`> \n\tab/me\u2060&<"), max_size=30)
words = st.text(st.sampled_from("abcé😀.,<&'\"-"), min_size=1, max_size=8)
marks = st.frozensets(st.sampled_from([Mark.BOLD, Mark.ITALIC, Mark.STRIKE]), max_size=3)
spans = st.builds(
    Span,
    any_text | signs,
    st.frozensets(st.sampled_from(list(Mark)), max_size=3),
    block=st.builds(
        Block,
        quote=st.integers(0, 10),
        code=st.none() | st.sampled_from(["", "python", "a b", "```"]),
        item=st.none() | st.integers(0, 3),
    ),
)
anything = st.builds(lambda found: Content(tuple(found)), st.lists(spans, max_size=6))


def _line(parts: list[tuple[str, frozenset[Mark]]], block: Block) -> tuple[Block, tuple[Span, ...]]:
    if block.code is not None:
        return block, (Span(" ".join(text for text, _ in parts), block=block),)
    out = []
    for text, found in parts:
        out += [Span(" ", block=block), Span(text, found, block=block)]
    return block, tuple(out[1:])


_blocks = st.sampled_from([Block(), Block(quote=1), Block(quote=3), Block(code=""), Block(code="py")])
_parts = st.lists(
    st.tuples(words, marks | st.just(frozenset({Mark.CODE}))).filter(lambda part: part[0].strip()),
    min_size=1,
    max_size=5,
)
expressible = st.lists(st.builds(_line, _parts, _blocks), min_size=1, max_size=5).map(
    lambda found: Content(normal(of_lines(found)))
)
"""What styling can say: marks over whole words without signs in them, blank lines left out, and no two
blocks of code in a row (they would be read as one or end early)."""
