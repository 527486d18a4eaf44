"""After a crash or a broken connection: what may have arrived is looked up before it is sent again."""

from dataclasses import replace

import pytest

from bridge.config import DeliveryRules
from bridge.errors import RoomUnavailable, TemporaryFailure
from tests.bridge.world import config, killed, opened, running


async def test_what_arrived_before_a_crash_is_not_sent_again(pair, left, right, after):
    right.capabilities = replace(right.capabilities, window=8)
    right.confirming = False
    async with running(pair):
        for n in range(20):
            left.say("one", "alice", str(n))
        await right.until(8)
        pair = killed(pair, after)
    right.confirming = True
    async with running(pair):
        await right.until(20)
        left.say("one", "alice", "and on")
        await right.until(21)
    assert right.texts("two") == [f"<alice> {n}" for n in (*range(20), "and on")]


async def test_what_did_not_arrive_before_a_crash_is_sent(pair, left, right, after):
    right.gate.clear()
    async with running(pair):
        left.say("one", "alice", "hello")
        await left.settled()
        pair = killed(pair, after)
    right.gate.set()
    async with running(pair):
        await right.until(1)
    assert right.texts("two") == ["<alice> hello"]


async def test_a_split_message_goes_on_behind_the_part_that_arrived(pair, left, right, after):
    right.capabilities = replace(right.capabilities, text_limit=20, lines=False)
    right.confirming = False
    async with running(pair):
        left.say("one", "alice", "one two three four five six")
        await right.until(1)
        pair = killed(pair, after)
    right.confirming = True
    async with running(pair):
        await right.until(3)
    assert right.texts("two") == ["<alice> one two", "<alice> three four", "<alice> five six"]


async def test_where_nobody_can_tell_it_is_sent_again_and_marked(pair, left, right, after):
    right.confirming = False
    right.remembers = False
    async with running(pair):
        for n in range(3):
            left.say("one", "alice", str(n))
        await right.until(1)
        pair = killed(pair, after)
    right.confirming = True
    async with running(pair):
        await right.until(4)
    assert right.texts("two") == ["<alice> 0", "[again?] <alice> 0", "<alice> 1", "<alice> 2"]
    with opened(pair.journal) as database:
        assert database.execute("SELECT count(*) FROM again").fetchone() == (1,)


async def test_what_no_network_may_keep_is_no_proof_by_not_being_found(pair, left, right, after):
    right.confirming = False
    async with running(pair):
        left.say("one", "alice", "between us", unstored=True)
        await right.until(1)
        pair = killed(pair, after)
    right.confirming = True
    async with running(pair):
        await right.until(2)
    assert right.texts("two") == ["<alice> between us", "[again?] <alice> between us"]
    assert [command.unstored for command in right.said] == [True, True]


async def test_the_owner_may_rather_have_it_held(tmp_path, left, right, after):
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, rules=DeliveryRules(doubt="hold"))
    right.confirming = False
    right.remembers = False
    async with running(pair):
        for n in range(3):
            left.say("one", "alice", str(n))
        await right.until(1)
        pair = killed(pair, after)
    right.confirming = True
    async with running(pair):
        await right.until(3)
    assert right.texts("two") == ["<alice> 0", "<alice> 1", "<alice> 2"]
    with opened(pair.journal) as database:
        assert database.execute("SELECT reason FROM dead").fetchall() == [
            ("it may have arrived, and nobody can tell",)
        ]


async def test_after_a_polite_stop_nothing_is_in_doubt(pair, left, right):
    right.remembers = False
    right.gate.clear()
    async with running(pair):
        left.say("one", "alice", "waits")
        await left.settled()
    right.gate.set()
    async with running(pair):
        await right.until(1)
    assert right.texts("two") == ["<alice> waits"]


async def test_after_a_broken_connection_only_what_was_on_its_way_is_in_doubt(pair, left, right):
    right.remembers = False
    right.capabilities = replace(right.capabilities, window=4)
    right.confirming = False
    async with running(pair):
        for n in range(8):
            left.say("one", "alice", str(n))
        await right.until(4)
        right.drop()
        right.confirming = True
        await right.until(12)
    assert right.texts("two")[4:] == [
        *(f"[again?] <alice> {n}" for n in range(4)),
        *(f"<alice> {n}" for n in range(4, 8)),
    ]


@pytest.mark.parametrize("error", [TemporaryFailure("no answer"), RoomUnavailable("thrown out")])
async def test_a_failure_that_leaves_doubt_is_looked_up(pair, left, right, error):
    """The network took the message, and its confirmation was lost."""
    right.lose(error)
    async with running(pair):
        left.say("one", "alice", "hello")
        await right.until(1)
        right.drop()
        left.say("one", "alice", "and on")
        await right.until(2)
    assert right.texts("two") == ["<alice> hello", "<alice> and on"]


async def test_what_may_have_arrived_is_looked_up_without_a_new_connection_too(pair, left, right):
    right.lose(TemporaryFailure("no answer"))
    async with running(pair):
        left.say("one", "alice", "hello")
        left.say("one", "alice", "and on")
        await right.until(2)
    assert right.texts("two") == ["<alice> hello", "<alice> and on"]


async def test_what_stands_before_something_that_arrived_had_its_turn(pair, left, right, after):
    """A network that takes what is on its way in order, and forgot the first of it."""
    right.capabilities = replace(right.capabilities, window=3)
    right.confirming = False
    async with running(pair):
        for n in range(8):
            left.say("one", "alice", str(n))
        await right.until(3)
        pair = killed(pair, after)
    right.confirming = True
    right.forget(1)
    async with running(pair):
        await right.until(8)
    assert right.texts("two") == [f"<alice> {n}" for n in range(8)]
