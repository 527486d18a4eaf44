"""What holds a room: the table, and that nothing holds it for ever."""

import asyncio
import re
from itertools import product

import pytest

from bridge.relay import states
from bridge.relay.states import FREE, Hold, Input, after
from tests.bridge.world import config, running


def test_every_reason_but_the_end_is_lifted_by_something():
    lifted = FREE
    for what in Input:
        lifted |= what.value[0]
    assert lifted == ~Hold.STOPPED


@pytest.mark.parametrize(("holds", "what"), [*product([FREE, Hold.AWAY, Hold.HALTED | Hold.PLACING], Input)])
def test_what_happens_touches_nothing_else(holds, what):
    lifts, places = what.value
    untouched = ~(lifts | places)
    assert after(holds, what) & untouched == holds & untouched
    assert after(holds, what) & places == places


def test_the_table_is_drawn_as_it_is():
    rows = re.findall(r"^    ([A-Z]+) (.*)$", states.__doc__, re.MULTILINE)
    begin = re.search(r"^    happens.*", states.__doc__, re.MULTILINE)[0].index("places") - 4
    drawn = {}
    for name, holds in rows:
        line = f"{name} {holds}"
        lifts, places = line[len(name) : begin].split(), line[begin:].split()
        drawn[name] = (_sum(lifts), _sum(places))
    assert drawn == {what.name: what.value for what in Input}


def _sum(names):
    holds = FREE
    for name in names:
        holds |= Hold[name]
    return holds


async def test_a_room_that_is_left_the_moment_it_was_entered(tmp_path, left, right):
    """What it would have done first is ended before it begins; once it is back, it does."""
    there = config(tmp_path, {"lobby": ["left one", "right two"]})
    right.refusals["two"] = "not now"
    async with running(there) as bridge:
        left.say("one", "alice", "hello")
        await left.settled()
        (worker,) = [one for one in bridge._router.workers.values() if one.room.id == "two"]
        right.refusals.clear()
        worker.join()
        bridge._router.dispatch.turn()
        worker.part("kicked")
        await asyncio.sleep(0)
        worker.join()
        await right.until(1)
    assert right.texts("two") == ["<alice> hello"]
