"""The watchdog names in the log what keeps everything waiting: nobody is served meanwhile."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from bridge.watchdog import watched


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("bridge.watchdog._LIMIT", 0.2)
    monkeypatch.setattr("bridge.watchdog._EVERY", 0.05)


def dawdle(seconds):
    time.sleep(seconds)


async def test_who_keeps_the_loop_is_named(caplog):
    with watched():
        await asyncio.sleep(0.1)
        dawdle(0.6)
        await asyncio.sleep(0.1)
    first, second = caplog.messages
    assert first.startswith("nothing has gone on for 0.2 s because of this:\n")
    assert re.search(r'test_watchdog.py", line \d+, in dawdle\n +time.sleep\(seconds\)$', first)
    assert second.startswith("that is over after 0.")


async def test_a_loop_that_is_merely_busy_is_not_blamed(caplog):
    with watched():
        for _ in range(8):
            dawdle(0.05)
            await asyncio.sleep(0)
    assert not caplog.messages


def test_a_process_that_was_stopped_is_not_blamed():
    script = """if True:
        import asyncio, logging
        from bridge import watchdog
        watchdog._LIMIT, watchdog._EVERY, watchdog._LATE = 0.5, 0.05, 0.3
        logging.basicConfig(format="%(message)s")
        async def main():
            with watchdog.watched():
                print("up", flush=True)
                await asyncio.sleep(3)
        asyncio.run(main())
    """
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout.readline() == "up\n"
        time.sleep(0.2)
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(1.5)
        os.kill(process.pid, signal.SIGCONT)
        assert process.stdout.read() == ""
