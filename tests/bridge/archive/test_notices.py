"""People know that they are archived, and may opt out."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from bridge.archive.entries import EntryKind
from bridge.archive.keeping import KeptFor
from bridge.archive.store import Reader
from bridge.config import ShowRules
from bridge.language import ENGLISH
from bridge.language.spans import span
from bridge.model import Change, MemberChanged, RoomId, UserId
from tests.bridge.world import config, running

from .filed import DAY, archived, filed, people, texts

BEGUN = "From now on, what is said here is archived and kept for 2 years, by Ann. "
HOW = "Say !archive off to have your words left out; !archive tells more."
ENDED = (
    "From now on, nothing more that is said here is archived. What is in the archive goes when its time "
    "is over."
)
FACTS = (
    "From now on it is archived who says something here and when, but not what, and kept for 90 days, "
    "by Ann. "
)
GERMAN = (
    "Ab jetzt wird archiviert, was hier gesagt wird, auch Dateien, und 2 Jahre lang aufbewahrt; "
    "verantwortlich: Ann. Mit !archive off bleibt weg, was du sagst; !archive sagt mehr."
)


def told(*networks):
    return [text for network in networks for text in network.texts("one") + network.texts("two")]


async def looked_after(bridge, *networks, count):
    async with asyncio.timeout(20):
        while True:
            await bridge.patrol()
            if sum(len(network.said) for network in networks) >= count:
                return
            await asyncio.sleep(0.01)


async def test_every_room_is_told_once_also_over_a_restart(pair, left, right):
    kept = archived(pair)
    for _ in range(2):
        async with running(kept) as bridge:
            await looked_after(bridge, left, right, count=2)
            await bridge.patrol()
            await asyncio.sleep(0.05)
    assert told(left, right) == [BEGUN + HOW] * 2


async def test_a_room_that_is_joined_later_is_told_then(pair, left, right):
    right.refusals[RoomId("two")] = "you are banned"
    async with running(archived(pair)) as bridge:
        await looked_after(bridge, left, count=1)
        assert not right.said
        del right.refusals[RoomId("two")]
        right.drop()
        await looked_after(bridge, right, count=1)
    assert told(left, right) == [BEGUN + HOW] * 2


async def test_a_change_is_told_and_the_end(pair, left, right):
    async with running(archived(pair)) as bridge:
        await looked_after(bridge, left, right, count=2)
        await bridge.reload(archived(pair, keep=90 * DAY, text=False))
        await looked_after(bridge, left, right, count=4)
        await bridge.reload(pair)
        await looked_after(bridge, left, right, count=6)
        async with asyncio.timeout(20):
            while bridge.features.archive.process.running:
                await bridge.patrol()
                await asyncio.sleep(0.02)
        left.say("one", "alice", "unheard of")
        await right.until(4)
        assert "archive" not in [observer.name for observer in bridge.observers()]
    assert left.texts("one") == [BEGUN + HOW, FACTS.strip(), ENDED]
    kept = archived(pair)
    policies = await filed(kept, 3, EntryKind.POLICY)
    assert [one.header.change for one in policies] == ["begun", "changed", "ended"]
    with Reader(kept.archive.file) as reader:
        found = msgspec.json.decode(reader.note("policy", "lobby"), type=KeptFor)
        assert "unheard of" not in texts([one for one in reader.entries() if one.words])
    assert (found.keep, found.ended is not None) == (90 * DAY, True)


async def test_in_the_language_of_the_room(tmp_path, left, right):
    german = config(tmp_path, {"lobby": ["left one", "right two"]}, show=ShowRules(language="de"))
    async with running(archived(german, files=True)) as bridge:
        await looked_after(bridge, left, right, count=2)
    assert left.texts("one") == [GERMAN]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (2 * 365 * DAY, "2 years"),
        (400 * DAY, "400 days"),
        (DAY, "1 day"),
        (1.5 * DAY, "36 hours"),
        (90, "90 seconds"),
    ],
)
def test_for_how_long_is_told_exactly(seconds, told):
    assert span(seconds, ENGLISH) == told


async def test_where_nothing_is_asked_nobody_is_told_how(tmp_path, left, right):
    silent = config(tmp_path, {"lobby": ["left one", "right two"]}, show=ShowRules(instructions="off"))
    async with running(archived(silent)) as bridge:
        await looked_after(bridge, left, right, count=2)
    assert left.texts("one") == [BEGUN.strip()]


async def test_who_opts_out_is_left_out_under_a_new_name_too_until_they_want_in_again(pair, left, right):
    kept = archived(pair)
    async with running(kept) as bridge:
        await looked_after(bridge, left, right, count=2)
        said = left.say("one", "alice", "!archive off")
        await left.until(2)
        assert left.texts("one")[1].startswith("alice: What you say is left out of the archive from now on")
        left.say("one", "alice", "a secret")
        al = replace(said.sender, id=UserId("al!user@host"))
        left.announce(
            MemberChanged(room=RoomId("one"), sender=said.sender, change=Change.RENAMED, name="al", id=al.id)
        )
        left.say("one", "al", "another")
        left.say("one", "bob", "hello")
        found = people(await filed(kept, 6, EntryKind.MESSAGE))
        left.say("one", "al", "!archive on")
        await left.until(3)
        left.say("one", "al", "heard again")
        found = people(await filed(kept, 10, EntryKind.MESSAGE))
        policies = await filed(kept, 3, EntryKind.POLICY)
    by_text = {one.words.text: one.header for one in found}
    assert {"hello", "heard again"} <= by_text.keys()
    assert not {"a secret", "another"} & by_text.keys()
    assert [one.header.left_out for one in found if one.header.by.name == "alice"][1:] == ["opted out"]
    assert [one.header.change for one in policies] == ["begun", "opted out", "opted in"]
    assert b"a secret" not in kept.archive.file.read_bytes()


async def test_anybody_may_ask_what_is_kept(pair, left, right):
    async with running(archived(pair)) as bridge:
        await looked_after(bridge, left, right, count=2)
        left.say("one", "alice", "!archive")
        await left.until(2)
        assert left.texts("one")[1] == (
            "alice: What is said here is archived and kept for 2 years, by Ann.\n"
            "Say !archive off to have your words left out."
        )
        left.say("one", "alice", "!help")
        await left.until(3)
        assert "!archive" in left.texts("one")[2]


async def test_where_nothing_is_archived_nobody_asks_for_it(pair, left, right):
    async with running(pair):
        left.say("one", "alice", "!help")
        await left.until(1)
        assert "!archive" not in left.texts("one")[0]


async def test_for_how_long_rooms_want_to_be_kept_is_noted(pair, left, right):
    left.nature.retention[RoomId("one")] = 3600.0
    kept = archived(pair)
    async with running(kept) as bridge:
        await bridge.patrol()
        left.say("one", "alice", "hello")
        await filed(kept, 1, EntryKind.MESSAGE)
    with Reader(kept.archive.file) as reader:
        assert reader.notes("retention") == {"left\none": b"3600.0"}
