"""Who is addressed across networks is alerted there."""

from dataclasses import replace

import pytest

from bridge.model import Content, Span, Support, UserId, plain
from bridge.relay.mentions import People, mentioning
from tests.bridge.world import running

PEOPLE = {"alan": UserId("@alan:x"), "Grace Hopper": UserId("@grace:x")}


def found(text, *, same=False):
    spans = (Span(text),) if isinstance(text, str) else text
    return [(span.text, span.mention) for span in mentioning(spans, People(lambda: PEOPLE), same=same)]


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


def test_a_flood_of_names_is_not_looked_for():
    people = People(dict)
    people.spoke("a", UserId("a"))
    spans = mentioning([Span("@a " * 30_000)], people, same=False)
    assert len(spans) < 300
    assert "".join(span.text for span in spans) == "@a " * 30_000
