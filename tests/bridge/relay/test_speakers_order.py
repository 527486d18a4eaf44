"""Speakers with connections of their own: what may be shown in another order waits for what is before it."""

import asyncio
import itertools
import random
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bridge import supervisor
from bridge.errors import TemporaryFailure
from bridge.model import Authorship, DeleteMessage, Support
from bridge.testing import ScriptedNetwork
from tests.bridge.relay.test_speakers import ALICE, HUBBUB, less, puppets, said
from tests.bridge.relay.test_whole import edit, removal
from tests.bridge.world import config, killed, running

NAMES = ("alice", "bob", "carol")
"""The last has no account."""
CAROL = "left/carol!user@host"


@given(
    talk=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 4)), min_size=2, max_size=8),
    window=st.integers(1, 4),
    delays=st.lists(st.sampled_from([0.0, 0.001, 0.004]), min_size=1, max_size=20),
    crash=st.integers(0, 12),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
def test_the_order_of_the_room_stays_whoever_is_slow(talk, window, delays, crash):
    """Bursts of speakers who take turns, each of whose words are on the way for another time; and a crash."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as quick:
        quick.setattr(supervisor, "_FIRST", 0.002)
        asyncio.run(asyncio.wait_for(bursts(Path(folder), talk, window, delays, crash), 20))


async def bursts(folder, talk, window, delays, crash):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    puppets(right, own_connection=True, window=window)
    less(right, CAROL, authorship=Authorship.PREFIX, own_connection=False)
    lags = itertools.cycle(delays)
    right.speakers.delay = lambda account: next(lags)
    lines = [(name, f"{turn}.{number}") for turn, (name, count) in enumerate(talk) for number in range(count)]
    pair = config(folder, {"lobby": ["left one", "right two"]})
    async with running(pair):
        left.happen(*[left.saying("one", name, text) for name, text in lines])
        await right.until(min(crash, len(lines)))
        (folder / "after").mkdir()
        pair = killed(pair, folder / "after")
    await asyncio.sleep(0.02)  # what was on its way arrives
    async with running(pair):
        await right.until(len(lines))
        await asyncio.sleep(0.02)
    assert said(right) == [
        (HUBBUB, f"<carol> {text}") if name == "carol" else (name, text) for name, text in lines
    ]


TROUBLES = {
    "": lambda right: None,
    "refused": lambda right: right.errors.append(TemporaryFailure("not now")),
    "cut off": lambda right: asyncio.get_running_loop().call_later(0.003, right.drop),
    "lost on its way back": lambda right: right.lose(TemporaryFailure("who knows")),
}


@given(
    talk=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 4)), min_size=2, max_size=8),
    abreast=st.integers(2, 4),
    delays=st.lists(st.sampled_from([0.0, 0.001, 0.004]), min_size=1, max_size=20),
    crash=st.integers(0, 12),
    trouble=st.sampled_from(sorted(TROUBLES)),
)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
def test_what_each_says_arrives_once_and_in_its_order_beside_the_others(
    talk, abreast, delays, crash, trouble
):
    """Bursts of people who need not wait for each other, with a failure, and a crash."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as quick:
        quick.setattr(supervisor, "_FIRST", 0.002)
        quick.setattr(random, "uniform", lambda *_: 0.001)
        asyncio.run(asyncio.wait_for(crowd(Path(folder), talk, abreast, delays, crash, trouble), 20))


async def crowd(folder, talk, abreast, delays, crash, trouble):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    puppets(right, abreast=abreast)
    less(right, CAROL, authorship=Authorship.PREFIX, abreast=1)
    lags = itertools.cycle(delays)
    right.speakers.delay = lambda account: next(lags)
    lines = [(name, f"{turn}.{number}") for turn, (name, count) in enumerate(talk) for number in range(count)]
    pair = config(folder, {"lobby": ["left one", "right two"]})
    async with running(pair):
        TROUBLES[trouble](right)
        left.happen(*[left.saying("one", name, text) for name, text in lines])
        await right.until(min(crash, len(lines)))
        (folder / "after").mkdir()
        pair = killed(pair, folder / "after")
    await asyncio.sleep(0.02)  # what was on its way arrives
    right.errors.clear()
    async with running(pair):
        await right.until(len(lines))
        await asyncio.sleep(0.02)
    for name in NAMES:
        theirs = [f"<carol> {text}" if name == "carol" else text for who, text in lines if who == name]
        shown = HUBBUB if name == "carol" else name
        assert [text for who, text in said(right) if who == shown] == theirs
    assert len(said(right)) == len(lines)


class Watched(ScriptedNetwork):
    """Counts who has something on the way at once."""

    def __init__(self, name):
        super().__init__(name)
        self.flying = []
        self.together = set()

    def perform(self, command, settle):
        def landed(outcome):
            self.flying.remove(command)
            settle(outcome)

        self.flying.append(command)
        self.together.add(tuple(flying.speaker.name for flying in self.flying))
        super().perform(command, landed)


@pytest.fixture
def watched():
    network = Watched("right")
    network.speakers.delay = lambda account: 0.002
    return network


async def talk(pair, left, watched, *names):
    lines = [(name, f"{number}") for number, name in enumerate(names)]
    async with running(pair):
        left.happen(*[left.saying("one", *line) for line in lines])
        await watched.until(len(lines))
    assert said(watched) == lines


async def test_a_speakers_burst_has_the_speakers_window(pair, left, watched):
    puppets(watched, own_connection=True, window=4)
    less(watched, ALICE, window=2)
    await talk(pair, left, watched, *["alice"] * 8, *["bob"] * 8)
    assert max(map(len, watched.together)) == 4
    assert ("alice", "alice") in watched.together
    assert all(len(set(names)) == 1 for names in watched.together)
    assert ("alice",) * 3 not in watched.together


async def test_who_goes_the_same_way_need_not_wait(pair, left, watched):
    puppets(watched, window=8)
    await talk(pair, left, watched, *["alice", "bob"] * 8)
    assert any(set(names) == {"alice", "bob"} for names in watched.together)


async def test_what_is_done_about_a_message_waits_for_all_before_it(pair, left, watched):
    puppets(watched, own_connection=True, window=8, delete=Support.FULL)
    async with running(pair):
        first = left.say("one", "alice", "helo")
        await watched.until(1)
        left.happen(
            left.saying("one", "bob", "and I?"),
            edit(first, "hello"),
            left.saying("one", "alice", "hm"),
            removal("one", first.id, "alice"),
            left.saying("one", "bob", "oh"),
        )
        await watched.until(4)
    assert said(watched) == [("bob", "and I?"), ("alice", "hm"), ("bob", "oh")]
    assert isinstance(watched.done[-1], DeleteMessage)
    assert all(len(names) == 1 for names in watched.together)


async def test_the_room_decides_anew_with_every_message(pair, left, right):
    puppets(right, own_connection=True, window=4)
    async with running(pair):
        left.say("one", "alice", "by myself")
        await right.until(1)
        right.capabilities = replace(right.capabilities, authorship=Authorship.PREFIX, own_connection=False)
        left.say("one", "alice", "not any more")
        await right.until(2)
        puppets(right, own_connection=True)
        left.say("one", "alice", "here I am")
        await right.until(3)
    assert said(right) == [("alice", "by myself"), (HUBBUB, "<alice> not any more"), ("alice", "here I am")]


async def test_people_who_speak_at_once_need_not_wait_where_the_owner_does_not_mind(pair, left, watched):
    puppets(watched, abreast=3)
    lines = [("alice", "a1"), ("bob", "b1"), ("bob", "b2"), ("alice", "a2")]
    lines += [(name, f"from {name}") for name in ("carol", "dave", "erin", "fred", "gus")]
    async with running(pair):
        left.happen(*[left.saying("one", *line) for line in lines])
        await watched.until(len(lines))
        await asyncio.sleep(0.02)
        assert not watched.flying
    assert ("alice", "bob") in watched.together
    assert not any(len(set(names)) < len(names) for names in watched.together), "each has one on the way"
    assert max(map(len, watched.together)) == 3
    assert sorted(said(watched)) == sorted(lines)
    assert [text for name, text in said(watched) if name == "alice"] == ["a1", "a2"]


async def test_who_may_answer_waits_even_there(pair, left, watched):
    """A reply, whom the bridge speaks for, what comes behind that, and whoever spoke later."""
    puppets(watched, abreast=3)
    less(watched, CAROL, authorship=Authorship.PREFIX, abreast=1)
    first = left.saying("one", "alice", "well?")
    answer = left.saying("one", "bob", "yes", reply_to=first.id)
    async with running(pair):
        left.happen(first, answer, left.saying("one", "carol", "no"), left.saying("one", "dave", "what"))
        await watched.until(4)
        await asyncio.sleep(1.01)
        left.happen(left.saying("one", "dave", "so"))
        await watched.until(5)
    assert {len(names) for names in watched.together} == {1}
    assert [text for _, text in said(watched)] == ["well?", "yes", "<carol> no", "what", "so"]
