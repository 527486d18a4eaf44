"""How fast one may talk. Time is a test's own."""

import asyncio
import contextlib

import pytest

from bridge import ConnectionLost, RateLimited, TokenBucket, Turns
from bridge.kit.pace import Paces
from bridge.testing import HandClock


async def turns_of_the_loop():
    for _ in range(10):
        await asyncio.sleep(0)


class Waiting:
    """Some who take tokens, and who of them has theirs."""

    def __init__(self, bucket, *tokens):
        self.served = []
        self.tasks = [asyncio.ensure_future(self._take(bucket, *one)) for one in enumerate(tokens)]

    async def _take(self, bucket, number, tokens):
        await bucket.take(tokens)
        self.served.append(number)


async def test_a_burst_goes_at_once_and_more_as_it_comes_back(clock):
    bucket = TokenBucket(3, 0.01, clock)
    assert [bucket.take_now() for _ in range(4)] == [True, True, True, False]
    clock.move(100)
    assert bucket.take_now()
    assert not bucket.take_now()
    clock.move(10_000)
    assert bucket.take_now(3), "no more than a burst comes together"
    assert not bucket.take_now()


async def test_nobody_is_overtaken(clock):
    bucket = TokenBucket(2, 0.01, clock)
    assert bucket.take_now(2)
    waiting = Waiting(bucket, 2, 1, 1)
    await turns_of_the_loop()
    clock.move(100)
    await turns_of_the_loop()
    assert waiting.served == []
    assert not bucket.take_now(), "the one that waits comes first, though it needs more"
    clock.move(100)
    await asyncio.sleep(0.01)
    assert waiting.served == [0]
    clock.move(200)
    await asyncio.sleep(0.01)
    assert waiting.served == [0, 1, 2]


async def test_who_gives_up_waiting_holds_nobody_up(clock):
    bucket = TokenBucket(1, 0.01, clock)
    assert bucket.take_now()
    waiting = Waiting(bucket, 1, 1)
    await turns_of_the_loop()
    waiting.tasks[0].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting.tasks[0]
    clock.move(100)
    await asyncio.sleep(0.01)
    assert waiting.served == [1]


async def test_more_than_a_burst_is_had_and_owed(clock):
    bucket = TokenBucket(2, 0.01, clock)
    await bucket.take(4)
    clock.move(200)
    assert not bucket.take_now(1)
    clock.move(100)
    assert bucket.take_now(1)


async def test_spare_tokens_leave_half_a_burst(clock):
    bucket = TokenBucket(4, 0.01, clock)
    assert [bucket.take_spare() for _ in range(3)] == [True, True, False]
    assert bucket.take_now(2)


async def test_the_owner_may_allow_more_meanwhile(clock):
    bucket = TokenBucket(2, 0.001, clock)
    assert bucket.take_now(2)
    waiting = Waiting(bucket, 2)
    await turns_of_the_loop()
    bucket.hold(10, 1)
    clock.move(2)
    await asyncio.sleep(0.01)
    assert waiting.served == [0]


async def test_the_network_may_ask_for_a_pause(clock):
    bucket = TokenBucket(5, 0.1, clock)
    bucket.limit(100)
    assert not bucket.take_now()
    waiting = Waiting(bucket, 1)
    await turns_of_the_loop()
    clock.move(100)
    await asyncio.sleep(0.01)
    assert waiting.served == []
    clock.move(10)
    await asyncio.sleep(0.01)
    assert waiting.served == [0]


async def test_its_end_is_that_of_all_who_wait(clock):
    bucket = TokenBucket(1, 0.01, clock)
    assert bucket.take_now()
    waiting = Waiting(bucket, 1, 1)
    await turns_of_the_loop()
    bucket.close(ConnectionLost("over"))
    for task in waiting.tasks:
        with pytest.raises(ConnectionLost):
            await task
    with pytest.raises(ConnectionLost):
        await bucket.take()
    assert not bucket.take_now()
    assert waiting.served == []


class Network:
    """Takes what is said once a limit is over."""

    def __init__(self, clock, refusals):
        self.said = []
        self._clock = clock
        self._refusals = refusals

    def say(self, text):
        async def request():
            if self._refusals:
                raise RateLimited("too fast", self._refusals.pop(0))
            self.said.append((text, round(self._clock.monotonic())))
            return text

        return request


async def test_turns_come_in_order_and_one_that_is_refused_keeps_its_own(clock):
    turns = Turns(clock)
    assert not turns.limited
    began = round(clock.monotonic())
    turns.limit(RateLimited("too fast", 100), clock.monotonic())
    assert turns.limited
    network = Network(clock, [100, 100])
    asked = [asyncio.ensure_future(turns.take(network.say(text))) for text in "abc"]
    answers = await clock.hurry(asyncio.gather(*asked))
    assert answers == ["a", "b", "c"]
    assert [text for text, _ in network.said] == ["a", "b", "c"]
    assert network.said[0][1] - began >= 299
    assert not turns.limited


async def test_a_limit_counts_from_when_it_was_asked(clock):
    turns = Turns(clock)
    asked = clock.monotonic()
    clock.move(60)
    turns.limit(RateLimited("too fast", 100), asked)
    clock.move(39)
    assert turns.limited
    clock.move(2)
    assert not turns.limited


async def test_who_gives_up_their_turn_holds_nobody_up(clock):
    turns = Turns(clock)
    turns.limit(RateLimited("too fast", 1000), clock.monotonic())
    network = Network(clock, [])
    first, second = (asyncio.ensure_future(turns.take(network.say(text))) for text in "ab")
    await turns_of_the_loop()
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    clock.move(1001)
    assert await second == "b"
    assert not turns.limited


async def test_each_has_a_pace_of_their_own():
    clock = HandClock()
    paces = Paces(2, 2, 0.5, clock)
    assert [paces.take_now("ada") for _ in range(3)] == [True, True, False]
    assert paces.take_now("bob")
    clock.move(2)
    assert [paces.take_now("ada") for _ in range(2)] == [True, False]
    assert [paces.take_now(who) for who in ("bob", "eve", "bob")] == [True, True, True]
    assert paces.take_now("ada"), "who was forgotten begins anew"
