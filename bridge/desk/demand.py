"""The demand: how many visitors come in each hour of the week, and how sure that is. Pure.

Few weeks say little of a single hour: in a pilot most hours have seen a handful of chats or none. So an hour
borrows from its day and from its time of day: what these say together, as if it had been counted for
`PRIOR` weeks, stands beside what was counted. That is a gamma distribution as prior of a Poisson rate (A.
Gelman et al., "Bayesian Data Analysis", section 2.6), and what lies between its fifth and its 95th hundredth
is what is said of an hour. Quantiles are by E. B. Wilson and M. M. Hilferty, "The distribution of
chi-square", PNAS 17 (1931), pp. 684-688.

Whole weeks differ too, by more than chance: by the weather, an offer, a letter to customers. Where there are
three or more, the span is wider by as much as they do (the ratio of their variance to their mean).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .week import Hour

__all__ = ["PRIOR", "Rate", "between_weeks", "in_all", "rates"]

PRIOR = 2.0
"""As many weeks as what an hour borrows counts."""
_ROUNDS = 20
"""Fewer are enough: where all hours are open, one is."""
_Z = 1.6449
"""Nineteen in twenty of a normal distribution are below."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The visitors of one hour, or of all: their number, and how sure it is."""

    mean: float
    low: float
    high: float
    """In nine of ten cases it lies between these two."""

    def scaled(self, factor: float) -> "Rate":
        """Return so many times as much."""
        return Rate(self.mean * factor, self.low * factor, self.high * factor)


def rates(
    counted: Mapping[Hour, int], openings: Mapping[Hour, float], spread: float = 1.0
) -> dict[Hour, Rate]:
    """Return how many come in each hour in which the desk was open (`openings`: how often that was). `spread`
    is by how much more than chance weeks differ.
    """
    pattern = _pattern(counted, openings)
    found = {}
    for hour, times in openings.items():
        shape = counted.get(hour, 0) + PRIOR * pattern[hour]
        found[hour] = _gamma(shape, times + PRIOR, math.sqrt(spread))
    return found


def in_all(mean: float, counted: int, spread: float = 1.0) -> Rate:
    """Return how many come in all hours together: `mean`, for which so many were counted."""
    return _gamma(counted, counted, math.sqrt(spread)).scaled(mean)


def between_weeks(weeks: Sequence[int]) -> float:
    """Return by how much more than chance whole weeks differ, as a factor of the variance: 1 is chance; so
    are fewer than three weeks, of which nobody can tell.
    """
    if len(weeks) < 3:
        return 1.0
    mean = sum(weeks) / len(weeks)
    variance = sum((one - mean) ** 2 for one in weeks) / (len(weeks) - 1)
    return max(variance / mean, 1.0) if mean else 1.0


def _pattern(counted: Mapping[Hour, int], openings: Mapping[Hour, float]) -> dict[Hour, float]:
    """Return what day and time of day say together: the products that have the counted sums of each day and
    of each time of day (iterative proportional fitting).
    """
    days, hours = {hour.day: 1.0 for hour in openings}, {hour.hour: 1.0 for hour in openings}
    by_day = {day: [hour for hour in openings if hour.day == day] for day in days}
    by_time = {time: [hour for hour in openings if hour.hour == time] for time in hours}
    for _ in range(_ROUNDS):
        for day, own in by_day.items():
            expected = sum(openings[hour] * hours[hour.hour] for hour in own)
            days[day] = sum(counted.get(hour, 0) for hour in own) / expected if expected else 0.0
        for time, own in by_time.items():
            expected = sum(openings[hour] * days[hour.day] for hour in own)
            hours[time] = sum(counted.get(hour, 0) for hour in own) / expected if expected else 0.0
    return {hour: days[hour.day] * hours[hour.hour] for hour in openings}


def _gamma(shape: float, times: float, wider: float) -> Rate:
    """Return what a gamma distribution of this shape and rate says, its span so many times as wide."""
    if shape <= 0:
        return Rate(0.0, 0.0, 0.0)
    step = _Z / (3 * math.sqrt(shape))
    low, high = (shape * max(1 - 1 / (9 * shape) + sign * step, 0.0) ** 3 for sign in (-1, 1))
    return Rate(
        shape / times,
        max(shape - wider * (shape - min(low, shape)), 0.0) / times,
        (shape + wider * (max(high, shape) - shape)) / times,
    )
