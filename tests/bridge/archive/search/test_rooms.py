"""People ask for what was said in the rooms where they are: `!search`."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bridge.archive.entries import EntryKind
from bridge.config import Config
from bridge.model import Approached, Change, MemberChanged, RoomId, Support, Whisper
from tests.bridge.archive.filed import archived, entries, filed
from tests.bridge.relay.test_whole import person
from tests.bridge.world import running


@pytest.fixture
def kept(pair, left):
    left.capabilities = replace(left.capabilities, whisper=Support.PARTIAL)
    return archived(pair)


async def told(network: Any, count: int) -> list[Whisper]:
    """What people of a network were told alone, once it was told so often."""
    while len(whispers := [hint for hint in network.hints if isinstance(hint, Whisper)]) < count:
        await asyncio.sleep(0.01)
    return whispers


async def test_what_was_said_is_told_whoever_asks(kept: Config, left: Any, right: Any) -> None:
    async with running(kept):
        left.say("one", "alice", "hello all")
        right.say("two", "bob", "The offer holds")
        left.say("one", "carol", "我們接受這個報價")
        await filed(kept, 6, EntryKind.MESSAGE, EntryKind.COPY)
        left.say("one", "alice", "!search OFFER")
        (first,) = await told(left, 1)
        assert first.user.startswith("alice")
        assert first.text.endswith(" bob: The offer holds")
        left.say("one", "alice", "!search 报")
        assert (await told(left, 2))[1].text.endswith(" carol: 我們接受這個報價")
        left.say("one", "alice", "!search nothing")
        left.say("one", "alice", "!search since:soon")
        found = [whisper.text for whisper in (await told(left, 4))[2:]]
        assert found[0].startswith("Nothing was found.\nYou can find what was said here since ")
        assert found[1].startswith('"soon" at character 1 is no time')


async def test_what_was_tagged_there_is_found_by_its_tag(kept: Config, left: Any, right: Any) -> None:
    async with running(kept):
        left.say("one", "alice", "400 chairs")
        await filed(kept, 2, EntryKind.MESSAGE, EntryKind.COPY)
        left.say("one", "alice", "!tag deal")
        assert (await told(left, 1))[0].text.startswith("Tagged deal: 1 message")
        left.say("one", "alice", "hm")
        left.say("one", "alice", "!search tag:deal")
        assert (await told(left, 2))[1].text.endswith(" alice: 400 chairs")


async def test_who_came_later_finds_nothing_of_before(kept: Config, left: Any, right: Any) -> None:
    eve = person("eve")  # as she is called when she asks
    async with running(kept):
        left.say("one", "alice", "the offer of before")
        await filed(kept, 2, EntryKind.MESSAGE, EntryKind.COPY)
        left.announce(MemberChanged(room=RoomId("one"), sender=eve, change=Change.JOINED))
        while not any(one.header.by.id == eve.id for one in entries(kept, EntryKind.MEMBER)):
            await asyncio.sleep(0.02)
        left.say("one", "eve", "!search offer")
        (first,) = await told(left, 1)
        assert first.text.startswith("Nothing was found.\n")
        left.say("one", "alice", "the offer of after")
        await filed(kept, 6, EntryKind.MESSAGE, EntryKind.COPY)
        left.say("one", "eve", "!search offer")
        assert (await told(left, 2))[1].text.endswith(" alice: the offer of after")


async def test_where_nobody_is_told_alone_only_a_number_is_said(kept: Config, left: Any, right: Any) -> None:
    async with running(kept):
        right.say("two", "bob", "the secret offer")
        right.say("two", "bob", "another offer")
        await filed(kept, 4, EntryKind.MESSAGE, EntryKind.COPY)
        right.say("two", "bob", "!search offer")
        wanted = "bob: Found: 2. I can tell nobody alone here what was said: ask Ann for it."
        while (answer := (right.texts("two") or [""])[-1]) != wanted:
            await asyncio.sleep(0.01)
        assert "secret" not in answer
        right.announce(Approached(room=RoomId("two"), sender=person("bob"), text="!search secret"))
        assert (await told(right, 1))[0].text.endswith(" bob: the secret offer")


async def test_the_owner_says_what_can_be_found(kept: Config, left: Any, right: Any) -> None:
    nobody = replace(kept, archive=kept.archive.model_copy(update={"search": "nobody"}))
    everything = replace(kept, archive=kept.archive.model_copy(update={"search": "all"}))
    async with running(nobody) as bridge:
        left.say("one", "alice", "the offer of before")
        await filed(kept, 2, EntryKind.MESSAGE, EntryKind.COPY)
        left.say("one", "eve", "!search offer")
        left.say("one", "eve", "!help")
        assert "!search" not in (await told(left, 1))[0].text
        await bridge.reload(everything)
        left.say("one", "eve", "!search offer")
        assert (await told(left, 2))[1].text.endswith(" alice: the offer of before")
        left.say("one", "eve", "!search nothing")
        assert (await told(left, 3))[2].text == "Nothing was found."
