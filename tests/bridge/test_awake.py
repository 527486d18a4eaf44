"""A process that was stopped: here its loop is held up, which is the same to whoever waits on it."""

import asyncio
import time

import pytest

from bridge.awake import Awake, within


async def test_a_stop_is_noticed():
    awake = Awake()
    began = awake.since
    await awake.sleep(0.01)
    assert awake.since == began
    asyncio.get_running_loop().call_soon(time.sleep, 1.2)
    now = await awake.sleep(0.01)
    assert awake.since == now > began


async def test_an_answer_that_came_while_the_process_was_stopped_counts():
    loop = asyncio.get_running_loop()
    asked = loop.create_future()
    loop.call_soon(time.sleep, 1.2)
    # two turns of the loop after it woke up, when all that was due has been called
    loop.call_later(0.02, lambda: loop.call_soon(loop.call_soon, asked.set_result, 1))
    assert await within(asked, 0.01) == 1


async def test_no_answer():
    with pytest.raises(TimeoutError):
        await within(asyncio.get_running_loop().create_future(), 0.01)
