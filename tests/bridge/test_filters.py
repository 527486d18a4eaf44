"""What owners leave out and replace, by itself: where a match stands, and what becomes of marks and links."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.config import EVERYTHING, Filters, Replacement
from bridge.expressions import expression, pieces_of
from bridge.filters import rewriting, sieve
from bridge.model import (
    US,
    Attachment,
    Block,
    Change,
    Content,
    Mark,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    MessageId,
    NameChanged,
    Removed,
    RoomId,
    Sender,
    Span,
    TopicChanged,
    UserId,
    normal,
    ours,
    plain,
    text_of,
)

ROOM = RoomId("#lobby")
BOLD = frozenset({Mark.BOLD})
ANN = UserId("ann!a@host")


def said(content, name="alice", **fields):
    content = plain(content) if isinstance(content, str) else content
    sender = Sender(UserId(f"{name}!u@host"), name)
    return MessageCreated(id=MessageId("m"), room=ROOM, sender=sender, content=content, **fields)


def rules(*pairs):
    return tuple(Replacement(find=find, put=put) for find, put in pairs)


def rewritten(content, *pairs):
    made = rewriting(Filters(replace_text=rules(*pairs)))
    assert made is not None
    return made.content(content if isinstance(content, Content) else Content(tuple(content))).spans


# What is left out


@pytest.mark.parametrize(
    ("keys", "text", "stopped"),
    [
        ({"ignore_text": (r"\bspam\b",)}, "no spam here", True),
        ({"ignore_text": (r"\bspam\b",)}, "spammer", False),
        ({"ignore_text": ("eggs", "(?i)SPAM")}, "spam", True),
        ({"ignore_text": (r"^!",)}, "a !", False),
        ({"ignore_text": (r"z\z",)}, "z\n", False),
        ({"ignore_commands": ("!", ".")}, "!roll 6", True),
        ({"ignore_commands": ("!", ".")}, "  .roll 6", True),
        ({"ignore_commands": ("!", ".")}, "well!", False),
        ({"ignore_commands": ("Robot:",)}, "robot: roll", True),
        ({"ignore_names": ("^a+",)}, "x", True),
        ({"ignore_names": ("^A",)}, "x", False),
        ({"ignore": ("ALICE",)}, "x", True),
        ({"ignore": ("*@host",)}, "x", True),
    ],
)
def test_what_is_left_out(keys, text, stopped):
    held = sieve(Filters(**keys))
    assert held.stops(said(text)) is stopped
    edit = MessageEdited(
        id=MessageId("e"), room=ROOM, sender=said("").sender, target=MessageId("m"), content=plain(text)
    )
    assert held.stops(edit) is stopped
    assert held.stops_all_of(said("").sender) is (stopped and not {"ignore", "ignore_names"}.isdisjoint(keys))


def test_nothing_is_compiled_where_nothing_is_left_out_or_replaced():
    assert sieve(EVERYTHING, Filters(replace_text=rules(("a", "b")))) is None
    assert rewriting(EVERYTHING, Filters(ignore=("bot",))) is None


def test_what_words_hide_is_looked_at_too():
    held = sieve(Filters(ignore_text=(r"casino\.example", r"\.exe$"), ignore_commands=("https", "run")))
    link = Content((Span("here", href="https://casino.example/win"),))
    assert held.stops(said(link))
    assert not held.stops(said(Content((Span("here", href="https://example.org"),))))
    files = Content(attachments=(Attachment("https://example.org/1", "run.exe"),))
    assert held.stops(said(files))
    assert not held.stops(said(replace(files, attachments=(Attachment("https://example.org/1", "run.sh"),))))


def test_topics_and_names_of_rooms_are_words_too_but_no_commands():
    held = sieve(Filters(ignore_text=("secret",), ignore_commands=("!",)))
    topic = TopicChanged(id=MessageId("t"), room=ROOM, sender=said("").sender, topic="secret")
    name = NameChanged(id=MessageId("n"), room=ROOM, sender=said("").sender, name="a secret")
    assert held.stops(topic)
    assert held.stops(name)
    assert not held.stops(replace(topic, topic="! welcome"))


def test_an_answer_does_not_quote_what_is_left_out():
    held = sieve(Filters(ignore_commands=("!",)))
    answer = said("which one?", reply_to=MessageId("x"), quoted="!weather")
    assert held.unquoted(answer).quoted == ""
    assert held.unquoted(replace(answer, quoted="rain")).quoted == "rain"


# What is replaced


def test_a_match_across_spans_looks_like_its_beginning():
    spans = (Span("see "), Span("old", BOLD), Span("name here"))
    assert rewritten(spans, ("oldname", "new")) == (Span("see "), Span("new", BOLD), Span(" here"))


def test_brackets_and_what_is_not_there():
    assert rewritten((Span("cat dog"),), (r"(\w+) (\w+)(!)?", r"\2 \1\3 \0 \\")) == (
        Span("dog cat cat dog \\"),
    )
    assert rewritten((Span("spam"),), ("spam", "")) == ()
    assert rewritten((Span("ab"),), ("x*", "-")) == (Span("-a-b-"),)
    assert rewritten((), ("^$", "x")) == (Span("x"),)


def test_one_after_the_other_and_the_outermost_first():
    outer, inner = Filters(replace_text=rules(("a", "b"))), Filters(replace_text=rules(("b", "c")))
    assert rewriting(outer, inner).content(plain("ab")).text == "cc"
    assert rewriting(inner, outer).content(plain("ab")).text == "bc"


def test_a_link_whose_address_is_seen_leads_where_its_text_says():
    link = Span("https://old.example/x", href="https://old.example/x")
    new = Span("https://new.example/x", href="https://new.example/x")
    assert rewritten((Span("see "), link), (r"^see", "look"), (r"old\.example", "new.example")) == (
        Span("look "),
        new,
    )
    assert rewritten((link,), (r"https://old\.example/", "gone ")) == (Span("gone x"),)
    assert rewritten((link,), ("https", "javascript")) == (Span("javascript://old.example/x"),)
    mail = Span("mailto:a@old.example", href="mailto:a@old.example")
    assert rewritten((mail,), ("old", "new"))[0].href == "mailto:a@new.example"


def test_the_address_behind_words_changes_too_or_goes():
    link = Span("here", BOLD, href="https://old.example/x")
    assert rewritten((link,), (r"old\.example", "new.example")) == (
        Span("here", BOLD, href="https://new.example/x"),
    )
    assert rewritten((link,), (r"https://old.*", "(a link)")) == (Span("here", BOLD),)
    assert rewritten((link,), ("here", "there")) == (Span("there", BOLD, href="https://old.example/x"),)
    assert rewritten((link,), ("^https:", "javascript:")) == (Span("here", BOLD),)


def test_who_is_mentioned_in_what_is_replaced_is_not_any_more():
    spans = (Span("@ann", mention=ANN), Span(" and "), Span("@bob", mention=UserId("bob")))
    assert rewritten(spans, ("nn", "da")) == (
        Span("@ada and "),
        Span("@bob", mention=UserId("bob")),
    )


def test_the_bridge_is_not_meant_in_half_its_name():
    spans = (Span("hubbub", mention=US), Span(": hi"))
    assert rewritten(spans, ("hub", "x")) == (Span("xbub: hi"),)
    assert rewritten(spans, ("hi", "x")) == (Span("hubbub", mention=US), Span(": x"))


def test_own_words_stay():
    spans = (Span("he said "), ours("[encrypted message]"))
    assert rewritten(spans, ("e", "3")) == (Span("h3 said "), ours("[encrypted message]"))
    assert rewritten(spans, ("said .*", "x")) == spans
    hubbub = said("spam")
    hubbub = replace(hubbub, sender=Sender(US, "Hubbub"))
    told = rewriting(Filters(replace_text=rules(("spam", "x")), replace_names=rules(("H", "h"))))
    assert told.event(hubbub) == hubbub


def test_lines_keep_their_blocks():
    spans = (Span("quoted\n", block=Block(quote=1)), Span("said"))
    assert rewritten(spans, ("d", "D")) == (Span("quoteD\n", block=Block(quote=1)), Span("saiD"))


def test_all_words_of_an_event_are_replaced_but_names_of_files():
    told = rewriting(Filters(replace_text=rules(("red", "blue")), replace_names=rules((r"\[m\]$", ""))))
    file = Attachment("https://example.org/red", "red.png")
    event = said(Content((Span("red"),), (file,)), name="ada[m]", quoted="red hot", reply_to=MessageId("x"))
    made = told.event(event)
    assert (made.content, made.quoted) == (Content((Span("blue"),), (file,)), "blue hot")
    assert made.sender == Sender(UserId("ada[m]!u@host"), "ada")
    sender = event.sender
    topic = TopicChanged(id=MessageId("t"), room=ROOM, sender=sender, topic="red")
    name = NameChanged(id=MessageId("t"), room=ROOM, sender=sender, name="red")
    removed = Removed(id=MessageId("t"), room=ROOM, sender=sender, target=MessageId("m"), reason="red")
    assert told.event(topic).topic == "blue"
    assert told.event(name).name == "blue"
    assert told.event(removed).reason == "blue"
    member = MemberChanged(room=ROOM, sender=sender, change=Change.RENAMED, name="eve[m]", reason="red")
    made = told.member(member)
    assert (made.sender.name, made.name, made.reason) == ("ada", "eve", "blue")


def test_a_name_is_never_empty():
    told = rewriting(Filters(replace_names=rules((".*", " "))))
    assert told.sender(Sender(ANN, "ann")).name == "ann"


SPANS = st.lists(
    st.builds(
        Span,
        st.text("ab \n", max_size=6),
        st.sampled_from([frozenset(), BOLD]),
        st.sampled_from([None, "https://a.b/"]),
        mention=st.sampled_from([None, ANN]),
        ours=st.booleans(),
    ),
    max_size=6,
)


@given(
    SPANS,
    st.sampled_from(["a", "ab?", "a*", "(a)(b)?", "^", "$", "\n", ".", "[^x]+"]),
    st.text("xy1", max_size=3),
)
def test_the_words_are_those_that_any_library_makes(spans, find, put):
    spans = [replace(span, ours=False) for span in spans]
    made = rewritten(spans, (find, put))
    # where RE2 and Python see several empty places they differ, as they do in what stands at a line's end
    if find in {"a", "ab?", "(a)(b)?", "\n", ".", "[^x]+"}:
        assert text_of(made) == re.sub(find, put, text_of(spans))


@settings(max_examples=60)
@given(SPANS, st.sampled_from(["a", "ab", "a*", "b$", ".*"]), st.sampled_from(["", "x", "\\0\\0", "@ann"]))
def test_nothing_is_made_up(spans, find, put):
    spans = normal(spans)
    made = rewritten(spans, (find, put))
    assert {span.mention for span in made} <= {span.mention for span in spans} | {None}
    assert all(span.href is None or span.href.startswith("https://") for span in made)
    assert [span.text for span in made if span.ours] == [span.text for span in spans if span.ours]


@pytest.mark.parametrize(
    ("find", "put"), [("a[^b]*b|a", "x"), ("a*", "\\0\\0"), ("(a+)", "\\1\\1\\1\\1"), (".", "\\0\\0")]
)
def test_a_text_that_is_made_to_be_slow_or_long_ends(find, put):
    made = text_of(rewritten((Span("a" * 65_000),), (find, put), (find, put), (find, put)))
    assert len(made) <= 100_002
    if made.count("x") < 65_000:
        assert made.endswith(" …")


# What can be written


@pytest.mark.parametrize(
    ("find", "said"),
    [
        ("(?=a)b", "cannot look at what follows without taking it"),
        ("(?<!a)b", "cannot look at what stands before without taking it"),
        (r"(a)\1", "cannot refer back to what was found before"),
        (r"(?P<x>a)(?P=x)", "cannot refer back to what was found before"),
        (r"a\Z", r"written \z here"),
        ("(?>a)", "not known here"),
        ("a++", "not known here"),
        ("(a", "is no regular expression: missing ): (a"),
        ("[a", "is no regular expression: missing ]: [a"),
        ("a{5000}", "is no regular expression: invalid repetition size: {5000}"),
        (r"(\w{100}){10}", "too large"),
        (r"((a{100}){100}){100}", "is no regular expression"),
        ("*", "is no regular expression"),
        ("", "must not be empty"),
    ],
)
def test_a_wrong_pattern_is_said_in_plain_words(find, said):
    with pytest.raises(ValidationError, match=re.escape(said)):
        Filters(ignore_text=(find,))
    with pytest.raises(ValidationError, match=re.escape(said)):
        Replacement(find=find, put="")


@pytest.mark.parametrize(
    ("put", "said"),
    [
        ("\\", "a \\ too many"),
        ("\\n", "a \\ too many"),
        ("\\1", "puts \\1, but find has no pairs of brackets"),
        ("two\nlines", "one line"),
        ("\u202eevil", "one line"),
    ],
)
def test_what_cannot_be_put(put, said):
    with pytest.raises(ValidationError, match=re.escape(said)):
        Replacement(find="a", put=put)


def test_a_template_is_text_and_numbers():
    assert pieces_of(r"a\1b\\c\0") == ("a", 1, "b", "\\", "c", 0)
    assert expression("(?P<x>a)(b)").names == {"x": 1}
