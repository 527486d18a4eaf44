"""What a room is shown of what it cannot do itself: as its owner wants it, and never a flood."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.compose.digest import Reaction
from bridge.config import ShowRules
from bridge.errors import Rejected
from bridge.language import ENGLISH
from bridge.model import (
    Change,
    MemberChanged,
    MessageId,
    NameChanged,
    RoomId,
    SetTopic,
    Support,
    TopicChanged,
)
from bridge.notices.digest import Digests
from tests.bridge.relay.test_whole import edit, person, reaction, removal
from tests.bridge.world import config, running

pytestmark = pytest.mark.usefixtures("either_journal")

ONE, TWO = RoomId("one"), RoomId("two")


def showing(tmp_path, **rules):
    return config(tmp_path, {"lobby": ["left one", "right two"]}, show=ShowRules(**rules))


@pytest.fixture
def poor(right):
    """A network that can only talk, in short messages."""
    right.capabilities = replace(
        right.capabilities,
        reply=Support.NO,
        edit=Support.NO,
        delete=Support.NO,
        reaction=Support.NO,
        text_limit=100,
        lines=False,
    )
    return right


def topic(text, name="t1", who="alice"):
    return TopicChanged(id=MessageId(name), room=ONE, sender=person(who), topic=text)


def member(who, change, **fields):
    return MemberChanged(room=ONE, sender=person(who), change=change, **fields)


@pytest.mark.parametrize(("edits", "shown"), [("full", ["<alice> [edited] hello all"]), ("off", [])])
async def test_edits(tmp_path, left, poor, edits, shown):
    async with running(showing(tmp_path, edits=edits)):
        said = left.say("one", "alice", "helo all")
        await poor.until(1)
        left.happen(edit(said, "hello all"))
        left.say("one", "alice", "next")
        await poor.until(2 + len(shown))
        assert poor.texts("two") == ["<alice> helo all", *shown, "<alice> next"]


async def test_removals(tmp_path, left, poor):
    async with running(showing(tmp_path, removals="note")):
        said = left.say("one", "alice", "the code is 1234")
        other = left.say("one", "mallory", "buy things")
        await poor.until(2)
        left.happen(removal("one", said.id, "alice"))
        left.happen(removal("one", other.id, "alice", "r2", by_moderator=True, reason="spam,\nagain"))
        await poor.until(4)
        assert poor.texts("two")[2:] == [
            "* alice took a message back",
            "* alice removed a message of mallory (spam, again)",
        ]


async def test_who_may_not_remove_is_not_told_of(tmp_path, left, poor):
    async with running(showing(tmp_path, removals="note")):
        said = left.say("one", "alice", "mine")
        left.happen(removal("one", said.id, "mallory"))
        left.say("one", "alice", "still here")
        await poor.until(2)
        assert poor.texts("two") == ["<alice> mine", "<alice> still here"]


async def test_reactions_in_one_line(tmp_path, left, poor):
    async with running(showing(tmp_path, reactions="summary")) as bridge:
        said = left.say("one", "alice", "cake in the kitchen")
        left.happen(reaction("one", said.id, "bob", "🎂"))
        left.happen(reaction("one", said.id, "carol", "🎂", "👍", name="x2"))
        left.say("one", "alice", "be quick")
        await poor.until(2)
        left.happen(reaction("one", said.id, "dave", "👎", name="x3"))
        left.happen(reaction("one", said.id, "dave", name="x4", removed=("👎",)))
        left.say("one", "alice", "or wait")
        await poor.until(3)
        await bridge.patrol()
        await poor.until(4)
        assert poor.texts("two")[3] == ("Reactions to alice, “cake in the kitchen”: 🎂 bob, carol; 👍 carol")


async def test_topics_are_told(tmp_path, left, poor):
    async with running(showing(tmp_path)):
        left.happen(topic("Today:\ncake"), topic("", "t2"))
        left.happen(NameChanged(id=MessageId("n"), room=ONE, sender=person("bob"), name="The kitchen"))
        await poor.until(3)
        assert poor.texts("two") == [
            "* alice changed the topic to: Today: cake",
            "* alice took the topic away",
            "* bob gave the room the name: The kitchen",
        ]


async def test_topics_are_set(tmp_path, left, right):
    right.capabilities = replace(right.capabilities, topic=Support.FULL)
    async with running(showing(tmp_path, topics="sync")):
        left.happen(topic("cake"))
        await right.until_done(1)
        (command,) = right.done
        assert isinstance(command, SetTopic)
        assert command.topic == "cake"


async def test_a_topic_that_is_refused_is_told_instead_from_then_on(tmp_path, left, right):
    right.capabilities = replace(right.capabilities, topic=Support.FULL)
    right.errors.append(Rejected("only operators set the topic"))
    async with running(showing(tmp_path, topics="sync")) as bridge:
        left.happen(topic("cake"))
        left.happen(topic("more cake", "t2"))
        await right.until(1)
        assert not right.done
        assert right.texts("two") == ["* alice changed the topic to: more cake"]
        await bridge.patrol()
        await left.until(1)
        assert "only operators set the topic" in left.texts("one")[0]


async def test_topics_off(tmp_path, left, right):
    async with running(showing(tmp_path, topics="off")):
        left.happen(topic("cake"))
        left.say("one", "alice", "hi")
        await right.until(1)
        assert right.texts("two") == ["<alice> hi"]


async def test_members_are_not_told_unless_wanted(tmp_path, left, right):
    async with running(showing(tmp_path)) as bridge:
        left.announce(member("bob", Change.JOINED))
        await bridge.patrol()
        left.say("one", "alice", "hi")
        await right.until(1)
        assert right.texts("two") == ["<alice> hi"]


async def test_members_in_one_line(tmp_path, left, right):
    async with running(showing(tmp_path, members="note")) as bridge:
        for name in ("bob", "carol"):
            left.announce(member(name, Change.JOINED))
        left.announce(member("dave", Change.LEFT, reason="bye"))
        left.announce(member("erin", Change.JOINED))
        left.announce(member("erin", Change.LEFT))
        for number in range(30):
            left.announce(member(f"p{number}", Change.LEFT, reason="irc.a irc.b"))
        left.announce(member("mallory", Change.KICKED, by=person("alice"), reason="spam"))
        left.announce(member("frank", Change.RENAMED, name="francis"))
        await bridge.patrol()
        await right.until(1)
        line = (
            "one on left: bob, carol came; dave left; 30 people left (irc.a irc.b); "
            "mallory was kicked by alice (spam); frank is now francis"
        )
        assert right.texts("two") == [line]


async def test_members_in_one_line_of_chinese(tmp_path, left, right):
    async with running(showing(tmp_path, members="note", language="zh")) as bridge:
        left.announce(member("bob", Change.JOINED))
        left.announce(member("mallory", Change.KICKED, by=person("alice"), reason="spam"))
        await bridge.patrol()
        await right.until(1)
    assert right.texts("two") == ["left 的 one：bob 加入；mallory 被 alice 踢出（spam）"]


async def test_a_new_name_is_told_before_the_first_words_under_it(tmp_path, left, right):
    async with running(showing(tmp_path, members="note")) as bridge:
        left.announce(member("bob", Change.JOINED))
        await bridge.patrol()
        left.announce(member("frank", Change.RENAMED, name="francis"))
        left.announce(member("frank", Change.RENAMED, name="nobody"))
        left.say("one", "alice", "hi")
        left.say("one", "francis", "it is me")
        left.say("one", "francis", "again")
        await bridge.patrol()
        await right.until(5)
    assert right.texts("two") == [
        "one on left: bob came",
        "<alice> hi",
        "one on left: frank is now francis; frank is now nobody",
        "<francis> it is me",
        "<francis> again",
    ]


@given(
    st.lists(
        st.builds(
            member,
            st.text(max_size=60),
            st.sampled_from(Change),
            reason=st.text(max_size=500),
            name=st.text(max_size=60),
            by=st.none() | st.just(person("op")),
        )
    )
)
def test_never_more_than_a_line(changes):
    said = []
    digest = Digests(lambda about, rooms, told: said.append(told(ENGLISH)), lambda room, locale: "here")
    for change in changes:
        digest.member(1, [2], change)
    digest.patrol()
    digest.patrol()
    assert len(said) <= 1
    for line in said:
        assert not set(line) & set("\n\r\0\u202e")
        assert len(line) < 3500


LONG = " ".join(f"word{n}" for n in range(400))


async def test_a_long_text_is_split_whole(tmp_path, left, poor):
    async with running(showing(tmp_path)):
        left.say("one", "alice", LONG)
        left.say("one", "alice", "end")
        while "<alice> end" not in poor.texts("two"):
            await asyncio.sleep(0)
        words = " ".join(text.removeprefix("<alice> ") for text in poor.texts("two")[:-1])
        assert words == LONG


async def test_a_long_text_is_clipped(tmp_path, left, poor):
    async with running(showing(tmp_path, long="clip")):
        left.say("one", "alice", LONG)
        left.say("one", "alice", "not so long. " * 15)
        await poor.until(6)
        first, _, last, *others = poor.texts("two")
        assert first.startswith("<alice> word0 word1")
        assert last.endswith(" …")
        assert len(last.encode()) <= 100
        assert len(others) == 3


@pytest.mark.parametrize("named", [True, False])
async def test_never_a_flood(tmp_path, left, poor, named):
    poor.names_messages = named
    async with running(showing(tmp_path)):
        left.say("one", "alice", "x\n" * 5000)
        left.say("one", "alice", "end")
        while "<alice> end" not in poor.texts("two"):
            await asyncio.sleep(0)
        assert len(poor.said) <= 51
        assert poor.texts("two")[-2].endswith("(the rest is not shown here)")


def test_a_flood_is_neither_kept_nor_told():
    """One person who changes their name all the time, and many who react."""
    told = []
    digest = Digests(lambda about, rooms, line: told.append(line(ENGLISH)), lambda room, locale: "here")
    for number in range(10_000):
        digest.member(1, [2], member("alice", Change.RENAMED, name=f"alice{number}"))
        digest.reacted(2, Reaction(f"p{number}", "it", ("👍",), None))
    (kept,) = digest._rooms.values()
    assert sum(map(len, kept.members.values())) < 10
    assert sum(map(len, kept.reactions.values())) <= 2000
    digest.patrol()
    assert len(told) == 2
    assert all(len(line) < 400 for line in told)
