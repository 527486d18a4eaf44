"""Long work beside the relay leaves the interpreter as it was, also where several are at work."""

import asyncio
import gc
import sys
import threading

from bridge.aside import aside


async def test_two_at_a_time_leave_everything_as_it_was():
    usual, first, second = sys.getswitchinterval(), threading.Event(), threading.Event()
    begun = asyncio.ensure_future(aside(first.wait))
    await asyncio.sleep(0)
    other = asyncio.ensure_future(aside(second.wait))
    await asyncio.sleep(0)
    first.set()
    await begun
    assert not gc.isenabled()
    assert sys.getswitchinterval() < usual
    second.set()
    await other
    assert gc.isenabled()
    assert sys.getswitchinterval() == usual


async def test_what_is_small_is_collected_in_the_end():
    """A service that freezes what lies about at each of its reloads would grow with them."""
    frozen = gc.get_freeze_count()
    await aside(lambda: [{} for _ in range(1000)])
    assert gc.get_freeze_count() == frozen
