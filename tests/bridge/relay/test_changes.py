"""Changes of changes, and of what was taken back, while what they are about waits, and afterwards."""

from dataclasses import replace

import pytest

from bridge.model import DeleteMessage, EditMessage, MessageEdited, MessageId, Removed, Sender, UserId, plain
from bridge.relay import queue
from tests.bridge.world import killed, running

ALICE = Sender(UserId("alice!user@host"), "alice")


def edit(target, text, name):
    return MessageEdited(
        id=MessageId(name), room=target.room, sender=ALICE, target=target.id, content=plain(text)
    )


def removal(target, name="r1"):
    return Removed(id=MessageId(name), room=target.room, sender=ALICE, target=target.id)


async def test_an_edit_of_an_edit_edits_the_message(pair, left, right):
    """A client names the last correction, where others name what was corrected."""
    async with running(pair):
        said = left.say("one", "alice", "draft")
        await right.until(1)
        first = edit(said, "better", "e1")
        left.happen(first)
        await right.until_done(1)
        left.happen(edit(first, "best", "e2"))
        await right.until_done(2)
    once, twice = right.done
    assert isinstance(twice, EditMessage)
    assert (twice.target, twice.content.text) == (once.target, "<alice> best")


async def away(left, right, *changes):
    """What the other side sees of a message and its changes that waited for it, between two others."""
    right.gate.clear()
    left.say("one", "alice", "first")
    left.happen(*changes)
    left.say("one", "alice", "last")
    await left.settled()
    right.gate.set()
    await right.until(2)
    await right.settled()
    assert right.done == []
    return right.texts("two")[1:]


async def test_the_last_of_all_edits_is_what_is_said(pair, left, right):
    async with running(pair):
        said = left.saying("one", "alice", "draft")
        first = edit(said, "better", "e1")
        assert await away(left, right, said, first, edit(first, "best", "e2")) == [
            "<alice> best",
            "<alice> last",
        ]


@pytest.mark.parametrize("late", ["of the message", "of its edit"])
async def test_an_edit_after_the_removal_says_nothing(pair, left, right, late):
    async with running(pair):
        said = left.saying("one", "alice", "draft")
        first = edit(said, "better", "e1")
        again = edit(said if late == "of the message" else first, "never", "e2")
        assert await away(left, right, said, first, removal(said), again) == ["<alice> last"]


async def test_the_removal_takes_edits_of_edits_with_it(pair, left, right):
    async with running(pair):
        said = left.say("one", "alice", "draft")
        await right.until(1)
        right.gate.clear()
        left.say("one", "alice", "first")
        first = edit(said, "secret", "e1")
        left.happen(first, edit(first, "more of it", "e2"), removal(said))
        await left.settled()
        right.gate.set()
        await right.until_done(1)
        await right.settled()
    assert right.texts("two") == ["<alice> draft", "<alice> first"]
    assert [type(command).__name__ for command in right.done] == ["DeleteMessage"]


async def test_the_removal_of_an_edit_takes_back_the_edit_alone(pair, left, right):
    async with running(pair):
        said = left.saying("one", "alice", "draft")
        first, second = edit(said, "better", "e1"), edit(said, "secret", "e2")
        assert await away(left, right, said, first, second, removal(second)) == [
            "<alice> better",
            "<alice> last",
        ]


@pytest.mark.parametrize("crash", [False, True])
async def test_what_waits_in_the_journal_alone_is_taken_back_too(
    pair, left, right, after, monkeypatch, crash
):
    """The removal is so far behind that it is not in memory when the message's turn comes."""
    for limit in ("_IN_MEMORY", "_WHILE_AWAY", "_REFILL"):
        monkeypatch.setattr(queue, limit, 2)
    right.gate.clear()
    async with running(pair):
        left.say("one", "alice", "0")
        said = left.say("one", "alice", "secret")
        for number in range(1, 10):
            left.say("one", "alice", str(number))
        left.happen(removal(said))
        await left.settled()
        if crash:
            pair = killed(pair, after)
        else:
            right.gate.set()
            await right.until(10)
            await right.settled()
    if crash:
        right.gate.set()
        async with running(pair):
            await right.until(10)
            await right.settled()
    assert right.texts("two") == [f"<alice> {number}" for number in range(10)]
    assert right.done == []


async def test_an_account_changes_what_it_said_for_several_people(pair, left, right):
    """Under whose name it does so does not matter, also after a restart; whose account it is does."""
    account = UserId("bot!user@host")
    ann, bob = (Sender(UserId(f"{account}/{name}"), f"{name} (via bot)", account) for name in ("ann", "bob"))
    said = [replace(left.saying("one", "bot", text), sender=ann) for text in ("helo", "pie")]
    async with running(pair):
        left.happen(*said)
        await right.until(2)
        await right.settled()
    async with running(pair):
        forged = replace(edit(said[0], "no", "e0"), sender=Sender(UserId("eve"), "ann (via bot)"))
        left.happen(forged, replace(edit(said[0], "hello", "e1"), sender=bob))
        left.happen(replace(removal(said[1]), sender=Sender(account, "bot")))
        await right.until_done(2)
    edited, removed = right.done
    assert right.texts("two")[:2] == ["<ann (via bot)> helo", "<ann (via bot)> pie"]
    assert edited.content.text == "<bob (via bot)> hello"
    assert isinstance(removed, DeleteMessage)
