"""Typing and read marks: at once or never, and nothing of them in the journal."""

from dataclasses import replace

import pytest

from bridge.model import Authorship, MarkRead, RoomId, SetTyping, Support, TypingChanged
from tests.bridge.relay.test_whole import person
from tests.bridge.world import opened, running


@pytest.fixture
def both(left, right):
    for network in (left, right):
        network.capabilities = replace(network.capabilities, typing=Support.FULL, read=Support.FULL)


def typing(name, on=True):
    return TypingChanged(room=RoomId("one"), sender=person(name), typing=on)


def shown(network):
    return [hint.typing for hint in network.hints if isinstance(hint, SetTyping)]


async def test_typing_until_the_last_stops(both, pair, left, right):
    async with running(pair):
        left.announce(typing("alice"))
        left.announce(typing("bob"))
        assert shown(right) == [True]
        left.announce(typing("alice", on=False))
        assert shown(right) == [True]
        left.announce(typing("bob", on=False))
        assert shown(right) == [True, False]
        assert not shown(left)


async def test_who_says_something_has_written_it(both, pair, left, right):
    async with running(pair) as bridge:
        left.announce(typing("alice"))
        left.say("one", "alice", "so")
        await right.until(1)
        assert shown(right) == [True, False]
        await bridge.patrol()
        assert shown(right) == [True, False]
    with opened(pair.journal) as journal:
        assert journal.execute("SELECT count(*) FROM event").fetchone() == (1,)


async def test_not_where_it_cannot_be_shown(pair, left, right):
    async with running(pair):
        left.announce(typing("alice"))
        assert not right.hints


def marked(network):
    return [hint.target.id for hint in network.hints if isinstance(hint, MarkRead)]


async def test_a_mark_once_all_has_arrived(both, pair, left, right):
    async with running(pair) as bridge:
        left.say("one", "alice", "first")
        await right.until(1)
        right.confirming = False
        last = left.say("one", "alice", "last")
        await right.until(2)
        await bridge.patrol()
        assert not marked(left)
        right.release()
        await left.settled()
        await bridge.patrol()
        await bridge.patrol()
        assert marked(left) == [last.id]
        assert not marked(right)


def by(network):
    return [
        (hint.speaker.name if hint.speaker else None, hint.typing)
        for hint in network.hints
        if isinstance(hint, SetTyping)
    ]


async def test_each_writes_by_themselves_who_has_an_account_there(both, pair, left, right, clock):
    right.capabilities = replace(right.capabilities, authorship=Authorship.PUPPET)
    right.speakers.records["left/carol!user@host"] = replace(right.capabilities, authorship=Authorship.PREFIX)
    async with running(pair, clock=clock) as bridge:
        for name in ("alice", "bob", "carol"):
            left.announce(typing(name))
        assert by(right) == [("alice", True), ("bob", True), (None, True)]
        left.announce(typing("alice", on=False))
        left.say("one", "bob", "so")
        await right.until(1)
        clock.move(31)
        await bridge.patrol()
        assert by(right)[3:] == [("alice", False), ("bob", False), (None, False)]
        await bridge.patrol()
        assert len(by(right)) == 6
