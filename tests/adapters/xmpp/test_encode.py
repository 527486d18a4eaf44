"""What goes out: always well-formed, never more than was meant, never too long."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.xmpp import decode, encode
from adapters.xmpp.session import Place, Session
from bridge import (
    Answered,
    Authorship,
    Block,
    Content,
    Kind,
    Mark,
    MessageCreated,
    Part,
    RoomId,
    SendMessage,
    Span,
    Speaker,
    Txn,
    by_author,
    plain,
)
from tests.adapters.xmpp.contents import any_text, anything, expressible, signs

ROOM = RoomId("room@muc.example.org")
TXN = Txn("1.abc")


def sent(content, kind=Kind.TEXT):
    return encode.message(ROOM, content, kind, TXN)


def read(text):
    """The stanza as a parser gives it."""
    return ET.fromstring(f"<stream xmlns='jabber:client'>{text}</stream>")


def heard(text):
    """The stanza as somebody else in the room decodes it."""
    (element,) = read(text)
    element.set("from", f"{ROOM}/alice")
    session = Session()
    session.places[ROOM] = Place(ROOM, "bob")
    return decode.message(element, session)


def test_a_plain_message():
    """RFC 6121 section 5.2, XEP-0045 section 7.4."""
    assert sent(plain("a < b & c")) == (
        "<message to='room@muc.example.org' type='groupchat' id='1.abc'>"
        "<body>a &lt; b &amp; c</body></message>"
    )


def test_plain_text_that_looks_styled_says_that_it_is_not():
    """XEP-0393 section 7 (Disabling Styling)."""
    assert "<body>*a*</body><unstyled xmlns='urn:xmpp:styling:0'/>" in sent(plain("*a*"))
    assert "<unstyled" in sent(plain("> a"))
    assert "<unstyled" not in sent(plain("2 * 3"))


def test_an_emote():
    """XEP-0245 section 2."""
    assert "<body>/me waves</body>" in sent(plain("waves"), Kind.EMOTE)


def test_text_that_only_looks_like_an_emote_is_none():
    """XEP-0245 section 2: nothing may stand before it."""
    event = heard(sent(plain("/me waves")))
    assert event.kind is Kind.TEXT


def test_an_origin_id_where_the_room_may_change_ids():
    """XEP-0359 section 5."""
    assert f"<origin-id xmlns='urn:xmpp:sid:0' id='{TXN}'/>" in encode.message(
        ROOM, plain("a"), Kind.TEXT, TXN, encode.origin(TXN)
    )


def test_joining():
    """XEP-0045 sections 7.2.1, 7.2.6 and 7.2.13."""
    assert encode.join("r@x.y/a'b", "i1", "<&>") == (
        "<presence to='r@x.y/a&#39;b' id='i1'><x xmlns='http://jabber.org/protocol/muc'>"
        "<history maxchars='0'/><password>&lt;&amp;&gt;</password></x></presence>"
    )


def test_an_answer_to_somebody_in_a_room():
    """XEP-0045 section 7.5: the client says that it is a private message of a room."""
    assert "<x xmlns='http://jabber.org/protocol/muc#user'/>" in encode.direct("r@x.y/a", "b", in_room=True)
    assert "muc#user" not in encode.direct("a@x.y", "b", in_room=False)


@given(any_text | signs, st.sampled_from([Kind.TEXT, Kind.EMOTE, Kind.NOTICE]))
def test_any_text_is_text(text, kind):
    """XML 1.0 section 2.2: whatever a person writes arrives as words, in one stanza, with no mark on it."""
    (element,) = read(sent(plain(text), kind))
    assert [child.tag.rpartition("}")[2] for child in element] in (["body"], ["body", "unstyled"])
    event = heard(sent(plain(text), kind))
    if event is not None:
        assert all(not span.marks and span.block == Block() for span in event.content.spans)


@given(anything, st.sampled_from([Kind.TEXT, Kind.EMOTE]))
def test_any_content_is_one_stanza(content, kind):
    """RFC 6120 section 11.6: it is well-formed."""
    (element,) = read(sent(content, kind))
    assert element.get("id") == TXN


@given(any_text)
def test_whatever_stands_in_an_address_stays_there(text):
    """XML 1.0 section 3.1: quotation marks in an attribute."""
    for stanza in (
        encode.join(f"r@x.y/{text}", "i", text),
        encode.leave(text),
        encode.rename(text, "i"),
        encode.iq("get", "i", text, "<a/>"),
        encode.direct(text, text, in_room=True),
    ):
        assert len(read(stanza)) == 1


@pytest.mark.parametrize(
    "letter", ["\x00", "\x02", "\x03", "\x0c", "\x1f", "\ufffe", "\uffff", "\ud800", "\r"]
)
def test_what_xml_forbids_is_left_out(letter):
    """XML 1.0 section 2.2: one such character would end the stream."""
    (element,) = read(sent(plain(f"a{letter}b")))
    assert element[0].text == "ab"


@given(expressible)
def test_what_can_be_expressed_arrives(content):
    event = heard(sent(content))
    assert isinstance(event, MessageCreated)
    assert event.content == content


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["&", "<", "x", "é", "😀", '"', "'", "\n", "*", "* ", " *", ">\n", "`", "a\n", "&\n"]),
    st.sampled_from([frozenset(), frozenset({Mark.BOLD}), frozenset({Mark.CODE})]),
    st.sampled_from([Block(), Block(quote=1), Block(quote=50), Block(code="x"), Block(quote=9, code="")]),
    st.sampled_from([Kind.TEXT, Kind.EMOTE]),
)
def test_the_longest_text_fits_into_a_stanza(sample, marks, block, kind):
    """RFC 6120 section 13.12: a server may refuse a stanza of more than 10,000 bytes; ejabberd's limit is
    65,536. Whatever the text, and the room with the longest address.
    """
    text = sample * (encode.TEXT_LIMIT // len(sample.encode()))
    room = RoomId("&" * 600 + "@muc.example.org")
    content, more = Content((Span(text, marks, block=block),)), encode.origin(TXN)
    answered = Answered(Part("&" * 100, (by_author(f"{room}/{'&' * 200}", "a"),)), "&" * 60, "&" * 60)
    answer = SendMessage(
        room=room, speaker=Speaker(Authorship.PREFIX, "a"), txn=TXN, content=content, kind=kind
    )
    for stanza in (
        encode.message(room, content, kind, TXN, more),
        encode.reply(answer, answered, more, named=True),
    ):
        assert len(stanza.encode()) < encode.STANZA_LIMIT
