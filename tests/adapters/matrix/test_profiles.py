"""Per-message profiles (MSC4144): the author's name beside what somebody else's account says."""

import pytest

from adapters.matrix.decode import decode
from adapters.matrix.encode import LARGEST, TEXT_LIMIT, encode, size
from bridge import (
    Authorship,
    Byline,
    Content,
    EditMessage,
    Mark,
    MessageId,
    Part,
    RoomId,
    Sender,
    SendMessage,
    Span,
    Speaker,
    Txn,
    UserId,
    plain,
)

PROFILE = "com.beeper.per_message_profile"
ADA = "irc/ada!~ada@example.org"
BOT = Sender(UserId("@bot:s"), "bot")


def said(text, start, end, name="ada", kind=SendMessage, content=None, **more):
    content = content or plain(text)
    more |= {"target": Part(MessageId("$old"))} if kind is EditMessage else {}
    return encode(
        kind(
            room=RoomId("#r:s"),
            speaker=Speaker(Authorship.PREFIX, name),
            txn=Txn("1.ab"),
            content=content,
            byline=Byline(ADA, name, start, end),
            **more,
        )
    )


def heard(content, sender="@bot:s", type_="m.room.message"):
    event = {"type": type_, "event_id": "$e", "sender": sender, "content": content}
    return decode(event, RoomId("#r:s"), {"@bot:s": "bot"}, "@hubbub:s")


def profiled(body, name="Ada", fallback=True, html=None, id_="x", **more):
    content = {"msgtype": "m.text", "body": body, **more}
    if html is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return {**content, PROFILE: {"id": id_, "displayname": name, "has_fallback": fallback}}


def test_a_copy_names_its_author_beside_the_words():
    event = said("<ada> a <b>\nc", 0, 5)
    assert event["body"] == "<ada> a <b>\nc"
    html = "<strong data-mx-profile-fallback>&lt;ada&gt; </strong>a &lt;b&gt;<br>c"
    assert (event["format"], event["formatted_body"]) == ("org.matrix.custom.html", html)
    profile = event[PROFILE]
    assert (profile["displayname"], profile["has_fallback"]) == ("ada", True)
    assert ADA not in profile["id"]
    assert said("<ada> other", 0, 5)[PROFILE]["id"] == profile["id"]


def test_with_the_template_of_the_proposal_plain_words_fit_too():
    event = said("ada (irc): hello", 0, 10)
    assert event[PROFILE]["displayname"] == "ada (irc)"
    assert event["formatted_body"] == "<strong data-mx-profile-fallback>ada (irc): </strong>hello"


def test_only_the_name_can_be_taken_out():
    """And neither when something was said, nor who does what an emote tells."""
    event = said("[10:30] <ada> hello", 8, 13)
    assert event["formatted_body"] == "[10:30] <strong data-mx-profile-fallback>&lt;ada&gt; </strong>hello"
    event = said("* ada waves", 0, 0)
    assert "formatted_body" not in event
    assert "has_fallback" not in event[PROFILE]
    quote = Content((Span("<ada>\n"), Span("q", frozenset({Mark.BOLD}))))
    event = said("", 0, 5, content=quote)
    assert event["formatted_body"] == (
        "<strong data-mx-profile-fallback>&lt;ada&gt;</strong><br><strong>q</strong>"
    )


def test_an_edit_has_it_too():
    event = said("<ada> new", 0, 5, kind=EditMessage)
    new = event["m.new_content"]
    assert new["formatted_body"] == "<strong data-mx-profile-fallback>&lt;ada&gt; </strong>new"
    assert event["formatted_body"] == "* " + new["formatted_body"]
    assert event[PROFILE] == new[PROFILE]


@pytest.mark.parametrize("sign", ['"', "\\", "\n", "é", "<", "x"])
@pytest.mark.parametrize("kind", [SendMessage, EditMessage])
def test_a_long_text_is_as_long_as_before(sign, kind):
    text = "<ada> " + sign * ((TEXT_LIMIT - 6) // len(sign.encode()))
    event = said(text, 0, 5, kind=kind)
    assert size(event) <= LARGEST
    event = event.get("m.new_content", event)
    assert event["body"] == text
    assert event[PROFILE].get("has_fallback", False) == ("formatted_body" in event)
    assert PROFILE not in said("x" * 300 + ": hello", 0, 301, name="x" * 300)


def test_another_bridges_people_are_told_apart_and_cannot_be_taken_for_others():
    ada, bob = heard(profiled("hi", "Ada")), heard(profiled("hi", "Bob", id_="y"))
    assert ada.sender.name == "Ada (via bot)"
    assert ada.sender.id.startswith("@bot:s/")
    assert ada.sender.id != bob.sender.id
    assert ada.sender.author == bob.sender.author == "@bot:s"
    assert heard(profiled("hi", "Ada"), sender="@eve:s").sender.id != ada.sender.id
    assert heard(profiled("hi", "A" * 200)).sender.name == "A" * 27 + "… (via bot)"
    assert heard(profiled("hi", "Ada\n(via eve)")).sender.name == "Ada (via eve) (via bot)"
    assert heard(profiled("hi", "bot")).sender.name == "bot"


@pytest.mark.parametrize(
    "profile",
    [
        {"id": "x"},
        {"displayname": "Ada"},
        {"id": "x", "displayname": ""},
        {"id": "x", "displayname": 5},
        {"id": "", "displayname": "Ada"},
        {"id": "x" * 256, "displayname": "Ada"},
        {"id": "x", "displayname": "é" * 128},
        {"id": "x", "displayname": "A\0"},
        "Ada",
        None,
    ],
)
def test_what_is_no_profile_changes_nothing(profile):
    event = heard({"msgtype": "m.text", "body": "Ada: hi", PROFILE: profile})
    assert (event.sender, event.content) == (BOT, plain("Ada: hi"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (profiled("Ada: hi"), "hi"),
        (profiled("Ada: hi", fallback=False), "Ada: hi"),
        (profiled("Ada: hi", fallback="true"), "Ada: hi"),
        (profiled("Bob: hi"), "Bob: hi"),
        (profiled("Ada: Ada: hi"), "Ada: hi"),
        (profiled("Ada: hi", html="<p><strong data-mx-profile-fallback>Ada: </strong>hi</p>"), "hi"),
        (profiled("Ada: hi", html='<strong data-mx-profile-fallback="">Ada: </strong><i>hi</i>'), "hi"),
        (profiled("Ada: hi", html="<strong>Ada: </strong>hi"), "Ada: hi"),
        (
            profiled("Ada: hi", html="<strong data-mx-profile-fallback>Ada: </strong>hi", fallback=False),
            "Ada: hi",
        ),
        (profiled("> <@a:s> q\n\nAda: hi", **{"m.relates_to": {"m.in_reply_to": {"event_id": "$q"}}}), "hi"),
    ],
)
def test_the_name_in_the_words_is_left_out_where_it_is(content, text):
    assert heard(content).content.text == text


def test_an_edit_is_by_the_account():
    relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$e"}}
    new = profiled("Ada: new")
    edited = heard({"msgtype": "m.text", "body": "* Ada: new", "m.new_content": new, **relation})
    assert (edited.content.text, edited.sender.name) == ("new", "Ada (via bot)")
    bare = heard({"msgtype": "m.text", "body": "* new", "m.new_content": {"body": "new"}, **relation})
    assert bare.sender == BOT
    assert edited.sender.author == bare.sender.author


def test_what_hubbub_sends_it_reads_as_it_was():
    event = heard(said("<ada> hello", 0, 5))
    assert (event.sender.name, event.content, event.mark) == ("ada (via bot)", plain("hello"), "1.ab")
