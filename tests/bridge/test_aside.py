"""Long work beside the relay leaves the interpreter as it was, also where several are at work."""

import asyncio
import gc
import os
import signal
import sys
import threading
from contextlib import aclosing

import pytest

from bridge.aside import aside, kill, pieces_aside


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


@pytest.fixture
async def watched(monkeypatch):
    """The ends of processes are noticed by the loop, as Python 3.12 and later do it, not by threads."""
    if sys.version_info < (3, 12):
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(asyncio.get_running_loop())
        monkeypatch.setattr(asyncio.get_event_loop_policy(), "_watcher", watcher)


async def test_a_process_that_has_just_ended_is_killed_without_a_word_in_the_log(watched, caplog):
    process = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    os.kill(process.pid, signal.SIGTERM)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    kill(process)
    assert await process.wait() == -signal.SIGTERM
    kill(process)
    assert not caplog.records


async def test_what_is_small_is_collected_in_the_end():
    """A service that freezes what lies about at each of its reloads would grow with them."""
    frozen = gc.get_freeze_count()
    await aside(lambda: [{} for _ in range(1000)])
    assert gc.get_freeze_count() == frozen


async def test_pieces_come_from_one_thread_as_they_are_taken_and_it_is_closed_there():
    threads, made = [], []

    def pieces():
        try:
            for number in range(100):
                threads.append(threading.get_ident())
                made.append(number)
                yield bytes([number]) * 40_000
        finally:
            threads.append(threading.get_ident())
            closed.set()

    closed, usual = threading.Event(), sys.getswitchinterval()
    async with aclosing(pieces_aside(pieces)) as found:
        first = await anext(found)
        assert first == bytes(40_000) + b"\1" * 40_000
        assert len(made) == 2
    await asyncio.to_thread(closed.wait, 10)
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads
    assert sys.getswitchinterval() == usual


async def test_what_a_piece_raises_is_raised():
    def pieces():
        yield bytes(100_000)
        raise ValueError("the rest is gone")

    async with aclosing(pieces_aside(pieces)) as found:
        assert len(await anext(found)) == 100_000
        with pytest.raises(ValueError, match="the rest is gone"):
            await anext(found)
