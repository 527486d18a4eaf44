"""Who is addressed across networks is alerted there."""

from dataclasses import replace

import pytest

from bridge.compose.mentions import People, mentioning
from bridge.model import (
    US,
    Change,
    Content,
    MemberChanged,
    MessageEdited,
    MessageId,
    Span,
    Support,
    TopicChanged,
    UserId,
    addressing,
    plain,
)
from tests.bridge.world import running

PEOPLE = {"alan": UserId("@alan:x"), "Grace Hopper": UserId("@grace:x")}


def found(text, *, same=False):
    spans = (Span(text),) if isinstance(text, str) else text
    return [(span.text, span.mention) for span in mentioning(spans, People(lambda: PEOPLE).find, same=same)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("alan: hello", [("alan", "@alan:x"), (": hello", None)]),
        ("Alan, hello", [("Alan", "@alan:x"), (", hello", None)]),
        ("grace hopper: hello", [("grace hopper", "@grace:x"), (": hello", None)]),
        ("look @alan, there", [("look ", None), ("@alan", "@alan:x"), (", there", None)]),
        ("@alan: @alan.", [("@alan", "@alan:x"), (": ", None), ("@alan", "@alan:x"), (".", None)]),
        ("I met alan: he is well", [("I met alan: he is well", None)]),
        ("mail me@alan", [("mail me@alan", None)]),
        ("Alan (left): hello", [("Alan (left)", "@alan:x"), (": hello", None)]),
        ("(left): hello", [("(left): hello", None)]),
        ("bob: hello", [("bob: hello", None)]),
        ("", []),
        (":", [(":", None)]),
    ],
)
def test_names_in_the_text(text, spans):
    assert found(text) == spans


def test_what_is_a_mention_already():
    there = (Span("alan", mention=UserId("u1")), Span(" and "), Span("bob", mention=UserId("u2")))
    assert found(there) == [("alan", "@alan:x"), (" and ", None), ("bob", None)]
    assert found(there, same=True) == [("alan", "u1"), (" and ", None), ("bob", "u2")]


async def test_across(pair, left, right):
    right.capabilities = replace(right.capabilities, mention=Support.FULL)
    async with running(pair):
        alan = right.say("two", "Alan", "hi")
        await left.until(1)
        left.say("one", "ada", "alan: hi yourself")
        await right.until(1)
        (command,) = right.said
        assert command.content == Content(
            (Span("<ada> "), Span("alan", mention=alan.sender.id), Span(": hi yourself"))
        )


@pytest.mark.parametrize(
    ("text", "alerted"),
    [
        ("Ada: hi", False),
        ("look, @ada", False),
        ("Ada (left): hi", False),
        ("Ada (right): hi", True),
        ("Alan: hi", True),
    ],
)
async def test_a_namesake_where_it_was_said_is_meant_first(pair, left, right, text, alerted):
    right.capabilities = replace(right.capabilities, mention=Support.FULL)
    async with running(pair):
        right.say("two", "Ada", "hi")
        right.say("two", "Alan", "hi")
        await left.until(2)
        left.say("one", "ada", "hi")
        left.say("one", "bob", text)
        await right.until(2)
        spans = right.said[-1].content.spans
        assert any(span.mention for span in spans) is alerted


async def test_what_hubbub_tells_alerts_nobody(pair, left, right):
    right.capabilities = replace(right.capabilities, mention=Support.FULL)
    async with running(pair):
        right.say("two", "Alan", "hi")
        await left.until(1)
        event = left.saying("one", "ada", "")
        topic = TopicChanged(id=MessageId("t"), room=event.room, sender=event.sender, topic="tea for @alan")
        left.happen(topic)
        await right.until(1)
        (command,) = right.said
        assert command.content == plain("* ada changed the topic to: tea for @alan")


async def test_known_again_after_a_restart(pair, left, right):
    right.capabilities = replace(right.capabilities, mention=Support.FULL)
    async with running(pair):
        alan = right.say("two", "Alan", "hi")
        await left.until(1)
    async with running(pair):
        left.say("one", "ada", plain("@alan back again"))
        await right.until(1)
        assert [span.mention for span in right.said[0].content.spans] == [None, alan.sender.id, None]


async def test_who_is_answered(pair, left, right):
    async with running(pair):
        right.say("two", "Alan", "hi")
        await left.until(1)
        await left.settled()
        left.say("one", "ada", "hi yourself", reply_to="c1")
        await right.until(1)
        assert right.said[0].answered.user == "Alan!user@host"


def test_a_name_is_found_in_every_way_of_writing_it():
    people = People(dict)
    people.spoke("Zoë\u200b  B", UserId("z"))
    assert people.find("zoë b") == "z"


def test_who_goes_by_another_name_is_not_meant_by_the_old_one():
    people = People(lambda: {"bob": UserId("b"), "rob": UserId("b"), "ada": UserId("a")})
    assert [people.find(name) for name in ("bob", "rob", "ada")] == [None, "b", "a"]
    people.spoke("ada", UserId("another"))
    people.renamed(UserId("a"))
    assert people.find("ada") == "another"
    people.spoke("grace", UserId("another"))
    assert [people.find(name) for name in ("ada", "grace")] == [None, "another"]
    people.renamed(UserId("another"))
    assert people.find("grace") is None


async def test_an_old_name_alerts_nobody(pair, left, right):
    right.capabilities = replace(right.capabilities, mention=Support.FULL)
    async with running(pair):
        bob = right.say("two", "bob", "hi")
        await left.until(1)
        right.announce(MemberChanged(room=bob.room, sender=bob.sender, change=Change.RENAMED, name="rob"))
        left.say("one", "ada", "bob: hello")
        await right.until(1)
    assert not any(span.mention for span in right.said[0].content.spans)


def test_a_flood_of_names_is_not_looked_for():
    people = People(dict)
    people.spoke("a", UserId("a"))
    spans = mentioning([Span("@a " * 30_000)], people.find, same=False)
    assert len(spans) < 300
    assert "".join(span.text for span in spans) == "@a " * 30_000


US_THERE = (Span("@Hubbub", mention=US), Span(" yes"))


@pytest.mark.parametrize("reply", [Support.NO, Support.FULL])
async def test_who_names_the_bridge_in_an_answer_means_the_author(pair, left, right, reply):
    right.capabilities = replace(right.capabilities, mention=Support.FULL, reply=reply)
    async with running(pair):
        alan = right.say("two", "Alan", "hi")
        await left.until(1)
        await left.settled()
        left.say("one", "ada", Content(US_THERE), reply_to="c1")
        await right.until(1)
        assert right.said[0].content == Content(
            (Span("<ada> "), Span("Alan", mention=alan.sender.id), Span(" yes"))
        )


async def test_in_an_edit_too(pair, left, right):
    right.capabilities = replace(right.capabilities, mention=Support.FULL)
    async with running(pair):
        alan = right.say("two", "Alan", "hi")
        await left.until(1)
        await left.settled()
        said = left.say("one", "ada", "yes", reply_to="c1")
        await right.until(1)
        edit = MessageEdited(
            id=MessageId("e"), room=said.room, sender=said.sender, target=said.id, content=Content(US_THERE)
        )
        await right.settled()
        left.happen(edit)
        await right.until_done(1)
        named = Content((Span("<ada> "), Span("Alan", mention=alan.sender.id), Span(" yes")))
        assert right.done[0].content == named
        left.happen(replace(edit, id=MessageId("e2"), content=Content((US_THERE[0], Span(" no")))))
        await right.until_done(2)
        assert right.done[1].content == Content((*named.spans[:2], Span(" no")))


async def test_who_names_the_bridge_elsewhere_names_the_bridge(pair, left, right):
    right.capabilities = replace(right.capabilities, mention=Support.FULL)
    async with running(pair):
        own = left.say("one", "bob", "hi")
        left.say("one", "ada", Content(US_THERE))
        left.say("one", "ada", Content(US_THERE), reply_to=own.id)
        left.say("one", "ada", Content(US_THERE), reply_to="nobody knows")
        await right.until(4)
        spans = [span for command in right.said for span in command.content.spans]
        assert [span for span in spans if span.mention is not None] == []
        assert [command.content.text for command in right.said][1:] == ["<ada> @Hubbub yes"] * 3


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hubbub: yes", ["hubbub", ": yes"]),
        ("@Hubbub, yes", ["@Hubbub", ", yes"]),
        ("hubbub yes", ["hubbub yes"]),
        ("hubbubs: yes", ["hubbubs: yes"]),
        ("hubbub", ["hubbub"]),
        ("", [""]),
    ],
)
def test_addressing_the_bridge(text, parts):
    spans = addressing(plain(text), "Hubbub").spans
    assert [span.text for span in spans] == parts
    assert spans[0].mention == (US if len(parts) > 1 else None)


def test_a_name_is_found_as_it_is_written_where_only_ascii_can_be():
    people = People(
        lambda: {"Zoë Ünal": UserId("z"), "José": UserId("j"), "Josè": UserId("k"), "小红": UserId("x")}
    )
    assert people.find("Zoe_Unal") == "z"
    assert people.find("zoe_unal[jabber]") == "z"
    assert people.find("Zoë Ünal") == "z"
    assert people.find("Jose") is None, "it may be two"
    assert people.find("") is None
    people.renamed(UserId("k"))
    assert people.find("Jose") == "j"
    people.spoke("Zoe_Unal", UserId("other"))
    assert people.find("Zoe_Unal") == "other"
    people.renamed(UserId("z"))
    assert people._bare.keys() == {"jose", "zoe_unal"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoe: hi", "Zoë: hi"),
        ("@zoe_uenal: hi", "@zoe_uenal: hi"),
        ("@Zoe, hi", "@Zoë, hi"),
        ("zoë: hi", "zoë: hi"),
        ("I met Zoe", "I met Zoe"),
        ("Zoe_Ada: hi", "Zoë Ada: hi"),
    ],
)
async def test_where_names_alert_they_are_written_as_their_bearers_do(pair, left, right, text, shown):
    async with running(pair):
        right.say("two", "Zoë", "hi")
        right.say("two", "Zoë Ada", "hi")
        await left.until(2)
        left.say("one", "bob", text)
        await right.until(1)
        assert right.texts("two")[-1] == f"<bob> {shown}"
