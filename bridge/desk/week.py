"""The hours of a week, by a clock on a wall: which one a moment falls into, and how often each was. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

__all__ = ["WEEK", "Hour", "Timespan", "hour_of", "openings"]

WEEK = 7 * 86400.0
"""Seconds."""
_STEP = 900
_PART = _STEP / 3600


@dataclass(frozen=True, slots=True, order=True)
class Hour:
    """An hour of the week."""

    day: int
    """Monday is 0."""
    hour: int
    """0 to 23."""


@dataclass(frozen=True, slots=True)
class Timespan:
    """A time that is looked at."""

    since: float
    """In seconds since 1970, as `until`."""
    until: float
    zone: tzinfo
    """Whose clock the hours are of."""
    openings: Mapping[Hour, float]
    """How many times each hour of the week was in it while the desk was open."""
    usual: Collection[Hour] = ()
    """The hours of any week in which the desk is open, whether they were in it or not."""


def hour_of(at: float, zone: tzinfo) -> Hour:
    """Return the hour of the week of a moment, in seconds since 1970."""
    then = datetime.fromtimestamp(at, zone)
    return Hour(then.weekday(), then.hour)


def openings(spans: Iterable[tuple[float, float]], zone: tzinfo) -> dict[Hour, float]:
    """Return how many times each hour of the week was in spans in which the desk was open (begin and end in
    seconds since 1970), to a quarter; what never was is left out.
    """
    found: dict[Hour, float] = {}
    for since, until in spans:
        for at in range(-(-int(since) // _STEP) * _STEP, int(until), _STEP):
            hour = hour_of(at, zone)
            found[hour] = found.get(hour, 0.0) + _PART
    return found
