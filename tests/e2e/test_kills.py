"""The bridge killed at each step of a message's way, while everybody talks, and started again at once."""

import re
import statistics

import pytest

from bridge.model import plain
from tests.e2e.five import FORGETFUL, PLACES, five
from tests.e2e.kills import survive
from tests.e2e.world import hubbub

KILLS = {
    "take": [("irc", 2), ("prosody", 3), ("matrix", 1)],
    "transaction": [("kept", 1), ("matrix", 4), ("jabber", 2)],
    "commit": [("irc", 3), ("jabber", 1), ("matrix", 2)],
    "write": [("irc", 6), ("prosody", 4), ("matrix", 9)],
    "send": [("irc", 3), ("kept", 7), ("prosody", 5), ("jabber", 8), ("matrix", 6)],
    "confirm": [("irc", 7), ("kept", 3), ("prosody", 6), ("matrix", 2)],
    "record": [("irc", 2), ("prosody", 5), ("matrix", 3)],
    "recorded": [("kept", 4), ("jabber", 3), ("matrix", 5)],
    "settle": [("irc", 2), ("prosody", 5), ("matrix", 3)],
    "settled": [("kept", 4), ("jabber", 3), ("matrix", 5)],
}
"""By the step: the network, and at which message from it or to it."""
SOON = 2.0
"""Seconds: a queued line is heard so soon after the room is joined again, at the median (a busy machine
may stand still for a while). On a quiet one it is 0.1.
"""


_GAP = re.compile(
    r"The bridge was away for \d+ seconds?; what was said in \S+ on (irc|jabber) meanwhile is missing here\."
)


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with five(tmp_path_factory.mktemp("kills")) as world:
        yield world


@pytest.fixture(autouse=True)
def begin_anew(world):
    world.forget()


@pytest.mark.parametrize("step", KILLS)
async def test_a_kill_loses_nothing_and_repeats_nothing(world, step):
    talk = await survive(world, [(step, *kill) for kill in KILLS[step]], rate=4)
    assert statistics.median(talk.recoveries) < SOON


async def test_a_kill_in_the_first_seconds_leaves_a_gap_that_is_told(world):
    async with hubbub(world) as bridge:
        await bridge.joined(*PLACES)
        await bridge.kill()
    await world.people["irc"].say(plain("nobody hears this"))
    async with hubbub(world) as bridge:
        await bridge.joined(*PLACES)
        for network in PLACES.keys() - FORGETFUL:
            told: list[str] = []
            while not any("said in #lobby on irc" in text for text in told):
                told += await world.heard(network)
            assert all(_GAP.fullmatch(text) for text in told), told
