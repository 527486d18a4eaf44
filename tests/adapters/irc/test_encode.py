"""Commands to lines, and properties of both directions together."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.irc import Adapter, decode, encode
from adapters.irc.config import expansion
from adapters.irc.session import Session
from adapters.irc.wire.colours import PALETTE
from adapters.irc.wire.line import decode_text, line, parse
from bridge import Content, Kind, Mark, Rejected, RoomId, Span, normal, plain

from .harness import make

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
PLAIN_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40)
MARKS = st.frozensets(st.sampled_from(sorted(Mark)))
ENCODINGS = [
    "utf-8",
    "cp1252",
    "koi8-r",
    "shift_jis",
    "euc_kr",
    "gb18030",
    "big5",
    "iso2022_jp",
    "iso2022_kr",
    "hz",
]


def spans(text: st.SearchStrategy[str]) -> st.SearchStrategy[Content]:
    """Content that IRC can express: the colours of its palette, none on hidden text."""
    colour = st.none() | st.sampled_from(PALETTE)

    def span(text: str, marks: frozenset[Mark], colour: int | None) -> Span:
        return Span(text, marks, colour=None if Mark.SPOILER in marks else colour)

    return st.lists(st.builds(span, text, MARKS, colour), min_size=1, max_size=8).map(
        lambda parts: Content(normal(parts))
    )


def test_kinds() -> None:
    """RFC 2812 sections 3.3.1 and 3.3.2, CTCP ACTION (modern.ircdocs.horse/ctcp)."""
    content = Content((Span("a"), Span("b", frozenset({Mark.BOLD}))))
    assert encode.message("#c", content, Kind.TEXT) == b"PRIVMSG #c :a\x02b"
    assert encode.message("#c", content, Kind.NOTICE) == b"NOTICE #c :a\x02b"
    assert encode.message("#c", content, Kind.EMOTE) == b"PRIVMSG #c :\x01ACTION a\x02b\x01"


def test_codes() -> None:
    """modern.ircdocs.horse/formatting: a reset between marks, two digits of colour, a comma kept apart."""
    assert encode.body(Content((Span("x", frozenset({Mark.SPOILER})), Span("1")))) == "\x0301,01x\x0f1"
    assert encode.body(Content((Span(",5", colour=0xFF0000),))) == "\x0304\x02\x02,5"
    assert encode.body(Content((Span("5", colour=0xFE0102),))) == "\x03045"


def test_nothing_to_say_is_rejected() -> None:
    """modern.ircdocs.horse ERR_NOTEXTTOSEND: the server would refuse it."""
    for text in ("", " \n ", "\x02\x01"):
        with pytest.raises(Rejected):
            encode.message("#c", plain(text), Kind.TEXT)


@given(spans(PLAIN_TEXT))
def test_reading_gives_back_what_was_written(content: Content) -> None:
    """modern.ircdocs.horse/formatting. Left out: control characters, which text cannot carry; colours
    beside the palette, which become the nearest; colour on a spoiler, which is made of colours.
    """
    assert decode.content(encode.body(content)) == content


@given(spans(PLAIN_TEXT), st.sampled_from(Kind))
def test_a_line_reads_back_whole(content: Content, kind: Kind) -> None:
    """The whole way through bytes; text of spaces alone is refused."""
    if not content.text.strip():
        return
    raw = encode.message("#c", content, kind)
    session = Session("hubbub")
    session.serve([RoomId("#c")])
    event = decode.message(parse(":bob!b@h " + decode_text(raw, "utf-8")), session)
    assert event
    assert (event.kind, event.content) == (kind, content)


@given(spans(ANY_TEXT), st.sampled_from(Kind), st.sampled_from(ENCODINGS))
def test_any_text_is_one_command(content: Content, kind: Kind, encoding: str) -> None:
    """RFC 2812 section 2.3: CR, LF and NUL end a line or break it; a user's text holds none of them,
    no formatting of its own and no CTCP.
    """
    try:
        raw = encode.message("#c", content, kind, encoding)
    except Rejected:
        return
    assert not set(raw) & set(b"\r\n\0")
    assert raw.startswith(b"NOTICE #c :" if kind is Kind.NOTICE else b"PRIVMSG #c :")
    assert raw.count(b"\x01") == (2 if kind is Kind.EMOTE else 0)


@given(ANY_TEXT)
def test_plain_text_makes_no_codes(text: str) -> None:
    """modern.ircdocs.horse/formatting: codes come from marks alone."""
    body = encode.body(plain(text))
    assert all(letter == "\t" or ord(letter) >= 32 for letter in body)
    assert "\x7f" not in body


@given(st.lists(ANY_TEXT, min_size=1, max_size=4), st.none() | ANY_TEXT)
def test_no_parameter_makes_two(params: list[str], trailing: str | None) -> None:
    """RFC 2812 section 2.3.1: parameters hold no space and do not begin with a colon."""
    try:
        raw = line("JOIN", *params, trailing=trailing)
    except ValueError:
        return
    assert not set(raw) & set(b"\r\n\0")
    if all(param.isprintable() for param in params):
        assert len(raw.partition(b" :")[0].split(b" ")) == 1 + len(params)


@given(spans(PLAIN_TEXT), st.sampled_from(Kind))
def test_what_fits_the_record_fits_a_line(content: Content, kind: Kind) -> None:
    """RFC 2812 section 2.3: 512 bytes with CR LF and the prefix that the server adds."""
    if not content.text.strip():
        return
    adapter = make(6667)
    adapter._session.learn("hubbub!~user@a.host.example")
    record = adapter.capabilities(RoomId("#c"))
    limit = record.text_limit
    # the longest that the record allows: grow the last span until the record is full
    spent = sum(len(span.text.encode()) + record.mark_cost for span in content.spans)
    if spent < limit:
        last = content.spans[-1]
        content = Content(
            (*content.spans[:-1], Span(last.text + "x" * (limit - spent), last.marks, colour=last.colour))
        )
    elif spent > limit:
        return
    raw = encode.message("#c", content, kind)
    assert len(b":hubbub!~user@a.host.example " + raw + b"\r\n") <= 512


@given(st.text(max_size=60), st.sampled_from(ENCODINGS))
def test_legacy_encodings_grow_no_more_than_allowed(text: str, encoding: str) -> None:
    """The record counts UTF-8; another encoding stays within the factor that config names."""
    written = text.encode("utf-8", "replace")
    # a stateful encoding ends with a change of state even for one letter
    assert len(text.encode(encoding, "replace")) <= expansion(encoding) * len(written) + 8


def test_every_encoding_that_config_takes_is_known() -> None:
    """The factor above was tried for each kind of encoding that the standard library has."""
    assert [expansion(name) for name in ENCODINGS] == [1, 1, 1, 2, 2, 2, 2, 4, 4, 4]
    assert all(codecs.lookup(name) for name in ENCODINGS)


@pytest.mark.parametrize("text", ["#Lobby", "&local", "+modeless", "!ABCDEchan", "#a:b", "##C", "#ÄÖ"])
def test_rooms(text: str) -> None:
    """RFC 2812 section 1.3: channel names; lower case of ASCII alone."""
    assert Adapter.room_id(text) == "".join(c.lower() if c.isascii() else c for c in text)


@pytest.mark.parametrize(
    "text", ["", "lobby", "#", "#a b", "#a,b", "#a\r\nQUIT", "#a\x07", "#" + "a" * 200, "@#a", "bob"]
)
def test_no_rooms(text: str) -> None:
    """RFC 2812 section 1.3: what cannot be a channel, with a sentence."""
    with pytest.raises(ValueError, match="is not an IRC channel"):
        Adapter.room_id(text)


CODE = frozenset({Mark.CODE})


@pytest.mark.parametrize(
    ("spans", "text"),
    [
        ([Span("run "), Span("make check", CODE), Span(" now")], "run `make check` now"),
        ([Span("a`b", CODE)], "`` a`b ``"),
        ([Span("x", CODE | {Mark.BOLD})], "\x02`x`"),
        ([Span(" ", CODE), Span("y")], " y"),
        ([Span("no code")], "no code"),
    ],
)
def test_code_in_backticks(spans: list[Span], text: str) -> None:
    """`code: backticks`: as people type it, for clients that show 0x11 as something else."""
    raw = encode.message("#c", Content(tuple(spans)), Kind.TEXT, backticks=True)
    assert raw == b"PRIVMSG #c :" + text.encode()


@given(st.lists(st.tuples(st.text("a`é ", min_size=1), st.booleans()), min_size=1))
def test_backticks_take_no_more_than_the_record_says(parts: list[tuple[str, bool]]) -> None:
    spans = tuple(Span(text, CODE if code else frozenset()) for text, code in parts)
    words = sum(len(text.encode()) for text, _ in parts)
    body = encode.body(encode._in_backticks(Content(spans)))
    assert len(body.encode()) <= words + len(parts) * encode.BACKTICKS_COST
