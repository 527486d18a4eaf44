"""Speakers with accounts of their own come and go with their authors."""

from dataclasses import replace

import pytest

from bridge.config import ShowRules
from bridge.looks import Present
from bridge.model import Authorship, Change, MemberChanged, RoomId, Sender, SetPresent, UserId
from tests.bridge.relay.test_whole import person
from tests.bridge.world import config, running

ONE = RoomId("one")


@pytest.fixture
def puppets(right):
    right.capabilities = replace(right.capabilities, authorship=Authorship.PUPPET)


@pytest.fixture
def present(left):
    left.present[ONE] = present = Present()
    return present


def there(network):
    return [
        (hint.speaker.name, hint.speaker.key, hint.present)
        for hint in network.hints
        if isinstance(hint, SetPresent)
    ]


def moved(who, change, room=ONE, **fields):
    return MemberChanged(room=room, sender=person(who), change=change, **fields)


def wanting(tmp_path, rooms=("left one", "right two")):
    return config(tmp_path, {"lobby": list(rooms)}, show=ShowRules(members="present"))


def comes(present, *names):
    for name in names:
        present.add(f"{name}!user@host", name)


async def test_they_leave_a_minute_after_their_author_unless_they_come_back(
    puppets, pair, left, right, clock
):
    async with running(pair, clock=clock) as bridge:
        for name in ("ann", "bob"):
            left.announce(moved(name, Change.LEFT, reason="split"))
        clock.move(50)
        await bridge.patrol()
        left.announce(moved("bob", Change.JOINED))
        assert not there(right)
        clock.move(20)
        await bridge.patrol()
        await bridge.patrol()
        assert there(right) == [("", "left/ann!user@host", False)]


async def test_who_is_sent_out_or_is_somebody_else_now_leaves_at_once(puppets, pair, left, right):
    async with running(pair) as bridge:
        left.announce(moved("ann", Change.KICKED))
        left.announce(moved("bob", Change.RENAMED, name="rob", id=UserId("rob!user@host")))
        await bridge.patrol()
        assert there(right) == [("", f"left/{name}!user@host", False) for name in ("ann", "bob")]


async def test_who_is_in_another_room_that_is_heard_stays(puppets, tmp_path, left, right, present):
    left.present[RoomId("side")] = present
    comes(present, "ann")
    async with running(config(tmp_path, {"lobby": ["left one", "left side", "right two"]})) as bridge:
        left.announce(moved("ann", Change.KICKED))
        await bridge.patrol()
        assert not there(right)


async def test_nobody_comes_before_they_speak_unless_that_is_wanted(puppets, pair, left, right, present):
    comes(present, "ann")
    async with running(pair) as bridge:
        await bridge.patrol()
        assert not there(right)


async def test_they_come_as_their_authors_are_there_a_few_at_a_time(puppets, tmp_path, left, right, present):
    comes(present, *(f"p{number:03}" for number in range(250)))
    async with running(wanting(tmp_path)) as bridge:
        await bridge.patrol()
        assert there(right) == [
            (f"p{number:03}", f"left/p{number:03}!user@host", True) for number in range(10)
        ]
        for _ in range(40):
            await bridge.patrol()
        assert len({key for _, key, _ in there(right)}) == len(there(right)) == 200


async def test_who_comes_later_does_too_and_lasts(puppets, tmp_path, left, right, present, clock):
    async with running(wanting(tmp_path), clock=clock) as bridge:
        await bridge.patrol()
        comes(present, "ann")
        await bridge.patrol()
        clock.move(3601)
        await bridge.patrol()
        assert there(right) == [("ann", "left/ann!user@host", True)] * 2


async def test_who_was_sent_out_there_comes_back_by_their_own_words_alone(
    puppets, tmp_path, left, right, present, clock
):
    comes(present, "ann")
    async with running(wanting(tmp_path), clock=clock) as bridge:
        await bridge.patrol()
        gone = MemberChanged(
            room=RoomId("two"),
            sender=Sender(UserId("x"), "ann"),
            speaker="left/ann!user@host",
            change=Change.KICKED,
        )
        right.announce(gone)
        clock.move(3601)
        await bridge.patrol()
        assert len(there(right)) == 1


async def test_not_where_nobody_has_an_account_of_their_own(tmp_path, left, right, present):
    comes(present, "ann")
    async with running(wanting(tmp_path)) as bridge:
        await bridge.patrol()
        left.announce(moved("ann", Change.KICKED))
        await bridge.patrol()
        assert not right.hints


async def test_who_is_ignored_does_not_come(puppets, tmp_path, left, right, present):
    comes(present, "ann", "spambot")
    map_ = config(
        tmp_path,
        {"lobby": ["left one", "right two"]},
        show=ShowRules(members="present"),
        ignore={"left": ("spam*",)},
    )
    async with running(map_) as bridge:
        await bridge.patrol()
        assert [name for name, _, _ in there(right)] == ["ann"]
