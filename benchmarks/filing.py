"""What the archive costs the relay: its own process's work is not counted, which another core does."""

import asyncio
import time
from dataclasses import replace

from bridge.config import Archive, ArchiveRules
from tests.bridge.world import config, running

from .network import Network, batches

COUNT = 10_000
PACED = 2_000


def _kept(map_):
    lobby = replace(map_.conversations["lobby"], archive=ArchiveRules(keep=86_400.0))
    archive = Archive().located(map_.journal.parent, map_.journal)
    return replace(map_, conversations={"lobby": lobby}, archive=archive)


async def _all_seen(bridge):
    """Until everybody who looks on has seen all, and nothing waits to be filed: looked for seldom, since that
    costs as much as many messages.
    """
    archive = bridge.features.archive
    archivist, latest = archive._archivist, archive._router.journal.latest
    while archive.active and (archivist.upto < latest() or len(archive._beside)):  # noqa: ASYNC110
        await asyncio.sleep(0.25)
    while any(one.behind for one in bridge.observers()):  # noqa: ASYNC110
        await asyncio.sleep(0.25)


async def filing(folder, archived, per_second=None, seconds=0.0):
    """CPU microseconds of the relay per message, in a burst or at so many a second, and how many seconds it
    took; at least those that are given, so that both ways have the same share of what time costs.
    """
    left, right = Network("left"), Network("right")
    right.on_text = lambda text: None
    right.capabilities = replace(right.capabilities, window=256)
    map_ = config(folder, {"lobby": ["left one", "right two"]})
    count = COUNT if per_second is None else PACED
    async with running(_kept(map_) if archived else map_) as bridge:
        if archived:
            left.happen(*left.messages("one", [0], "warming up"))
            await right.until(1)
            await _all_seen(bridge)
        before, cpu, began = right.taken, time.process_time(), time.monotonic()
        for numbers in batches(count, 64 if per_second is None else 1):
            left.happen(*left.messages("one", numbers))
            await asyncio.sleep(0 if per_second is None else 1 / per_second)
        await right.until(before + count)
        await _all_seen(bridge)
        await asyncio.sleep(seconds - (time.monotonic() - began))
        return (time.process_time() - cpu) / count * 1e6, time.monotonic() - began
