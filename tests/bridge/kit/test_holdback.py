"""Live talk that waits while a room's past is read."""

import pytest

from bridge import Holdback, MessageCreated, MessageId, RoomId, Sender, UserId, plain


def said(*ids):
    return [
        MessageCreated(
            id=MessageId(one), room=RoomId("lobby"), sender=Sender(UserId("ada"), "ada"), content=plain(one)
        )
        for one in ids
    ]


@pytest.fixture
def waiting():
    waiting = Holdback()
    waiting.most = 3
    return waiting


def test_nothing_waits_afterwards(waiting):
    (event,) = said("a")
    assert waiting.holding
    assert waiting.hold(event)
    assert waiting.release() == [event]
    assert not waiting.holding
    assert not waiting.hold(event)
    assert waiting.release() == []


def test_it_comes_out_in_order_without_what_the_past_had(waiting):
    first, second, third = said("a", "b", "c")
    for event in (first, second, third):
        assert waiting.hold(event)
    waiting.known.update({"a", "before"})
    assert waiting.release() == [second, third]
    waiting.begin()
    assert waiting.hold(first)
    assert waiting.release() == [first], "of another visit nothing is known"


def test_what_can_be_read_again_is_let_go_when_it_is_too_much(waiting):
    for event in said("a", "b", "c", "d", "e"):
        assert waiting.hold(event, readable=True)
    assert waiting.spilled
    assert not waiting.full
    waiting.again()
    later = said("f")
    assert waiting.hold(later[0], readable=True)
    assert not waiting.spilled
    assert waiting.release() == later


def test_what_cannot_is_kept_and_whoever_reads_is_told(waiting):
    events = said("a", "b", "c", "d")
    for event in events[:3]:
        assert not waiting.full
        waiting.hold(event)
    assert waiting.full
    waiting.hold(events[3])
    assert not waiting.spilled
    assert waiting.release() == events


def test_who_begins_anew_has_nothing_from_before(waiting):
    for event in said("a", "b", "c", "d"):
        waiting.hold(event, readable=True)
    waiting.begin()
    assert not waiting.spilled
    assert waiting.release() == []
