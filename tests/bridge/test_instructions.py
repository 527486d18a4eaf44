"""People ask something of Hubbub itself, in a room or alone."""

import asyncio
from dataclasses import replace

import pytest

from bridge.clock import SYSTEM
from bridge.config import ShowRules
from bridge.instructions import Instructions
from bridge.journal import Observed, codec
from bridge.looks import Present
from bridge.model import Approached, MessageCreated, MessageId, RoomId, Support, Whisper, plain
from tests.bridge.relay.test_whole import person
from tests.bridge.world import config, running


@pytest.fixture
def peopled(right):
    present = right.present[RoomId("two")] = Present()
    for name in ("bob", "Ann", "evil\nname, x"):
        present.add(name, name)


async def asked(network, count):
    """What the network was told alone, once it was told so often."""
    while len(whispers := [hint for hint in network.hints if isinstance(hint, Whisper)]) < count:
        await asyncio.sleep(0.01)
    return whispers


async def test_the_answer_is_said_in_the_room_where_nobody_can_be_told_alone(peopled, pair, left, right):
    async with running(pair):
        left.say("one", "carol", "!who")
        await left.until(1)
        assert left.texts("one") == ["carol: two on right (3): Ann, bob, “evil name, x”"]
        await right.until(1)
        assert right.texts("two") == ["<carol> !who"]


async def test_a_name_that_looks_like_somebodys_line_is_quoted_in_the_answer(peopled, pair, left):
    async with running(pair):
        left.say("one", "dave: yes\nerin", "!who")
        await left.until(1)
        assert left.texts("one")[0].startswith("“dave: yes erin”: two on right")


async def test_the_answer_is_told_alone_where_that_can_be(peopled, pair, left):
    left.capabilities = replace(left.capabilities, whisper=Support.PARTIAL)
    async with running(pair):
        said = left.say("one", "carol", "!WHO ")
        (whisper,) = await asked(left, 1)
        assert (whisper.room, whisper.user, whisper.key) == ("one", said.sender.id, "")
        assert whisper.text.startswith("two on right (3): Ann")
        assert not left.said


async def test_what_is_no_instruction_is_only_talk(pair, left, right):
    async with running(pair):
        for text in ("!price of wool", "! who", "who", "so !who", "!"):
            left.say("one", "carol", text)
        left.say("one", "carol", "!help")
        await left.until(1)
        assert "!who" in left.texts("one")[0]
        await right.until(6)


async def test_talk_that_asks_nothing_is_not_even_read():
    read = []

    class Glanced(Observed):
        @property
        def event(self):
            read.append(self.seq)
            return super().event

    def seen(seq, text):
        event = MessageCreated(
            id=MessageId("m"), room=RoomId("one"), sender=person("carol"), content=plain(text)
        )
        return Glanced(seq, "left", event.room, SYSTEM.now(), event.id, *codec.encode(event))

    instructions = Instructions((), lambda *_: None, lambda *_: None, SYSTEM)
    await instructions.see([seen(1, "hello!"), seen(2, "!who"), seen(3, "so !who"), seen(4, "\n!")])
    assert read == [2]


async def test_who_asks_the_bridge_alone_is_answered_alone(peopled, pair, left):
    async with running(pair):
        left.announce(Approached(room=RoomId("one"), sender=person("carol"), text="!who"))
        assert (await asked(left, 1))[0].text.startswith("two on right")
        left.announce(Approached(room=RoomId("elsewhere"), sender=person("dave"), text="!who"))
        assert (await asked(left, 2))[1].room == "elsewhere"
        left.announce(Approached(room=RoomId("one"), sender=person("carol"), text="!nothing"))
        assert "!help" in (await asked(left, 3))[2].text
        left.announce(Approached(room=RoomId("one"), sender=person("carol"), text="!who", to="right/bob"))
        assert "cannot be written to alone" in (await asked(left, 4))[3].text
        left.announce(Approached(room=RoomId("one"), sender=person("carol"), text="hello"))
        await asyncio.sleep(0.05)
        assert len(await asked(left, 4)) == 4


async def test_nobody_is_answered_all_the_time(peopled, pair, left):
    left.capabilities = replace(left.capabilities, whisper=Support.FULL)
    async with running(pair):
        for _ in range(20):
            left.say("one", "carol", "!who")
        left.say("one", "dave", "!who")
        whispers = await asked(left, 6)
        assert [whisper.user.partition("!")[0] for whisper in whispers] == ["carol"] * 5 + ["dave"]


async def test_a_room_can_do_without(tmp_path, left, right):
    quiet = config(tmp_path, {"lobby": ["left one", "right two"]}, show=ShowRules(instructions="off"))
    async with running(quiet):
        left.say("one", "carol", "!who")
        left.announce(Approached(room=RoomId("one"), sender=person("carol"), text="hello"))
        await right.until(1)
        await asyncio.sleep(0.2)
        assert not left.said
        assert not left.hints


async def test_nobody_waits_for_an_answer_of_yesterday(peopled, pair, left, right):
    left.say("one", "carol", "before")
    async with running(pair):
        left.say("one", "carol", "there")
        await right.until(1)
    left.say("one", "carol", "!who")
    async with running(pair):
        await right.until(2)
        await asyncio.sleep(0.2)
        assert not left.said
