"""The way of a message from one scripted network to another, through the journal."""

import asyncio
from dataclasses import replace

import pytest

from bridge.errors import (
    ConnectionLost,
    RateLimited,
    Rejected,
    RoomUnavailable,
    TemporaryFailure,
)
from bridge.model import Content, Kind, Mark, MessageEdited, MessageId, RoomId, Sender, Span, UserId
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config, running

pytestmark = pytest.mark.usefixtures("either_journal")


async def test_a_message_crosses_with_its_author(pair, left, right):
    async with running(pair):
        left.say("one", "alice", "hello")
        await right.until(1)
        right.say("two", "bob", "hi")
        await left.until(1)
    assert right.texts("two") == ["<alice> hello"]
    assert left.texts("one") == ["<bob> hi"]


async def test_formatting_crosses(pair, left, right):
    bold = Span("hot", frozenset({Mark.BOLD}))
    async with running(pair):
        left.say("one", "alice", Content((bold, Span(" tea"))))
        await right.until(1)
    assert right.said[0].content.spans == (Span("<alice> "), bold, Span(" tea"))


async def test_an_emote_names_who_does_it(pair, left, right):
    async with running(pair):
        left.say("one", "alice", "waves", kind=Kind.EMOTE)
        await right.until(1)
    assert right.texts("two") == ["* alice waves"]
    assert right.said[0].kind is Kind.TEXT


async def test_an_edit_arrives_marked_as_one(pair, left, right):
    edit = MessageEdited(
        id=MessageId("e1"),
        room=RoomId("one"),
        sender=Sender(UserId("a"), "alice"),
        target=MessageId("m1"),
        content=Content((Span("better"),)),
    )
    async with running(pair):
        left.happen(edit)
        await right.until(1)
    assert right.texts("two") == ["<alice> [edited] better"]


async def test_order_is_kept_in_a_burst(pair, left, right):
    right.capabilities = replace(right.capabilities, window=16)
    async with running(pair):
        for n in range(5000):
            left.say("one", "alice", str(n))
        await right.until(5000)
    assert right.texts("two") == [f"<alice> {n}" for n in range(5000)]


async def test_one_message_is_on_its_way_at_a_time_where_the_window_is_one(pair, left, right):
    right.confirming = False
    async with running(pair):
        for n in range(3):
            left.say("one", "alice", str(n))
        await right.until(1)
        await left.settled()
        assert len(right.said) == 1
        right.release()
        await right.until(3)


async def test_a_window_opens_only_as_a_queue_builds(pair, left, right):
    right.capabilities = replace(right.capabilities, window=4)
    right.confirming = False
    async with running(pair):
        left.say("one", "alice", "1")
        await right.until(1)
        left.say("one", "alice", "2")
        await left.settled()
        assert len(right.said) == 1
        for n in range(10):
            left.say("one", "alice", str(n))
        await left.settled()
        assert len(right.said) == 4
        right.release()
        await right.until(12)


async def test_a_message_that_waits_for_its_place_keeps_it(pair, left, right, clock):
    right.capabilities = replace(right.capabilities, window=4)
    right.gate.clear()
    async with running(pair, clock=clock) as bridge:
        for n in range(5):
            left.say("one", "alice", str(n))
        await left.settled()
        assert right.said == []
        clock.move(60.0)
        assert bridge._router.overdue(0.0) == {}, "the connection is not dead: it is slow"
        right.gate.set()
        await right.until(5)
    assert right.texts("two") == [f"<alice> {n}" for n in range(5)]


async def test_what_fails_after_waiting_is_not_overtaken(pair, left, right):
    right.capabilities = replace(right.capabilities, window=4)
    right.gate.clear()
    right.errors.append(RateLimited("slowly", 0.01))
    async with running(pair):
        for n in range(5):
            left.say("one", "alice", str(n))
        await left.settled()
        right.gate.set()
        await right.until(5)
    assert right.texts("two") == [f"<alice> {n}" for n in range(5)]


async def test_a_confirmation_that_never_comes_is_overdue(pair, left, right, clock):
    right.confirming = False
    async with running(pair, clock=clock) as bridge:
        left.say("one", "alice", "hello")
        await right.until(1)
        assert bridge._router.overdue(0.0) == {}
        clock.move(31.0)
        assert bridge._router.overdue(0.0).keys() == {"right"}
        right.release()
        await left.settled()
        assert bridge._router.overdue(0.0) == {}


async def test_a_stop_in_the_midst_of_the_patrol_ends_no_connection(pair, left, right, clock, monkeypatch):
    """What waits in the socket is read before anybody is taken for dead."""
    right.confirming = False
    stopped = asyncio.Event()
    async with running(pair, clock=clock) as bridge:
        patrol = bridge.patrol

        async def stop() -> None:
            await patrol()
            if not stopped.is_set():
                clock.move(60.0)
                asyncio.get_running_loop().call_later(0.01, right.release)
            stopped.set()

        left.say("one", "alice", "hello")
        await right.until(1)
        monkeypatch.setattr(bridge, "patrol", stop)
        clock.move(5.0)
        await stopped.wait()
        await asyncio.sleep(0.1)
        clock.move(5.0)
        left.say("one", "alice", "again")
        await right.until(2)
    assert right.connections == 1


async def test_a_room_in_two_conversations_hears_once(tmp_path, left, right):
    both = {"a": ["left one", "right two"], "b": ["left one", "right two", "right three"]}
    async with running(config(tmp_path, both)):
        left.say("one", "alice", "hello")
        await right.until(2)
        await left.settled()
    assert sorted(command.room for command in right.said) == ["three", "two"]


async def test_rooms_of_one_network_are_joined(tmp_path, left):
    async with running(config(tmp_path, {"a": ["left one", "left two", "left three"]})):
        left.say("one", "alice", "hello")
        await left.until(2)
    assert {command.room for command in left.said} == {"two", "three"}


async def test_directions_are_kept(tmp_path, left, right):
    news = {"news": ["left source from", "right sink to", "right talk"]}
    async with running(config(tmp_path, news)):
        right.say("sink", "bob", "nobody hears this")
        right.say("talk", "bob", "the sink hears this")
        left.say("source", "alice", "news")
        await right.until(3)
        await left.settled()
    assert left.said == []
    assert right.texts("sink") == ["<bob> the sink hears this", "<alice> news"]
    assert right.texts("talk") == ["<alice> news"]


@pytest.mark.parametrize("pattern", ["Alice", "al*", "*!user@host"])
@pytest.mark.parametrize("where", ["left", "lobby"])
async def test_ignored_senders_are_not_relayed(tmp_path, left, right, pattern, where):
    conversations = {"lobby": ["left one", "right two"]}
    async with running(config(tmp_path, conversations, ignore={where: (pattern,)})):
        left.say("one", "alice", "not heard")
        left.happen(replace(left.say("one", "alice", "nor this"), id=MessageId("x")))
        bob = Sender(UserId("bob@elsewhere"), "bob")
        left.happen(replace(left.say("one", "alice", "nor that"), id=MessageId("y"), sender=bob))
        await right.until(1)
    assert right.texts("two") == ["<bob> nor that"]


async def test_a_filter_drops_for_its_conversation_only(tmp_path, left, right):
    conversations = {"a": ["left one", "right two"], "b": ["left one", "right three"]}
    async with running(config(tmp_path, conversations, ignore={"a": ("alice",)})):
        left.say("one", "alice", "hello")
        await right.until(1)
        await left.settled()
    assert [command.room for command in right.said] == ["three"]


async def test_the_template_names_the_speaker(tmp_path, left, right):
    conversations = {"lobby": ["left one", "right two"]}
    async with running(config(tmp_path, conversations, prefix={"lobby": "[{network}] {name}: "})):
        left.say("one", "a{name}\n\u202elice", "hello")
        await right.until(1)
    assert right.texts("two") == ["[left] a{name} lice: hello"]


async def test_what_is_said_while_a_side_is_down_arrives_later_in_order(pair, left, right):
    right.up = False
    async with running(pair):
        for n in range(100):
            left.say("one", "alice", str(n))
        await left.settled()
        assert right.said == []
        right.up = True
        await right.until(100)
    assert right.texts("two") == [f"<alice> {n}" for n in range(100)]


async def test_a_network_that_is_down_at_the_start_disturbs_no_other(tmp_path, left, right):
    third = ScriptedNetwork("third")
    third.up = False
    async with running(config(tmp_path, {"lobby": ["left one", "right two", "third three"]})):
        left.say("one", "alice", "hello")
        await right.until(1)
    assert third.said == []


async def test_a_room_that_refuses_keeps_its_queue(tmp_path, left, right):
    right.refusals[RoomId("two")] = "invite only"
    async with running(config(tmp_path, {"lobby": ["left one", "right two", "right three"]})):
        left.say("one", "alice", "hello")
        await right.until(1)
        assert [command.room for command in right.said] == ["three"]
        right.refusals.clear()
        right.drop()
        await right.until(2)
    assert right.texts("two") == ["<alice> hello"]


@pytest.mark.parametrize(
    "error", [RateLimited("slow down", 40.0), TemporaryFailure("busy"), RoomUnavailable("moderated", 50.0)]
)
async def test_a_passing_failure_delays_and_loses_nothing(pair, left, right, error, clock):
    right.errors.append(error)
    async with running(pair, clock=clock):
        for n in range(3):
            left.say("one", "alice", str(n))
        await clock.hurry(right.until(3))
    assert right.texts("two") == ["<alice> 0", "<alice> 1", "<alice> 2"]


async def test_a_rejected_message_is_given_up_alone(pair, left, right, caplog):
    right.errors.append(Rejected("too rude"))
    async with running(pair):
        left.say("one", "alice", "rude")
        left.say("one", "alice", "polite")
        await right.until(1)
    assert right.texts("two") == ["<alice> polite"]
    assert "a message to right two is given up: too rude" in caplog.text


async def test_a_failure_in_a_window_keeps_the_order_of_what_is_sent_again(pair, left, right):
    right.capabilities = replace(right.capabilities, window=8)
    right.confirming = False
    async with running(pair):
        for n in range(20):
            left.say("one", "alice", str(n))
        await right.until(8)
        right.drop()
        right.confirming = True
        await right.until(20)
    assert right.texts("two") == [f"<alice> {n}" for n in range(20)]


async def test_what_is_queued_survives_a_crash(pair, left, right, tmp_path):
    right.up = False
    async with running(pair):
        for n in range(10):
            left.say("one", "alice", str(n))
        await left.settled()
    right.up = True
    async with running(pair):
        await right.until(10)
    assert right.texts("two") == [f"<alice> {n}" for n in range(10)]


async def test_what_was_said_while_the_bridge_was_away_arrives_once(pair, left, right):
    async with running(pair):
        left.say("one", "alice", "before")
        await right.until(1)
    left.say("one", "alice", "meanwhile")
    async with running(pair):
        left.say("one", "alice", "after")
        await right.until(3)
    assert right.texts("two") == ["<alice> before", "<alice> meanwhile", "<alice> after"]


async def test_an_event_that_comes_again_is_not_relayed_again(pair, left, right):
    async with running(pair):
        event = left.say("one", "alice", "once")
        left.happen(event)
        left.say("one", "alice", "twice")
        await right.until(2)
        left.happen(event)
        left.say("one", "alice", "thrice")
        await right.until(3)
    assert right.texts("two") == ["<alice> once", "<alice> twice", "<alice> thrice"]


async def test_a_long_text_is_split_and_each_part_names_its_author(pair, left, right):
    right.capabilities = replace(right.capabilities, text_limit=40, lines=False)
    async with running(pair):
        left.say("one", "alice", "first line\n\n" + "word " * 12)
        left.say("one", "alice", "next")
        await right.until(4)
    assert right.texts("two") == [
        "<alice> first line",
        "<alice> word word word word word word",
        "<alice> word word word word word word",
        "<alice> next",
    ]
    assert len({command.txn for command in right.said}) == 4


async def test_a_half_sent_text_goes_on_where_it_was(pair, left, right):
    right.capabilities = replace(right.capabilities, text_limit=20, lines=False)
    async with running(pair):
        right.confirming = False
        left.say("one", "alice", "one\ntwo\nthree")
        await right.until(1)
        right.errors.append(ConnectionLost("gone"))
        right.release()
        await left.settled()
        right.drop()
        await right.until(3)
    assert right.texts("two") == ["<alice> one", "<alice> two", "<alice> three"]


async def test_a_great_backlog_waits_in_the_journal(pair, left, right):
    right.up = False
    right.capabilities = replace(right.capabilities, window=64)
    async with running(pair):
        for n in range(6000):
            left.say("one", "alice", str(n))
        await left.settled()
        right.up = True
        await right.until(6000)
    assert right.texts("two") == [f"<alice> {n}" for n in range(6000)]


async def test_a_room_that_left_the_map_gives_up_in_the_open(tmp_path, left, right, caplog):
    right.refusals[RoomId("two")] = "invite only"
    async with running(config(tmp_path, {"a": ["left one", "right two"]})):
        left.say("one", "alice", "hello")
        await left.settled()
    async with running(config(tmp_path, {"a": ["left one", "right three"]})):
        await asyncio.sleep(0)
    assert "given up: 1 message to right two" in caplog.text


async def test_names_that_ping_are_broken_invisibly(pair, left, right):
    right.capabilities = replace(right.capabilities, name_pings=True)
    async with running(pair):
        left.say("one", "alice", "hello")
        await right.until(1)
    assert right.texts("two") == ["<a\u200blice> hello"]
