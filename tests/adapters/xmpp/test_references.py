"""What is said of earlier messages: corrections, answers, retractions and reactions, both ways."""

import dataclasses
import itertools
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.xmpp import decode, encode
from adapters.xmpp.capabilities import record
from adapters.xmpp.decode import talk
from adapters.xmpp.session import Place, Session
from bridge import (
    US,
    Answered,
    Authorship,
    Content,
    DeleteMessage,
    EditMessage,
    Kind,
    Mark,
    MessageCreated,
    MessageEdited,
    Part,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    SendMessage,
    SetReactions,
    Span,
    Speaker,
    Support,
    Txn,
    by_author,
    plain,
)
from tests.adapters.xmpp.contents import any_text

ROOM = RoomId("room@muc.x")
ALICE = f"{ROOM}/alice"
TXN = Txn("1a.2.0.0123456789abcdef")
OURS = Txn("9.2.0.0123456789abcdef")
COPY = Part("q9", (by_author(f"{ROOM}/bot", OURS),))
HERS = Part("q7", (by_author(ALICE, "m7"),))
COMMON = {"room": ROOM, "speaker": Speaker(Authorship.PREFIX, "al"), "txn": TXN}
ANSWER = SendMessage(**COMMON, content=plain("yes"), answered=Answered(HERS, "alice", "tea?"))


def place(**known):
    return Place(ROOM, "bot", **{"stanza_ids": True, "stable_ids": True, **known})


def element(xml):
    return ET.fromstring(f"<s xmlns='jabber:client'>{xml}</s>")[0]


def heard(inside, attributes="id='m1'", source=ALICE, **known):
    session = Session()
    session.places[ROOM] = place(**known)
    return decode.message(
        element(f"<message from='{source}' type='groupchat' {attributes}>{inside}</message>"), session
    )


def past(inside, source=ALICE, **known):
    xml = f"<message from='{source}' type='groupchat' id='m1'>{inside}</message>"
    return decode.past(element(xml), place(**known), "q1", "2026-01-01T00:00:00Z")


def from_another(stanza):
    """What another bridge in the room makes of a stanza of ours."""
    found = element(stanza)
    found.set("from", f"{ROOM}/bot")
    session = Session()
    session.places[ROOM] = place()
    session.places[ROOM].nick = "other"
    return decode.message(found, session)


# -- out


def test_a_correction():
    """XEP-0308 section 3: it names the id that the author gave the message."""
    command = EditMessage(**COMMON, target=COPY, content=plain("<al> better"))
    assert encode.edit(command, "") == (
        f"<message to='room@muc.x' type='groupchat' id='{TXN}'>"
        f"<replace xmlns='urn:xmpp:message-correct:0' id='{OURS}'/><body>&lt;al&gt; better</body></message>"
    )
    event = from_another(encode.edit(command, ""))
    assert isinstance(event, MessageEdited)
    assert (event.target, event.mark) == (COPY.aliases[0], TXN)


def test_a_correction_of_what_the_room_gave_no_name():
    """XEP-0308 section 3: then our own name is the only one."""
    command = EditMessage(**COMMON, target=Part(OURS), content=plain("better"))
    assert f"<replace xmlns='urn:xmpp:message-correct:0' id='{OURS}'/>" in encode.edit(command, "")


def test_a_retraction():
    """XEP-0424 section 3 of version 0.4, and of version 0.3 beside it."""
    assert encode.delete(DeleteMessage(**COMMON, target=COPY), "") == (
        f"<message to='room@muc.x' type='groupchat' id='{TXN}'>"
        "<retract xmlns='urn:xmpp:message-retract:1' id='q9'/>"
        f"<apply-to xmlns='urn:xmpp:fasten:0' id='{OURS}'><retract xmlns='urn:xmpp:message-retract:0'/>"
        "</apply-to><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/>"
        "<body>/me retracted a previous message, but it's unsupported by your client.</body>"
        "<store xmlns='urn:xmpp:hints'/></message>"
    )


def test_reactions():
    """XEP-0444 sections 3.1 and 4.2: all of them, to the room's name for the message."""
    assert encode.react(SetReactions(**COMMON, target=HERS, emojis=("👍", "<3")), "") == (
        f"<message to='room@muc.x' type='groupchat' id='{TXN}'>"
        "<reactions xmlns='urn:xmpp:reactions:0' id='q7'><reaction>👍</reaction><reaction>&lt;3</reaction>"
        "</reactions><store xmlns='urn:xmpp:hints'/></message>"
    )
    none = encode.react(SetReactions(**COMMON, target=HERS, emojis=()), "")
    assert "<reactions xmlns='urn:xmpp:reactions:0' id='q7'></reactions>" in none


def test_an_answer():
    """XEP-0461 sections 3 and 3.1, XEP-0428 section 2.2."""
    assert encode.reply(ANSWER, ANSWER.answered, "", named=True) == (
        f"<message to='room@muc.x' type='groupchat' id='{TXN}'>"
        "<reply xmlns='urn:xmpp:reply:0' to='room@muc.x/alice' id='q7'/>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='14'/></fallback>"
        "<body>&gt; alice: tea?\nyes</body></message>"
    )


def test_an_answer_where_the_room_names_nothing():
    """XEP-0461 section 4.1: it cannot be said what is answered, but people can read it."""
    assert encode.reply(ANSWER, ANSWER.answered, "", named=False) == (
        f"<message to='room@muc.x' type='groupchat' id='{TXN}'><body>&gt; alice: tea?\nyes</body></message>"
    )


@pytest.mark.parametrize(
    ("part", "to"),
    [(COPY, f"{ROOM}/bot"), (Part("q7", (by_author("occupant:x", "m7"),)), ALICE), (Part("q7"), ALICE)],
)
def test_whom_an_answer_answers(part, to):
    """XEP-0461 section 3: an address in the room; an occupant id is none."""
    stanza = encode.reply(ANSWER, dataclasses.replace(ANSWER.answered, part=part), "", named=True)
    assert element(stanza)[0].get("to") == to


@given(any_text, any_text, st.sampled_from(list(Kind)), st.booleans())
def test_any_answer_is_read_as_it_was_meant(quoted, text, kind, marked):
    """XEP-0426: the range counts characters as they are read, and what it leaves is what was said."""
    line = " ".join(quoted.split())
    content = Content((Span(f"x{text}", frozenset({Mark.BOLD} if marked else ())),))
    command = dataclasses.replace(ANSWER, content=content, kind=kind)
    alone = from_another(encode.message(ROOM, content, kind, TXN))
    event = from_another(encode.reply(command, Answered(HERS, "a&b", line), "", named=True))
    assert isinstance(event, MessageCreated)
    assert (event.content, event.kind, event.reply_to) == (alone.content, alone.kind, "q7")


@given(any_text, st.lists(any_text, max_size=300))
def test_whatever_is_named_is_one_stanza_that_fits(name, emojis):
    """XML 1.0 section 2.2, RFC 6120 section 13.12."""
    part = Part(name, (by_author(ALICE, name),))
    many = tuple(["&" * 100] * 300 + emojis)
    for stanza in (
        encode.react(SetReactions(**COMMON, target=part, emojis=many), encode.origin(TXN)),
        encode.delete(DeleteMessage(**COMMON, target=part), encode.origin(TXN)),
        encode.edit(EditMessage(**COMMON, target=part, content=plain("a")), encode.origin(TXN)),
        encode.reply(ANSWER, Answered(part, name, name), encode.origin(TXN), named=True),
    ):
        assert element(stanza).get("id") == TXN
        assert len(stanza.encode()) < encode.STANZA_LIMIT


@pytest.mark.parametrize(
    ("named", "able"), [(True, "reply edit delete reaction read"), (False, "edit")], ids=["named", "nameless"]
)
def test_what_can_be_done_where_the_room_names_nothing(named, able):
    """XEP-0461 section 4.1 and XEP-0444 section 4.2 need the room's names; XEP-0424 :0 does without."""
    can = record(16, named, Support.PARTIAL, None)
    fields = ("reply", "edit", "delete", "reaction", "read")
    assert [name for name in fields if getattr(can, name) is Support.FULL] == able.split()
    assert can.delete >= Support.PARTIAL <= can.reply
    assert (can.reaction is can.read is Support.NO) is not named


# -- in

RETRACT = "<retract xmlns='urn:xmpp:message-retract:1' id='{}'/>"
RETRACT_0 = (
    "<apply-to xmlns='urn:xmpp:fasten:0' id='{}'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>"
)
FALLBACK = "<fallback xmlns='urn:xmpp:fallback:0'{}/><body>fallback</body>"
NAMED = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='q2'/>"


@pytest.mark.parametrize(
    ("inside", "known", "target"),
    [
        (RETRACT.format("q1"), {}, "q1"),
        (RETRACT.format("m0"), {"stanza_ids": False}, by_author(ALICE, "m0")),
        (RETRACT_0.format("m0"), {}, by_author(ALICE, "m0")),
        (RETRACT.format("q1") + RETRACT_0.format("m0"), {}, "q1"),
        (RETRACT_0.format("m0") + RETRACT.format("q1"), {}, "q1"),
        (RETRACT.format("q1") + "<replace xmlns='urn:xmpp:message-correct:0' id='m0'/>", {}, "q1"),
    ],
)
@pytest.mark.parametrize("fallback", ["", FALLBACK.format(""), "<body>no fallback at all</body>"])
def test_a_retraction_by_the_author(inside, known, target, fallback):
    """XEP-0424 section 3 of versions 0.4 and 0.3: the words that come with it are never said."""
    event = heard(NAMED + inside + fallback, **known)
    assert isinstance(event, Removed)
    assert (event.target, event.by_moderator, event.reason) == (target, False, "")
    assert event.sender == Sender(ALICE, "alice")
    assert event.aliases == (by_author(ALICE, "m1"),)
    assert (event.id == "q2") is known.get("stanza_ids", True)


def test_a_retraction_by_a_client_that_mixes_up_the_names():
    """XEP-0424 section 3 of version 0.4, as some clients read it: it may be the author's name as well."""
    event = heard(NAMED + RETRACT.format("m0"))
    (other,) = talk.otherwise(event)
    assert (event.target, other.target) == ("m0", by_author(ALICE, "m0"))
    assert (event.sender, event.room) == (other.sender, other.room)
    assert other.id not in (event.id, *event.aliases), "it is journalled as an event of its own"
    for clear in (heard(RETRACT_0.format("m0")), heard(RETRACT.format("m0"), stanza_ids=False)):
        assert talk.otherwise(clear) == ()
    assert talk.otherwise(heard(MODERATED, source=ROOM)) == ()


REASON = "<reason>spam  and\n worse</reason>"
MODERATED = (
    "<retract xmlns='urn:xmpp:message-retract:1' id='q1'><moderated xmlns='urn:xmpp:message-moderate:1'"
    f" by='{ROOM}/mod'><occupant-id xmlns='urn:xmpp:occupant-id:0' id='o5'/></moderated>{REASON}"
    "</retract>"
)
MODERATED_0 = (
    f"<apply-to xmlns='urn:xmpp:fasten:0' id='q1'><moderated xmlns='urn:xmpp:message-moderate:0'"
    f" by='{ROOM}/mod'><retract xmlns='urn:xmpp:message-retract:0'/>{REASON}</moderated>"
    "</apply-to>"
)
UNTOLD = MODERATED.replace(f" by='{ROOM}/mod'", "")


@pytest.mark.parametrize(
    "inside",
    [MODERATED, MODERATED_0, MODERATED_0 + MODERATED, MODERATED_0 + UNTOLD, UNTOLD + MODERATED_0],
)
@pytest.mark.parametrize("stanza_ids", [True, False])
def test_a_removal_by_a_moderator(inside, stanza_ids):
    """XEP-0425 section 3.1 of versions 0.3 and 0.2: the room itself announces it."""
    event = heard(NAMED + inside + FALLBACK.format(""), source=ROOM, stanza_ids=stanza_ids)
    assert isinstance(event, Removed)
    assert (event.target, event.by_moderator, event.reason) == ("q1", True, "spam and worse")
    assert event.sender == Sender(f"{ROOM}/mod", "mod")


def test_who_the_moderator_is():
    """XEP-0425 section 3.1: known by the occupant id where the room gives those, or not told at all."""
    assert heard(MODERATED, source=ROOM, occupant_ids=True).sender == Sender("occupant:o5", "mod")
    assert heard(UNTOLD, source=ROOM).sender == Sender(ROOM, ROOM)
    assert heard(UNTOLD, source=ROOM, occupant_ids=True).sender == Sender(ROOM, ROOM), "they have left"
    there = {"ann": "o4", "mod": "o5"}
    assert heard(UNTOLD, source=ROOM, occupant_ids=True, people=there).sender == Sender("occupant:o5", "mod")
    elsewhere = MODERATED.replace(f"{ROOM}/mod", "other@muc.x/mod")
    assert heard(elsewhere, source=ROOM).sender == Sender(ROOM, ROOM)


@pytest.mark.parametrize("inside", [MODERATED, MODERATED_0])
def test_an_occupant_who_claims_that_a_moderator_did_it(inside):
    """XEP-0425 section 5 (Business Rules): such a message is discarded, live and in an archive."""
    assert heard(inside + "<body>words</body>") is None
    assert past(inside).event is None


def test_a_room_that_retracts_without_a_moderator():
    """XEP-0424 section 5: a retraction is its author's, and the room said nothing."""
    assert heard(RETRACT.format("q1"), source=ROOM) is None
    assert heard("<body>words</body>", source=ROOM) is None
    flagged = MODERATED_0.replace("<retract xmlns='urn:xmpp:message-retract:0'/>", "")
    assert heard(flagged, source=ROOM) is None


def reactions(*emojis, name="q1"):
    inside = "".join(f"<reaction>{emoji}</reaction>" for emoji in emojis)
    return f"<reactions xmlns='urn:xmpp:reactions:0' id='{name}'>{inside}</reactions>"


@pytest.mark.parametrize(
    ("inside", "emojis"),
    [
        (reactions("👍", "🎂"), ("👍", "🎂")),
        (reactions(), ()),
        (reactions("👍", " 👍 ", "", "x" * 200), ("👍",)),
        (reactions("👍") + FALLBACK.format(""), ("👍",)),
        (reactions("👍") + FALLBACK.format(" for='urn:xmpp:reactions:0'"), ("👍",)),
    ],
)
def test_reactions_of_somebody(inside, emojis):
    """XEP-0444 sections 3.2 and 4: the whole set, each once, perhaps none; the fallback is not said."""
    event = heard(NAMED + inside)
    assert event == ReactionsChanged(
        id="q2",
        aliases=(by_author(ALICE, "m1"),),
        room=ROOM,
        sender=Sender(ALICE, "alice"),
        target="q1",
        emojis=emojis,
    )


def test_words_that_are_no_fallback_are_said():
    """XEP-0428 section 2.2: nobody may hide words from the other rooms behind a reaction."""
    event = heard(reactions("👍") + "<body>words</body>")
    assert isinstance(event, MessageCreated)
    assert event.content == plain("words")
    event = heard(reactions("👍") + FALLBACK.format(" for='urn:xmpp:reply:0'"))
    assert isinstance(event, MessageCreated)


def test_how_many_reactions_count():
    """XEP-0444 section 4: no room is for thousands."""
    assert len(heard(reactions(*map(str, range(5000)))).emojis) == 100


@pytest.mark.parametrize("stanza_ids", [True, False])
def test_an_answer_to_a_copy_of_ours(stanza_ids):
    """XEP-0461 section 4.1: it names what the receipt said, in either kind of room."""
    own = "<body>a</body>" + NAMED
    receipt = heard(own, f"id='{OURS}'", f"{ROOM}/bot", stanza_ids=stanza_ids)
    assert isinstance(receipt, decode.Reflection)
    name = receipt.id if stanza_ids else OURS
    answer = f"<body>b</body><reply xmlns='urn:xmpp:reply:0' to='{ROOM}/bot' id='{name}'/>"
    assert heard(answer, stanza_ids=stanza_ids).reply_to in (receipt.id, *receipt.aliases)
    assert heard(reactions("👍", name=name), stanza_ids=stanza_ids).target == receipt.id


@pytest.mark.parametrize(
    "stanza",
    [
        encode.edit(EditMessage(**COMMON, target=COPY, content=plain("a")), ""),
        encode.delete(DeleteMessage(**COMMON, target=COPY), ""),
        encode.react(SetReactions(**COMMON, target=COPY, emojis=("👍",)), ""),
        encode.reply(ANSWER, ANSWER.answered, "", named=True),
    ],
)
def test_what_was_ours(stanza):
    """XEP-0045 section 7.4: it comes back as it went out and is a confirmation, or later found by its id."""
    found = element(stanza)
    found.set("from", f"{ROOM}/bot")
    session = Session()
    session.places[ROOM] = place()
    said = decode.message(found, session)
    assert isinstance(said, decode.Reflection)
    assert said.txn == TXN
    kept = decode.past(found, place(), "q1", "2026-01-01T00:00:00Z")
    assert (kept.event, kept.names) == (None, (TXN,))
    found.set("from", ALICE)
    assert decode.message(found, session).mark == TXN


@pytest.mark.parametrize(
    ("inside", "source", "kind", "target"),
    [
        (RETRACT.format("q0"), ALICE, Removed, "q0"),
        (MODERATED, ROOM, Removed, "q1"),
        (MODERATED_0, ROOM, Removed, "q1"),
        (reactions("👍", name="q0"), ALICE, ReactionsChanged, "q0"),
    ],
)
def test_the_past_tells_it_too(inside, source, kind, target):
    """XEP-0313 section 4.2 and XEP-0045 section 7.2.14: named and dated as it was."""
    event = past(inside, source).event
    assert isinstance(event, kind)
    assert (event.id, event.target, event.at, event.replayed) == ("q1", target, 1767225600.0, True)
    delay = f"<delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2026-01-01T00:00:00Z'/>"
    assert heard(inside + NAMED + delay, source=source) is None, "it is history"
    xml = f"<message from='{source}' type='groupchat' id='m1'>{inside}{NAMED}{delay}</message>"
    shown = decode.past(element(xml), place())
    assert shown.event == dataclasses.replace(event, id="q2")


@pytest.mark.parametrize(
    "inside",
    [
        "<retracted xmlns='urn:xmpp:message-retract:1' id='m9' stamp='2026-01-01T00:00:00Z'/>",
        "<moderated xmlns='urn:xmpp:message-moderate:0'><retracted xmlns='a'/></moderated>",
    ],
)
def test_what_is_left_of_a_message_says_nothing(inside):
    """XEP-0424 section 4, XEP-0425 section 4 (Tombstones): it keeps its place, and its name."""
    found = past(inside)
    assert (found.event, found.id, found.names) == (None, "q1", ("m1",))


# -- whose it was, where the room does not tell

REPLACE = "<replace xmlns='urn:xmpp:message-correct:0' id='{}'/><body>other words</body>"


def stayed(inside, attributes="id='m9'", *, known):
    session = Session()
    session.places[ROOM] = known
    return decode.message(
        element(f"<message from='{ALICE}' type='groupchat' {attributes}>{inside}</message>"), session
    )


def test_a_nick_that_somebody_else_may_have():
    """XEP-0308 section 4, XEP-0424 section 5: nobody changes what was said before they came."""
    known = place()
    known.left("alice", "")
    known.came("alice", "")
    edit = stayed(REPLACE.format("m1"), known=known)
    assert isinstance(edit, MessageEdited)
    assert edit.target != by_author(ALICE, "m1"), "it is another message's"
    assert stayed(RETRACT.format("q1"), known=known) is None
    assert stayed(RETRACT_0.format("m1"), known=known) is None
    stayed("<body>mine</body>" + NAMED, "id='m2'", known=known)
    assert stayed(REPLACE.format("m2"), known=known).target == by_author(ALICE, "m2")
    assert stayed(RETRACT.format("q2"), known=known).target == "q2"
    known.left("alice", "")
    assert stayed(RETRACT.format("q2"), known=known) is None, "and so on"


@pytest.mark.parametrize(
    ("people", "same"),
    [
        (["a@x.y", "a@x.y"], True),
        (["a@x.y", "e@x.y"], False),
        (["", ""], False),
        (["a@x.y", "e@x.y", "e@x.y"], False),
    ],
)
def test_who_comes_back(people, same):
    """XEP-0045 section 7.2.4: rooms that are not anonymous tell who it is."""
    known = place()
    for gone, come in itertools.pairwise(people):
        known.left("alice", gone)
        known.came("alice", come)
    assert (stayed(RETRACT.format("q1"), known=known) is not None) is same


def test_nicks_that_are_given_up_are_forgotten_one_day():
    known = place()
    for n in range(20_000):
        known.left(f"nick{n}", "")
    assert len(known.stays) == 10_000


def test_our_own_nick_in_an_answer_names_us():
    """Where nothing is answered, it is a word as any other."""
    reply = f"<reply xmlns='urn:xmpp:reply:0' to='{ROOM}/bot' id='q9'/>"
    assert heard(f"<body>Bot: yes</body>{reply}").content.spans == (Span("Bot", mention=US), Span(": yes"))
    assert heard("<body>Bot: yes</body>").content == plain("Bot: yes")
