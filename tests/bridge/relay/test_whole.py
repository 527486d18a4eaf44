"""A conversation crosses whole: edits, removals, answers and reactions follow what they are about."""

import contextlib
import time
from dataclasses import replace

import pytest

from bridge.journal.sqlite import SqliteJournal
from bridge.model import (
    DeleteMessage,
    EditMessage,
    MessageEdited,
    MessageId,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    SetReactions,
    Support,
    UserId,
    plain,
)
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config, opened, running


def person(name):
    return Sender(UserId(f"{name}!user@host"), name)


def edit(said, text, name="e1", who=None):
    return MessageEdited(
        id=MessageId(name),
        room=said.room,
        sender=who or said.sender,
        target=said.id,
        content=plain(text),
    )


def removal(room, target, who, name="r1", **fields):
    return Removed(id=MessageId(name), room=RoomId(room), sender=person(who), target=target, **fields)


def reaction(room, target, who, *emojis, name="x1", **fields):
    return ReactionsChanged(
        id=MessageId(name),
        room=RoomId(room),
        sender=person(who),
        target=target,
        emojis=emojis or None,
        **fields,
    )


@pytest.fixture(params=["at once", "after a restart"])
def later(request, pair):
    """Runs two halves of a story with the same bridge, or with a restart between them."""

    async def tell(first, second):
        if request.param == "at once":
            async with running(pair):
                await first()
                await second()
        else:
            async with running(pair):
                await first()
            async with running(pair):
                await second()

    return tell


async def test_an_edit_is_made_in_place(later, left, right):
    async def first():
        left.say("one", "alice", "helo")
        await right.until(1)

    async def second():
        said = left.happened()[0]
        left.happen(edit(said, "hello"))
        await right.until_done(1)

    await later(first, second)
    (command,) = right.done
    assert isinstance(command, EditMessage)
    assert (command.target.id, command.content.text) == ("c1", "<alice> hello")
    assert right.texts("two") == ["<alice> helo"]


async def test_an_edit_where_none_can_be_made_is_a_correction(pair, left, right):
    right.capabilities = replace(right.capabilities, edit=Support.NO)
    async with running(pair):
        said = left.say("one", "alice", "Meet me at the brigde tomorrow at noon, will you?")
        await right.until(1)
        left.happen(edit(said, "Meet me at the bridge tomorrow at noon, will you?", "e1"))
        await right.until(2)
        left.happen(edit(said, said.content.text, "e2"))
        left.say("one", "alice", "bye")
        await right.until(4)
    assert right.texts("two")[1:] == ["<alice> *bridge", "<alice> *brigde", "<alice> bye"]


async def test_an_edit_of_something_unknown_is_a_message(pair, left, right):
    async with running(pair):
        said = left.saying("one", "alice", "never heard")
        left.happen(edit(said, "hello"))
        await right.until(1)
    assert right.texts("two") == ["<alice> [edited] hello"]


async def test_a_removal_reaches_every_part_of_a_copy(later, left, right):
    right.capabilities = replace(right.capabilities, text_limit=20, lines=False)

    async def first():
        left.say("one", "alice", "one two three four five six")
        await right.until(3)

    async def second():
        left.happen(removal("one", left.happened()[0].id, "alice"))
        await right.until_done(3)

    await later(first, second)
    assert [command.target.id for command in right.done] == ["c1", "c2", "c3"]
    assert all(isinstance(command, DeleteMessage) for command in right.done)


@pytest.mark.parametrize(("vouched", "count"), [(True, 1), (False, 0)])
async def test_only_a_moderator_removes_what_another_said(pair, left, right, vouched, count):
    async with running(pair):
        said = left.say("one", "alice", "hello")
        await right.until(1)
        left.happen(removal("one", said.id, "eve", by_moderator=vouched))
        left.say("one", "alice", "bye")
        await right.until(2)
    assert len(right.done) == count


async def test_nobody_edits_what_another_said_however_long_ago(pair, left, right):
    """Who said it is not known any more: then nobody may change it, whatever their network says."""
    async with running(pair):
        said = left.say("one", "alice", "hello")
        await right.until(1)
    with opened(pair.journal) as database:
        database.execute("UPDATE event SET body = NULL")
    async with running(pair):
        left.happen(edit(said, "I owe eve money", who=person("eve")))
        left.happen(removal("one", said.id, "eve"))
        left.say("one", "alice", "bye")
        await right.until(2)
    assert not right.done
    assert right.texts("two") == ["<alice> hello", "<alice> bye"]


async def test_an_answer_to_an_original_is_one_to_its_copy_and_back(later, left, right):
    async def first():
        left.say("one", "alice", "who is there?")
        await right.until(1)

    async def second():
        left.say("one", "bob", "me", reply_to=left.happened()[0].id)
        await right.until(2)
        right.say("two", "carol", "me too", reply_to=MessageId("c1"))
        await left.until(1)

    await later(first, second)
    answered = right.said[1].answered
    assert (answered.part.id, answered.name, answered.text) == ("c1", "alice", "who is there?")
    assert left.said[0].answered.part.id == left.happened()[0].id


async def test_an_answer_is_quoted_where_it_cannot_be_shown(pair, left, right):
    right.capabilities = replace(right.capabilities, reply=Support.NO)
    async with running(pair):
        asked = left.say(
            "one", "alice", "who of you has seen the great old film about bridges and their keepers?"
        )
        left.say("one", "bob", "me", reply_to=asked.id)
        for n in range(4):
            left.say("one", "bob", str(n))
        left.say("one", "carol", "me too", reply_to=asked.id)
        await right.until(7)
    texts = right.texts("two")
    assert texts[1] == "<bob> me", "people still see what it answers"
    assert texts[6] == "<carol> [re alice: who of you has seen the great old film about…] me too"


async def test_reactions_of_many_are_those_of_one_bot(tmp_path, left, right):
    three = ScriptedNetwork("three")
    lobby = config(tmp_path, {"lobby": ["left one", "right two", "three three"]})
    async with running(lobby):
        said = left.say("one", "alice", "cake!")
        await right.until(1)
        await three.until(1)
        left.happen(reaction("one", said.id, "bob", "👍", name="x1"))
        await right.until_done(1)
        left.happen(reaction("one", said.id, "carol", "👍", "🎂", name="x2"))
        await right.until_done(2)
        right.happen(reaction("two", MessageId("c1"), "dave", "🎂", name="x3"))
        await left.until_done(1)
        left.happen(reaction("one", said.id, "carol", name="x4", removed=("👍", "🎂")))
        await right.until_done(3)
        left.happen(removal("one", MessageId("x1"), "bob", name="r1"))
        await right.until_done(4)
        await three.until_done(3)
    assert [command.emojis for command in right.done] == [("👍",), ("👍", "🎂"), ("👍",), ()]
    assert [command.emojis for command in left.done] == [("🎂",)]
    assert left.done[0].target.id == said.id
    assert three.done[-1].emojis == ("🎂",)
    assert all(isinstance(command, SetReactions) for command in three.done)


async def test_reactions_to_what_nobody_knows_are_nothing(pair, left, right):
    async with running(pair):
        left.happen(reaction("one", MessageId("unknown"), "bob", "👍"))
        left.say("one", "alice", "hello")
        await right.until(1)
    assert not right.done


async def test_an_edit_waits_for_what_is_on_its_way(pair, left, right):
    right.capabilities = replace(right.capabilities, window=8)
    right.confirming = False
    async with running(pair):
        said = [left.say("one", "alice", str(n)) for n in range(6)]
        await right.until(3)
        left.happen(edit(said[0], "zero"))
        left.say("one", "alice", "last")
        right.release()
        await right.until(7)
    assert [command.target.id for command in right.done] == ["c1"]
    assert right.texts("two")[-1] == "<alice> last"


async def test_what_is_forgotten_can_still_be_edited_and_removed(pair, left, right):
    """Only the words are erased after a while, not who said them."""
    async with running(pair):
        said = left.say("one", "alice", "helo")
        left.say("one", "alice", "next")
        await right.until(2)
        await right.settled()
    with contextlib.closing(SqliteJournal(pair.journal)) as journal:
        while journal.prune(text_before=time.time() + 60, names_before=0.0):
            pass
    async with running(pair):
        left.happen(edit(said, "I owe eve money", "e0", person("eve")))
        left.happen(edit(said, "hello"))
        await right.until_done(1)
        left.happen(removal("one", said.id, "alice"))
        await right.until_done(2)
    assert [(type(command), command.target.id) for command in right.done] == [
        (EditMessage, "c1"),
        (DeleteMessage, "c1"),
    ]


async def test_what_is_taken_back_is_not_kept(pair, left, right):
    async with running(pair):
        said = left.say("one", "alice", "my password is hunter2")
        await right.until(1)
        await right.settled()
        left.happen(removal("one", said.id, "alice"))
        await right.until_done(1)
    with opened(pair.journal) as database:
        assert not any(b"hunter2" in body for (body,) in database.execute("SELECT body FROM event"))
