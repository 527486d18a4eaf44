"""What a pilot's weeks say of a full launch: how many come, how sure that is, what staffing it asks for."""

import random

import pytest

from bridge.desk.demand import between_weeks, in_all, rates
from bridge.desk.erlang import Target
from bridge.desk.plan import Doubt, PlanTerms, planned
from bridge.desk.week import WEEK, Hour, Timespan, openings
from bridge.errors import HubbubError

from .pilot import BERLIN, MONDAY, Shop, by_hour, play, shop_hours

OPEN = shop_hours()


def span(weeks):
    until = MONDAY + weeks * WEEK
    seen = openings([(MONDAY, until)], BERLIN)
    return Timespan(MONDAY, until, BERLIN, {hour: seen[hour] for hour in seen if hour in OPEN}, OPEN)


def pilot(weeks=4, seed=1, **more):
    return play(Shop(**more), weeks, seed)


def test_a_launch_that_is_staffed_as_planned_meets_its_target():
    """A pilot with a tenth of the visitors; then all come, to as many agents as its weeks asked for."""
    plan = planned("sales", pilot(), span(4), PlanTerms(3, Target(60, 0.8), times=10))
    staffed = {Hour(one.day, one.hour): one.agents for one in plan.hours}
    launch = play(Shop(per_day=300, agents=by_hour(staffed)), 2, seed=99)
    soon = sum(one.answered_at is not None and one.answered_at - one.opened_at <= 60 for one in launch)
    assert soon / len(launch) >= 0.8
    fewer = {hour: round(agents * 0.6) for hour, agents in staffed.items()}
    launch = play(Shop(per_day=300, agents=by_hour(fewer)), 2, seed=99)
    soon = sum(one.answered_at is not None and one.answered_at - one.opened_at <= 60 for one in launch)
    assert soon / len(launch) < 0.8, "the plan asks for no more than is needed"
    assert plan.chats_a_week == pytest.approx(6 * 300, rel=0.1)
    assert plan.agent_hours == sum(staffed.values()) <= plan.agent_hours_high


def test_what_is_said_to_lie_between_two_numbers_does_in_nine_of_ten_cases():
    """The true rate of each hour, of many pilots of four weeks, against what is said of it."""
    within = of = 0
    for seed in range(40):
        chance = random.Random(seed)
        counted = {hour: sum(_poisson(chance, 3 * rate) for _ in range(4)) for hour, rate in OPEN.items()}
        for hour, rate in rates(counted, dict.fromkeys(OPEN, 4.0)).items():
            within += rate.low <= 3 * OPEN[hour] <= rate.high
            of += 1
    assert 0.87 <= within / of <= 0.97


def _poisson(chance, mean):
    count, at = 0, chance.expovariate(1)
    while at < mean:
        count, at = count + 1, at + chance.expovariate(1)
    return count


def test_an_hour_in_which_nobody_came_yet_borrows_from_its_day_and_its_time():
    counted = {hour: 8 for hour in OPEN if hour != Hour(2, 12)}
    found = rates(counted, dict.fromkeys(OPEN, 4.0))
    assert 0 < found[Hour(2, 12)].mean < found[Hour(2, 13)].mean
    assert found[Hour(2, 13)].mean == pytest.approx(2, rel=0.1)
    assert Hour(6, 12) not in found, "the desk is closed then"


def test_more_weeks_say_more():
    few, many = (rates(dict.fromkeys(OPEN, 2 * n), dict.fromkeys(OPEN, float(n))) for n in (1, 12))
    hour = Hour(0, 9)
    assert few[hour].mean == pytest.approx(many[hour].mean) == pytest.approx(2)
    assert few[hour].high - few[hour].low > 2 * (many[hour].high - many[hour].low)


def test_weeks_that_differ_by_more_than_chance_make_it_less_sure():
    assert between_weeks([100, 100]) == 1, "nobody can tell by two"
    assert between_weeks([100, 104, 96]) == 1
    spread = between_weeks([60, 140, 100])
    assert spread == pytest.approx(16)
    counted, times = dict.fromkeys(OPEN, 8), dict.fromkeys(OPEN, 4.0)
    sure, unsure = rates(counted, times)[Hour(0, 9)], rates(counted, times, spread)[Hour(0, 9)]
    assert unsure.mean == sure.mean
    assert unsure.high - unsure.mean == pytest.approx(4 * (sure.high - sure.mean))
    assert unsure.low >= 0


def test_chats_a_day_and_a_season():
    chats = pilot()
    a_day = planned("sales", chats, span(4), PlanTerms(3, per_day=300))
    assert a_day.chats_a_week == pytest.approx(1800)
    december = planned("sales", chats, span(4), PlanTerms(3, per_day=300, season=1.8))
    assert december.chats_a_week == pytest.approx(1800 * 1.8)
    assert december.agent_hours > a_day.agent_hours


TUESDAY_NOON = 36 / 168


def test_an_hour_that_was_not_counted_yet_is_no_hour_in_which_the_desk_is_closed():
    chats = [one for one in pilot(weeks=1) if one.opened_at < MONDAY + TUESDAY_NOON * WEEK]
    plan = planned("sales", chats, span(TUESDAY_NOON), PlanTerms(3, times=10))
    assert [Hour(one.day, one.hour) for one in plan.hours] == sorted(OPEN)[:13]
    assert plan.not_counted[:2] == [Hour(1, 12), Hour(1, 13)]
    assert len(plan.not_counted) == len(OPEN) - 13
    assert plan.doubts[0] is Doubt.PART_OF_A_WEEK
    whole = planned("sales", pilot(weeks=1), span(1), PlanTerms(3))
    assert whole.not_counted == []
    assert Doubt.PART_OF_A_WEEK not in whole.doubts


def test_chats_a_day_are_those_of_days_that_were_counted_whole():
    chats = [one for one in pilot(weeks=1) if one.opened_at < MONDAY + TUESDAY_NOON * WEEK]
    plan = planned("sales", chats, span(TUESDAY_NOON), PlanTerms(3, per_day=300))
    assert sum(one.chats for one in plan.hours if one.day == 0) == pytest.approx(300)
    with pytest.raises(HubbubError, match="sales: no whole day was counted yet"):
        planned("sales", chats, span(12 / 168), PlanTerms(3, per_day=300))


def test_how_many_come_in_all_lies_between_two_numbers_in_nine_of_ten_cases():
    """The fewer were counted, the further apart these are."""
    chance, wide = random.Random(1), {}
    for mean in (12, 120):
        found = [in_all(10 * counted, counted) for counted in (_poisson(chance, mean) for _ in range(500))]
        assert 0.84 <= sum(one.low <= 10 * mean <= one.high for one in found) / 500 <= 0.95
        wide[mean] = found[0].high / found[0].low
    assert wide[12] > 1.5 * wide[120] > 1.5
    plan = planned("sales", pilot(), span(4), PlanTerms(3, times=10))
    assert plan.chats_a_week_low < plan.chats_a_week < plan.chats_a_week_high
    owners = planned("sales", pilot(), span(4), PlanTerms(3, per_day=300))
    assert owners.chats_a_week_low == owners.chats_a_week == owners.chats_a_week_high, "as they say"


def test_where_no_hours_are_written_nobody_waits_for_a_chat_a_month():
    chats = [one._replace(opened_at=one.opened_at - 9 * 3600) if one.number == 1 else one for one in pilot()]
    always = openings([(MONDAY, MONDAY + 4 * WEEK)], BERLIN)
    round_the_clock = Timespan(MONDAY, MONDAY + 4 * WEEK, BERLIN, always)
    plan = planned("sales", chats, round_the_clock, PlanTerms(3, times=10, has_hours=False))
    nights = [Hour(one.day, one.hour) for one in plan.hours if one.agents and one.hour not in range(9, 19)]
    assert nights == [Hour(0, 0)], "where somebody did come"
    open_then = planned("sales", chats, round_the_clock, PlanTerms(3, times=10))
    assert all(one.agents >= 1 for one in open_then.hours)


def test_what_makes_a_plan_doubtful_is_said():
    assert planned("sales", pilot(per_day=80, agents=lambda _: 1), span(4), PlanTerms(2)).doubts == []
    short = planned("sales", pilot(weeks=1), span(1), PlanTerms(3)).doubts
    assert Doubt.FEW_WEEKS in short
    assert Doubt.BUSIER in planned("sales", pilot(agents=lambda _: 5), span(4), PlanTerms(4)).doubts
    assert Doubt.FEW_CHATS in planned("sales", pilot(weeks=1, per_day=5), span(1), PlanTerms(3)).doubts


def test_agents_who_answer_late_are_not_helped_by_more_of_them():
    chats = pilot(reaction=75)
    plan = planned("sales", chats, span(4), PlanTerms(3, Target(60, 0.8), times=10))
    assert Doubt.SLOW in plan.doubts
    assert plan.at_best < 0.5
    assert plan.reaction == pytest.approx(75, rel=0.15)
    assert plan.agent_hours > 0, "what is planned is that one is free in time"
    patient = planned("sales", chats, span(4), PlanTerms(3, Target(300, 0.8), times=10))
    assert Doubt.SLOW not in patient.doubts


def test_without_a_chat_that_is_over_there_is_no_plan():
    with pytest.raises(HubbubError, match="sales: no chat was answered and closed"):
        planned("sales", [], span(1), PlanTerms(3))
