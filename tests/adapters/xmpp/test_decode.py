"""What comes in, section by section."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.xmpp import decode
from adapters.xmpp.decode import children, members, muc_info
from adapters.xmpp.session import Place, Session
from bridge import (
    PLAIN,
    Block,
    Content,
    Kind,
    Mark,
    MessageCreated,
    MessageEdited,
    RoomId,
    Span,
    by_author,
    ours,
    plain,
)

ROOM = RoomId("room@muc.x")
ALICE = f"{ROOM}/alice"
BOLD = frozenset({Mark.BOLD})


def session(**known):
    made = Session()
    made.places[ROOM] = Place(ROOM, "bot", **known)
    return made


def element(xml):
    return ET.fromstring(f"<s xmlns='jabber:client'>{xml}</s>")[0]


def message(inside, attributes="", source=ALICE, kind="groupchat", **known):
    xml = f"<message from='{source}' type='{kind}' {attributes}>{inside}</message>"
    return decode.message(element(xml), session(**known))


def test_a_message_of_a_room():
    """XEP-0045 section 7.4: nobody but the room can name a message, so its id is ours here."""
    event = message("<body>hello</body>", "id='m1'")
    assert event == MessageCreated(
        id=event.id,
        aliases=(by_author(ALICE, "m1"),),
        room=ROOM,
        sender=event.sender,
        content=plain("hello"),
    )
    assert (event.sender.id, event.sender.name) == (ALICE, "alice")
    assert event.id != "m1"


def test_ids_of_our_own_making_differ():
    known = session()
    xml = f"<message from='{ALICE}' type='groupchat'><body>a</body></message>"
    assert len({decode.message(element(xml), known).id for _ in range(100)}) == 100


STANZA_ID = "<stanza-id xmlns='urn:xmpp:sid:0' by='{by}' id='q1'/>"


def test_a_stanza_id_is_believed_of_a_room_that_gives_them():
    """XEP-0359 section 6 (Security Considerations)."""
    body = "<body>a</body>"
    assert message(body + STANZA_ID.format(by=ROOM), stanza_ids=True).id == "q1"
    assert message(body + STANZA_ID.format(by=ROOM), stanza_ids=False).id != "q1"
    assert message(body + STANZA_ID.format(by=ALICE), stanza_ids=True).id != "q1"
    assert message(body + STANZA_ID.format(by="muc.x"), stanza_ids=True).id != "q1"


def test_an_origin_id_is_one_more_name():
    """XEP-0359 section 5."""
    event = message("<body>a</body><origin-id xmlns='urn:xmpp:sid:0' id='o1'/>", "id='m1'")
    assert event.aliases == (by_author(ALICE, "m1"), by_author(ALICE, "o1"))


def test_an_occupant_id_tells_who_it_is():
    """XEP-0421 section 3: only where the room announces them; it can never be taken for an address."""
    inside = "<body>a</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='room@muc.x/bob'/>"
    assert message(inside, occupant_ids=True).sender.id == "occupant:room@muc.x/bob"
    assert message(inside, occupant_ids=False).sender.id == ALICE


def test_the_room_vouches_for_addresses_that_it_tells():
    """XEP-0045 section 7.2.3; of the past only where the room still knows the same person by the nick."""
    made = session(stanza_ids=True, occupant_ids=True)
    place = made.places[ROOM]
    item = "<item affiliation='none' role='participant' jid='ada@x.y/phone'/>"
    x = f"<x xmlns='http://jabber.org/protocol/muc#user'>{item}</x>"
    for nick, xml in (("alice", x), ("bob", "<x xmlns='http://jabber.org/protocol/muc#user'><item/></x>")):
        occupant = f"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='{nick}1'/>"
        came = element(f"<presence from='{ROOM}/{nick}'>{xml}{occupant}</presence>")
        members.seen(place, muc_info.presence(came))

    def heard(nick, by, *, live):
        inside = f"<body>x</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='{by}'/>"
        said = element(f"<message from='{ROOM}/{nick}' type='groupchat'>{inside}</message>")
        event = decode.message(said, made) if live else decode.past(said, place, "s1", "").event
        return event.sender.proof

    assert heard("alice", "alice1", live=True) == heard("alice", "alice1", live=False) == "ada@x.y"
    assert heard("alice", "alice0", live=False) == heard("bob", "bob1", live=True) == ""
    away = "<x xmlns='http://jabber.org/protocol/muc#user'><item nick='ada'/><status code='303'/></x>"
    gone = element(f"<presence from='{ROOM}/alice' type='unavailable'>{away}</presence>")
    members.seen(place, muc_info.presence(gone))
    assert heard("ada", "alice1", live=True) == "ada@x.y"
    assert heard("alice", "alice1", live=True) == ""


@pytest.mark.parametrize("hint", ["no-store", "no-permanent-store"])
def test_what_nobody_is_to_keep(hint):
    """XEP-0334: in archives and logs; other hints say nothing of that."""
    wish = f"<{hint} xmlns='urn:xmpp:hints'/>"
    assert message(f"<body>x</body>{wish}").unstored
    assert message(f"<body>x</body>{wish}<replace xmlns='urn:xmpp:message-correct:0' id='m'/>").unstored
    others = "<no-copy xmlns='urn:xmpp:hints'/><store xmlns='urn:xmpp:hints'/><no-store xmlns='x'/>"
    assert not message(f"<body>x</body>{others}").unstored


@pytest.mark.parametrize(
    ("source", "code", "changed"), [(ROOM, 104, True), (ALICE, 104, False), (ROOM, 101, False)]
)
def test_a_room_that_is_set_up_otherwise(source, code, changed):
    """XEP-0045 section 10.2.1: only the room itself can say so."""
    x = f"<x xmlns='http://jabber.org/protocol/muc#user'><status code='{code}'/></x>"
    told = element(f"<message from='{source}' type='groupchat'>{x}</message>")
    assert muc_info.is_reconfigured(told) is changed


def test_our_own_message_comes_back():
    """XEP-0045 section 7.4: the room reflects it to its sender."""
    said = message("<body>a</body>" + STANZA_ID.format(by=ROOM), "id='1.ab'", f"{ROOM}/bot", stanza_ids=True)
    assert isinstance(said, decode.Reflection)
    assert (said.txn, said.id) == ("1.ab", "q1")


def test_a_reflection_is_found_by_origin_id_where_ids_may_change():
    """XEP-0359 section 3.2 business rules: the origin-id is left alone."""
    inside = "<body>a</body><origin-id xmlns='urn:xmpp:sid:0' id='1.ab'/>"
    assert message(inside, "id='other'", f"{ROOM}/bot").txn == "1.ab"
    assert message(inside, "id='other'", f"{ROOM}/bot", stable_ids=True).txn == "other"


def test_an_emote():
    """XEP-0245 section 2: four letters at the beginning, and nothing else."""
    event = message("<body>/me waves</body>")
    assert (event.kind, event.content) == (Kind.EMOTE, plain("waves"))
    for text in ("/mewaves", " /me waves", "/ME waves", "a /me b"):
        assert message(f"<body>{text}</body>").kind is Kind.TEXT


def test_styling():
    """XEP-0393 section 6."""
    event = message("<body>/me *is* back</body>")
    assert event.content == Content((Span("is", frozenset({Mark.BOLD})), Span(" back")))


def test_styling_that_is_switched_off():
    """XEP-0393 section 7."""
    event = message("<body>*a*</body><unstyled xmlns='urn:xmpp:styling:0'/>")
    assert event.content == plain("*a*")


@pytest.mark.parametrize(
    ("inside", "spans"),
    [
        ("<subject>Dinner</subject><body>at eight</body>", (Span("Dinner\n", BOLD), Span("at eight"))),
        ("<subject> </subject><body>at eight</body>", (Span("at eight"),)),
        ("<subject>at eight</subject><body>at eight</body>", (Span("at eight"),)),
        (
            "<subject>a\nb</subject><body>&gt; c</body>",
            (Span("a b\n", BOLD), Span("c", block=Block(quote=1))),
        ),
        ("<subject>Hm</subject><body>/me waves</body>", (Span("Hm\n", BOLD), Span("/me waves"))),
    ],
)
def test_a_subject_beside_words_is_their_title(inside, spans):
    """RFC 6121 section 5.2.4."""
    event = message(inside)
    assert event.content == Content(spans)
    assert event.kind is Kind.TEXT


@pytest.mark.parametrize("html", ["", " ", "<p> </p>", "<br/>", "<script>x</script>", "<img src='cid:1@x'/>"])
def test_xhtml_that_shows_nothing_costs_no_words(html):
    assert message(f"<body>words</body>{XHTML.format(html)}").content == plain("words")


XHTML = (
    "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>"
    "{}</body></html>"
)


@pytest.mark.parametrize(
    ("html", "spans"),
    [
        ("<p>a <strong>b</strong></p>", (Span("a "), Span("b", frozenset({Mark.BOLD})))),
        ("<p>a</p><p>b<br/>c</p>", (Span("a\nb\nc"),)),
        ("<span style='font-weight: bold; color: #ff0000'>x</span>",
         (Span("x", frozenset({Mark.BOLD}), colour=0xFF0000),)),
        ("<a href='https://x.y/'>z</a>", (Span("z", href="https://x.y/"),)),
        ("<a href='javascript:alert(1)'>z</a>", (Span("z"),)),
        ("<a href='https://x.y/'/>", (Span("https://x.y/", href="https://x.y/"),)),
        ("a<script>evil()</script><style>b</style>c", (Span("ac"),)),
        ("<img src='https://x.y/cat.png' alt='cat'/>", (ours("[picture]"), Span(" cat"))),
        ("<blockquote>a</blockquote>b", (Span("a\n", block=Block(quote=1)), Span("b"))),
        ("<pre>a\n  b</pre>", (Span("a\n  b", block=Block(code="")),)),
        ("<ol><li>a</li><li>b</li></ol>",
         (Span("a\n", block=Block(item=1)), Span("b", block=Block(item=2)))),
        ("<marquee onclick='x'>a</marquee>", (Span("a"),)),
        ("  a \n b  ", (Span("a b"),)),
    ],
)  # fmt: skip
def test_xhtml(html, spans):
    """XEP-0071 section 7 (Recommended Profile) and section 11 (Security Considerations)."""
    assert message(f"<body>plain</body>{XHTML.format(html)}").content.spans == spans


def test_xhtml_without_words_counts_for_nothing():
    """XEP-0071 section 8: the plain body says the same."""
    assert message(f"<body>plain</body>{XHTML.format('<p/>')}").content == plain("plain")


def test_xhtml_that_is_nested_without_end():
    assert message(f"<body>a</body>{XHTML.format('<b>' * 3000 + 'x' + '</b>' * 3000)}").content.text == "x"


def test_a_correction():
    """XEP-0308 section 3: it names a message of the same person."""
    event = message("<body>b</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/>", "id='m2'")
    assert isinstance(event, MessageEdited)
    assert (event.target, event.content) == (by_author(ALICE, "m1"), plain("b"))


@pytest.mark.parametrize(
    ("start", "end"), [(0, 3), (0, 10), (0, 12), (2, 8), (8, 11), (8, 99), (7, 3), (99, 100)]
)
def test_what_is_no_quotation_is_not_left_out(start, end):
    """XEP-0426: some count bytes or halves of characters, and anybody may write any number."""
    inside = (
        "<body>&gt; hello\nyes</body><reply xmlns='urn:xmpp:reply:0' to='room@muc.x/bob' id='q7'/>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
        f"<body start='{start}' end='{end}'/></fallback>"
    )
    assert message(inside, stanza_ids=True).content.text == "hello\nyes"


def test_a_reply():
    """XEP-0461 section 3: in a room the id is the room's; XEP-0428: the quotation is for others."""
    inside = (
        "<body>&gt; hello\nyes</body><reply xmlns='urn:xmpp:reply:0' to='room@muc.x/bob' id='q7'/>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='8'/></fallback>"
    )
    event = message(inside, stanza_ids=True)
    assert (event.reply_to, event.content) == ("q7", plain("yes"))
    assert message(inside).reply_to == by_author("room@muc.x/bob", "q7")


@pytest.mark.parametrize("by", [ROOM, "muc.x", f"{ROOM}/bob"])
def test_history_is_left_out(by):
    """XEP-0045 section 7.2.14: what the room stamps was said before."""
    assert (
        message(f"<body>a</body><delay xmlns='urn:xmpp:delay' from='{by}' stamp='2020-01-01T00:00:00Z'/>")
        is None
    )


def test_a_message_that_was_under_way_for_long_is_no_history():
    """XEP-0203 section 3: others stamp too; the time is shown."""
    event = message("<body>a</body><delay xmlns='urn:xmpp:delay' from='x' stamp='2020-01-01T00:00:00Z'/>")
    assert event.at == 1577836800.0
    assert message("<body>a</body><delay xmlns='urn:xmpp:delay' stamp='soon'/>").at is None


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<subject>a</subject>",
        "<composing xmlns='http://jabber.org/protocol/chatstates'/><delay xmlns='urn:xmpp:delay' stamp='x'/>",
        "<received xmlns='urn:xmpp:receipts' id='a'/>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='a'/>",
        "<reactions xmlns='urn:xmpp:reactions:0'><reaction>x</reaction></reactions>",
        "<retract xmlns='urn:xmpp:message-retract:1'/>",
        "<retract xmlns='urn:xmpp:message-retract:0'/>",
        "<apply-to xmlns='urn:xmpp:fasten:0' id='a'/>",
        "<apply-to xmlns='urn:xmpp:fasten:0'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>",
        "<retracted xmlns='urn:xmpp:message-retract:1' stamp='x' id='a'/>",
        "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='1'/></encrypted>",
        "<left xmlns='urn:xmpp:call-invites:0' id='a'/>",
        "<body/>",
        "<body> \n </body>",
        "<body>/me </body>",
    ],
)
def test_what_says_nothing_is_no_event(inside):
    """XEP-0045 section 8.1, XEP-0085, XEP-0184, XEP-0333, XEP-0444, XEP-0424."""
    assert message(inside) is None


def test_what_the_room_itself_says_is_no_event():
    """XEP-0045 section 7.4: only occupants talk."""
    assert message("<body>a</body>", source=ROOM) is None


def test_a_room_that_is_none_of_ours():
    assert message("<body>a</body>", source="other@muc.x/alice") is None


@pytest.mark.parametrize(
    "inside",
    [
        "<encrypted xmlns='eu.siacs.conversations.axolotl'/><body>I sent you an OMEMO message</body>",
        "<encrypted xmlns='urn:omemo'/><encryption xmlns='urn:xmpp:eme:0' namespace='urn:omemo'/>",
        "<encrypted xmlns='urn:xmpp:omemo:2'/>",
        "<x xmlns='jabber:x:encrypted'>abc</x><body>encrypted</body>",
    ],
)
def test_what_is_encrypted_is_named(inside):
    """XEP-0380, XEP-0384, XEP-0373, XEP-0027."""
    assert message(inside).content == Content((ours("[encrypted message that the bridge cannot read]"),))


def test_an_invitation_to_a_call():
    """XEP-0482."""
    said = message("<invite xmlns='urn:xmpp:call-invites:0'/>")
    assert (said.kind, said.content.text) == (Kind.EMOTE, "started a call")


@pytest.mark.parametrize(("why", "lead"), [("the  end", "(the end) "), ("", "")])
def test_hidden_words(why, lead):
    """XEP-0382."""
    said = message(f"<body>they *marry*</body><spoiler xmlns='urn:xmpp:spoiler:0'>{why}</spoiler>").content
    assert said.text == f"{lead}they marry"
    assert [span.text for span in said.spans if Mark.SPOILER in span.marks] == ["they ", "marry"]


def test_an_image_without_words_is_what_the_body_says():
    """XEP-0071: an image has an `alt`; some have none."""
    html = (
        "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>"
        "glad <img src='cid:x'/></body></html>"
    )
    assert message(f"<body>glad :-)</body>{html}").content == plain("glad :-)")


@pytest.mark.parametrize(
    ("marks", "spans"),
    [
        (
            "<span start='0' end='3'><strong/><emphasis/></span><span start='2' end='5'><deleted/></span>",
            [
                ("ab", {Mark.BOLD, Mark.ITALIC}),
                (" ", {Mark.BOLD, Mark.ITALIC, Mark.STRIKE}),
                ("cd", {Mark.STRIKE}),
            ],
        ),
        ("<span start='4' end='99'><code/></span>", [("ab c", set()), ("d", {Mark.CODE})]),
        ("<span start='x' end='-1'><code/></span><span start='9' end='2'><code/></span>", [("ab cd", set())]),
        ("<span start='0' end='9'><other/></span>", [("ab cd", set())]),
    ],
)
def test_marks_beside_the_body(marks, spans):
    """XEP-0394: whatever the numbers, no word is lost."""
    said = message(f"<body>ab cd</body><markup xmlns='urn:xmpp:markup:0'>{marks}</markup>").content.spans
    assert [(span.text, set(span.marks)) for span in said] == spans


def test_blocks_beside_the_body():
    """XEP-0394."""
    marks = "<bquote start='0' end='2'/><bcode start='2' end='6'/><span start='0' end='9'><strong/></span>"
    said = message(f"<body>q\nc *\nx</body><markup xmlns='urn:xmpp:markup:0'>{marks}</markup>").content.spans
    assert [(span.text, span.block) for span in said] == [
        ("q\n", Block(quote=1)), ("c *\n", Block(code="")), ("x", PLAIN),
    ]  # fmt: skip


def test_a_refusal():
    """RFC 6120 section 8.3, XEP-0045 section 7.4."""
    said = message(
        "<body>a</body><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no  voice</text></error>",
        "id='1.ab'",
        ROOM,
        "error",
    )
    assert said == decode.Failure(ROOM, "1.ab", "forbidden", "auth", "no voice")


def test_somebody_who_writes_to_us_alone():
    """RFC 6121 section 5.2.2, XEP-0045 section 7.5."""
    assert message("<body>a</body>", source="al@x.y/z", kind="chat") == decode.Direct(
        "al@x.y/z", in_room=False
    )
    assert message("<body>a</body>", kind="chat") == decode.Direct(ALICE, in_room=True)


@pytest.mark.parametrize(
    ("inside", "source", "kind"),
    [
        ("<body>a</body>", "al@x.y/z", "headline"),
        ("<body>a</body>", ROOM, "chat"),
        ("<body>a</body>", f"{ROOM}/bot", "chat"),
        ("<composing xmlns='http://jabber.org/protocol/chatstates'/>", "al@x.y/z", "chat"),
        ("<body>a</body><delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>", "al@x.y/z", "chat"),
        ("<body>a</body><x xmlns='http://jabber.org/protocol/muc#user'><invite/></x>", "r@muc.x", "normal"),
        ("<body>a</body>", "", "chat"),
    ],
)
def test_what_needs_no_answer(inside, source, kind):
    """RFC 6121 section 5.2.2, XEP-0045 sections 7.8.2 and 7.5, XEP-0160."""
    assert message(inside, source=source, kind=kind) is None


def test_our_own_presence():
    """XEP-0045 sections 7.2.2 and 10.1.1."""
    seen = muc_info.presence(element(
        f"<presence from='{ROOM}/bot' id='j1'><x xmlns='http://jabber.org/protocol/muc#user'>"
        "<item affiliation='owner' role='moderator'/><status code='110'/><status code='201'/></x></presence>"
    ))  # fmt: skip
    assert (seen.room, seen.nick, seen.type, seen.id) == (ROOM, "bot", "available", "j1")
    assert (seen.statuses, seen.affiliation) == ({"110", "201"}, "owner")


def test_a_room_that_is_destroyed():
    """XEP-0045 section 10.9."""
    seen = muc_info.presence(element(
        f"<presence from='{ROOM}/bot' type='unavailable'><x xmlns='http://jabber.org/protocol/muc#user'>"
        "<item affiliation='none' role='none'/><destroy jid='new@muc.x'><reason>moved</reason></destroy>"
        "</x></presence>"
    ))  # fmt: skip
    assert (seen.destroyed, seen.moved_to, seen.text) == (True, "new@muc.x", "moved")


@pytest.mark.parametrize(
    ("said", "room"),
    [
        ("xmpp:new@muc.x?join", "new@muc.x"), ("new@muc.x", "new@muc.x"), ("", ""), ("not a room", ""),
        ("new@muc.x&#10;run this", ""), ("x" * 5000, ""),
    ],
)  # fmt: skip
def test_a_room_that_is_gone(said, room):
    """RFC 6120 section 8.3.3.5: what is told goes into a sentence for the owner."""
    seen = muc_info.presence(element(
        f"<presence from='{ROOM}/bot' type='error'><error type='cancel'>"
        f"<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>{said}</gone></error></presence>"
    ))  # fmt: skip
    assert (seen.condition, seen.moved_to) == ("gone", room)


def test_what_a_room_tells_of_itself():
    """XEP-0045 section 6.4; the length of its history as forms name it."""
    found = muc_info.info(element(
        "<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>"
        "<feature var='urn:xmpp:sid:0'/>"
        "<x xmlns='jabber:x:data'><field var='muc#roomconfig_historylength'><value>300</value></field></x>"
        "</query></iq>"
    ))  # fmt: skip
    assert found == muc_info.Info(frozenset({"urn:xmpp:sid:0"}), 300, {"muc#roomconfig_historylength": "300"})


trees = st.recursive(
    st.just(""),
    lambda inside: st.builds(
        "<{0} xmlns='{1}' id='a' from='room@muc.x' start='0' end='9' stamp='x'>{2}</{0}>".format,
        st.sampled_from(["body", "delay", "replace", "reply", "html", "x", "error", "stanza-id", "fallback",
                         "retract", "apply-to", "moderated", "reactions", "reaction", "reason", "spoiler",
                         "markup", "span", "bcode", "strong", "invite", "encrypted", "img", "a"]),
        st.sampled_from(["jabber:client", "urn:xmpp:delay", "urn:xmpp:reply:0", "jabber:x:oob",
                         "urn:xmpp:sid:0", "urn:xmpp:message-retract:1", "urn:xmpp:message-retract:0",
                         "urn:xmpp:fasten:0", "urn:xmpp:message-moderate:1", "urn:xmpp:reactions:0",
                         "http://jabber.org/protocol/xhtml-im", "http://www.w3.org/1999/xhtml",
                         "urn:xmpp:message-correct:0", "http://jabber.org/protocol/muc#user",
                         "urn:xmpp:spoiler:0", "urn:xmpp:markup:0", "urn:xmpp:call-invites:0",
                         "urn:xmpp:omemo:2", "a"]),
        st.lists(inside, max_size=3).map("".join),
    ),
    max_leaves=8,
)  # fmt: skip


@given(
    trees,
    st.sampled_from(["groupchat", "chat", "error", "odd"]),
    st.sampled_from([ALICE, ROOM, "", "/", "a"]),
)
def test_no_stanza_makes_it_fail(inside, kind, source):
    """Whatever a server or a person sends, decode says something or nothing."""
    found = element(f"<message from='{source}' type='{kind}'>{inside}</message>")
    decode.message(found, session(stanza_ids=True, occupant_ids=True))
    muc_info.presence(found)
    muc_info.info(found)


TXN = "1a.2.0.0123456789abcdef"


@pytest.mark.parametrize(
    ("attributes", "more", "mark"),
    [
        (f"id='{TXN}'", "", TXN),
        ("id='m1'", f"<origin-id xmlns='urn:xmpp:sid:0' id='{TXN}'/>", TXN),
        ("id='1a.2.0.0123456789abcde'", "", ""),
        ("id='1A.2.0.0123456789ABCDEF'", "", ""),
        (f"id=' {TXN}'", "", ""),
        ("id='m1'", "", ""),
        ("", "", ""),
    ],
)
def test_the_mark_of_a_copy(attributes, more, mark):
    """Only what has the shape of a txn: anybody may choose an id."""
    assert message(f"<body>a</body>{more}", attributes).mark == mark


def archived(source, attributes="", inside="", **known):
    known = {"stanza_ids": True, **known}
    xml = f"<message from='{source}' type='groupchat' {attributes}><body>a</body>{inside}</message>"
    place = session(**known).places[ROOM]
    return decode.past(element(xml), place, "q1", "2026-01-01T00:00:00Z")


OCCUPANT = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='{}'/>"
US = {"occupant_ids": True, "me": "us"}


@pytest.mark.parametrize(
    ("nick", "attributes", "occupant", "known", "event"),
    [
        ("alice", "", "", {}, True),
        ("bot", f"id='{TXN}'", "", {}, False),
        ("bot", "id='m1'", "", {}, True),
        ("bot_", f"id='{TXN}'", "", {}, True),
        ("bot", "id='m1'", "us", US, False),
        ("bot_", f"id='{TXN}'", "us", US, False),
        ("bot", f"id='{TXN}'", "them", US, True),
    ],
)
def test_what_was_ours(nick, attributes, occupant, known, event):
    """Our nick was anybody's while we were away; an occupant id is one person's for ever (XEP-0421)."""
    inside = OCCUPANT.format(occupant) if occupant else ""
    found = archived(f"{ROOM}/{nick}", attributes, inside, **known)
    assert (found.event is not None) is event


def test_the_past_is_as_it_was():
    """XEP-0313 section 4.2: named by the archive and dated by it, whatever the message says of itself."""
    inside = (
        STANZA_ID.format(by=ROOM).replace("q1", "forged")
        + f"<delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2000-01-01T00:00:00Z'/>"
    )
    found = archived(ALICE, "id='m1'", inside + OCCUPANT.format("x"), occupant_ids=True)
    assert found.event == MessageCreated(
        id="q1",
        aliases=(by_author("occupant:x", "m1"),),
        room=ROOM,
        sender=found.event.sender,
        content=plain("a"),
        at=1767225600.0,
        replayed=True,
    )
    assert found.event.sender.id == "occupant:x"
    assert (found.id, found.occupant, found.at, found.names) == ("q1", ALICE, 1767225600.0, ("m1",))


def test_the_room_has_the_last_word_on_when():
    """XEP-0203: of two times the room's counts, in either order."""
    theirs, ours = (
        "<delay xmlns='urn:xmpp:delay' stamp='2000-01-01T00:00:00Z'/>",
        f"<delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2026-01-01T00:00:00Z'/>",
    )
    for inside in (theirs + ours, ours + theirs):
        xml = f"<message from='{ALICE}' type='groupchat'><body>a</body>{inside}</message>"
        assert decode.past(element(xml), session().places[ROOM]).at == 1767225600.0
    assert message(f"<body>a</body>{theirs}").at == 946684800.0


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-01T00:00:00Z", 1767225600.0),
        ("2026-01-01T02:00:00.5+02:00", 1767225600.5),
        ("20260101T00:00:00", 1767225600.0),
        ("never", None),
        ("", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_times(text, at):
    """XEP-0082 section 3.2, XEP-0091: in UTC wherever we are."""
    assert children.time_of(text) == at
