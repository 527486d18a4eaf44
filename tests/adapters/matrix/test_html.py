"""Formatted text to spans (client-server API, "m.room.message msgtypes")."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.html import linkable, mentioned, parse
from adapters.matrix.html.scan import Tag, scan
from bridge import Block, Mark, Span, UserId, lines

BOLD, ITALIC, UNDERLINE, STRIKE = Mark.BOLD, Mark.ITALIC, Mark.UNDERLINE, Mark.STRIKE


def marked(text, *marks, **rest):
    return Span(text, frozenset(marks), **rest)


@pytest.mark.parametrize(
    ("source", "spans"),
    [
        ("<b>a</b><strong>b</strong>", (marked("ab", BOLD),)),
        ("<i>a</i><em>b</em>", (marked("ab", ITALIC),)),
        ("<u>a</u>", (marked("a", UNDERLINE),)),
        ("<s>a</s><del>b</del><strike>c</strike>", (marked("abc", STRIKE),)),
        ("<code>a</code>", (marked("a", Mark.CODE),)),
        ("<b>a<i>b</i></b>", (marked("a", BOLD), marked("b", BOLD, ITALIC))),
        ("<B>a</B >b", (marked("a", BOLD), Span("b"))),
        ("<h2>Title</h2>text", (marked("Title", BOLD), Span("\ntext"))),
        ("<span data-mx-spoiler>x</span>", (marked("x", Mark.SPOILER),)),
        ('<span data-mx-spoiler="why">x</span>', (Span("(why) "), marked("x", Mark.SPOILER))),
        ('<font color="#ff0000">x</font>', (Span("x", colour=0xFF0000),)),
        ('<span data-mx-color="#00FF00">x</span>', (Span("x", colour=0x00FF00),)),
        ('<font color="red">x</font>', (Span("x"),)),
        ('<a href="https://a.example/?b=1&amp;c">x</a>', (Span("x", href="https://a.example/?b=1&c"),)),
        ('<a href="javascript:alert(1)">x</a>', (Span("x"),)),
        ("a<br>b<br/>c", (Span("a\nb\nc"),)),
        ("<p>a</p><p>b</p>", (Span("a\n\nb"),)),
        ("<p>a\nb</p>\n<p>c</p>\n", (Span("a b\n\nc"),)),
        ("<div>a</div><div>b</div>", (Span("a\nb"),)),
        ("a &lt;b&gt; &amp; &#x1F44B; &nosuch;", (Span("a <b> & 👋 &nosuch;"),)),
        ('<img src="mxc://a/b" alt=":cat:" data-mx-emoticon>', (Span(":cat:"),)),
        ('<img src="mxc://a/b" title="a cat">', (Span("a cat"),)),
        ("<details><summary>s</summary>t</details>", (Span("s\nt"),)),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", (Span("a | b\nc"),)),
        (
            "<table>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr></table>",
            (marked("a", BOLD), Span(" | "), marked("b", BOLD)),
        ),
        ('<a href="https://h/x"></a>', (Span("https://h/x", href="https://h/x"),)),
        (
            '<mx-reply><a href="https://h/x">t</a></mx-reply><a href="javascript:x"></a>b',
            (Span("b"),),
        ),
        ("10<sup>6</sup> H<sub>2</sub>O", (Span("10^6 H2O"),)),
        (
            '<a href="https://matrix.to/#/@b:s"></a>: hi',
            (Span("@b:s", mention=UserId("@b:s")), Span(": hi")),
        ),
        ("<unknown>text</unknown><x-y z='1'>more</x-y>", (Span("textmore"),)),
        ("<script>alert(1)</script>a<style>b{}</STYLE>c", (Span("ac"),)),
        ("a<!-- comment <b> -->b<!doctype html>c<?pi?>d", (Span("abcd"),)),
        ("1 < 2 > 0 <3 </>", (Span("1 < 2 > 0 <3 </>"),)),
        ("</b>a</i>", (Span("a"),)),
        ("<b>a", (marked("a", BOLD),)),
        ("", ()),
        ("<p> </p>", ()),
    ],
)
def test_inline(source, spans):
    """Section "m.room.message msgtypes": the permitted tags; of others the text remains."""
    assert parse(source) == spans


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("<blockquote>a</blockquote>b", [(Block(quote=1), "a"), (Block(), "b")]),
        (
            "<blockquote><p>a</p>\n<blockquote>b</blockquote></blockquote>",
            [(Block(quote=1), "a"), (Block(quote=2), "b")],
        ),
        ("<ul>\n<li>a</li>\n<li>b</li></ul>c", [(Block(item=0), "a"), (Block(item=0), "b"), (Block(), "c")]),
        ('<ol start="3"><li>a<li>b</ol>', [(Block(item=3), "a"), (Block(item=4), "b")]),
        ('<ol start="0"><li>a</ol>', [(Block(item=1), "a")]),
        ('<ol start="99999999999999999999"><li>a</ol>', [(Block(item=1), "a")]),
        (
            "<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>",
            [(Block(item=0), "a"), (Block(item=1, indent=1), "b"), (Block(item=0), "c")],
        ),
        ("<ul><li><p>a</p></li> <li> <p>b</p><p>c</p></li></ul>", [
            (Block(item=0), "a"), (Block(item=0), "b"), (Block(), "c"),
        ]),
        ("<ul><li>a<br>b</li></ul>", [(Block(item=0), "a"), (Block(), "b")]),
        (
            "<blockquote><ul><li>a</li></ul></blockquote>",
            [(Block(quote=1, item=0), "a")],
        ),
        (
            '<pre><code class="language-py">if a:\n    b\n</code></pre>c',
            [(Block(code="py"), "if a:"), (Block(code="py"), "    b"), (Block(), "c")],
        ),
        ("<pre>\na\n\nb</pre>", [(Block(code=""), "a"), (Block(code=""), ""), (Block(code=""), "b")]),
        ("<pre><code><b>a</b> <a href='http://b/'>c</a></code></pre>", [(Block(code=""), "a c")]),
    ],
)  # fmt: skip
def test_blocks(source, rows):
    """The same: quotes, lists and code blocks, nested, with or without white space between their tags."""
    found = [(block, "".join(span.text for span in line)) for block, line in lines(parse(source))]
    assert found == rows


def test_lists_in_nothing_and_items_in_nothing():
    """Tags that stand where they should not still show their text."""
    assert parse("<li>a</li><li>b</li>") == (Span("a\nb", block=Block(item=0)),)
    assert parse("<ul>a</ul>") == (Span("a"),)


@pytest.mark.parametrize(
    ("href", "user"),
    [
        ("https://matrix.to/#/@alice:example.org", "@alice:example.org"),
        ("https://matrix.to/#/%40alice%3Aexample.org", "@alice:example.org"),
        ("https://matrix.to/#/@alice:example.org?via=b.example", "@alice:example.org"),
        ("matrix:u/alice:example.org", "@alice:example.org"),
        ("https://matrix.to/#/#room:example.org", None),
        ("https://matrix.to/#/!room:example.org/$event", None),
        ("https://matrix.to/#/@", None),
        ("https://matrix.to.evil.example/#/@alice:example.org", None),
    ],
)
def test_pills(href, user):
    """Appendices, "matrix.to navigation" and "matrix: URI scheme": a link to a user is a mention."""
    assert mentioned(href) == user
    spans = parse(f'<a href="{href}">Alice</a>: hi')
    assert spans[0].text.startswith("Alice")
    assert spans[0].mention == user


def test_reply_fallback_is_left_out():
    """Section "Fallback for formatted_body" of rich replies."""
    source = (
        '<mx-reply><blockquote><a href="https://matrix.to/#/!r:s/$e">In reply to</a> '
        '<a href="https://matrix.to/#/@a:s">@a:s</a><br>words<ul><li>x</li></ul></blockquote></mx-reply>Yes'
    )
    assert parse(source) == (Span("Yes"),)


def test_addresses_that_may_be_linked():
    """Span.href: eight kinds, of a sane length, without white space or controls."""
    for good in (
        "https://a/",
        "HTTP://a/",
        "mailto:a@b",
        "xmpp:a@b",
        "irc://a/b",
        "ircs://a",
        "matrix:r/a:b",
        "geo:1,2",
    ):
        assert linkable(good), good
    for bad in (
        "javascript:x",
        "data:x",
        "//a",
        "",
        "http:",
        "http://a b",
        "http://a\n",
        "x" * 9,
        "http://" + "a" * 3000,
    ):
        assert not linkable(bad), bad


@pytest.mark.parametrize(
    "source",
    [
        "<p>" + "".join(f"<font color=#{n:06x}>" for n in range(1500)) + "<p>x" * 8000,
        "<b>" * 20000 + "x" + "</i>" * 10000,
        "<ul><li>" * 7000,
        "<blockquote>" * 5000 + "x",
        "<pre>" * 10000 + "\n" * 5000,
        "<!--" * 15000,
        "<a " * 20000,
        '<a b="' * 9000,
        "</" * 30000,
        "<![" * 20000,
        "&" * 60000,
        "&#" + "9" * 60000 + ";",
        "<xmp></xmp>" * 5000,
        "<mx-reply>" * 6000 + "x",
    ],
)  # fmt: skip
def test_hostile_markup_costs_next_to_nothing(source):
    """64 kB, the most an event holds, take but moments: no nesting, misnesting, unclosed thing."""
    begun = time.process_time()
    spans = parse(source)
    assert time.process_time() - begun < 1.0
    assert len(spans) < 20000
    assert all(span.block.quote <= 100 for span in spans)


_PIECES = [
    *"<>/!-=\"' \n\t&;#abpreulio",
    "<li>",
    "<pre>",
    "</",
    "<ol start=",
    "<code class=language-",
    "é",
    "\0",
    "\ud800",
]


@given(st.lists(st.sampled_from(_PIECES)).map("".join))
def test_anything_can_be_parsed(source):
    text = "".join(span.text for span in parse(source))
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in text)
    assert not any("\ud800" <= sign <= "\udfff" for sign in text)


@given(st.text(alphabet=st.characters(exclude_characters="<>&\r\n\0", exclude_categories=("Cs", "Cc"))))
def test_text_without_markup_is_text(source):
    tokens = list(scan(source))
    assert tokens == ([source] if source else [])


def test_attributes():
    (tag,) = scan("<A B=1 c = '2>3' D=\"4&amp;5\" b=6 e/f>")
    assert tag == Tag("a", attributes={"b": "1", "c": "2>3", "d": "4&5", "e": "", "f": ""})
