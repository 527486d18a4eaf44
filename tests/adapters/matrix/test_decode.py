"""Events to what people said; sections are those of the client-server API."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.matrix.decode import decode
from adapters.matrix.session import Session, after_join
from adapters.matrix.untrusted import name_of
from bridge import (
    US,
    Content,
    Kind,
    Mark,
    MessageCreated,
    MessageEdited,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    Span,
    UserId,
    plain,
)

ROOM = RoomId("#r:s")
OWN = "@hubbub:s"
NAMES = {"@alice:s": "Alice"}


def event(content, **fields):
    return {
        "type": "m.room.message",
        "event_id": "$e",
        "sender": "@alice:s",
        "origin_server_ts": 1_700_000_000_500,
        "content": content,
        **fields,
    }


def read(content, **fields):
    return decode(event(content, **fields), ROOM, NAMES, OWN)


def test_a_text():
    """Sections "m.text" and "Room event format"."""
    assert read({"msgtype": "m.text", "body": "hello\nthere"}) == MessageCreated(
        id="$e",
        room=ROOM,
        sender=Sender(UserId("@alice:s"), "Alice"),
        content=plain("hello\nthere"),
        at=1_700_000_000.5,
    )


@pytest.mark.parametrize(("value", "mark"), [("1.ab", "1.ab"), (5, ""), ("\x00", ""), ("x" * 300, "x" * 255)])
def test_a_mark_is_told(value, mark):
    """Some Hubbub's copy: what becomes of it is the core's to say."""
    assert read({"msgtype": "m.text", "body": "x", "hubbub.txn": value}).mark == mark
    relation = {"rel_type": "m.replace", "event_id": "$e1"}
    assert read({"body": "* x", "hubbub.txn": value, "m.relates_to": relation}).mark == mark


@pytest.mark.parametrize(
    ("msgtype", "kind"),
    [
        ("m.text", Kind.TEXT),
        ("m.emote", Kind.EMOTE),
        ("m.notice", Kind.NOTICE),
        ("org.example.new", Kind.TEXT),
    ],
)
def test_kinds(msgtype, kind):
    """ "m.room.message msgtypes": a type that is not known is shown by its body."""
    said = read({"msgtype": msgtype, "body": "x"})
    assert (said.kind, said.content) == (kind, plain("x"))


def test_formatted_body_is_preferred():
    """Section "m.room.message msgtypes": with the one known format; another format is not read."""
    rich = {"msgtype": "m.text", "body": "*x*", "formatted_body": "<b>x</b>"}
    assert read({**rich, "format": "org.matrix.custom.html"}).content.spans == (
        Span("x", frozenset({Mark.BOLD})),
    )
    assert read({**rich, "format": "org.example.other"}).content == plain("*x*")
    assert read(rich).content == plain("*x*")


@pytest.mark.parametrize("html", ["", " <br> ", "<p></p>", "<img src='mxc://a/b'>", "<mx-reply>x</mx-reply>"])
def test_a_formatted_body_that_shows_nothing_costs_no_words(html):
    rich = {"msgtype": "m.text", "body": "words", "format": "org.matrix.custom.html", "formatted_body": html}
    assert read(rich).content == plain("words")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"msgtype": "m.image", "body": "cat.png"}, "[picture] cat.png"),
        ({"msgtype": "m.image", "body": "cat.png", "filename": "cat.png"}, "[picture] cat.png"),
        ({"msgtype": "m.image", "body": "my cat", "filename": "cat.png"}, "[picture] cat.png\nmy cat"),
        ({"msgtype": "m.file", "body": "a\nb.txt"}, "[file] a b.txt"),
        ({"msgtype": "m.audio", "body": "a.ogg"}, "[sound] a.ogg"),
        ({"msgtype": "m.video", "body": "a.mp4"}, "[video] a.mp4"),
        ({"msgtype": "m.location", "body": "Here", "geo_uri": "geo:1,2"}, "[location] Here (geo:1,2)"),
        ({"msgtype": "m.location", "body": "At geo:1,2", "geo_uri": "geo:1,2;u=9"}, "[location] At geo:1,2"),
    ],
)
def test_files_are_named(content, text):
    """Sections "m.image", "m.file" and so on, "Media captions"."""
    assert read(content).content.text == text


def test_an_image_without_words_is_what_the_body_says():
    """Section "m.room.message msgtypes": `alt` and `title` of an image may be missing."""
    html = {"format": "org.matrix.custom.html", "formatted_body": "so <b>glad</b> <img src='mxc://s/cat'>"}
    assert read({"msgtype": "m.text", "body": "so glad :cat:", **html}).content.text == "so glad :cat:"


def test_a_request_to_verify_is_for_clients():
    """Section "Key verification framework"."""
    assert read({"msgtype": "m.key.verification.request", "body": "@alice:s is requesting ..."}) is None


def test_an_image_to_react_with_goes_by_its_name():
    """MSC4027."""
    content = {"m.relates_to": reaction("mxc://s/cat"), "shortcode": ":cat:"}
    assert read(content, type="m.reaction").added == (":cat:",)


def reaction(key, **fields):
    return {"rel_type": "m.annotation", "event_id": "$q", "key": key, **fields}


@pytest.mark.parametrize("key", ["👍", "❤️", "👩‍👩‍👧‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "lol"])
def test_a_reaction(key):
    """Section "Event annotations and reactions"."""
    assert read({"m.relates_to": reaction(key)}, type="m.reaction") == ReactionsChanged(
        id="$e",
        room=ROOM,
        sender=Sender(UserId("@alice:s"), "Alice"),
        target="$q",
        added=(key,),
        at=1_700_000_000.5,
    )


@pytest.mark.parametrize(
    "relation",
    [
        reaction("mxc://s/party"),
        reaction("x" * 65),
        reaction(" "),
        reaction("a\nb"),
        reaction("\x1b"),
        reaction("\u202ex"),
        reaction(["👍"]),
        reaction("👍", rel_type="m.replace"),
        reaction("👍", event_id=5),
        {},
    ],
)
def test_what_is_no_reaction(relation):
    """Images, what no client means, and what is left of a redacted one."""
    assert read({"m.relates_to": relation}, type="m.reaction") is None


@pytest.mark.parametrize(
    ("outer", "inner", "target", "vouched"),
    [
        ("$q", "$q", "$q", True),
        (None, "$q", "$q", False),
        ("$q", None, "$q", False),
        ("$q", "$other", "$q", False),
        (7, "$q", "$q", False),
    ],
)
def test_a_redaction(outer, inner, target, vouched):
    """Section "Redactions", rooms of version 11: what only one place names may be the sender's own idea."""
    content = {"reason": "spam\x00", **({"redacts": inner} if inner else {})}
    said = read(content, type="m.room.redaction", **({"redacts": outer} if outer else {}))
    assert said == Removed(
        id="$e",
        room=ROOM,
        sender=Sender(UserId("@alice:s"), "Alice"),
        target=target,
        reason="spam",
        by_moderator=vouched,
        at=1_700_000_000.5,
    )


def test_a_redaction_of_nothing():
    assert read({"reason": "x"}, type="m.room.redaction") is None


def test_an_edit():
    """Section "Event replacements"."""
    said = read(
        {
            "msgtype": "m.text",
            "body": "* new",
            "m.new_content": {"msgtype": "m.text", "body": "new"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": "$old"},
        }
    )
    assert isinstance(said, MessageEdited)
    assert (said.id, said.target, said.content) == ("$e", "$old", plain("new"))
    bare = read({"body": "* new", "m.relates_to": {"rel_type": "m.replace", "event_id": "$old"}})
    assert bare.content == plain("new")


@pytest.mark.parametrize("head", ["> <@alice:s> first", "> * <@alice:s> first"])
def test_a_reply_is_without_its_fallback(head):
    """Section "Fallbacks for rich replies", as it was until v1.12."""
    relation = {"m.in_reply_to": {"event_id": "$q"}}
    body = {"msgtype": "m.text", "body": f"{head}\n> second\n\nanswer\n> not this", "m.relates_to": relation}
    said = read(body)
    assert (said.reply_to, said.content) == ("$q", plain("answer\n> not this"))
    html = "<mx-reply><blockquote>..</blockquote></mx-reply><b>answer</b>"
    said = read({**body, "format": "org.matrix.custom.html", "formatted_body": html})
    assert said.content.spans == (Span("answer", frozenset({Mark.BOLD})),)


def test_a_reply_without_a_fallback_stays_as_it_is():
    """Section "Rich replies": since v1.13 clients send none; a quote of the author's own is not one."""
    said = read({"body": "> my own quote\nanswer", "m.relates_to": {"m.in_reply_to": {"event_id": "$q"}}})
    assert (said.reply_to, said.content) == ("$q", plain("> my own quote\nanswer"))


def test_what_looks_like_a_fallback_in_no_reply_stays():
    said = read({"body": "> <@alice:s> first\n\nanswer"})
    assert said.content == plain("> <@alice:s> first\n\nanswer")


@pytest.mark.parametrize(
    ("falls_back", "answered"), [(True, None), (False, "$last"), (None, "$last"), ("odd", "$last")]
)
def test_threads(falls_back, answered):
    """Section "Threading": the fallback names the last message, a true reply the answered one."""
    relation = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$last"}}
    more = {} if falls_back is None else {"is_falling_back": falls_back}
    quoting = "> <@alice:s> first\n\nanswer"
    said = read({"body": quoting, "m.relates_to": {**relation, **more}})
    assert (said.thread, said.reply_to, said.content.text) == ("$root", answered, "answer")
    assert read({"body": "x", "m.relates_to": {"rel_type": "m.thread", "event_id": 5}}).thread is None


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": OWN},
        {"type": "m.reaction"},
        {"type": "m.room.encrypted", "content": {}},
        {"type": "m.room.member", "state_key": "@alice:s"},
        {"state_key": ""},
        {"sender": "alice"},
        {"sender": "@ali\x00ce:s"},
        {"event_id": ""},
        {"event_id": None},
        {"content": {}},
        {"sender": OWN, "content": {"body": "x", "hubbub.txn": "1"}},
    ],
)
def test_what_is_no_message_of_somebody_else(fields):
    """Own words, state, redacted events ("Redactions": they are empty), what another Hubbub carried."""
    assert decode({**event({"msgtype": "m.text", "body": "x"}), **fields}, ROOM, NAMES, OWN) is None


def test_names():
    """Section "Calculating the display name for a user", without telling namesakes apart."""
    assert name_of("@bob:s", NAMES) == "bob"
    session = Session(OWN)
    member = {
        "type": "m.room.member",
        "state_key": "@bob:s",
        "content": {"membership": "join", "displayname": " B\0b "},
    }
    session.learn("!r", member)
    assert session.names_in("!r") == {"@bob:s": "Bb"}
    session.learn("!r", {**member, "content": {"membership": "leave"}})
    assert session.names_in("!r") == {}


def test_only_what_came_after_our_join():
    """Section "m.room.member": a join after a join is but a new name."""
    join = {"type": "m.room.member", "state_key": OWN, "content": {"membership": "join"}}
    rename = {**join, "unsigned": {"prev_content": {"membership": "join"}}}
    assert after_join(["a", join, "b"], OWN) == (["b"], True)
    assert after_join(["a", rename, "b"], OWN) == (["a", rename, "b"], False)


def test_upgrades_are_followed_to_the_end():
    """Section "Room Upgrades": and a circle of them ends."""
    session = Session(OWN)
    for old, new in (("!a", "!b"), ("!b", "!c"), ("!c", "!a"), ("!d", "!d")):
        tombstone = {
            "type": "m.room.tombstone",
            "state_key": "",
            "sender": "@a:s",
            "content": {"replacement_room": new},
        }
        session.learn(old, tombstone)
    assert session.latest("!a") == "!c"
    assert session.latest("!d") == "!d"
    assert session.tombstones["!a"].server == "s"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_keys = st.sampled_from(
    [
        "msgtype",
        "body",
        "format",
        "formatted_body",
        "m.relates_to",
        "m.new_content",
        "filename",
        "url",
        "file",
        "info",
        "geo_uri",
        "m.mentions",
        "redacts",
        "reason",
    ]
)
_values = st.one_of(
    _json,
    st.sampled_from(
        [
            "m.text",
            "m.image",
            "mxc://s/a",
            "org.matrix.custom.html",
            "> <@a:s> x\n\ny",
            "<b><pre>x",
            {"rel_type": "m.replace"},
            {"rel_type": "m.annotation", "event_id": "$q", "key": "x"},
        ]
    ),
    st.fixed_dictionaries(
        {}, optional={"rel_type": _json, "event_id": _json, "m.in_reply_to": _json, "body": _json}
    ),
)
_content = st.dictionaries(_keys, _values)


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a machine that has other work
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["m.reaction", "m.room.redaction"]) | _json,
            "content": _content | _json,
            "redacts": st.just("$q") | _json,
            "sender": _json,
            "event_id": _json,
            "origin_server_ts": _json,
        },
    )
)
def test_no_event_is_too_odd(fields):
    """Any server may send anything: nothing raises, and what comes out is text as it should be."""
    said = decode({**event({"body": "x"}), **fields}, ROOM, NAMES, OWN)
    if said is not None:
        words = [said.reason] if isinstance(said, Removed) else getattr(said, "added", [])
        if isinstance(said, MessageCreated | MessageEdited):
            assert isinstance(said.content, Content)
            words = [span.text for span in said.content.spans]
        "".join(words).encode()
        assert isinstance(said.at, float | None)


@given(_json)
def test_no_state_is_too_odd(value):
    session = Session(OWN)
    for kind in ("m.room.member", "m.room.encryption", "m.room.tombstone", "m.room.power_levels"):
        session.learn("!r", {"type": kind, "state_key": "", "sender": value, "content": value})
        session.learn(
            "!r", {"type": kind, "state_key": value, "content": {"membership": "join", "displayname": value}}
        )
    assert decode(value, ROOM, {}, OWN) is None
    assert after_join([value], OWN)[1] is False


def test_a_pill_of_our_account_names_us():
    """Appendices, "matrix.to navigation"; in an edit too."""
    html = '<a href="https://matrix.to/#/@hubbub:s">Hubbub</a> yes'
    words = {
        "msgtype": "m.text",
        "body": "Hubbub yes",
        "format": "org.matrix.custom.html",
        "formatted_body": html,
    }
    edit = {
        "body": "* x",
        "m.new_content": words,
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"},
    }
    for content in (words, edit):
        assert read(content).content.spans == (Span("Hubbub", mention=US), Span(" yes"))


def test_our_name_before_an_answer_names_us():
    """As some clients write it, without a pill."""
    words = {"msgtype": "m.text", "body": "hubbub: yes"}
    answer = {**words, "m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}
    assert read(answer).content.spans == (Span("hubbub", mention=US), Span(": yes"))
    assert read(words).content == plain("hubbub: yes")
