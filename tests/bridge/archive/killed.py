"""A service with an archive, to be killed: `python -m tests.bridge.archive.killed FOLDER RUN`.

It says how many messages were said; with the run `last` it says nothing, and ends when all is filed.
"""

import asyncio
import itertools
import random
import sys
from dataclasses import replace
from pathlib import Path

from bridge import app
from bridge.archive.service import archivist, late
from bridge.model import MessageId
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config

from .filed import archived

archivist._TOGETHER = 0.01
late._OFTEN = 0.05


async def main(folder, run):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    service = app.Bridge(archived(config(folder, {"lobby": ["left one", "right two"]})))
    running = asyncio.ensure_future(service.run())
    while not (left.connected and right.connected):
        await asyncio.sleep(0.001)
    if run == "last":
        await asyncio.sleep(0.5)
        while any(one.behind for one in service.observers()) or len(service.features.archive._beside):
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return
    for number in itertools.count(1):
        said = left.saying("one", "alice", f"{run} {number}")
        left.happen(replace(said, id=MessageId(f"{run}.{number}")))
        await left.settled()
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        service.features.archive.patrol()
        await asyncio.sleep(random.uniform(0, 0.01))
        if random.random() < 0.02 and (process := service.features.archive.process._process):
            process.kill()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
