"""A service with an archive, to be killed: `python -m tests.bridge.archive.killed FOLDER RUN`.

It says how many messages were said; with the run `last` it says nothing, and ends when all is filed.
"""

import asyncio
import random
import sys
from pathlib import Path

from bridge import app
from bridge.archive.service import archivist, late
from bridge.testing import ScriptedNetwork
from tests.bridge.killing import talk_until_killed
from tests.bridge.world import config

from .filed import archived

archivist._TOGETHER = 0.01
late._OFTEN = 0.05


async def main(folder, run):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    service = app.Bridge(archived(config(folder, {"lobby": ["left one", "right two"]})))

    async def ended():
        await asyncio.sleep(0.5)
        while any(one.behind for one in service.observers()) or len(service.features.archive._beside):
            await asyncio.sleep(0.01)

    def turn():
        service.features.archive.patrol()
        if random.random() < 0.02 and (process := service.features.archive.process._process):
            process.kill()

    await talk_until_killed(service, left, right, run, ended=ended, pause=0.01, turn=turn)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
