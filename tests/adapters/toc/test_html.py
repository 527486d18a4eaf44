"""HTML as AIM has it, in and out, and commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.toc import decode, encode
from bridge import Kind, Mark, Span, normal, plain
from tests.adapters.toc.server import Shown, words

BOLD = frozenset({Mark.BOLD})


@pytest.mark.parametrize(
    ("html", "spans"),
    [
        ('<HTML><BODY BGCOLOR="#fff"><FONT FACE="Arial">hi</FONT></BODY></HTML>', [Span("hi")]),
        ("a<BR>b<br/>c", [Span("a\nb\nc")]),
        ("<b>x<I>y</b></i>z", [Span("x", BOLD), Span("y", BOLD | {Mark.ITALIC}), Span("z")]),
        ('<a href="https://example.org/?a=1&b">here</a>!',
         [Span("here", href="https://example.org/?a=1&b"), Span("!")]),
        ('<a href="javascript:x">no</a>', [Span("no")]),
        ("1 < 2 &amp;&lt;&#20320;&nope; &", [Span("1 < 2 &<你&nope; &")]),
        ("<!-- hidden -->seen", [Span("seen")]),
        ("</b></b><b>x", [Span("x", frozenset({Mark.BOLD}))]),
    ],
)  # fmt: skip
def test_what_is_written(html, spans):
    assert decode.content(html).spans == normal(tuple(spans))


def test_an_emote():
    assert decode.said("<FONT>/me waves</FONT>") == (plain("waves"), Kind.EMOTE)


@given(st.text())
def test_what_is_sent_is_what_is_shown(text):
    """By another reader of HTML, and behind another reader of commands."""
    text = text.replace("\r", "").replace("\0", "")
    _, _, html = words(encode.command("toc_chat_send", "1", encode.html(plain(text).spans))[:-1].decode())
    assert "".join(span.text for span in Shown(html).spans) == text
    assert decode.content(html).text == text


@given(st.text(alphabet='<>&;/ab"=# \n', max_size=200))
def test_nothing_raises(text):
    decode.said(text)


@pytest.mark.parametrize("part", ["<", "<a ", "&", "&#", "<b>", "<a href=", "<!--", "&amp", "<br>"])
def test_hostile_text_is_read_in_one_go(part):
    assert decode.content(part * (65_535 // len(part))).text.count("\n") in {0, 65_535 // 4}


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (b"CHAT_IN:1:Ann:F:a:b:c", ["CHAT_IN", "1", "Ann", "F", "a:b:c"]),
        (b"CHAT_IN_ENC:1:Ann:F:A:en:a:b\0", ["CHAT_IN_ENC", "1", "Ann", "F", "A", "en", "a:b"]),
        (b"ERROR:950:tea", ["ERROR", "950", "tea"]),
        (b"CHAT_JOIN", ["CHAT_JOIN", "", ""]),
    ],
)
def test_lines_of_a_server(line, fields):
    assert decode.fields(line) == fields
