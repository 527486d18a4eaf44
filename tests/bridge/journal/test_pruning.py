"""The journal stays small, in steps."""

import asyncio
import time
from dataclasses import replace

from bridge.adapter import Position
from bridge.journal import Delivery, Gap, Oldest, Progress, Standing
from bridge.model import MessageCreated, MessageId, Part, RoomId, Sender, UserId, plain


def event(name):
    return MessageCreated(
        id=MessageId(name), room=RoomId("one"), sender=Sender(UserId("a"), "alice"), content=plain(name)
    )


async def taken(journal, count, *, delivered=True, start=0):
    here, there = journal.number("net", RoomId("one")), journal.number("net", RoomId("two"))
    for n in range(start, start + count):
        journal.take(here, event(f"m{n}"), (there,))
    new = journal.commit()
    deliveries = [Delivery(one.seq, one.source, there, one.event, one.said_at) for one in new]
    if delivered:
        for n, delivery in enumerate(deliveries):
            journal.deliver(delivery, Part(MessageId(f"c{start + n}")), None)
        journal.commit()
    return there, deliveries


def counts(journal, room):
    """How many events are known, with their words, and by their copies."""
    seqs = range(1, journal.latest() + 1)
    return (
        sum(journal.sender(seq) is not None for seq in seqs),
        sum(journal.event(seq) is not None for seq in seqs),
        sum(bool(journal.parts(seq, room)) for seq in seqs),
    )


async def test_what_was_said_goes_first_then_what_it_was_called(journal):
    room, _ = await taken(journal, 1200)
    later = time.time() + 60
    while journal.prune(text_before=later, names_before=0.0):
        await asyncio.sleep(0)
    assert counts(journal, room) == (1200, 1, 1200)
    while journal.prune(text_before=later, names_before=later):
        await asyncio.sleep(0)
    assert counts(journal, room) == (1, 1, 1)


async def test_who_said_it_is_known_for_longer(journal):
    here = journal.number("net", RoomId("one"))
    said = replace(event("m0"), sender=Sender(UserId("a"), "alice", proof="a@example.org"))
    journal.take(here, said, ())
    journal.take(here, event("m1"), ())
    journal.commit()
    assert journal.sender(1).proof == "a@example.org"
    while journal.prune(text_before=time.time() + 60, names_before=0.0):
        pass
    assert journal.event(1) is None
    assert journal.sender(1) == event("m0").sender
    assert journal.sender(1).proof == "", "what is vouched for goes with the words"


async def test_what_is_still_owed_or_can_be_asked_for_is_kept(journal):
    _, owed = await taken(journal, 3, delivered=False)
    journal.give_up(owed[0], "refused")
    journal.deliver(owed[1], None, None)
    await taken(journal, 1, start=3)
    later = time.time() + 60
    while journal.prune(text_before=later, names_before=0.0):
        pass
    kept = [journal.event(seq) for seq in range(1, 5)]
    assert kept == [event("m0"), None, event("m2"), event("m3")]
    while journal.prune(text_before=later, names_before=later):
        pass
    assert [delivery.event.id for delivery in journal.owed(owed[2].room)] == ["m2"]


async def test_the_oldest_are_given_up_and_come_back(journal):
    room, deliveries = await taken(journal, 1500, delivered=False)
    journal.deliver(deliveries[0], None, Progress(7))
    gone = 0
    while found := journal.bury(room, "too many", Oldest(keep=10)):
        assert found <= 500
        gone += found
    assert gone == 1490
    assert [delivery.seq for delivery in journal.owed(room)] == list(range(1491, 1501))
    assert journal.revive([(room, 1), (room, 2), (room, 9999)]) == 2
    first, second, *_ = journal.owed(room)
    assert (first.seq, first.progress, second.seq) == (1, Progress(7), 2)


async def test_what_is_on_its_way_is_not_given_up(journal):
    room, deliveries = await taken(journal, 20, delivered=False)
    assert journal.bury(room, "too many", Oldest(keep=5, after=deliveries[3].seq)) == 11
    assert [delivery.seq for delivery in journal.owed(room)] == [1, 2, 3, 4, *range(16, 21)]


async def test_rooms_that_left_the_map_start_at_now(journal):
    for scope in ("", "one", "two"):
        journal.reach("net", Position("t", scope))
    for room in ("one", "two"):
        journal.stand(journal.number("net", RoomId(room)), Standing(1.0))
        journal.keep_gap(journal.number("net", RoomId(room)), Gap(1, 2.0))
    journal.commit()
    journal.forget_rooms([("net", "one")])
    assert [journal.position("net", scope) for scope in ("", "one", "two")] == ["t", "t", None]
    assert journal.standing(journal.number("net", RoomId("two"))).heard is None
    assert journal.standing(journal.number("net", RoomId("one"))).heard == 1.0
    assert journal.untold() == {journal.number("net", RoomId("one")): Gap(1, 2.0)}
