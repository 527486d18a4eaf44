"""What is said of a desk's chats is what was, by the clock of whoever asks."""

import statistics
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.desk.figures import DeskNow, PastChat, at_once, figures, quantile
from bridge.desk.week import WEEK, Hour, Timespan, hour_of, openings

from .pilot import BERLIN, MONDAY, Shop, play


def chat(number, opened, taken=None, answered=None, closed=None, **more):
    """A chat that is opened so many seconds after the pilot begins, and so on."""
    at = [None if one is None else MONDAY + one for one in (opened, taken, answered, closed)]
    known = {"missed": False, "agent": "", "agent_name": "", "transfers": 0, "rating": None} | more
    begin, end = at[1], at[3] if at[3] is not None else MONDAY + WEEK
    return PastChat(number, *at, held=() if begin is None else ((begin, end),), **known)


def of_week(chats, zone=BERLIN, until=MONDAY + WEEK):
    span = Timespan(MONDAY, until, zone, openings([(MONDAY, until)], zone))
    return figures("sales", NOBODY, chats, span)


ANN = {"agent": "irc/ann", "agent_name": "Ann"}
BOB = {"agent": "irc/bob", "agent_name": "Bob"}
NINE = 9 * 3600
NOBODY = DeskNow(0, 0, 0, None)


def test_what_a_desk_did():
    found = of_week(
        [
            chat(1, NINE, NINE + 10, NINE + 20, NINE + 310, rating=5, **ANN),
            chat(2, NINE + 60, NINE + 80, NINE + 100, NINE + 380, rating=2, transfers=1, **ANN),
            chat(3, NINE + 100, None, None, NINE + 400, missed=True),
            chat(4, NINE + 3700, NINE + 3710, NINE + 3790, None, **BOB),
            chat(5, NINE + 3800),
        ]
    )
    assert (found.chats, found.answered, found.missed, found.still_open, found.transfers) == (5, 3, 1, 2, 1)
    first = found.first_response
    assert (first.count, first.median, first.mean) == (3, 40, 50)
    assert first.p90 == pytest.approx(80), "between 40 and 90, nine tenths of the way"
    assert (found.waiting.count, found.waiting.median) == (4, 15), "who gave up waited too"
    assert (found.handling.count, found.handling.mean) == (2, 300)
    assert (found.resolution.count, found.resolution.median) == (2, 315)
    assert (found.ratings.count, found.ratings.mean, found.ratings.stars) == (2, 3.5, [0, 1, 0, 0, 1])
    ann, bob = found.agents
    assert (ann.agent, ann.name, ann.chats, ann.still_open, ann.transfers) == ("irc/ann", "Ann", 2, 0, 1)
    assert ann.at_once == pytest.approx(600 / 370)
    assert (bob.chats, bob.still_open, bob.handling, bob.ratings.mean) == (1, 1, None, None)
    curve = {(one.day, one.hour): one for one in found.hours}
    assert (curve[0, 9].chats, curve[0, 9].missed, curve[0, 9].first_response) == (3, 1, 30)
    assert (curve[0, 10].chats, curve[0, 10].first_response) == (2, 90)
    assert len(curve) == 168
    assert curve[6, 23].times == 1


def test_nothing_was():
    found = of_week([])
    assert (found.chats, found.first_response, found.ratings.mean, found.at_once) == (0, None, None, 0)
    assert not found.agents


def test_hours_are_those_of_the_clock_that_is_meant():
    """Nine in Berlin is three at night in New York, where Monday's first hours are still Sunday's."""
    chats = [chat(1, NINE), chat(2, 600)]
    for zone, hours in (
        ("Europe/Berlin", {(0, 9), (0, 0)}),
        ("America/New_York", {(0, 3), (6, 18)}),
        ("Asia/Kolkata", {(0, 12), (0, 3)}),
    ):
        found = of_week(chats, ZoneInfo(zone))
        assert {(one.day, one.hour) for one in found.hours if one.chats} == hours
        assert found.zone == zone


@pytest.mark.parametrize(
    ("day", "hour", "times"),
    [((2026, 10, 25), 2, 2), ((2026, 3, 29), 2, 0), ((2026, 3, 29), 3, 1), ((2026, 10, 25), 3, 1)],
)
def test_clocks_that_are_put_back_or_forward(day, hour, times):
    """On one Sunday of October an hour comes twice, on one of March one does not come."""
    begin = datetime(*day, tzinfo=BERLIN).timestamp()
    end = datetime(day[0], day[1], day[2] + 1, tzinfo=BERLIN).timestamp()
    found = openings([(begin, end)], BERLIN)
    assert found.get(Hour(6, hour), 0) == times
    assert sum(found.values()) == (end - begin) / 3600


def test_only_what_was_open_counts():
    day, begin, end = 86400, 9.5 * 3600, 18 * 3600
    spans = [(MONDAY + n * day + begin, MONDAY + n * day + end) for n in range(14) if n % 7 < 5]
    found = openings(spans, BERLIN)
    assert found[Hour(0, 9)] == 1.0, "half an hour, twice"
    assert found[Hour(4, 17)] == 2.0
    assert {hour.day for hour in found} == set(range(5))
    assert {hour.hour for hour in found} == set(range(9, 18))


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50))
def test_quantiles_are_those_of_the_standard_library(known):
    known.sort()
    found = [quantile(known, tenth / 10) for tenth in range(1, 10)]
    assert found == pytest.approx(statistics.quantiles(known, n=10, method="inclusive"), abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 500)), min_size=1, max_size=20))
def test_at_once_is_the_average_of_each_busy_second(spans):
    chats = [chat(n, begin, begin, begin, begin + long, **ANN) for n, (begin, long) in enumerate(spans)]
    seconds = [sum(begin <= second < begin + long for begin, long in spans) for second in range(1500)]
    busy = [count for count in seconds if count]
    assert at_once(chats) == pytest.approx(sum(busy) / len(busy))


def test_a_pilot_as_a_whole():
    """What the figures find is what the shop was made of."""
    chats = play(Shop(per_day=80, agents=lambda _: 3), weeks=4, seed=7)
    found = of_week(chats, until=MONDAY + 4 * WEEK)
    assert found.chats == len(chats) == pytest.approx(4 * 6 * 80, rel=0.06)
    assert found.answered + found.missed == found.chats
    assert found.first_response.median == pytest.approx(14, rel=0.1)
    assert found.handling.mean == pytest.approx(420, rel=0.06)
    assert 1 < found.at_once < 3
    assert sum(one.chats for one in found.agents) == found.answered
    assert all(hour_of(one.opened_at, BERLIN).hour in range(9, 19) for one in chats)


def test_times_are_of_utc_where_nobody_says_which():
    assert hour_of(MONDAY, UTC) == Hour(6, 22)
