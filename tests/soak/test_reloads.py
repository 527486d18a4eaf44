"""A thousand reloads under load: rooms come and go, networks get other names, templates change, files have
mistakes. Nothing that is said in rooms which stay is lost, nothing anywhere comes twice or out of order.

`HUBBUB_RELOADS=50` makes it short, `HUBBUB_SEED` takes other changes.
"""

import os
import time

import pytest

from tests.soak.reloading import Load, resident

COUNT = int(os.environ.get("HUBBUB_RELOADS", "1000"))
GROWTH = 36.0
"""MiB, in 800 reloads: the names of 16,000 messages, which are at hand, take 24 of them. Without messages it
is none.
"""
SEED = int(os.environ.get("HUBBUB_SEED", "1"))


@pytest.mark.timeout(1800)
async def test_a_thousand_reloads_while_people_talk(tmp_path):
    load, began = Load(tmp_path, SEED), time.monotonic()
    await load.run(COUNT, pause=0.02)
    late = resident()
    said = sum(flow.said for flow in load.kept)
    print(
        f"\n{COUNT:,} reloads in {time.monotonic() - began:.0f} s (seed {SEED}): {dict(load.done)}; "
        f"{said:,} messages in the rooms that stay, all there once and in order; "
        f"{sum(flow.said for flow in load.extras):,} in those that come and go, "
        f"{sum(flow.arrived - len(flow.skipped) for flow in load.extras):,} arrived; "
        f"memory: {load.early:.0f} MiB early, {late:.0f} MiB late"
    )
    assert late - load.early < GROWTH
