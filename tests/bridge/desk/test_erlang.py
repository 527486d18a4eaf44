"""Erlang's formulas say what their published examples say, and what a desk does that is played through."""

import heapq
import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.desk.erlang import Load, Target, Team, loss, staff, staffing, waiting


@pytest.mark.parametrize(
    ("per_hour", "seconds", "agents", "within", "waits", "mean", "answered"),
    [
        # "Erlang C Formula - Made Simple With an Easy Worked Example" (Call Centre Helper), and the example
        # of the library pyworkforce, which gives more digits: 100 calls in half an hour, 3 minutes each.
        (200, 180, 14, 20, 0.1741319335950498, 7.8, 0.8883500191794669),
        # "The Erlang-C Formula" (Mitan): 360 calls in half an hour, 4 minutes each, 55 agents.
        (720, 240, 55, 15, 0.239, 8.2, 0.846),
        # Of two who serve with one Erlang a third wait, of three with two four in nine: the textbooks' cases.
        (30, 120, 2, 0, 1 / 3, 40, 2 / 3),
        (60, 120, 3, 0, 4 / 9, 160 / 3, 5 / 9),
    ],
)
def test_published_examples(per_hour, seconds, agents, within, waits, mean, answered):
    found = staffing(Load(per_hour, seconds), Target(within, 0.8), agents)
    assert found.waits == pytest.approx(waits, abs=5e-4)
    assert found.mean_wait == pytest.approx(mean, rel=0.01)
    assert found.answered == pytest.approx(answered, abs=5e-4)
    assert found.occupancy == pytest.approx(per_hour * seconds / 3600 / agents)


@pytest.mark.parametrize(
    ("erlangs", "servers", "lost"),
    [(4.461, 10, 0.01), (12.03, 20, 0.01), (84.06, 100, 0.01), (179.7, 200, 0.01), (0.9, 5, 0.002)],
)
def test_the_published_table_of_losses(erlangs, servers, lost):
    """Erlang B: the load that loses one in a hundred, as tables of traffic engineering have it."""
    assert loss(erlangs, servers) == pytest.approx(lost, rel=0.02)


@pytest.mark.parametrize(
    ("per_hour", "seconds", "within", "share", "agents"),
    [
        (200, 180, 20, 0.8, 14),  # Call Centre Helper, again
        (250, 330, 30, 0.8, 28),  # "Erlang uplift" (Jonesthenet): 22.9 by the accountant, 28 by Erlang
        (30, 300, 0, 0.9, 6),  # Mathematica's technical support center: nine in ten shall not wait
    ],
)
def test_how_many_agents_a_target_needs(per_hour, seconds, within, share, agents):
    found = staff(Load(per_hour, seconds), Target(within, share))
    assert found.agents == agents
    assert found.answered >= share
    assert staffing(Load(per_hour, seconds), Target(within, share), agents - 1).answered < share


@given(st.integers(1, 400), st.integers(1, 60))
def test_the_recursion_is_exact(servers, tenths):
    """Against the formula as Erlang wrote it, in fractions, which lose no digit."""
    erlangs = servers * Fraction(tenths, 61)
    term = total = Fraction(1)
    for number in range(1, servers):
        term = term * erlangs / number
        total += term
    last = term * erlangs / servers * servers / (servers - erlangs)
    assert waiting(float(erlangs), servers) == pytest.approx(float(last / (total + last)), rel=1e-9)


def test_thousands_serve_at_once():
    """Where powers and factorials would have overflowed long ago."""
    assert staff(Load(60_000, 600), Target(20, 0.8)).agents == pytest.approx(10_052, abs=20)
    assert 0 < waiting(990, 1000) < 1


def _played(per_hour, seconds, servers, people, seed):
    """Return how long people wait who come at random, first come first served."""
    chance = random.Random(seed)
    free, now, waits = [0.0] * servers, 0.0, []
    for _ in range(people):
        now += chance.expovariate(per_hour / 3600)
        begins = max(now, heapq.heappop(free))
        heapq.heappush(free, begins + chance.expovariate(1 / seconds))
        waits.append(begins - now)
    return waits


@pytest.mark.parametrize(("agents", "at_once"), [(4, 1), (2, 3), (3, 2.5)])
def test_a_desk_that_is_played_through_waits_as_long(agents, at_once):
    """Agents with several chats at once are as many who serve; half places are none."""
    servers = int(agents * at_once)
    load, within = Load(0.8 * servers * 3600 / 400, 400), 60
    waits = _played(load.per_hour, load.seconds, servers, 60_000, seed=1917)
    found = staffing(load, Target(within, 0.8), agents, Team(at_once))
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(found.waits, abs=0.03)
    assert sum(wait <= within for wait in waits) / len(waits) == pytest.approx(found.answered, abs=0.03)
    assert sum(waits) / len(waits) == pytest.approx(found.mean_wait, rel=0.1)


def test_who_is_free_needs_time_to_answer_too():
    """What people wait for is an agent, and then the answer."""
    load, target = Load(60, 400), Target(60, 0.85)
    assert staff(load, target, Team(reactions=(20, 50, 55, 59))).agents > staff(load, target).agents
    late = Team(reactions=(50, 70))
    assert staff(load, target, late) is None, "half of them would be late with any number"
    half = staffing(load, Target(60, 0.4), 50, late)
    assert half.answered == pytest.approx(0.5)


def test_nobody_comes_and_too_many_come():
    assert staff(Load(0, 400), Target()).agents == 0
    crowded = staffing(Load(100, 400), Target(), 5)
    assert (crowded.answered, crowded.waits, crowded.mean_wait) == (0, 1, math.inf)
    assert crowded.occupancy > 1
    assert staffing(Load(1, 400), Target(), 0).answered == 0


@given(st.floats(0.1, 500), st.floats(1, 3600), st.floats(0, 600), st.floats(0.01, 0.99), st.integers(1, 5))
def test_one_agent_less_is_always_too_few(per_hour, seconds, within, share, at_once):
    load, target = Load(per_hour, seconds), Target(within, share)
    team = Team(at_once)
    found = staff(load, target, team)
    assert found.answered >= share
    assert staffing(load, target, found.agents - 1, team).answered < share
    more = staffing(load, target, found.agents + 1, team)
    assert more.answered >= found.answered
    assert more.mean_wait <= found.mean_wait
