"""Whether the other side is still there, in a test's own time."""

import asyncio

import pytest

from bridge import ConnectionLost, Heartbeat


class Other:
    """The other side."""

    def __init__(self):
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()

    async def ask(self):
        self.asked += 1
        await self.answers.wait()


async def passing(clock, seconds):
    """Let time go by in small steps, as in a process that runs."""
    for _ in range(round(seconds)):
        clock.move(1)
        await asyncio.sleep(0.001)


@pytest.fixture
async def watched(clock):
    other = Other()
    heartbeat = Heartbeat("chat.example.org", other.ask, quiet=20, patience=40, clock=clock)
    running = asyncio.ensure_future(heartbeat.run())
    await asyncio.sleep(0)
    yield heartbeat, other, running
    running.cancel()
    await asyncio.wait({running})


async def test_who_answers_is_there_and_all_before_was_heard(watched, clock):
    heartbeat, other, running = watched
    began = heartbeat.proven
    await passing(clock, 100)
    assert 3 <= other.asked <= 5
    assert began + 50 < heartbeat.proven <= clock.now()
    assert not running.done()


async def test_who_is_silent_for_too_long_is_dead(watched, clock):
    heartbeat, other, running = watched
    other.answers.clear()
    began = heartbeat.proven
    await passing(clock, 55)
    assert not running.done()
    await passing(clock, 20)
    with pytest.raises(ConnectionLost, match=r"chat\.example\.org has been silent for [67]\d s"):
        await running
    assert heartbeat.proven == began
    assert other.asked == 1


async def test_who_talks_is_there_but_proves_nothing(watched, clock):
    heartbeat, other, running = watched
    other.answers.clear()
    began = heartbeat.proven
    for _ in range(20):
        await passing(clock, 10)
        heartbeat.hear()
    assert not running.done()
    assert heartbeat.proven == began


async def test_a_process_that_was_stopped_judges_nobody(watched, clock):
    _, other, running = watched
    other.answers.clear()
    await asyncio.sleep(0)
    clock.move(10_000)
    await passing(clock, 40)
    assert not running.done()


async def test_who_does_not_read_judges_nobody(watched, clock):
    heartbeat, other, running = watched
    other.answers.clear()
    heartbeat.paused = True
    await passing(clock, 200)
    heartbeat.paused = False
    await passing(clock, 40)
    assert not running.done()
