"""Plans the staffing of a desk: a pilot's weeks, as many times as they are to come, and Erlang. Pure.

Each hour of the week is reckoned for itself, with the load of its whole (SIPP, "stationary independent period
by period": L. V. Green, P. J. Kolesar, J. Soares, Operations Research 49 (2001), pp. 549-564). An agent with
several chats at a time counts as so many who serve (`erlang.py`), with chats as long as they were measured.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from bridge.errors import HubbubError

from .demand import Rate, between_weeks, in_all, rates
from .erlang import Load, Target, Team, staff
from .figures import PastChat, at_once, first_response, handling, quantile
from .week import WEEK, Hour, Timespan, hour_of

__all__ = ["DeskPlan", "Doubt", "PlanTerms", "PlannedHour", "planned"]

_REACTIONS = 20
"""So many numbers stand for how soon agents answer who are free."""
_FEW_WEEKS = 3
_FEW_CHATS = 100
_HARDLY = 0.5
"""Chats in an hour."""
_USUAL = Target()
_MARGIN = 0.01
"""By so much more than the target's share have to be answered in time by agents who are free."""


class Doubt(StrEnum):
    """A reason to take a plan with care."""

    PART_OF_A_WEEK = "part of a week"
    """Hours in which the desk is open were not counted yet: nothing is planned for them."""
    FEW_WEEKS = "few weeks"
    """With fewer than three whole weeks nobody can tell how much weeks differ."""
    FEW_CHATS = "few chats"
    """Fewer than a hundred were counted."""
    BUSIER = "busier agents"
    """Agents had far fewer chats at a time than they are to have: each will take longer than it took."""
    SLOW = "slow agents"
    """Agents who are free answer too late: no number of them meets the target, and what is planned is that
    one is free in time.
    """


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """The wishes and rules that a plan is made for."""

    at_once: float
    """How many chats an agent has at a time, at most."""
    target: Target = _USUAL
    times: float = 1.0
    """So many times the chats that were counted."""
    per_day: float | None = None
    """Instead: so many chats on a day on which the desk is open, on the average, before `season`."""
    season: float = 1.0
    """So many times as many again, as in the month before a feast."""
    has_hours: bool = True
    """Whether the desk says when it is open: then somebody is there in each of these hours. Else nobody has
    to be in hours in which hardly ever somebody comes.
    """


@dataclass(frozen=True, slots=True)
class PlannedHour:
    """One hour of the week."""

    day: int
    """Monday is 0."""
    hour: int
    """0 to 23, on the clock of the zone."""
    chats: float
    """How many are expected to be opened in it."""
    low: float
    """In nine of ten cases it is more than that,"""
    high: float
    """and less than this."""
    agents: int
    """How many have to be there to meet the target."""
    agents_high: int
    """The same, if as many come as `high` says."""
    answered: float
    """The share that is answered in time with `agents`, 0 to 1."""


@dataclass(frozen=True, slots=True)
class DeskPlan:
    """The agents that a desk needs, hour by hour, and the figures that this follows from."""

    desk: str
    since: float
    """When what was counted begins, in seconds since 1970."""
    until: float
    zone: str
    """Whose clock the hours are of."""
    weeks: float
    """How many were counted."""
    counted: int
    """How many chats were opened in them."""
    factor: float
    """So many times as many are planned for."""
    spread: float
    """By how much more than chance weeks differed, as a factor of the variance; 1: by chance alone."""
    within: float
    """How soon they shall be answered, in seconds,"""
    share: float
    """and how many of them, 0 to 1."""
    at_once: float
    """How many chats an agent has at a time."""
    at_once_before: float
    """How many they had in what was counted, on the average, while they had any."""
    seconds: float
    """How long an agent has a chat, on the average."""
    reaction: float | None
    """After how many seconds an agent answers for whom nobody else waits: the median."""
    at_best: float
    """The share of chats that would be answered in time if an agent was always free, 0 to 1."""
    hours: Sequence[PlannedHour]
    """Those of the week in which the desk is open and that were counted, from Monday on."""
    not_counted: Sequence[Hour]
    """Those in which it is open, and of which nothing is known yet: nothing of them is in what follows."""
    chats_a_week: float
    chats_a_week_low: float
    """In nine of ten cases it is more than that,"""
    chats_a_week_high: float
    """and less than this; the same number where the owner says how many come."""
    agent_hours: int
    """How many hours agents are there in a week, all together."""
    agent_hours_high: int
    """The same, if as many come as `high` says in each hour."""
    doubts: Sequence[Doubt]


def planned(desk: str, chats: Sequence[PastChat], span: Timespan, terms: PlanTerms) -> DeskPlan:
    """Return what staffing the chats ask for that were opened in a span. Raises HubbubError where nothing
    can be planned.
    """
    took = [one for one in map(handling, chats) if one is not None]
    if not took:
        raise HubbubError(
            f"{desk}: no chat was answered and closed in this time: some days of talk are needed for a plan"
        )
    weeks = _weeks(chats, span)
    spread = between_weeks(weeks)
    counted = Counter(hour_of(chat.opened_at, span.zone) for chat in chats)
    found = rates(counted, span.openings, spread)
    not_counted = sorted(set(span.usual) - found.keys())
    factor = _factor(desk, found, not_counted, terms)
    reactions, seconds = _reactions(chats), sum(took) / len(took)
    at_best = sum(one <= terms.target.within for one in reactions) / len(reactions)
    slow = at_best < min(terms.target.share + _MARGIN, 1.0)
    team = Team(terms.at_once, (0.0,) if slow else reactions)
    hours = [_hour(hour, rate.scaled(factor), seconds, terms, team) for hour, rate in sorted(found.items())]
    a_week = sum(one.chats for one in hours)
    sure = in_all(a_week, sum(counted[hour] for hour in found), spread)
    before = at_once(chats)
    doubts = {
        Doubt.PART_OF_A_WEEK: bool(not_counted),
        Doubt.FEW_WEEKS: len(weeks) < _FEW_WEEKS,
        Doubt.FEW_CHATS: len(chats) < _FEW_CHATS,
        Doubt.BUSIER: before < terms.at_once / 2,
        Doubt.SLOW: slow,
    }
    return DeskPlan(
        desk=desk,
        since=span.since,
        until=span.until,
        zone=str(span.zone),
        weeks=(span.until - span.since) / WEEK,
        counted=len(chats),
        factor=factor,
        spread=spread,
        within=terms.target.within,
        share=terms.target.share,
        at_once=terms.at_once,
        at_once_before=before,
        seconds=seconds,
        reaction=quantile(reactions, 0.5),
        at_best=at_best,
        hours=hours,
        not_counted=not_counted,
        chats_a_week=a_week,
        chats_a_week_low=a_week if terms.per_day is not None else sure.low,
        chats_a_week_high=a_week if terms.per_day is not None else sure.high,
        agent_hours=sum(one.agents for one in hours),
        agent_hours_high=sum(one.agents_high for one in hours),
        doubts=[doubt for doubt, holds in doubts.items() if holds],
    )


def _hour(hour: Hour, rate: Rate, seconds: float, terms: PlanTerms, team: Team) -> PlannedHour:
    usual, busy = (staff(Load(one, seconds), terms.target, team) for one in (rate.mean, rate.high))
    assert usual is not None, "what agents who are free can do was looked at before"
    assert busy is not None
    somebody = terms.has_hours or rate.mean >= _HARDLY
    return PlannedHour(
        day=hour.day,
        hour=hour.hour,
        chats=rate.mean,
        low=rate.low,
        high=rate.high,
        agents=max(usual.agents, 1) if somebody else 0,
        agents_high=max(busy.agents, 1) if somebody else 0,
        answered=usual.answered,
    )


def _factor(desk: str, found: Mapping[Hour, Rate], not_counted: Collection[Hour], terms: PlanTerms) -> float:
    if terms.per_day is None:
        return terms.times * terms.season
    whole = {hour.day for hour in found} - {hour.day for hour in not_counted}
    if not whole:
        raise HubbubError(
            f"{desk}: no whole day was counted yet, to compare chats per day with: ask again tomorrow, or "
            "say how many times as many (times)"
        )
    a_day = sum(rate.mean for hour, rate in found.items() if hour.day in whole) / len(whole)
    return terms.per_day / a_day * terms.season if a_day else 0.0


def _weeks(chats: Sequence[PastChat], span: Timespan) -> list[int]:
    """Return how many chats were opened in each whole week of a span, from its end backwards."""
    weeks = Counter(int((span.until - chat.opened_at) // WEEK) for chat in chats)
    return [weeks[number] for number in range(int((span.until - span.since) // WEEK))]


def _reactions(chats: Sequence[PastChat]) -> Sequence[float]:
    """Return after how long agents answered for whom nobody else was waiting, as some numbers of equal
    probability; without any, at once.
    """
    known, served = [], -inf
    for chat in sorted(chats, key=lambda one: one.opened_at):
        took = first_response(chat)
        if took is not None and chat.opened_at >= served:
            known.append(took)
        end = chat.answered_at if chat.answered_at is not None else chat.closed_at
        served = max(served, inf if end is None else end)
    known.sort()
    return [quantile(known, (number + 0.5) / _REACTIONS) for number in range(_REACTIONS)] if known else [0.0]
