"""The clock that tests move: what is due is done, and nothing else; the core waits by it."""

import asyncio

import pytest

from bridge.clock import SYSTEM
from bridge.testing import HandClock
from tests.bridge.world import running

HOUR = 3600.0


async def test_what_is_due_is_done_in_its_order(clock):
    done = []
    for seconds in (3 * HOUR, HOUR, 2 * HOUR):
        clock.call_later(seconds, lambda seconds=seconds: done.append(seconds))
    clock.call_later(HOUR, lambda: done.append("cancelled")).cancel()
    clock.move(HOUR - 1.0)
    await asyncio.sleep(0.01)
    assert done == []
    clock.move(HOUR + 1.0)
    await asyncio.sleep(0.01)
    assert done == [HOUR, 2 * HOUR]


async def test_a_sleep_ends_when_its_time_has_passed(clock):
    before = clock.monotonic()
    sleeping = asyncio.ensure_future(clock.sleep(HOUR))
    await asyncio.sleep(0)
    assert not sleeping.done()
    clock.move(HOUR)
    await sleeping
    assert clock.monotonic() - before >= HOUR
    assert await clock.hurry(asyncio.sleep(0, "done")) == "done"


def test_it_shows_what_it_is_set_to():
    set_, unset = HandClock(1e9), HandClock()
    assert set_.now() == pytest.approx(1e9, abs=60)
    assert unset.now() == pytest.approx(SYSTEM.now(), abs=60)
    set_.move(100.0)
    assert set_.now() == pytest.approx(1e9 + 100.0, abs=60)


async def test_a_service_lives_by_it(pair, left, right, clock):
    """A room is told that its words wait, and that they came, without anybody waiting for minutes."""
    right.up = False
    async with running(pair, clock=clock) as bridge:
        left.say("one", "alice", "hello")
        await left.settled()
        await bridge.patrol()
        assert left.said == []
        clock.move(180.0)
        await bridge.patrol()
        await left.until(1)
        right.up = True
        await clock.hurry(right.until(1))
        await bridge.patrol()
        await left.until(2)
    waits, came = left.texts("one")
    assert waits.startswith("two on right cannot be reached since ")
    assert came == "two on right can be reached again: 1 message that waited went through."
