"""Commands to events, and back again; sections are those of the client-server API."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.adapter import MatrixAdapter
from adapters.matrix.decode import decode, said
from adapters.matrix.encode import LARGEST, TEXT_LIMIT, content_of, encode, reaction_of, redaction_of, size
from adapters.matrix.html import parse
from adapters.matrix.html.scan import Tag, scan
from bridge import (
    Answered,
    Authorship,
    Block,
    Content,
    EditMessage,
    Feature,
    Kind,
    Mark,
    MessageId,
    Part,
    RoomId,
    SendMessage,
    Span,
    Speaker,
    Support,
    Txn,
    UserId,
    lines,
    of_lines,
    plain,
)

from .contents import rich

_ALLOWED = {"a", "blockquote", "br", "code", "del", "em", "li", "ol", "pre", "span", "strong", "u", "ul"}


def command(content, network="irc", kind=Kind.TEXT):
    speaker = Speaker(Authorship.PREFIX, "alice")
    return SendMessage(room=RoomId("#r:s"), speaker=speaker, txn=Txn("1.ab"), content=content, kind=kind)


def edit(content, network="irc", kind=Kind.TEXT, target="$old"):
    speaker = Speaker(Authorship.PREFIX, "alice")
    part = Part(MessageId(target))
    return EditMessage(
        room=RoomId("#r:s"), speaker=speaker, txn=Txn("1.ab"), target=part, content=content, kind=kind
    )


def item(text, number, indent=0):
    return Span(text, block=Block(item=number, indent=indent))


def read(event):
    return said(event, "m.room.message")


def normal_form(content):
    return of_lines(lines(content.spans))


def test_plain_text():
    """Sections "m.text", "User and room mentions": m.mentions is always there; empty, it alerts nobody."""
    assert encode(command(plain("a <b> @room\nc"))) == {
        "msgtype": "m.text",
        "body": "a <b> @room\nc",
        "m.mentions": {},
        "hubbub.txn": "1.ab",
    }


def test_an_answer():
    """Section "Rich replies": the relation alone; a fallback is no part of it since v1.13."""
    answered = Answered(Part(MessageId("$q")), "bob", "what?")
    alerted = replace(answered, user=UserId("@bob:s"))
    event = encode(replace(command(plain("x")), answered=alerted))
    assert (event["m.mentions"], event["body"]) == ({"user_ids": ["@bob:s"]}, "x")
    event = encode(replace(command(plain("x")), answered=replace(answered, user=UserId("bob"))))
    assert event["m.mentions"] == {}
    assert encode(replace(command(plain("x")), answered=answered)) == {
        "msgtype": "m.text",
        "body": "x",
        "m.mentions": {},
        "hubbub.txn": "1.ab",
        "m.relates_to": {"m.in_reply_to": {"event_id": "$q"}},
    }


def test_an_edit():
    """Sections "Event replacements", "Applying m.new_content": the fallback alerts nobody once more."""
    assert encode(edit(plain("new"))) == {
        "msgtype": "m.text",
        "body": "* new",
        "m.mentions": {},
        "hubbub.txn": "1.ab",
        "m.new_content": {"msgtype": "m.text", "body": "new", "m.mentions": {}},
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$old"},
    }
    content = Content((Span("Alice", mention=UserId("@alice:s")), Span(" b", frozenset({Mark.BOLD}))))
    rich = encode(edit(content, network="matrix", kind=Kind.NOTICE))
    assert rich["m.mentions"] == {}
    assert rich["m.new_content"]["m.mentions"] == {"user_ids": ["@alice:s"]}
    assert rich["formatted_body"] == "* " + rich["m.new_content"]["formatted_body"]
    assert (rich["msgtype"], rich["m.new_content"]["msgtype"]) == ("m.notice", "m.notice")


def test_a_reaction_and_a_redaction():
    """Sections "Event annotations and reactions", "Redactions"."""
    assert reaction_of("$q", "👍", Txn("1.ab")) == {
        "m.relates_to": {"rel_type": "m.annotation", "event_id": "$q", "key": "👍"},
        "hubbub.txn": "1.ab",
    }
    assert redaction_of("", Txn("1.ab")) == {"hubbub.txn": "1.ab"}
    assert redaction_of("spam\x00" + "x" * 999, Txn("1.ab"))["reason"] == "spam" + "x" * 496


@given(rich)
def test_an_edit_is_decoded(content):
    event = {
        "type": "m.room.message",
        "event_id": "$e",
        "sender": "@a:s",
        "content": encode(edit(content, network="matrix")),
    }
    heard = decode(event, RoomId("#r:s"), {}, "@hubbub:s")
    assert (heard.target, heard.content.spans, heard.mark) == ("$old", normal_form(content), "1.ab")


@pytest.mark.parametrize(("kind", "type_"), [(Kind.EMOTE, "m.emote"), (Kind.NOTICE, "m.notice")])
def test_kinds(kind, type_):
    """Sections "m.emote", "m.notice"."""
    assert encode(command(plain("x"), kind=kind))["msgtype"] == type_


@pytest.mark.parametrize(
    ("spans", "html", "body"),
    [
        ([Span("b", frozenset({Mark.BOLD}))], "<strong>b</strong>", "b"),
        (
            [Span("x", frozenset({Mark.ITALIC, Mark.STRIKE, Mark.UNDERLINE, Mark.CODE}))],
            "<em><u><del><code>x</code></del></u></em>",
            "x",
        ),
        ([Span("x", frozenset({Mark.SPOILER}))], "<span data-mx-spoiler>x</span>", "||x||"),
        ([Span("x", colour=0xFF)], '<span data-mx-color="#0000ff">x</span>', "x"),
        ([Span("x", href="http://a/?b&c")], '<a href="http://a/?b&amp;c">x</a>', "x (http://a/?b&c)"),
        ([Span("http://a/", href="http://a/")], '<a href="http://a/">http://a/</a>', "http://a/"),
        ([Span("x", href="javascript:y")], "x (javascript:y)", "x (javascript:y)"),
        (
            [Span("x", href="https://matrix.to/#/@a:s")],
            "x (https://matrix.to/#/@a:s)",
            "x (https://matrix.to/#/@a:s)",
        ),
        (
            [Span("q\n", block=Block(quote=1)), Span("r\n", block=Block(quote=2)), Span("a")],
            "<blockquote>q<blockquote>r</blockquote></blockquote>a",
            "> q\n> > r\na",
        ),
        (
            [Span("if:\n    x", block=Block(code="py"))],
            '<pre><code class="language-py">if:\n    x\n</code></pre>',
            "if:\n    x",
        ),
        (
            [item("a\n", 0), item("b\n", 1, 1), item("c", 0)],
            '<ul><li>a<ol start="1"><li>b</li></ol></li><li>c</li></ul>',
            "• a\n  1. b\n• c",
        ),
        (
            [item("a\n", 1), item("b\n", 2), item("c", 7)],
            '<ol start="1"><li>a</li><li>b</li></ol><ol start="7"><li>c</li></ol>',
            "1. a\n2. b\n7. c",
        ),
        ([Span("<\n&"), Span("b", frozenset({Mark.BOLD}))], "&lt;<br>&amp;<strong>b</strong>", "<\n&b"),
    ],
)  # fmt: skip
def test_formatted(spans, html, body):
    """ "m.room.message msgtypes": formatted_body in the permitted tags, and a body that reads well."""
    event = encode(command(Content(tuple(spans))))
    assert event["format"] == "org.matrix.custom.html"
    assert (event["formatted_body"], event["body"]) == (html, body)


def test_who_is_mentioned_is_alerted():
    """ "User and room mentions": whoever is listed is; so only who is named by what is an id here."""
    content = Content((Span("Alice", mention=UserId("@alice:s")), Span(": hi")))
    event = encode(command(content))
    assert event["m.mentions"] == {"user_ids": ["@alice:s"]}
    assert event["formatted_body"] == '<a href="https://matrix.to/#/@alice:s">Alice</a>: hi'
    assert event["body"] == "Alice: hi"
    for odd in ("bob@example.org", "@room", "@a b:s", '@a"><b:s'):
        event = encode(command(Content((Span("Bob", mention=UserId(odd)),))))
        assert event["m.mentions"] == {}
        assert "formatted_body" not in event


def test_a_thread():
    """Section "Threading": an answer to its root for clients that know none, unless it answers another."""
    thread = replace(command(plain("x")), thread=Part(MessageId("$root")))
    relation = {"rel_type": "m.thread", "event_id": "$root"}
    back = {"is_falling_back": True, "m.in_reply_to": {"event_id": "$root"}}
    assert encode(thread)["m.relates_to"] == {**relation, **back}
    answered = Answered(Part(MessageId("$q")), "bob", "what?")
    back = {"is_falling_back": False, "m.in_reply_to": {"event_id": "$q"}}
    assert encode(replace(thread, answered=answered))["m.relates_to"] == {**relation, **back}


@given(rich)
def test_what_is_encoded_is_decoded(content):
    """Every mark and feature that the capabilities claim. Left out are what HTML cannot say: lines of
    spaces alone; and what is not sent: links to users, which would look like mentions.
    """
    event = content_of(content)
    assert size(event) <= LARGEST
    assert read(event).spans == normal_form(content)


@given(rich)
def test_only_permitted_tags_are_written(content):
    event = content_of(content)
    tags = {token.name for token in scan(event.get("formatted_body", "")) if isinstance(token, Tag)}
    assert tags <= _ALLOWED


@given(st.text(), st.frozensets(st.sampled_from(list(Mark))))
def test_text_stays_text(text, marks):
    """Whatever a person writes is neither tag nor mention, with any mark."""
    event = encode(command(Content((Span(text, marks),))))
    tokens = list(scan(event.get("formatted_body", "")))
    names = [token.name for token in tokens if isinstance(token, Tag) and not token.end]
    assert len([name for name in names if name != "br"]) <= len(marks) * max(1, len(text.split("\n")))
    assert event["m.mentions"] == {}
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in event["body"])
    json.dumps(event, ensure_ascii=False).encode()


@given(st.text(max_size=40), st.text(max_size=40))
def test_links_and_languages_stay_in_their_attributes(href, language):
    content = Content(
        (Span("x", href="https://a/" + href), Span("\n"), Span("y", block=Block(code=language)))
    )
    html = content_of(content)["formatted_body"]
    names = [
        (token.name, set(token.attributes))
        for token in scan(html)
        if isinstance(token, Tag) and not token.end
    ]
    assert set(map(repr, names)) <= {
        repr(("a", {"href"})), repr(("pre", set())), repr(("br", set())),
        repr(("code", {"class"})), repr(("code", set())),
    }  # fmt: skip


_AWKWARD = ['"', "\\", "\n", "é", "😀", "<", "&", "x", "> \n"]


@pytest.mark.parametrize("sign", _AWKWARD)
def test_any_text_of_the_limit_fits(sign):
    """Appendices, "Size limits": also when JSON doubles every byte of it."""
    text = sign * (TEXT_LIMIT // len(sign.encode()))
    event = encode(command(plain(text)))
    assert event["body"] == text
    assert size(event) <= LARGEST
    event = encode(edit(plain(text), target="$" + "é" * 127, kind=Kind.NOTICE))
    assert event["m.new_content"]["body"] == text
    assert size(event) <= LARGEST


@pytest.mark.parametrize("sign", _AWKWARD)
@pytest.mark.parametrize(
    "style",
    [
        {"marks": frozenset(Mark)},
        {"block": Block(quote=9)},
        {"block": Block(code="py")},
        {"block": Block(item=3, indent=9)},
        {"href": "https://a/" + "b" * 1000},
    ],
)
def test_formatting_goes_where_it_does_not_fit(sign, style):
    text = sign * (TEXT_LIMIT // len(sign.encode()))
    spans = tuple(Span(part, **style) for part in (text[:100], text[100:200], text[200:]))
    for make in (command, edit):
        event = encode(make(Content((Span("a"), *spans))))
        assert size(event) <= LARGEST
        assert event.get("m.new_content", event)["body"]


def test_capabilities_claim_all_of_it():
    config = MatrixAdapter.NetworkConfig(homeserver="http://localhost:1", user="@a:s", password="p")
    record = MatrixAdapter("matrix", config, "").capabilities(RoomId("#r:s"))
    assert record.marks == frozenset(Mark)
    assert record.features == frozenset(Feature)
    assert {record.reply, record.edit, record.delete, record.reaction} == {Support.FULL}
    assert (record.text_limit, record.lines, record.window, record.name_pings) == (TEXT_LIMIT, True, 1, False)


def test_parse_is_what_read_uses():
    assert read(
        {"body": "x", "format": "org.matrix.custom.html", "formatted_body": "<b>x</b>"}
    ).spans == parse("<b>x</b>")
