"""Two hundred kills at random steps of random messages, between random networks."""

import os
import random
import statistics
import time

from tests.e2e.five import PLACES, five
from tests.e2e.kills import STEPS, survive

ROUNDS = 20
KILLS = 10
HIGHEST = 12


async def test_two_hundred_kills(tmp_path):
    seed = int(os.environ.get("SEED", random.randrange(2**32)))
    dice = random.Random(seed)
    print(f"\nSEED={seed}")
    lines, doubles, recoveries, unheard = 0, dict.fromkeys(PLACES, 0), [], 0
    for number in range(ROUNDS):
        kills = [
            (dice.choice(STEPS), dice.choice(list(PLACES)), dice.randint(1, HIGHEST)) for _ in range(KILLS)
        ]
        rate, began = dice.choice([2, 4, 8]), time.monotonic()
        # servers of its own, since Prosody reads an archive of thousands of lines more slowly than it grows
        folder = tmp_path / str(number)
        folder.mkdir()
        async with five(folder) as world:
            talk = await survive(world, kills, rate=rate)
        lines += sum(map(len, talk.said.values())) * (len(PLACES) - 1)
        for there in PLACES:
            doubles[there] += sum(talk.doubles(here, there) for here in PLACES)
        recoveries += talk.recoveries
        unheard += talk.unheard()
        spent = f"{rate} lines a second, {time.monotonic() - began:.0f} s"
        print(f"{(number + 1) * KILLS} kills ({spent}); doubles so far: {doubles}", flush=True)
    print(f"{ROUNDS * KILLS} kills, {lines} lines to be heard; doubles: {doubles}")
    print(f"{unheard} lines said while the bridge was away, where nothing is kept")
    late = statistics.quantiles(recoveries, n=100)
    print(f"the first line after joining again: median {late[49]:.3f} s, 99 % within {late[98]:.3f} s")
