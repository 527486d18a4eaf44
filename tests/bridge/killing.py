"""Runs of a service that are killed: the test that kills them, and what stands in the process of each."""

import asyncio
import itertools
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bridge.model import MessageId

ROOT = Path(__file__).parents[2]


def kill_again_and_again(module, folder, times, after):
    """Run a module so often, and kill each run after some of its lines: between the two numbers of `after`.
    Then let the run `last` end by itself.
    """
    for run in range(times):
        process = _run(module, folder, str(run))
        for _ in range(random.randint(*after)):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    last = _run(module, folder, "last")
    assert last.wait() == 0
    last.stdout.close()


def _run(module, folder, run):
    arguments = [sys.executable, "-m", module, str(folder), run]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)


async def talk_until_killed(service, left, right, run, *, ended, pause, turn=lambda: None):
    """Let somebody talk on the left, with a line for each message, a turn of the caller's and up to `pause`
    seconds between them; in the run `last` wait, without a word, until `ended` has come.
    """
    running = asyncio.ensure_future(service.run())
    while not (left.connected and right.connected):
        await asyncio.sleep(0.001)
    if run == "last":
        await ended()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return
    for number in itertools.count(1):
        said = left.saying("one", "alice", f"{run} {number}")
        left.happen(replace(said, id=MessageId(f"{run}.{number}")))
        await left.settled()
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        turn()
        await asyncio.sleep(random.uniform(0, pause))
